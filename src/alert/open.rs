//! What is open now: read from the rows that say so, in one statement.
//!
//! Each source is a query of one kind's causes, with these columns: what tells them apart, the order,
//! the mailing, a detail for the shop, how many things, and since when. Words of columns are literals,
//! for the partial indexes. `$1` is the service's own time, `$2` the kinds of mail that this version
//! knows, `$3` since when the watch goes on without a gap, `$4` to `$6` are of [`Waits`].

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};

use super::kind::Kind;
use crate::{
    activity::{Category, Level},
    blast::PausedBy,
    case, inbox,
    mail::{self, BlastState},
    order::Status,
    outbox::{self, Why},
};

/// That all mail waits.
pub struct Waits {
    /// Which pause, if there are several kinds.
    pub which: Option<String>,
    /// A sentence for the shop, without addresses.
    pub sentence: Option<String>,
    pub since: DateTime<Utc>,
}

/// Whether all mail waits, as all places say it. What the settings allow is no news, nor that there is no
/// mail server.
pub fn mail_waits(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Option<Waits>> {
    let Some(waiting) = outbox::waiting(connection, None, now)? else {
        return Ok(None);
    };
    let which = match waiting.cause {
        Why::Off | Why::Paused(outbox::Cause::Allowance) => return Ok(None),
        // One trouble may go on as another's pause: a sender that is refused, then the whole of us.
        Why::Paused(_) => None,
        Why::NothingGetsThrough => Some(waiting.cause.name().to_owned()),
    };
    Ok(Some(Waits {
        which,
        since: waiting.since.unwrap_or(now),
        sentence: Some(waiting.sentence),
    }))
}

/// A debit that failed is pursued by a person for so long; then it is an order that nobody paid.
const DEBIT_IS_NEWS: &str = "14 days";
/// Mails that are due, and of which none has been taken for so long, are stuck: a claim takes seconds.
const STUCK_AFTER: &str = "15 minutes";
/// A newer version has so long to send what this one does not know.
const LEFT_TO_A_NEWER_VERSION: &str = "1 hour";
/// The longest turn of a chore and the lease after it are far shorter.
const CHORE_IS_LATE: &str = "2 hours";

/// Everything that is open, as rows of `key, kind, order_id, blast_id, detail, count, since`.
pub fn query() -> String {
    let sources: Vec<String> = sources()
        .into_iter()
        .map(|(kind, query)| {
            format!(
                "SELECT CASE WHEN part IS NULL THEN '{kind}' ELSE '{kind}:' || part END, '{kind}', \
                     order_id, blast_id, detail, count, since \
                 FROM ({query}) AS source (part, order_id, blast_id, detail, count, since)"
            )
        })
        .collect();
    sources.join(" UNION ALL ")
}

/// A query for each kind that stands in rows; bounces and entries of the log do not.
fn sources() -> Vec<(Kind, String)> {
    vec![
        (Kind::Case, cases()),
        (Kind::LostDispute, lost_disputes()),
        (Kind::Debit, failed_debits()),
        (Kind::Pause, pause()),
        (Kind::Stuck, stuck()),
        (Kind::UnknownMail, mails(mail::State::Unknown)),
        (Kind::FailedMail, mails(mail::State::Failed)),
        (Kind::NewerMail, of_a_newer_version()),
        (Kind::StoppedMailing, stopped_mailings()),
        (Kind::DeadLinks, dead_links()),
        (Kind::RefusedCheckout, refused_checkouts()),
        (Kind::FailedEvent, failed_events()),
        (Kind::SilentWebhook, silent_webhook()),
        (Kind::OverdueChore, overdue_chores()),
    ]
}

/// Nothing of what a source has no word for.
const NONE: &str = "NULL::uuid, NULL::uuid, NULL::text";

fn cases() -> String {
    "SELECT id::text, order_id, NULL::uuid, kind, 1::bigint, opened_at \
     FROM cases WHERE resolved_at IS NULL"
        .to_owned()
}

/// One that was won is no open case any more.
fn lost_disputes() -> String {
    format!(
        "SELECT cases.id::text, cases.order_id, NULL::uuid, NULL::text, 1::bigint, disputes.closed_at \
         FROM cases JOIN disputes ON disputes.id = cases.about \
         WHERE cases.kind = '{}' AND cases.resolved_at IS NULL AND disputes.closed_at IS NOT NULL",
        case::Kind::Dispute
    )
}

fn failed_debits() -> String {
    format!(
        "SELECT id::text, id, NULL::uuid, NULL::text, 1::bigint, debit_failed_at FROM orders \
         WHERE debit_failed_at > $1 - interval '{DEBIT_IS_NEWS}' AND status = '{}'",
        Status::Open
    )
}

fn pause() -> String {
    "SELECT $4, NULL::uuid, NULL::uuid, $5, 1::bigint, $6 WHERE $6 IS NOT NULL".to_owned()
}

/// The pace's row is written with each claim, also by a worker of another version.
fn stuck() -> String {
    format!(
        "SELECT NULL::text, {NONE}, count(*), min(greatest(mail.not_before, mail.created_at)) FROM outbox mail \
         WHERE mail.state = '{queued}' AND {let_go} AND mail.kind = ANY($2) AND mail.kind <> '{alert}' \
           AND mail.created_at <= $1 - interval '{STUCK_AFTER}' \
           AND mail.not_before <= clock_timestamp() - interval '{STUCK_AFTER}' \
           AND (mail.due_at IS NULL OR mail.due_at <= $1 - interval '{STUCK_AFTER}') \
           AND (mail.blast_id IS NULL OR mail.kind <> '{blast}' OR EXISTS (SELECT FROM blasts \
                WHERE blasts.id = mail.blast_id AND blasts.state = '{sending}')) \
           AND $3 <= $1 - interval '{STUCK_AFTER}' \
           AND NOT EXISTS (SELECT FROM outbox_pause) \
           AND EXISTS (SELECT FROM pace WHERE name = 'mails' \
                AND next_at <= clock_timestamp() - interval '{STUCK_AFTER}') \
         HAVING count(*) > 0",
        queued = mail::State::Queued,
        let_go = outbox::LET_GO,
        alert = mail::Kind::Alert,
        blast = mail::Kind::Blast,
        sending = BlastState::Sending
    )
}

/// One cause a mailing, or a mail that is of none. What becomes of an alert is no reason for another.
fn mails(state: mail::State) -> String {
    format!(
        "SELECT about.part::text, (SELECT order_id FROM outbox_orders WHERE mail_id = about.part \
             ORDER BY order_id LIMIT 1), about.blast_id, NULL::text, about.count, $1 \
         FROM (SELECT coalesce(blast_id, id) AS part, blast_id, count(*) AS count FROM outbox \
               WHERE state = '{state}' AND kind <> '{alert}' GROUP BY 1, 2) about",
        alert = mail::Kind::Alert
    )
}

fn of_a_newer_version() -> String {
    format!(
        "SELECT NULL::text, {NONE}, count(*), min(not_before) FROM outbox \
         WHERE state = '{}' AND kind <> ALL($2) \
           AND not_before <= clock_timestamp() - interval '{LEFT_TO_A_NEWER_VERSION}' \
           AND (due_at IS NULL OR due_at <= $1 - interval '{LEFT_TO_A_NEWER_VERSION}') \
         HAVING count(*) > 0",
        mail::State::Queued
    )
}

/// Over when somebody lets it go on, or gives it up.
fn stopped_mailings() -> String {
    format!(
        "SELECT id::text, NULL::uuid, id, paused_because, 1::bigint, coalesce(paused_at, $1) FROM blasts \
         WHERE state = '{paused}' AND paused_by IN ({stops})",
        paused = BlastState::Paused,
        stops = PausedBy::stops()
    )
}

/// What one replica counts now and then: `figures` has the rule.
fn dead_links() -> String {
    format!("SELECT NULL::text, {NONE}, orders, since FROM dead_links WHERE since IS NOT NULL")
}

/// The last refusal of an order as it stands, unless a session was opened since: it is over when the
/// order can be paid, has changed, or is owed no more.
fn refused_checkouts() -> String {
    format!(
        "SELECT orders.id::text, orders.id, NULL::uuid, refusal.what, 1::bigint, refusal.at \
         FROM (SELECT DISTINCT ON (order_id) order_id, at, what, detail FROM activity \
               WHERE level = '{attention}' AND category = '{checkout}' ORDER BY order_id, id DESC) refusal \
         JOIN orders ON orders.id = refusal.order_id \
         WHERE orders.status = '{open}' \
           AND coalesce(refusal.detail -> 'version', to_jsonb(orders.version)) = to_jsonb(orders.version) \
           AND NOT EXISTS (SELECT FROM session_orders \
                JOIN checkout_sessions session ON session.id = session_orders.session_id \
                WHERE session_orders.order_id = orders.id AND session.minted_at > refusal.at)",
        attention = Level::Attention,
        checkout = Category::Checkout,
        open = Status::Open
    )
}

/// Under a hash: an id is Stripe's word.
fn failed_events() -> String {
    format!(
        "SELECT left(md5(id), 16), NULL::uuid, NULL::uuid, type || ' (' || id || ')', 1::bigint, received_at \
         FROM stripe_events WHERE state = '{}'",
        inbox::State::Failed
    )
}

fn silent_webhook() -> String {
    format!(
        "SELECT NULL::text, {NONE}, 1::bigint, silent_since FROM sweeps WHERE silent_since IS NOT NULL"
    )
}

fn overdue_chores() -> String {
    format!(
        "SELECT name, NULL::uuid, NULL::uuid, name, 1::bigint, due_at FROM chores \
         WHERE due_at < clock_timestamp() - interval '{CHORE_IS_LATE}' \
           AND $3 <= $1 - interval '{CHORE_IS_LATE}'"
    )
}
