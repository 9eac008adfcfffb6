//! `freshmint blast create`.

use std::{
    fs::File,
    io::{self, Read},
};

use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args};
use freshmint::{
    app::App,
    blast::{self, Asked, Content, Draft},
    clock::Clock,
    config,
    order::{self, OrderFilter, Status},
};
use serde_json::{Map, json};

use super::{By, find, not_there};
use crate::{Done, Failure, print::shown, words};

#[derive(Args)]
#[command(group(ArgGroup::new("who").required(true).multiple(true).args(["reference", "status", "meta", "stranded", "blast", "never_mailed", "import", "still_unpaid"])))]
pub struct Create {
    #[command(flatten)]
    settings: config::Service,
    /// What the shop calls it
    #[arg(long, required_unless_present = "still_unpaid")]
    name: Option<String>,
    /// The subject, with names such as {{ name }} and {{ amount }}
    #[arg(long, required_unless_present = "still_unpaid")]
    subject: Option<String>,
    /// A file with the body, or - for standard input; {{ pay_url }} must be in it
    #[arg(long, value_name = "FILE|-", required_unless_present = "still_unpaid")]
    body_file: Option<String>,
    /// A follow-up: those of this mailing who still owe, with its words where no others are given
    #[arg(long, value_name = "NAME|ID", conflicts_with_all = ["reference", "status", "meta", "stranded", "blast"])]
    still_unpaid: Option<String>,
    /// An order by its reference; may be given more than once
    #[arg(long, conflicts_with_all = ["status", "meta", "blast", "never_mailed", "import"])]
    reference: Vec<String>,
    /// Orders that are stranded now: mailed, a checkout ended unpaid, still owed
    #[arg(long, conflicts_with_all = ["reference", "status", "meta", "blast", "never_mailed", "import"])]
    stranded: bool,
    /// All orders with this status
    #[arg(long, value_parser = words::order_status())]
    status: Option<Status>,
    /// Only orders with this metadata; may be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    meta: Vec<(String, String)>,
    /// Only orders of this other mailing, by its name or id, that are still owed
    #[arg(long, value_name = "NAME|ID")]
    blast: Option<String>,
    /// Only orders about which no mail has gone, nor is on its way
    #[arg(long)]
    never_mailed: bool,
    /// Only orders that came with the import of this name
    #[arg(long, value_name = "NAME")]
    import: Option<String>,
    /// Leave out this order; may be given more than once
    #[arg(long, value_name = "REFERENCE")]
    exclude: Vec<String>,
    /// So many mails it should be: with another number an approval has to name that number
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    expected: Option<u32>,
    /// Mails a second, if slower than the service's own pace
    #[arg(long, value_parser = pace)]
    per_second: Option<f64>,
    /// Nothing is sent before this time, such as 2026-11-24T18:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    send_at: Option<DateTime<Utc>>,
    /// So many mails go first, and the rest when they have gone well; 0 for none
    #[arg(long, value_name = "MAILS")]
    first_wave: Option<u32>,
    /// Whether its orders are reminded of an unfinished checkout from the start on
    #[arg(long)]
    remind: Option<bool>,
    #[command(flatten)]
    by: By,
}

impl Create {
    pub fn run(mut self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        if self.stranded {
            self.reference = stranded(&app)?;
        }
        let doing = self.by.doing(&app);
        let body = self.body_file.as_deref().map(read).transpose()?;
        let body = match self.still_unpaid.clone() {
            Some(earlier) => Some(self.follow_up(&app, &earlier, body)?),
            None => body,
        };
        let draft: Draft = serde_json::from_value(self.fields(body)).map_err(Failure::new)?;
        let wrong = |problems| Failure::new(format!("The mailing was not written: {problems}."));
        let content = Content::try_from(draft).map_err(wrong)?;
        let asked = app
            .db
            .run_blocking(|connection| blast::create(connection, &content, &doing))?;
        match asked {
            Asked::Done(blast) => {
                let (name, id) = (&blast.name, blast.id);
                say!(
                    "{} is written; look at it: freshmint blast preview {id}",
                    shown(name)
                );
                Ok(())
            }
            Asked::Invalid(problems) => Err(wrong(problems)),
            Asked::NotNow(why) | Asked::Busy(why) => Err(Failure::new(why)),
            Asked::Grounded(checks) => Err(Failure::new(blast::preflight::refusal(&checks))),
            Asked::NoBlast => Err(Failure::new("The mailing is gone: write it again.")),
        }
    }

    /// Whom an earlier mailing was for and who still owes, with its words where no others are given; tells the
    /// body.
    fn follow_up(
        &mut self,
        app: &App,
        earlier: &str,
        body: Option<String>,
    ) -> Result<String, Failure> {
        let id = find(&app.db, earlier)?;
        let found = app
            .db
            .run_blocking(|connection| blast::find(connection, id))?;
        let earlier = found.ok_or_else(|| not_there(earlier))?;
        self.blast = Some(id.to_string());
        let name = || blast::name_after(&earlier.name, "still unpaid");
        self.name.get_or_insert_with(name);
        self.subject.get_or_insert(earlier.subject);
        Ok(body.unwrap_or(earlier.body))
    }

    /// As the API takes them.
    fn fields(self, body: Option<String>) -> serde_json::Value {
        let mut fields = json!({
            "name": self.name,
            "subject": self.subject,
            "body": body,
            "per_second": self.per_second,
            "send_at": self.send_at,
            "remind": self.remind,
            "first_wave": self.first_wave,
            "exclude": self.exclude,
            "expected": self.expected,
        });
        if self.reference.is_empty() {
            let metadata: Map<_, _> = self
                .meta
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect();
            fields["filter"] = json!({
                "status": self.status,
                "metadata": metadata,
                "blast": self.blast,
                "never_mailed": self.never_mailed.then_some(true),
                "import": self.import,
            });
        } else {
            fields["references"] = json!(self.reference);
        }
        fields
    }
}

/// Their references as they are now: the mailing goes on to leave out who pays meanwhile.
fn stranded(app: &App) -> Result<Vec<String>, Failure> {
    let filter = OrderFilter {
        stranded_at: Some(app.clock.now()),
        ..OrderFilter::default()
    };
    let orders = (app.db).run_blocking(|connection| order::list(connection, &filter, i64::MAX))?;
    if orders.is_empty() {
        return Err(Failure::new("No order is stranded: nothing was written."));
    }
    Ok(orders.into_iter().map(|order| order.reference).collect())
}

/// More than a body may have. What is longer is refused as such, and a device may have no end.
const LARGEST_BODY: u64 = 1024 * 1024;

pub(super) fn read(file: &str) -> Result<String, Failure> {
    let unreadable = |error| Failure::new(format!("{file} cannot be read: {error}."));
    let mut bytes = Vec::new();
    let content: Box<dyn Read> = if file == "-" {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file).map_err(unreadable)?)
    };
    let read = content.take(LARGEST_BODY).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{file} is not UTF-8.")))
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn pace(text: &str) -> Result<f64, &'static str> {
    let pace: Option<f64> = text.parse().ok();
    pace.filter(|pace| pace.is_finite() && *pace > 0.0)
        .ok_or("it must be more than 0")
}

fn time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    text.parse().map_err(|_| "write it as 2026-11-24T18:00:00Z")
}
