//! Looking at a mailing: its preview, its first mail sent to somebody of the shop, and what became of each mail
//! once it was started.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Asked,
    lasts::days,
    material::{self, LOOK, Material},
    outcome::{self, Outcome},
    plan::{Plan, writable},
    recipient::{RecipientRow, RowsAsked, most_unusual, worth_a_look},
    record_blast,
};
use crate::{
    activity::Doing,
    app::App,
    db::{DbError, for_its_values},
    mail::{
        Text, letter,
        template::{Templates, Unfillable},
    },
    order::{Order, email::Email, money::Money},
    outbox::{self, Kind, Letter, State, view::Mail},
    reminder::rule::Reason,
    renderings::{Rendering, Stopped},
    schema::{orders, outbox as mails, outbox_orders},
    suppression::{self, AddressHash, AddressKey},
};

/// So many mails are shown whole: enough to see what differs from one to the next.
const SAMPLES: usize = 5;
/// So many are told of as the most unusual.
const UNUSUAL: usize = 10;

/// The JSON of a preview.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// What an approval names.
    pub content_hash: String,
    /// How many get a mail.
    pub recipients: usize,
    /// How many orders those are about.
    pub orders: usize,
    /// What those come to by currency, in minor units; what Stripe alone knows counts as nothing.
    pub amounts: BTreeMap<String, i64>,
    /// So many days it takes, at its pace and with what the mail provider allows.
    pub days: u64,
    /// What is wrong, or worth a look: sentences.
    pub problems: Vec<String>,
    /// The first few mails, with their real links.
    pub samples: Vec<Sample>,
    /// Those of `problems` that stand in the way of an approval.
    #[serde(skip)]
    pub blocking: Vec<String>,
    /// Those that go as things stand.
    #[serde(skip)]
    pub going: Going,
    /// The most unusual of them.
    #[serde(skip)]
    pub unusual: Vec<RecipientRow>,
}

/// The mails of a preview that go as things stand: to addresses that are written to.
#[derive(Debug, Clone)]
pub struct Going {
    /// How many they are.
    pub mails: usize,
    /// How many do not go.
    pub none: usize,
    /// What they ask for by currency, in minor units.
    pub amounts: BTreeMap<String, i64>,
    /// How often each amount is asked for, the largest first.
    pub sizes: Vec<Size>,
}

/// Mails that ask for the same amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// What one of them asks for.
    pub amount: Money,
    /// How many they are.
    pub mails: usize,
}

/// A mail as it would arrive.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Whom it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// One recipient.
#[derive(Debug, Clone, Serialize)]
pub struct Recipient {
    /// The order that the mail is about.
    pub order_id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// Whom it goes to, until that is erased.
    pub to: Option<String>,
    /// The mail's state in the outbox; `planned` before the start.
    pub state: String,
    /// Why it was not sent.
    pub reason: Option<String>,
    /// How often it was tried.
    pub attempts: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the mail server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What the outbox knows of a recipient.
type Mailed = (
    Uuid,
    String,
    Option<String>,
    State,
    Option<Reason>,
    i32,
    Option<String>,
    Option<DateTime<Utc>>,
);

/// Shows a mailing before it goes. Nothing changes.
///
/// # Errors
/// The database's.
pub async fn preview(app: &App, id: Uuid) -> Result<Asked<Preview>, DbError> {
    Ok(match material::worked_out(app, id, LOOK, look).await? {
        Ok((_, preview)) => Asked::Done(preview),
        Err(not) => not.into(),
    })
}

fn look(app: &App, material: &Material, rendering: &Rendering) -> Result<Preview, Stopped> {
    let plan = Plan::new(&material.facts(&app.shop), || rendering.go_on())?;
    let content = &material.stored.content;
    let templates = Templates::new(&content.subject, &content.body).ok();
    let mut problems: Vec<String> = plan.troubles.iter().map(ToString::to_string).collect();
    problems.extend(worth_a_look(app, material, &plan));
    let recipients = || {
        let gets_mail = |order: &&Order| plan.recipients.contains_key(&order.id);
        material.orders.iter().filter(gets_mail)
    };
    let blocking = plan.troubles.iter().filter(|trouble| trouble.blocks());
    let samples = recipients().take(SAMPLES).filter_map(|order| {
        let hash = *material.hashes.get(&order.id)?;
        let Text { subject, body } = write_mail(app, templates.as_ref()?, order, hash).ok()?;
        let to = order.email.as_ref()?.as_str().to_owned();
        Some(Sample { to, subject, body })
    });
    Ok(Preview {
        content_hash: plan.content_hash(content),
        recipients: plan.recipients.len(),
        orders: plan.recipients.len(),
        amounts: sums(recipients().filter_map(Order::owed)),
        days: days(plan.recipients.len(), content.per_second, &app.mailer),
        blocking: blocking.map(ToString::to_string).collect(),
        going: Going::of(material, recipients()),
        unusual: most_unusual(app, material, &plan, UNUSUAL),
        problems,
        samples: samples.collect(),
    })
}

impl Going {
    fn of<'a>(material: &Material, recipients: impl Iterator<Item = &'a Order>) -> Self {
        let is_written_to = |order: &&Order| !material.suppressed.contains(&order.id);
        let (going, none): (Vec<&Order>, Vec<&Order>) = recipients.partition(is_written_to);
        let owed = || going.iter().filter_map(|order| order.owed());
        Self {
            mails: going.len(),
            none: none.len(),
            amounts: sums(owed()),
            sizes: sizes(owed()),
        }
    }
}

fn sums(amounts: impl Iterator<Item = Money>) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for owed in amounts {
        let sum = sums.entry(owed.currency.code().to_owned()).or_default();
        *sum = sum.saturating_add(owed.minor);
    }
    sums
}

fn sizes(amounts: impl Iterator<Item = Money>) -> Vec<Size> {
    let mut counted: BTreeMap<(&'static str, i64), Size> = BTreeMap::new();
    for amount in amounts {
        let key = (amount.currency.code(), -amount.minor);
        let size = counted.entry(key).or_insert(Size { amount, mails: 0 });
        size.mails += 1;
    }
    counted.into_values().collect()
}

/// Queues the mail that the first recipient would get, to this address.
///
/// # Errors
/// The database's.
pub async fn send_sample(
    app: &App,
    id: Uuid,
    to: &Email,
    doing: &Doing,
) -> Result<Asked<Mail>, DbError> {
    let (email, key) = (to.clone(), app.db.run(AddressKey::load).await?);
    let hash = key.hash(email.as_str());
    let first = move |app: &App, material: &Material, rendering: &Rendering| {
        first_mail(app, material, hash, rendering)
    };
    let (material, first) = match material::worked_out(app, id, LOOK, first).await? {
        Ok(made) => made,
        Err(not) => return Ok(not.into()),
    };
    let text = match first {
        Ok(text) => text,
        Err(why) => return Ok(Asked::NotNow(format!("there is no mail to try: {why}"))),
    };
    let (domain, doing) = (app.mailer.domain.clone(), doing.clone());
    let queue = move |connection: &mut PgConnection| {
        if suppression::among(connection, [hash])?.contains(&hash) {
            let why = "this address is not written to; take it off the list, or choose another";
            return Ok(Asked::NotNow(why.to_owned()));
        }
        let letter = Letter {
            kind: Kind::Test,
            blast_id: Some(id),
            to: email.as_str(),
            to_hash: hash,
            text: Some(text.clone()),
            // Not the recipient's: their history must not say that they were written to.
            orders: &[],
            due_at: None,
        };
        let queued = outbox::queue(connection, &domain, &[letter], doing.at)?;
        record_blast(
            connection,
            id,
            &material.stored.content.name,
            "tried",
            &doing,
        )?;
        let mail = match queued[..] {
            [Some(mail)] => outbox::view::find(connection, mail)?,
            _ => None,
        };
        Ok(mail.map_or(Asked::NoBlast, Asked::Done))
    };
    let asked = app.db.transaction(queue).await?;
    app.wake_mail.notify_one();
    Ok(asked)
}

/// The first mail that can be written. The link in it that ends all mail is the tester's own.
fn first_mail(
    app: &App,
    material: &Material,
    tester: AddressHash,
    rendering: &Rendering,
) -> Result<Result<Text, String>, Stopped> {
    let (facts, go_on) = (material.facts(&app.shop), || rendering.go_on());
    let Some(order) = writable(&facts, go_on).next().transpose()? else {
        let plan = Plan::new(&facts, go_on)?;
        return Ok(Err(plan.objection().unwrap_or_default()));
    };
    let content = &material.stored.content;
    let written = Templates::new(&content.subject, &content.body)
        .and_then(|templates| write_mail(app, &templates, order, tester));
    let test = |Text { subject, body }| Text {
        subject: format!("[Test] {subject}"),
        body,
    };
    Ok(written.map(test).map_err(|why| why.to_string()))
}

/// A page of mails by order id, with what became of each.
pub(super) fn mailed(
    connection: &mut PgConnection,
    id: Uuid,
    asked: RowsAsked,
) -> QueryResult<Vec<Recipient>> {
    let mut query = outbox_orders::table
        .inner_join(mails::table)
        .inner_join(orders::table)
        .filter(for_its_values())
        .filter(outbox_orders::blast_id.eq(id))
        .filter(outbox_orders::kind.eq(Kind::Blast))
        .filter(outbox_orders::order_id.gt(asked.after.unwrap_or_default()))
        .order(outbox_orders::order_id)
        .limit(asked.limit)
        .select((
            outbox_orders::order_id,
            orders::reference,
            mails::address,
            mails::state,
            mails::skip_reason,
            mails::attempts,
            mails::last_error,
            mails::sent_at,
        ))
        .into_boxed();
    if let Some(state) = asked.state {
        query = query.filter(mails::state.eq(state));
    }
    let rows: Vec<Mailed> = query.load(connection)?;
    let recipient = |(order_id, reference, to, state, reason, attempts, last_error, sent_at)| {
        let (state, reason): (State, Option<Reason>) = (state, reason);
        Recipient {
            order_id,
            reference,
            to,
            state: state.name().to_owned(),
            reason: reason.map(|reason| reason.name().to_owned()),
            attempts,
            last_error,
            sent_at,
            outcome: Outcome::default(),
        }
    };
    let mut recipients: Vec<Recipient> = rows.into_iter().map(recipient).collect();
    outcome::add(connection, id, &mut recipients)?;
    Ok(recipients)
}

/// One order's mail with its real links, to whom `address` is the hash of.
pub(super) fn write_mail(
    app: &App,
    templates: &Templates,
    order: &Order,
    address: AddressHash,
) -> Result<Text, Unfillable> {
    app.write(order, address, |about| letter::blast(about, templates))
}
