//! What a person can do about a mail: send it again, or drop it.

use std::collections::HashSet;

use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, Text, Uuid as SqlUuid},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Kind, State, call_out,
    view::{self, Mail},
    written,
};
use crate::{
    activity::{self, Category, Cause, Doing, Line},
    mail::BlastState,
    reminder::{self, Attempt, Place, rule::Reason},
    schema::{blasts, outbox},
};

/// What became of a person's wish.
#[derive(Debug, Clone)]
pub enum Asked {
    /// It was done.
    Done(Box<Mail>),
    /// The mail is not in a state for it.
    NotNow(String),
    /// There is no such mail.
    NoMail,
}

/// Sends a mail now: one that waits, failed or came back, and one of which nobody knows, since a
/// person said so. Its old claim is void from here on. Every gate is asked again when it is claimed.
pub fn retry(connection: &mut PgConnection, id: Uuid, doing: &Doing) -> QueryResult<Asked> {
    if of_a_cancelled_mailing(connection, id)? {
        return Ok(Asked::NotNow(
            "its mailing is cancelled; send the order's link instead".to_owned(),
        ));
    }
    decide(connection, id, doing, "mail to be sent again", queue_again)
}

/// Drops a mail that has not been sent: it is cancelled.
pub fn drop_mail(connection: &mut PgConnection, id: Uuid, doing: &Doing) -> QueryResult<Asked> {
    decide(connection, id, doing, "mail dropped", cancel)
}

/// A mail as it stands before a person's wish.
#[derive(Queryable)]
struct Before {
    id: Uuid,
    state: State,
    /// As it is stored: a newer version may have written it.
    kind: String,
    handed_over: bool,
}

impl Before {
    fn is_a_reminder(&self) -> bool {
        Kind::from_name(&self.kind) == Some(Kind::Reminder)
    }
}

fn decide(
    connection: &mut PgConnection,
    id: Uuid,
    doing: &Doing,
    what: &str,
    change: impl Fn(&mut PgConnection, &Before) -> QueryResult<Result<(), String>>,
) -> QueryResult<Asked> {
    connection.transaction(|connection| {
        reminder::lock_orders(connection, id)?;
        // Locked, so that no courier takes it in hand while it is decided on.
        let found: Option<Before> = outbox::table
            .find(id)
            .select((outbox::id, outbox::state, outbox::kind, outbox::handed_over))
            .for_update()
            .first(connection)
            .optional()?;
        let Some(before) = found else {
            return Ok(Asked::NoMail);
        };
        if !before.state.is_open_to_people() {
            return Ok(Asked::NotNow(format!(
                "the mail is {}; only one that is queued, failed, bounced or unknown can be sent again or dropped",
                before.state
            )));
        }
        if let Err(why) = change(connection, &before)? {
            return Ok(Asked::NotNow(why));
        }
        let Some(mail) = view::find(connection, id)? else {
            return Ok(Asked::NoMail);
        };
        let what = format!("{what}: {}", before.kind);
        let line = Line::about(mail.order_id, Category::Mail, what, doing)
            .detail(json!({ "mail": id, "was": before.state, "note": doing.note }));
        activity::record(connection, line)?;
        activity::over(connection, Cause::Mail(id), doing)?;
        Ok(Asked::Done(Box::new(mail)))
    })
}

fn queue_again(connection: &mut PgConnection, before: &Before) -> QueryResult<Result<(), String>> {
    if Kind::from_name(&before.kind) == Some(Kind::Account) {
        return Ok(Err(
            "what lets somebody in is not sent again; have them ask for a new password, or invite them anew"
                .to_owned(),
        ));
    }
    if before.is_a_reminder() && !reminder::again(connection, before.id)? {
        return Ok(Err(
            "the order's one reminder is another mail by now".to_owned()
        ));
    }
    // Due since ever, it goes before whatever waits. What its refusal would have meant is not written.
    diesel::sql_query(
        "UPDATE outbox SET state = $2, attempts = 0, claim_id = NULL, due_at = NULL, sent_at = NULL, \
             last_error = CASE WHEN kind <> ALL($3) THEN last_error END, \
             queued_at = clock_timestamp(), not_before = to_timestamp(0), asked_at = clock_timestamp(), \
             refused_at = NULL, address_gone = false, streak = NULL, returned = NULL \
         WHERE id = $1",
    )
    .bind::<SqlUuid, _>(before.id)
    .bind::<Text, _>(State::Queued)
    // A kind that only a newer version knows is left to it, and was told of once.
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .execute(connection)?;
    // One of which nobody knows keeps its name: a server that has it may tell that it is the same.
    if before.state == State::Bounced {
        written::rename_mail(connection, before.id)?;
    }
    call_out(connection).map(Ok)
}

fn cancel(connection: &mut PgConnection, before: &Before) -> QueryResult<Result<(), String>> {
    diesel::update(outbox::table.find(before.id))
        .set((
            outbox::state.eq(State::Cancelled),
            outbox::claim_id.eq(None::<Uuid>),
        ))
        .execute(connection)?;
    // Of a reminder that came back, or that a server may have, the decision stays: it was the one. What its
    // refusal means for the address is still to be written.
    if before.is_a_reminder() && before.state == State::Bounced {
        reminder::handed_over(connection, &[before.id], None)?;
    }
    let was_the_one = before.handed_over || before.state == State::Bounced;
    if before.is_a_reminder() && !was_the_one {
        let (mails, why) = (&[before.id], Reason::ReminderDisabled);
        reminder::end(connection, mails, why, Attempt::Any, Place::Kept)?;
    }
    Ok(Ok(()))
}

fn of_a_cancelled_mailing(connection: &mut PgConnection, id: Uuid) -> QueryResult<bool> {
    Ok(!of_cancelled_mailings(connection, &[id])?.is_empty())
}

/// Those of these mails whose mailing is cancelled or recalled.
fn of_cancelled_mailings(connection: &mut PgConnection, mails: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    outbox::table
        .inner_join(blasts::table)
        .filter(outbox::id.eq_any(mails))
        .filter(outbox::kind.eq(Kind::Blast))
        .filter(blasts::state.eq_any([BlastState::Cancelled, BlastState::Recalled]))
        .select(outbox::id)
        .load(connection)
}

/// Which of these mails can be sent again now, as [`retry`] would say; but for a reminder whose place
/// another one has taken, which is seen when it is tried.
pub fn can_go_again(connection: &mut PgConnection, mails: &[Mail]) -> QueryResult<HashSet<Uuid>> {
    let open = mails.iter().filter(|mail| {
        mail.state.is_open_to_people() && Kind::from_name(&mail.kind) != Some(Kind::Account)
    });
    let mut open: HashSet<Uuid> = open.map(|mail| mail.id).collect();
    let asked: Vec<Uuid> = open.iter().copied().collect();
    for cancelled in of_cancelled_mailings(connection, &asked)? {
        open.remove(&cancelled);
    }
    Ok(open)
}
