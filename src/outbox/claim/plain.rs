//! Taking mails that were read ahead: one statement, and one commit, before they are handed over.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Seen, due_if_queued, in_hand,
    row::{SUPPRESSED, VERSION},
};
use crate::{
    app::App,
    db::prepared_sql,
    inbox::{self, MailToPayer},
    outbox::{Kind, State, ledger::THIS_ROW, pacing::turns, speed},
};

/// How it is seen that no payment in the inbox holds a mail back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::outbox) enum Inbox {
    /// Nothing may lie there: else none is taken. As a rule so it is, and it takes the least to see.
    IsEmpty,
    /// It is asked about each mail.
    IsAsked,
}

/// What was taken.
#[derive(Debug, Default)]
pub(in crate::outbox) struct Taken {
    /// The pace had a turn for us, no mail is paused, and the inbox is empty where it was to be.
    pub had_a_turn: bool,
    /// Those that are in hand now, with the ledger's row that counts them.
    pub mails: Vec<(Uuid, DateTime<Utc>)>,
}

impl Taken {
    /// The ledger's row that counts a mail, if it was taken.
    pub fn counted_at(&self, mail: Uuid) -> Option<DateTime<Utc>> {
        let taken = self.mails.iter().find(|(id, _)| *id == mail);
        taken.map(|(_, at)| *at)
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    had_a_turn: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Takes up to `most` of the mails that were `read`, the first ones that still stand as they were read:
/// one whose row or whose order's row has changed since, whose mailing has stopped, whose address is no
/// longer written to, or whose payment lies in the inbox, is not taken. Only where the settings allow any
/// number of mails: how many are left of an hour can be told when the pace's row is locked, and not in the
/// same statement.
///
/// As in [`claim`](super::claim) the pace's row comes first, so that replicas take one after the other,
/// then the mails' rows, of which none is waited for, then the ledger's.
pub(in crate::outbox) fn take_plainly(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    (read, most): (&[Seen], usize),
    inbox: Inbox,
) -> QueryResult<Taken> {
    let (per_second, now) = (app.mailer.per_second, app.clock.now());
    let (ids, versions): (Vec<Uuid>, Vec<&str>) =
        read.iter().map(|seen| (seen.id, &*seen.version)).unzip();
    let take = prepared_sql(statement(most, inbox))
        .bind::<Double, _>(f64::from(u32::try_from(most).unwrap_or(u32::MAX)))
        .bind::<Double, _>(per_second)
        .bind::<Double, _>(speed::growth(per_second))
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(versions)
        .bind::<SqlUuid, _>(claim)
        .bind::<Double, _>(app.mailer.lease.as_secs_f64())
        .bind::<Timestamptz, _>(now)
        .bind::<Array<Text>, _>(&Kind::ALL[..]);
    let to_payers: Vec<MailToPayer> = read.iter().filter_map(|it| it.to_payer.clone()).collect();
    let take = match inbox {
        Inbox::IsEmpty => take.bind::<Timestamptz, _>(inbox::pending_since(now)),
        Inbox::IsAsked => inbox::bind_held(take, &to_payers, now),
    };
    let rows: Vec<Row> = take.load(connection)?;
    Ok(Taken {
        had_a_turn: rows.iter().any(|row| row.had_a_turn),
        mails: rows
            .into_iter()
            .filter_map(|row| row.id.zip(row.at))
            .collect(),
    })
}

/// Each mail is looked up and locked by its key: in a plain join PostgreSQL reads all that are due, which it
/// believes to be few. Those that are locked and not taken are free again with the statement.
fn statement(most: usize, inbox: Inbox) -> String {
    // The first parameter that is left is 10.
    let (empty, held, free) = match inbox {
        Inbox::IsEmpty => {
            let pending = inbox::anything_pending("$10");
            (format!("AND NOT {pending}"), String::new(), "")
        }
        Inbox::IsAsked => {
            let held = format!("held AS MATERIALIZED ({}), ", inbox::held(10));
            (
                String::new(),
                held,
                "WHERE read.id NOT IN (SELECT held.mail FROM held) ",
            )
        }
    };
    format!(
        "WITH turn AS ({turns} AND NOT EXISTS (SELECT FROM outbox_pause) {empty} RETURNING name), \
         {held}next AS MATERIALIZED (SELECT mail.id \
             FROM unnest($4, $5) WITH ORDINALITY AS read (id, version, place) CROSS JOIN LATERAL \
             (SELECT mail.id FROM outbox mail WHERE mail.id = read.id AND EXISTS (SELECT FROM turn) \
                 AND {due} AND {VERSION} = read.version AND NOT {SUPPRESSED} FOR UPDATE SKIP LOCKED) mail \
             {free}ORDER BY read.place LIMIT {most}), \
         taken AS (UPDATE outbox SET {in_hand} FROM next WHERE outbox.id = next.id RETURNING outbox.id), \
         counted AS (INSERT INTO mail_ledger (at, mails) \
             SELECT {THIS_ROW}, count(*)::integer FROM taken HAVING count(*) > 0 \
             ON CONFLICT (at) DO UPDATE SET mails = mail_ledger.mails + excluded.mails RETURNING at) \
         SELECT EXISTS (SELECT FROM turn) AS had_a_turn, taken.id, counted.at \
         FROM (SELECT) AS always LEFT JOIN taken ON true LEFT JOIN counted ON true",
        turns = turns(),
        due = due_by_id("$8", "$9"),
        in_hand = in_hand("$6", "$7"),
    )
}

/// Whether a mail that is looked up by its id is due. Its state is hidden from PostgreSQL: where it believes that
/// few mails wait, as mostly few do, it would go through all of `outbox_due` for that one id.
fn due_by_id(now: &str, kinds: &str) -> String {
    let queued = State::Queued;
    format!(
        "coalesce(mail.state, '') = '{queued}' AND {}",
        due_if_queued(now, kinds)
    )
}
