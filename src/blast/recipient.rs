//! The rows of a mailing, a page at a time: each recipient's mail as it would arrive, or as it was sent, and what
//! is worth a look in it. A page costs the same whatever is before and behind it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Asked,
    fits::selected,
    material::{self, LOOK, Material},
    outcome::Outcome,
    plan::{self, writable},
    problems::{self, Beside, flaws},
    row,
    sample::{Recipient, mailed, write_mail},
};
use crate::{
    app::App,
    db::{DbError, lower},
    mail::{State, Text, template::Templates},
    order::{Kind, Order, Status, money::Money},
    outbox::Kind as MailKind,
    renderings::{Rendering, Stopped},
    schema::{orders, outbox, outbox_orders},
};

/// Orders that are read with one statement: a page is full with the first, unless most of them get no mail.
const STRETCH: i64 = 250;

/// One recipient with their mail.
#[derive(Debug, Clone, Serialize)]
pub struct RecipientRow {
    /// Who, and what became of it.
    #[serde(flatten)]
    pub recipient: Recipient,
    /// What the mail says, if somebody asked for it; nothing of one that has been erased.
    #[serde(flatten)]
    pub words: Option<Words>,
    /// What is worth a look before it goes: sentences.
    pub problems: Vec<String>,
    /// What it asks for, before it goes.
    #[serde(skip)]
    pub owed: Option<Money>,
}

/// What a mail says.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Words {
    /// One line.
    pub subject: Option<String>,
    /// The text.
    pub body: Option<String>,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy)]
pub struct RowsAsked {
    /// Only those behind this order: where the page before ended.
    pub after: Option<Uuid>,
    /// So many.
    pub limit: i64,
    /// With what each mail says.
    pub mail: bool,
    /// Only mails that stand so; before the start there are none.
    pub state: Option<State>,
}

/// A page of recipients by order id.
///
/// # Errors
/// The database's.
pub async fn recipients(
    app: &App,
    id: Uuid,
    asked: RowsAsked,
) -> Result<Asked<Vec<RecipientRow>>, DbError> {
    let read = move |connection: &mut PgConnection| row::read(connection, id);
    let Some(stored) = app.db.run(read).await? else {
        return Ok(Asked::NoBlast);
    };
    if !stored.state.is_before_the_start() {
        let read = move |connection: &mut PgConnection| rows_of_mails(connection, id, asked);
        return app.db.run(read).await.map(Asked::Done);
    }
    let work = move |app: &App, rendering: &Rendering| planned(app, id, asked, rendering);
    Ok(match material::on_a_thread(app, LOOK, work).await {
        Ok(planned) => planned?.map_or(Asked::NoBlast, Asked::Done),
        Err(stopped) => Asked::Busy(stopped.to_string()),
    })
}

/// Reads on until the page is full: those who get no mail are no recipients.
fn planned(
    app: &App,
    id: Uuid,
    asked: RowsAsked,
    rendering: &Rendering,
) -> Result<Result<Option<Vec<RecipientRow>>, DbError>, Stopped> {
    let limit = usize::try_from(asked.limit).unwrap_or(0);
    let (mut rows, mut after) = (Vec::new(), asked.after);
    loop {
        rendering.go_on()?;
        let stretch = STRETCH.max(asked.limit);
        let read = app.db.transaction_blocking(|connection| {
            let Some(material) = Material::load_part(connection, id, after, stretch)? else {
                return Ok(None);
            };
            let siblings = siblings(connection, &material)?;
            Ok(Some((material, siblings)))
        });
        let (material, siblings) = match read {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        };
        let part = Part::new(app, &material, &siblings);
        let facts = material.facts(&app.shop);
        let missing = limit - rows.len();
        for order in writable(&facts, || rendering.go_on()).take(missing) {
            rows.push(part.row(order?, asked.mail));
        }
        let was_last = material.orders.len() < usize::try_from(stretch).unwrap_or(usize::MAX);
        if rows.len() >= limit || was_last {
            return Ok(Ok(Some(rows)));
        }
        after = material.orders.last().map(|order| order.id);
    }
}

/// How many of a mailing's orders go to each of the addresses of this part, where it is more than one.
fn siblings(
    connection: &mut PgConnection,
    material: &Material,
) -> QueryResult<HashMap<String, usize>> {
    let addresses = material
        .orders
        .iter()
        .filter_map(|order| order.email.as_ref());
    let addresses: BTreeSet<String> = addresses.map(|email| email.normalized()).collect();
    let theirs: Vec<Option<String>> = orders::table
        .filter(lower(orders::email).eq_any(addresses))
        .filter(orders::kind.eq(Kind::Billed))
        .filter(orders::status.eq(Status::Open))
        .filter(selected(&material.stored))
        .select(lower(orders::email))
        .load(connection)?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for address in theirs.into_iter().flatten() {
        *counts.entry(address).or_default() += 1;
    }
    counts.retain(|_, count| *count > 1);
    Ok(counts)
}

/// What the rows of a part are made from.
struct Part<'a> {
    app: &'a App,
    material: &'a Material,
    siblings: &'a HashMap<String, usize>,
    templates: Option<Templates<'a>>,
    fields: BTreeSet<String>,
}

impl<'a> Part<'a> {
    fn new(app: &'a App, material: &'a Material, siblings: &'a HashMap<String, usize>) -> Self {
        let content = &material.stored.content;
        Self {
            app,
            material,
            siblings,
            templates: Templates::new(&content.subject, &content.body).ok(),
            fields: problems::fields_asked_for(content),
        }
    }

    fn row(&self, order: &Order, with_words: bool) -> RecipientRow {
        RecipientRow {
            recipient: self.recipient(order),
            words: with_words.then(|| self.words(order)),
            problems: self.problems(order),
            owed: order.owed(),
        }
    }

    fn recipient(&self, order: &Order) -> Recipient {
        Recipient {
            order_id: order.id,
            reference: order.reference.clone(),
            to: order.email.as_ref().map(|email| email.as_str().to_owned()),
            state: "planned".to_owned(),
            reason: self.is_suppressed(order).then(|| "suppressed".to_owned()),
            attempts: 0,
            last_error: None,
            sent_at: None,
            outcome: Outcome::planned(order),
        }
    }

    fn is_suppressed(&self, order: &Order) -> bool {
        self.material.suppressed.contains(&order.id)
    }

    fn words(&self, order: &Order) -> Words {
        let hash = self.material.hashes.get(&order.id);
        let written = (self.templates.as_ref().zip(hash))
            .and_then(|(templates, hash)| write_mail(self.app, templates, order, *hash).ok());
        written.map_or_else(Words::default, |Text { subject, body }| Words {
            subject: Some(subject),
            body: Some(body),
        })
    }

    fn problems(&self, order: &Order) -> Vec<String> {
        let flaws = flaws(order, &self.fields, link_verifies(self.app, order));
        let mut told: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        if self.is_suppressed(order) {
            told.push("the address is on the do-not-mail list, so it gets no mail".to_owned());
        }
        let siblings = order
            .email
            .as_ref()
            .and_then(|email| self.siblings.get(&email.normalized()));
        told.extend(siblings.map(|count| format!("{count} share an address")));
        told
    }
}

/// Whether the link in an order's mail leads to it.
pub(super) fn link_verifies(app: &App, order: &Order) -> bool {
    let claims = app.keys.verify_pay(&app.pay_token(order));
    claims.is_ok_and(|claims| claims == order.link())
}

/// What became of each mail, and what it said.
fn rows_of_mails(
    connection: &mut PgConnection,
    id: Uuid,
    asked: RowsAsked,
) -> QueryResult<Vec<RecipientRow>> {
    let recipients = mailed(connection, id, asked)?;
    let mut words = match asked.mail {
        true => words_of(connection, id, &recipients)?,
        false => BTreeMap::new(),
    };
    let row = |recipient: Recipient| RecipientRow {
        words: asked
            .mail
            .then(|| words.remove(&recipient.order_id).unwrap_or_default()),
        recipient,
        problems: Vec::new(),
        owed: None,
    };
    Ok(recipients.into_iter().map(row).collect())
}

fn words_of(
    connection: &mut PgConnection,
    id: Uuid,
    recipients: &[Recipient],
) -> QueryResult<BTreeMap<Uuid, Words>> {
    let about: Vec<Uuid> = recipients
        .iter()
        .map(|recipient| recipient.order_id)
        .collect();
    let rows: Vec<(Uuid, Option<String>, Option<String>)> = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::blast_id.eq(id))
        .filter(outbox_orders::kind.eq(MailKind::Blast))
        .filter(outbox_orders::order_id.eq_any(about))
        .select((outbox_orders::order_id, outbox::subject, outbox::body))
        .load(connection)?;
    let words = |(order, subject, body)| (order, Words { subject, body });
    Ok(rows.into_iter().map(words).collect())
}

/// Of the mails of a plan so many as are the most unusual, those first.
pub(super) fn most_unusual(
    app: &App,
    material: &Material,
    plan: &plan::Plan,
    most: usize,
) -> Vec<RecipientRow> {
    let gets_mail = |order: &&Order| plan.letters.contains_key(&order.id);
    let recipients = || material.orders.iter().filter(gets_mail);
    let address = |order: &Order| order.email.as_ref().map(|email| email.normalized());
    let mut siblings: HashMap<String, usize> = HashMap::new();
    for address in recipients().filter_map(address) {
        *siblings.entry(address).or_default() += 1;
    }
    siblings.retain(|_, count| *count > 1);
    let beside = |order| Beside {
        order,
        letters: plan.letters.get(&order.id).copied().unwrap_or(0),
        siblings: address(order).and_then(|it| siblings.get(&it).copied()),
    };
    let part = Part::new(app, material, &siblings);
    let first = problems::most_unusual_first(recipients().map(beside).collect());
    let first = first.into_iter().take(most);
    first.map(|order| part.row(order, false)).collect()
}

/// What is worth a look in the mails of a plan, in sentences: the number that was reckoned with, then flaws of
/// rows, then what is unusual.
pub(super) fn worth_a_look(app: &App, material: &Material, plan: &plan::Plan) -> Vec<String> {
    let content = &material.stored.content;
    let fields = problems::fields_asked_for(content);
    let recipients = || {
        let gets_mail = |order: &&Order| plan.recipients.contains_key(&order.id);
        material.orders.iter().filter(gets_mail)
    };
    let flaws = recipients().flat_map(|order| {
        let flaws = flaws(order, &fields, link_verifies(app, order));
        flaws
            .into_iter()
            .map(|flaw| (flaw, order.reference.clone()))
    });
    let mut told: Vec<String> = content
        .who
        .miscounted(plan.recipients.len())
        .into_iter()
        .collect();
    told.extend(problems::sentences(flaws));
    told.extend(problems::standing_out(recipients()));
    told
}
