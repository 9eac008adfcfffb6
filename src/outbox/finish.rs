//! Writing down what became of mails, under the claim that handed them over and no other.

use std::{collections::HashSet, time::Duration};

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, BigInt, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Kind, State, consequence,
    flow::{
        self,
        follow::{After, Try, follow},
        state::Flow,
    },
    history::{CAME_BACK, NOBODY_KNOWS, SENT, by_itself, lines},
    ledger,
    outcome::Outcome,
    pause::{self, STOOD_STILL, Waits},
    retry::GIVEN_UP_AFTER_SECONDS,
};
use crate::{
    activity::{self, Cause, Level},
    db::prepared_sql,
    mail::BlastState,
    reminder::{self, Attempt, Place, rule::Reason},
};

/// How outcomes are followed.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How long pauses are; the first wait of a mail, too.
    pub waits: Waits,
    /// What goes to ourselves says nothing about whether mail gets through.
    pub own_domain: String,
}

/// Writes outcomes down, with what follows from them, for each and for all mail. A row that is no longer
/// under its claim (a person has decided meanwhile) stays as it is; one that had become `unknown`
/// meanwhile learns what really happened.
pub fn finish(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    terms: &Terms,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    connection.transaction(|connection| {
        let mut flow = flow::lock(connection)?;
        let before = flow.clone();
        let likenesses: Vec<String> = outcomes.iter().map(Outcome::likeness).collect();
        let tries = outcomes.iter().zip(&likenesses);
        let tries = tries.map(|(outcome, likeness)| outcome.as_try(likeness, &terms.own_domain));
        let after = follow(&mut flow, &tries.collect::<Vec<Try>>());
        let written = write(connection, outcomes, &after, terms.waits.first, now)?;
        let returned = for_all_mail(connection, (&before, &flow), &after, terms, now)?;
        ledger::give_back(connection, outcomes)?;
        for_each_mail(connection, outcomes, &written, &returned, now)
    })
}

/// What follows for all mail; tells which mails went back to the queue.
fn for_all_mail(
    connection: &mut PgConnection,
    (before, flow): (&Flow, &Flow),
    after: &After,
    terms: &Terms,
    now: DateTime<Utc>,
) -> QueryResult<HashSet<Uuid>> {
    let returned = match &after.returns {
        Some(returning) => consequence::return_to_queue(connection, returning, now)?,
        None => HashSet::new(),
    };
    if after.settles {
        consequence::settle(connection, &after.pending, now)?;
    }
    if after.lifts {
        pause::lift(connection, now)?;
    } else if after.tried {
        pause::try_is_over(connection)?;
    }
    if let Some(new) = &after.pauses {
        pause::pause(connection, new, terms.waits, now)?;
    } else if after.tried {
        pause::next_try_in(connection, terms.waits.first)?;
    }
    if flow != before || after.failed {
        flow::save(connection, before, flow)?;
    }
    Ok(returned)
}

/// What follows for each mail, and its line in the log.
fn for_each_mail(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    written: &[Written],
    returned: &HashSet<Uuid>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ended = |state: State| -> Vec<&Outcome> {
        let of_state = written.iter().filter(|row| row.state == state);
        of_state
            .filter_map(|row| outcomes.iter().find(|outcome| outcome.mail.id == row.id))
            .collect()
    };
    let (sent, mut bounced) = (ended(State::Sent), ended(State::Bounced));
    let (unknown, failed) = (ended(State::Unknown), ended(State::Failed));
    bounced.retain(|outcome| !returned.contains(&outcome.mail.id));
    remind(connection, &sent, Some(now))?;
    remind(connection, &unknown, None)?;
    give_up_reminders(connection, &failed)?;
    let told = [
        (sent, Level::Info, SENT),
        (bounced, Level::Attention, CAME_BACK),
        (unknown, Level::Attention, NOBODY_KNOWS),
        (failed, Level::Attention, "mail given up"),
    ];
    let lines = told.iter().flat_map(|(outcomes, level, what)| {
        outcomes.iter().flat_map(|outcome| {
            let mail = &outcome.mail;
            lines((mail.id, mail.kind.name()), &mail.orders, *level, what, now)
        })
    });
    // Before the new lines: what is known now closes what was told of it.
    for known in written.iter().filter(|row| row.was_unknown) {
        activity::over(connection, Cause::Mail(known.id), &by_itself(now))?;
    }
    activity::record_all(connection, lines.collect())
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    state: State,
    /// Somebody was told that nobody knows.
    #[diesel(sql_type = Bool)]
    was_unknown: bool,
}

fn write(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    after: &After,
    first_wait: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Written>> {
    let no_more = [BlastState::Cancelled, BlastState::Recalled]
        .map(|state| format!("'{state}'"))
        .join(", ");
    let [queued, sending, sent, unknown, bounced, failed, cancelled] = [
        State::Queued,
        State::Sending,
        State::Sent,
        State::Unknown,
        State::Bounced,
        State::Failed,
        State::Cancelled,
    ];
    let is_bounce = |outcome: &Outcome| after.refused.contains_key(&outcome.mail.id);
    let state = |outcome: &Outcome| match is_bounce(outcome) {
        true => bounced,
        false => outcome.state(),
    };
    // The 48 hours are compared on the clock that stands still, see `claim::take`. A mail that goes back
    // to the queue keeps what it had come back with, if it had.
    prepared_sql(format!(
        "UPDATE outbox mail SET \
             state = CASE \
                 WHEN told.state = '{queued}' AND EXISTS (SELECT FROM blasts \
                     WHERE blasts.id = mail.blast_id AND blasts.state IN ({no_more})) THEN '{cancelled}' \
                 WHEN told.is_late AND mail.queued_at < clock_timestamp() - make_interval(secs => $8 + {STOOD_STILL}) \
                     THEN '{failed}' \
                 ELSE told.state END, \
             handed_over = mail.handed_over OR told.state IN ('{sent}', '{unknown}'), \
             last_error = told.error, \
             attempts = mail.attempts - CASE WHEN told.is_a_try THEN 0 ELSE 1 END, \
             not_before = clock_timestamp() + make_interval(secs => told.wait), \
             claimed_until = NULL, \
             sent_at = CASE WHEN told.state = '{sent}' THEN $9 END, \
             refused_at = CASE WHEN told.state = '{bounced}' THEN clock_timestamp() END, \
             address_gone = told.state = '{bounced}' AND told.gone, \
             streak = CASE WHEN told.state = '{queued}' THEN mail.streak ELSE told.streak END, \
             returned = CASE WHEN told.state = '{queued}' THEN mail.returned END, \
             server_id = told.server_id \
         FROM (SELECT unnest($1) AS id, unnest($2) AS claim, unnest($3) AS state, unnest($4) AS error, \
                      unnest($5) AS wait, unnest($6) AS is_a_try, unnest($7) AS is_late, \
                      unnest($10) AS gone, unnest($11) AS streak, unnest($12) AS server_id) told \
         WHERE mail.id = told.id AND mail.claim_id = told.claim AND mail.state IN ('{sending}', '{unknown}') \
         RETURNING mail.id, mail.state, \
             (SELECT before.state FROM outbox before WHERE before.id = mail.id) = '{unknown}' AS was_unknown"
    ))
    .bind::<Array<SqlUuid>, _>(each(outcomes, |outcome| outcome.mail.id))
    .bind::<Array<SqlUuid>, _>(each(outcomes, |outcome| outcome.mail.claim))
    .bind::<Array<Text>, _>(each(outcomes, state))
    .bind::<Array<Nullable<Text>>, _>(outcomes.iter().map(Outcome::why).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(each(outcomes, |outcome| outcome.wait(first_wait)))
    .bind::<Array<Bool>, _>(each(outcomes, |outcome| outcome.is_a_try() || is_bounce(outcome)))
    .bind::<Array<Bool>, _>(each(outcomes, Outcome::is_late))
    .bind::<Double, _>(GIVEN_UP_AFTER_SECONDS)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Bool>, _>(each(outcomes, Outcome::says_gone))
    .bind::<Array<Nullable<BigInt>>, _>(each(outcomes, |outcome| {
        after.refused.get(&outcome.mail.id).copied().flatten()
    }))
    .bind::<Array<Nullable<Text>>, _>(outcomes.iter().map(Outcome::server_id).collect::<Vec<_>>())
    .load(connection)
}

fn each<T>(outcomes: &[Outcome], of: impl Fn(&Outcome) -> T) -> Vec<T> {
    outcomes.iter().map(of).collect()
}

fn remind(
    connection: &mut PgConnection,
    outcomes: &[&Outcome],
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    match &reminders(outcomes)[..] {
        [] => Ok(()),
        mails => reminder::handed_over(connection, mails, at),
    }
}

/// No server took them in two days: what expired is too old by now, and the order may be reminded again.
fn give_up_reminders(connection: &mut PgConnection, failed: &[&Outcome]) -> QueryResult<()> {
    match &reminders(failed)[..] {
        [] => Ok(()),
        mails => {
            let why = Reason::TooOld;
            reminder::end(connection, mails, why, Attempt::First, Place::Freed)
        }
    }
}

fn reminders(outcomes: &[&Outcome]) -> Vec<Uuid> {
    let reminders = outcomes
        .iter()
        .filter(|outcome| outcome.mail.kind == Kind::Reminder);
    reminders.map(|outcome| outcome.mail.id).collect()
}
