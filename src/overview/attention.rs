//! What needs somebody: the open lines of the log, those of a kind together.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use serde_json::Value;
use uuid::Uuid;

use super::thing::{Facts, Thing, thing};
use crate::{activity::Category, case, mail, order::Kind};

/// Lines of one category that are looked at: beyond a hundred, a number says only that it is many.
const OF_A_CATEGORY: i64 = 200;
/// One line that names something else as its mail must not end the page.
const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// A line that needs somebody.
#[derive(Debug, Clone)]
pub struct Open {
    /// Its number in the log.
    pub id: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it says.
    pub what: String,
    /// The order it is about.
    pub order: Option<About>,
    /// The open case.
    pub case: Option<OpenCase>,
    /// The mail that it names.
    pub mail: Option<Uuid>,
    /// The mailing that waits, or that the mail is of, with its name.
    pub mailing: Option<(Uuid, String)>,
    /// The event of Stripe.
    pub event: Option<String>,
}

/// Money that does not add up.
#[derive(Debug, Clone)]
pub struct OpenCase {
    /// Ours, for ever.
    pub id: Uuid,
    /// What does not add up.
    pub kind: case::Kind,
    /// In minor units.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
}

/// Whose order a line is about.
#[derive(Debug, Clone)]
pub struct About {
    /// Its id.
    pub id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// What the shop asks for, or a cart.
    pub kind: Kind,
    /// Their name, as the shop writes it.
    pub name: Option<String>,
    /// Who is asked to pay.
    pub email: Option<String>,
    /// In minor units; catalogue amounts may not be known.
    pub amount: Option<i64>,
    /// Lower-case ISO code.
    pub currency: String,
}

/// Lines of one kind; of mails that came back, those of one mailing.
#[derive(Debug, Clone)]
pub struct Group {
    /// What they are about.
    pub thing: Thing,
    /// Since when the first of them waits.
    pub since: DateTime<Utc>,
    /// Newest first.
    pub lines: Vec<Open>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Jsonb)]
    detail: Value,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    order_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    reference: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<Kind>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    amount: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    case_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    case_kind: Option<case::Kind>,
    #[diesel(sql_type = Nullable<BigInt>)]
    case_amount: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    case_currency: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    mail_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    mail_state: Option<mail::State>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    mailing_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    mailing: Option<String>,
    #[diesel(sql_type = Bool)]
    is_about_an_order: bool,
}

/// What needs somebody, the first first. Every line that the badge counts is in one of these, up to so many of a
/// category that the badge counts no further.
pub fn attention(connection: &mut PgConnection) -> QueryResult<Vec<Group>> {
    let mut groups: BTreeMap<(Thing, Option<Uuid>), Vec<Open>> = BTreeMap::new();
    for row in read(connection)? {
        let (thing, line) = row.decode();
        // What came back of a mailing is one row with a number.
        let mailing = line.mailing.as_ref().filter(|_| thing == Thing::Bounced);
        let of = mailing.map(|(mailing, _)| *mailing);
        groups.entry((thing, of)).or_default().push(line);
    }
    let groups = groups.into_iter().filter_map(|((thing, _), lines)| {
        let since = lines.iter().map(|line| line.at).min()?;
        Some(Group {
            thing,
            since,
            lines,
        })
    });
    Ok(groups.collect())
}

/// Newest first, some of each category: a thousand mails that came back hide no case.
fn read(connection: &mut PgConnection) -> QueryResult<Vec<Row>> {
    diesel::sql_query(format!(
        "SELECT line.id, line.at, line.category, line.what, line.detail, \
             line.order_id, orders.reference, orders.kind, orders.name, orders.email, orders.amount_total AS amount, \
             orders.currency, about.id AS case_id, about.kind AS case_kind, about.amount AS case_amount, \
             about.currency AS case_currency, mail.id AS mail_id, mail.state AS mail_state, \
             blasts.id AS mailing_id, blasts.name AS mailing, line.order_id IS NOT NULL AS is_about_an_order \
         FROM unnest($1) AS wanted (category) \
         CROSS JOIN LATERAL (SELECT activity_id FROM activity_open WHERE category = wanted.category \
             ORDER BY activity_id DESC LIMIT $2) open \
         JOIN activity line ON line.id = open.activity_id \
         LEFT JOIN orders ON orders.id = line.order_id \
         LEFT JOIN LATERAL (SELECT id, kind, amount, currency FROM cases WHERE resolved_at IS NULL \
             AND line.category IN ('{payment}', '{case}') \
             AND (about = line.detail ->> 'session' OR about = line.detail ->> 'dispute' \
                  OR about = line.detail ->> 'payment_intent' OR id::text = line.detail ->> 'case') \
             AND order_id IS NOT DISTINCT FROM line.order_id LIMIT 1) about ON true \
         LEFT JOIN outbox mail ON line.category = '{of_mail}' \
             AND mail.id = CASE WHEN line.detail ->> 'mail' ~ '{UUID}' THEN (line.detail ->> 'mail')::uuid END \
         LEFT JOIN blasts ON blasts.id = coalesce(mail.blast_id, CASE \
             WHEN line.detail ->> 'blast' ~ '{UUID}' THEN (line.detail ->> 'blast')::uuid END) \
         ORDER BY line.id DESC",
        payment = Category::Payment,
        case = Category::Case,
        of_mail = Category::Mail,
    ))
    .bind::<Array<Text>, _>(&Category::ALL[..])
    .bind::<BigInt, _>(OF_A_CATEGORY)
    .load(connection)
}

impl Row {
    fn decode(self) -> (Thing, Open) {
        let facts = Facts {
            detail: &self.detail,
            has_case: self.case_id.is_some(),
            mail: self.mail_state,
            has_order: self.is_about_an_order,
        };
        let thing = thing(Category::from_name(&self.category), facts);
        let event = self.detail["event"].as_str().map(str::to_owned);
        let case = self.case_id.zip(self.case_kind).zip(self.case_amount);
        let case = case.zip(self.case_currency);
        let about = self.order_id.zip(self.reference).zip(self.currency);
        let about = about.zip(self.kind);
        let line = Open {
            id: self.id,
            at: self.at,
            what: self.what,
            order: about.map(|(((id, reference), currency), kind)| About {
                id,
                reference,
                kind,
                name: self.name,
                email: self.email,
                amount: self.amount,
                currency,
            }),
            case: case.map(|(((id, kind), amount), currency)| OpenCase {
                id,
                kind,
                amount,
                currency,
            }),
            mail: self.mail_id,
            mailing: self.mailing_id.zip(self.mailing),
            event,
        };
        (thing, line)
    }
}
