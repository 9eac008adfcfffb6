//! Causes that no row stands for: lines of the log. Mails of one mailing that came back are one cause
//! with a number; any other line is one with those that say the same of the same order.
//!
//! Such a cause is over when no line of it has come for an hour.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::max,
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::kind::Kind;
use crate::{
    activity::{Category, Level},
    mail,
    schema::activity,
};

/// Lines are looked at when every transaction that could still write an earlier one has ended.
const SETTLED_AFTER: Duration = Duration::seconds(5);
/// No line of a cause for so long, and it is over.
const OVER_AFTER: Duration = Duration::hours(1);
/// Lines of one look: the next one goes on behind them.
const LINES: i64 = 1_000;

/// Marks of lines that a mailing, or a family that is not written to, has for as long as it waits: they stand on
/// the first page, and wake nobody.
const FOR_PAGES: &str = "['waits', 'unwritten']";

/// One line that names something else as its mail must not end every look.
const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// A line that needs somebody, and the mail in it if that has bounced.
#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    order_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    bounced: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    mail_kind: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    blast_id: Option<Uuid>,
}

/// Lines of one cause.
struct Lines {
    kind: Kind,
    blast_id: Option<Uuid>,
    /// `None` if they are about several.
    order_id: Option<Uuid>,
    detail: Option<String>,
    count: i64,
    since: DateTime<Utc>,
    last: DateTime<Utc>,
}

/// Looks at the lines that came since the last look; tells up to which.
pub fn take_up(
    connection: &mut PgConnection,
    seen: Option<i64>,
    now: DateTime<Utc>,
) -> QueryResult<Option<i64>> {
    let Some(seen) = seen else {
        // Whoever switches alerts on is told what is open, and not of a year of mails that came back.
        let last: Option<i64> = activity::table
            .select(max(activity::id))
            .first(connection)?;
        return Ok(Some(last.unwrap_or(0)));
    };
    let mut lines = read(connection, seen)?;
    // None is passed over: the next look begins with the first that is too young.
    let settled = lines
        .iter()
        .take_while(|line| line.at <= now - SETTLED_AFTER);
    lines.truncate(settled.count());
    let Some(last) = lines.last().map(|line| line.id) else {
        return Ok(Some(seen));
    };
    for (key, lines) in by_cause(&lines) {
        add(connection, &key, &lines)?;
    }
    Ok(Some(last))
}

fn read(connection: &mut PgConnection, seen: i64) -> QueryResult<Vec<Line>> {
    diesel::sql_query(format!(
        "SELECT line.id, line.at, line.category, line.order_id, line.what, \
             mail.id AS bounced, mail.kind AS mail_kind, mail.blast_id \
         FROM activity line LEFT JOIN outbox mail ON line.category = '{of_mail}' \
             AND mail.id = CASE WHEN line.detail ->> 'mail' ~ '{UUID}' THEN (line.detail ->> 'mail')::uuid END \
             AND mail.state = '{bounced}' \
         WHERE line.level = '{attention}' AND line.id > $1 AND NOT line.detail ?| ARRAY{FOR_PAGES} \
         ORDER BY line.id LIMIT $2",
        of_mail = Category::Mail,
        bounced = mail::State::Bounced,
        attention = Level::Attention
    ))
    .bind::<BigInt, _>(seen)
    .bind::<BigInt, _>(LINES)
    .load(connection)
}

fn by_cause(lines: &[Line]) -> BTreeMap<String, Lines> {
    let mut causes: BTreeMap<String, Lines> = BTreeMap::new();
    // A mail about several orders has a line for each of them, one after the other.
    let mut mail = None;
    for line in lines {
        let Some((key, kind)) = cause_of(line) else {
            continue;
        };
        let same_mail = line.bounced.is_some() && line.bounced == mail;
        mail = line.bounced;
        let cause = causes.entry(key).or_insert_with(|| Lines {
            kind,
            blast_id: line.blast_id,
            order_id: line.order_id,
            detail: (kind == Kind::Entry).then(|| line.what.clone()),
            count: 0,
            since: line.at,
            last: line.at,
        });
        cause.count += i64::from(!same_mail);
        cause.order_id = cause.order_id.filter(|order| Some(*order) == line.order_id);
        cause.last = cause.last.max(line.at);
    }
    causes
}

/// The key and the kind of a line's cause; `None` where rows stand for it, which are looked at themselves.
fn cause_of(line: &Line) -> Option<(String, Kind)> {
    match Category::from_name(&line.category)? {
        Category::Mail => {
            let kind = Kind::Bounces;
            line.bounced?;
            let of = match line.blast_id {
                Some(blast) => blast.to_string(),
                None => line.mail_kind.clone().unwrap_or_default(),
            };
            Some((format!("{kind}:{of}"), kind))
        }
        Category::Order
        | Category::Checkout
        | Category::Payment
        | Category::Case
        | Category::Webhook => None,
        Category::Reminder
        | Category::Blast
        | Category::Suppression
        | Category::Settings
        | Category::People
        | Category::Retention => {
            let said = format!("{} {:?} {}", line.category, line.order_id, line.what);
            let hash = hex::encode(&Sha256::digest(said)[..8]);
            Some((format!("{}:{hash}", Kind::Entry), Kind::Entry))
        }
    }
}

/// Adds lines to their cause. One that was over begins anew.
fn add(connection: &mut PgConnection, key: &str, lines: &Lines) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO alert_causes AS cause (key, kind, order_id, blast_id, detail, count, since, ends_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (key) DO UPDATE SET \
             order_id = CASE WHEN cause.order_id = excluded.order_id THEN cause.order_id END, \
             count = excluded.count + CASE WHEN cause.over_at IS NULL THEN cause.count ELSE 0 END, \
             since = CASE WHEN cause.over_at IS NULL THEN cause.since ELSE excluded.since END, \
             told = cause.told AND cause.over_at IS NULL, \
             ends_at = greatest(cause.ends_at, excluded.ends_at), gone_at = NULL, over_at = NULL",
    )
    .bind::<Text, _>(key)
    .bind::<Text, _>(lines.kind)
    .bind::<Nullable<SqlUuid>, _>(lines.order_id)
    .bind::<Nullable<SqlUuid>, _>(lines.blast_id)
    .bind::<Nullable<Text>, _>(&lines.detail)
    .bind::<BigInt, _>(lines.count)
    .bind::<Timestamptz, _>(lines.since)
    .bind::<Timestamptz, _>(lines.last + OVER_AFTER)
    .execute(connection)
    .map(drop)
}
