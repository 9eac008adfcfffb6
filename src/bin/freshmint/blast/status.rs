//! `freshmint blast status` and `list`.

use std::{io::IsTerminal, thread, time::Duration};

use clap::Args;
use freshmint::{
    app::App,
    blast::{self, Blast, preflight::Level, state::State},
    clock::Clock,
    config,
    mail::Wave,
    outbox,
};
use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;

use super::Which;
use crate::{
    Done, Failure,
    orders::Format,
    print::{self, count, shown},
};

/// How often a watched mailing is looked at.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    which: Which,
    /// Go on until nothing of it is on its way
    #[arg(long, conflicts_with = "format")]
    watch: bool,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    settings: config::Service,
    /// How many at most
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl Status {
    pub fn run(self) -> Done {
        let (app, id) = self.which.open()?;
        let mut blast = self.read(&app, id)?;
        if self.format == Format::Json {
            return print::json(&blast);
        }
        if self.watch {
            blast = self.watch(&app, blast)?;
        }
        say!("{}  {}", shown(&blast.name), blast.state.name());
        say!("id         {}", blast.id);
        say!("author     {}", shown(&blast.author));
        if let Some(approval) = &blast.approval {
            let at = approval.approved_at.to_rfc3339();
            say!("approved   by {} at {at}", shown(&approval.approved_by));
        }
        if let Some(at) = blast.send_at {
            say!("not before {}", at.to_rfc3339());
        }
        if let Some(at) = blast.started_at {
            say!("started    {}", at.to_rfc3339());
        }
        say!("mails      {}", counts(&blast));
        if blast.wave == Some(Wave::First) && is_on_its_way(blast.state) {
            say!(
                "wave       the first {}; the rest is held until they have gone",
                blast.first_wave
            );
        }
        if let Some(because) = &blast.paused_because {
            say!("paused     {}", shown(because));
        }
        if let Some(recall) = &blast.recall {
            say!("recalled   {}", shown(&recall.note));
            say!(
                "links      {} of {} withdrawn, {} closed",
                recall.links_withdrawn,
                recall.orders,
                count(recall.checkouts_closed, "checkout", "checkouts")
            );
        }
        say_warnings(&blast);
        if let Some(waiting) = &blast.waiting {
            say!("waiting    {}", shown(&waiting.sentence));
        }
        Ok(())
    }

    fn read(&self, app: &App, id: Uuid) -> Result<Blast, Failure> {
        let now = app.clock.now();
        let found = app.db.run_blocking(|connection| {
            blast::find_with_waiting(connection, id, &app.mailer, now)
        })?;
        found.ok_or_else(|| self.which.not_there())
    }

    /// A bar on a terminal; elsewhere a line whenever something has changed.
    fn watch(&self, app: &App, mut blast: Blast) -> Result<Blast, Failure> {
        let bar = bar(&blast);
        let mut told = String::new();
        while is_on_its_way(blast.state) {
            let mut line = format!("{}: {}", blast.state.name(), counts(&blast));
            if let Some(because) = &blast.paused_because {
                line += &format!(". {}", shown(because));
            }
            // Who has no mail server knows that.
            let waiting = blast.waiting.as_ref();
            if let Some(waiting) = waiting.filter(|waiting| waiting.cause != outbox::Why::Off) {
                line += &format!(". {}", shown(&waiting.sentence));
            }
            bar.set_position(u64::try_from(blast.counts.total - blast.counts.queued).unwrap_or(0));
            bar.set_message(line.clone());
            if bar.is_hidden() && line != told {
                say!("{line}");
                told = line;
            }
            thread::sleep(LOOK);
            blast = self.read(app, blast.id)?;
        }
        bar.finish_and_clear();
        Ok(blast)
    }
}

impl List {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let blasts = app
            .db
            .run_blocking(|connection| blast::list(connection, None, self.limit))?;
        if self.format == Format::Json {
            return print::json_list(&blasts);
        }
        for blast in &blasts {
            let state = blast.state.name();
            let mails = count(blast.counts.total, "mail ", "mails");
            say!(
                "{}  {state:<9}  {mails:>12}  {}",
                blast.id,
                shown(&blast.name)
            );
        }
        Ok(())
    }
}

/// What its pre-flight warned of, or why it was not started.
pub fn say_warnings(blast: &Blast) {
    for check in blast.checks.iter().filter(|check| !check.ok) {
        let what = match check.level {
            Level::Error => "error",
            Level::Info | Level::Warning => "warning",
        };
        say!("{what:<10} {}", shown(&check.detail));
    }
}

fn is_on_its_way(state: State) -> bool {
    match state {
        State::Sending | State::Paused => true,
        State::Draft | State::Approved | State::Done | State::Cancelled | State::Recalled => false,
    }
}

/// What there is of each, without the noughts.
fn counts(blast: &Blast) -> String {
    let counts = &blast.counts;
    let named = [
        (counts.queued, "queued"),
        (counts.sent, "sent"),
        (counts.failed, "failed"),
        (counts.bounced, "bounced"),
        (counts.suppressed, "suppressed"),
        (counts.unknown, "unknown"),
        (counts.skipped_paid, "skipped since paid"),
        (counts.cancelled, "cancelled"),
    ];
    let some = named.iter().filter(|(mails, _)| *mails > 0);
    let some: Vec<String> = some
        .map(|(mails, what)| format!("{mails} {what}"))
        .collect();
    match counts.total {
        0 => "none yet".to_owned(),
        total => format!("{total}: {}", some.join(", ")),
    }
}

fn bar(blast: &Blast) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(blast.counts.total).unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar
}
