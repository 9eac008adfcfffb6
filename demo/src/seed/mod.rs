//! Fills the shop with a tournament, through the API and the pay links alone: what the demo shows
//! has come about as it would for anybody.

mod api;
mod carts;
mod families;
mod guests;
mod troubles;

use std::{path::Path, time::Duration};

use freshmint::{
    app::App,
    order::{currency::Currency, locale::Locale, money::Money},
};
use freshmint_fakes::{mailbox::Mailbox, simulator::Simulator};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use self::{
    api::Api,
    families::{FAMILIES, Family, Story},
};
use crate::{failure::Failure, stripe::Stripe};

/// What it is all for.
const TOURNAMENT: &str = "Summer Cup 2026";
/// How often, and how far apart, we look whether a payment has arrived: ten seconds in all.
const LOOKS: usize = 200;
const BETWEEN: Duration = Duration::from_millis(50);

/// A shop that is to be opened.
pub struct Shop<'a> {
    /// Of the service.
    pub address: &'a str,
    /// A token of its API that may do everything.
    pub admin: &'a str,
    /// One that may do what a treasurer does, and turns no switches.
    pub operator: &'a str,
    /// The service's settings, as a file for a shell.
    pub environment: &'a Path,
    pub stripe: &'a Stripe,
    pub mailbox: &'a Mailbox,
    pub app: &'a App,
}

/// A pay link, and what it leads to.
pub struct Link {
    pub reference: &'static str,
    pub name: &'static str,
    pub amount: String,
    /// The order's status, and what there is to say about it.
    pub state: String,
    pub url: String,
}

impl Shop<'_> {
    /// Makes the orders and lets their stories happen; `None` if somebody pressed Ctrl-C meanwhile.
    pub fn open(&self) -> Result<Option<Vec<Link>>, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("The demo has no place here: {error}.")))?;
        runtime.block_on(async {
            tokio::select! {
                links = self.tell_stories() => links.map(Some),
                () = told_to_stop() => Ok(None),
            }
        })
    }

    async fn tell_stories(&self) -> Result<Vec<Link>, Failure> {
        self.stripe.check_key(self.app).await?;
        self.turn_recovery_on().await?;
        let api = Api::new(self.address, self.operator)?;
        // First, since their mails take a while.
        if let Some(stripe) = self.stripe.simulator() {
            carts::are_left(stripe)?;
        }
        let mut orders = Vec::new();
        for family in &FAMILIES {
            orders.push(api.post("/orders", body(family)).await?);
        }
        self.send_the_mailing(&api).await?;
        let mut links = Vec::new();
        for (family, order) in FAMILIES.iter().zip(&orders) {
            links.push(tell(&api, self.stripe.simulator(), family, order).await?);
        }
        troubles::befall(self, &api).await?;
        Ok(links)
    }

    /// Lets a family open their payment page and leave it, and waits for the one reminder; the order's id.
    pub async fn is_left_and_reminded(
        &self,
        reference: &str,
        stripe: &Simulator,
    ) -> Result<String, Failure> {
        let api = Api::new(self.address, self.operator)?;
        let orders = api.get(&format!("/orders?reference={reference}")).await?;
        let order = &orders["data"][0];
        let session = api.follow(text(order, "pay_url")).await?;
        stripe.expire(&session).map_err(Failure::new)?;
        let id = text(order, "id").to_owned();
        let path = format!("/reminders?order_id={id}&decision=sent");
        api.until("no reminder went out", &path, is_any).await?;
        Ok(id)
    }

    /// The id of a mailing.
    pub async fn mailing_called(&self, name: &str) -> Result<String, Failure> {
        let api = Api::new(self.address, self.operator)?;
        let blasts = api.get("/blasts").await?;
        let mut blasts = blasts["data"].as_array().into_iter().flatten();
        let blast = blasts.find(|blast| blast["name"] == name);
        let id = blast.map(|blast| text(blast, "id").to_owned());
        id.ok_or_else(|| Failure::new(format!("There is no mailing {name}: please report it.")))
    }

    /// Off until the owner wants it; here it is to be tried.
    async fn turn_recovery_on(&self) -> Result<(), Failure> {
        let api = Api::new(self.address, self.admin)?;
        let on = json!({ "recovery_enabled": true });
        api.put("/settings", on).await.map(drop)
    }

    /// To every family.
    async fn send_the_mailing(&self, api: &Api<'_>) -> Result<(), Failure> {
        started(api, mailing()).await?;
        for _ in 0..LOOKS {
            let has_it = |family: &Family| !self.mailbox.mails_to(&address(family)).is_empty();
            if FAMILIES.iter().all(has_it) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Err(Failure::new(
            "The mailing did not arrive within ten seconds: start again, with RUST_LOG=info to see why.",
        ))
    }
}

/// The service ends at these, too.
async fn told_to_stop() {
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

async fn tell(
    api: &Api<'_>,
    payer: Option<&Simulator>,
    family: &Family,
    order: &Value,
) -> Result<Link, Failure> {
    let path = format!("/orders/{}", text(order, "id"));
    let url = text(order, "pay_url").to_owned();
    let remark = match (family.story, payer) {
        (Story::Cancelled, _) => {
            let note = json!({ "note": "The child is ill" });
            api.post(&format!("{path}/cancel"), note).await?;
            ""
        }
        (Story::Cash, _) => {
            let cash = json!({ "how": "cash", "note": "Paid at training" });
            api.post(&format!("{path}/settle"), cash).await?;
            ", in cash"
        }
        (Story::Withdrawn, _) => {
            let note = json!({ "note": "Went to the wrong parent" });
            api.post(&format!("{path}/withdraw-link"), note).await?;
            ", but this link was withdrawn"
        }
        (Story::Changed(amount), _) => {
            if payer.is_some() {
                api.follow(&url).await?;
            }
            let (description, _, quantity) = family.lines[0];
            let line =
                json!({ "description": description, "unit_amount": amount, "quantity": quantity });
            api.patch(&path, json!({ "lines": [line] })).await?;
            ", less than when the link was sent"
        }
        (Story::Paid, Some(stripe)) => {
            let session = api.follow(&url).await?;
            stripe.pay(&session).map_err(Failure::new)?;
            wait_for(api, &path, "paid").await?;
            ""
        }
        (Story::Debit, Some(stripe)) => {
            let session = api.follow(&url).await?;
            stripe.start_debit(&session).map_err(Failure::new)?;
            wait_for(api, &path, "processing").await?;
            ", a bank debit"
        }
        (Story::PaidTooLittle, Some(stripe)) => {
            let session = api.follow(&url).await?;
            stripe.pay_amount(&session, 4000).map_err(Failure::new)?;
            wait_for(api, &path, "in_review").await?;
            ", paid too little"
        }
        (Story::Open, _) | (Story::Paid | Story::Debit | Story::PaidTooLittle, None) => "",
    };
    let order = api.get(&path).await?;
    Ok(Link {
        reference: family.reference,
        name: family.name,
        amount: amount(&order),
        state: format!("{}{remark}", text(&order, "status").replace('_', " ")),
        url,
    })
}

/// The mailing; each family gets it with its own name, lines, amount and link.
fn mailing() -> Value {
    json!({
        "name": TOURNAMENT,
        "subject": "{{ shop_name }}: the fee for the Summer Cup 2026 ({{ reference }})",
        "body": MAILING,
        "filter": { "status": "open", "metadata": { "tournament": TOURNAMENT } },
    })
}

const MAILING: &str = "\
Dear {{ name }},

the Summer Cup is three weeks away, and we look forward to it. This is what we ask for:

{{ lines }}

In all: {{ amount }}

You can pay by card or bank here; the link is yours and keeps working until this is settled:

{{ pay_url }}

If you would rather pay in cash, tell us at training.

Your treasurer
";

fn body(family: &Family) -> Value {
    let line = |&(description, unit_amount, quantity): &(&str, i64, u32)| json!({ "description": description, "unit_amount": unit_amount, "quantity": quantity });
    json!({
        "reference": family.reference,
        "name": family.name,
        "email": address(family),
        "locale": family.locale,
        "currency": family.currency,
        "lines": family.lines.iter().map(line).collect::<Vec<_>>(),
        "metadata": { "tournament": TOURNAMENT },
    })
}

fn address(family: &Family) -> String {
    format!("{}@example.org", family.email)
}

/// Sends a mailing as a treasurer would: looks at the preview, approves just that, starts. Tells its path.
async fn started(api: &Api<'_>, mailing: Value) -> Result<String, Failure> {
    let blast = api.post("/blasts", mailing).await?;
    let path = format!("/blasts/{}", text(&blast, "id"));
    let preview = api.post(&format!("{path}/preview"), json!({})).await?;
    let approval = json!({ "content_hash": preview["content_hash"] });
    api.post(&format!("{path}/approve"), approval).await?;
    api.post(&format!("{path}/start"), json!({})).await?;
    Ok(path)
}

/// The event is delivered and worked on by others; that takes its moment.
async fn wait_for(api: &Api<'_>, path: &str, status: &str) -> Result<(), Failure> {
    for _ in 0..LOOKS {
        if text(&api.get(path).await?, "status") == status {
            return Ok(());
        }
        tokio::time::sleep(BETWEEN).await;
    }
    Err(Failure::new(format!(
        "A payment did not make its order {status} within ten seconds: start again, with RUST_LOG=info to see why."
    )))
}

fn is_any(list: &Value) -> bool {
    list["data"].as_array().is_some_and(|rows| !rows.is_empty())
}

fn amount(order: &Value) -> String {
    let minor = order["amount_total"].as_i64().unwrap_or_default();
    let locale = Locale::parse(text(order, "locale")).unwrap_or_default();
    match Currency::parse(text(order, "currency")) {
        Ok(currency) => Money::new(minor, currency).format(locale.language()),
        Err(_) => minor.to_string(),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
