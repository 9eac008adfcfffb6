//! Writing down what became of mails, under the claim that handed them over and no other.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    sql_types::{Array, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Kind, State,
    claim::Claimed,
    history::line,
    retry::{GIVEN_UP_AFTER_SECONDS, wait},
};
use crate::{
    activity::Doing,
    activity::{self, Level},
    mail::{
        BlastState,
        refusal::{Fault, Refusal},
        smtp::HandOver,
    },
    reminder::{self, Attempt, Place, rule::Reason},
    suppression::{self, Cause},
};

pub(super) const NOBODY_KNOWS: &str =
    "nobody can know whether a mail was sent; look, then retry or drop it";

/// Stands where the database refused the server's words.
const UNWRITABLE: &str = "what the mail server said cannot be written down";

/// What became of a mail.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The mail.
    pub mail: Claimed,
    /// What the server said.
    pub handed: HandOver,
}

impl Outcome {
    /// The state that is stored.
    pub fn state(&self) -> State {
        match &self.handed {
            HandOver::Accepted => State::Sent,
            HandOver::Refused(refusal) => match refusal.fault {
                Fault::Address { .. } | Fault::Mail => State::Bounced,
                Fault::Ours(_) | Fault::Quota(_) | Fault::TooFast | Fault::Later(_) => {
                    State::Queued
                }
            },
            HandOver::BrokenOff(_) | HandOver::Stale => State::Queued,
            HandOver::Unknown(_) => State::Unknown,
        }
    }

    /// The same without the server's words; its codes stay.
    pub fn without_words(&self) -> Self {
        let safe = |why: &str| match code(why) {
            none if none.is_empty() => UNWRITABLE.to_owned(),
            code => format!("{code}: {UNWRITABLE}"),
        };
        let handed = match &self.handed {
            HandOver::Accepted => HandOver::Accepted,
            HandOver::Stale => HandOver::Stale,
            HandOver::Refused(refusal) => HandOver::Refused(Refusal {
                why: safe(&refusal.why),
                ..refusal.clone()
            }),
            HandOver::BrokenOff(why) => HandOver::BrokenOff(safe(why)),
            HandOver::Unknown(why) => HandOver::Unknown(safe(why)),
        };
        Self {
            mail: self.mail.clone(),
            handed,
        }
    }

    fn why(&self) -> Option<&str> {
        match &self.handed {
            HandOver::Accepted | HandOver::Stale => None,
            HandOver::BrokenOff(why) | HandOver::Unknown(why) => Some(why),
            HandOver::Refused(refusal) => Some(&refusal.why),
        }
    }

    /// Seconds until the next try. A refusal that is ours is no try of this mail: the pause waits.
    fn wait(&self, first: Duration) -> f64 {
        if self.is_late() {
            wait(first, self.mail.attempts).as_secs_f64()
        } else {
            0.0
        }
    }

    /// Not taken for a reason that may pass by itself.
    fn is_late(&self) -> bool {
        match &self.handed {
            HandOver::BrokenOff(_) => true,
            HandOver::Refused(refusal) => matches!(refusal.fault, Fault::Later(_) | Fault::TooFast),
            HandOver::Accepted | HandOver::Unknown(_) | HandOver::Stale => false,
        }
    }

    fn is_a_try(&self) -> bool {
        match &self.handed {
            HandOver::Refused(refusal) => {
                !matches!(refusal.fault, Fault::Ours(_) | Fault::Quota(_))
            }
            HandOver::Stale => false,
            HandOver::Accepted | HandOver::BrokenOff(_) | HandOver::Unknown(_) => true,
        }
    }
}

/// Writes outcomes down, with what follows from them. A row that is no longer under its claim (a
/// person has decided meanwhile) stays as it is; one that had become `unknown` meanwhile learns what
/// really happened.
pub fn finish(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    first_wait: Duration,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    connection.transaction(|connection| {
        let written = write(connection, outcomes, first_wait, now)?;
        let ended = |state: State| -> Vec<&Outcome> {
            let of_state = written.iter().filter(|row| row.state == state);
            of_state
                .filter_map(|row| outcomes.iter().find(|outcome| outcome.mail.id == row.id))
                .collect()
        };
        let (sent, bounced) = (ended(State::Sent), ended(State::Bounced));
        let (unknown, failed) = (ended(State::Unknown), ended(State::Failed));
        remind(connection, &sent, Some(now))?;
        remind(connection, &bounced, None)?;
        remind(connection, &unknown, None)?;
        give_up_reminders(connection, &failed)?;
        for outcome in &bounced {
            suppress(connection, outcome, now)?;
        }
        let told = [
            (sent, Level::Info, "mail sent"),
            (bounced, Level::Attention, "mail came back"),
            (unknown, Level::Attention, NOBODY_KNOWS),
            (failed, Level::Attention, "mail given up"),
        ];
        let lines = told.iter().flat_map(|(outcomes, level, what)| {
            outcomes
                .iter()
                .flat_map(|outcome| lines(&outcome.mail, *level, what, now))
        });
        activity::record_all(connection, lines.collect())
    })
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    state: State,
}

fn write(
    connection: &mut PgConnection,
    outcomes: &[Outcome],
    first_wait: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Written>> {
    let all = |of: fn(&Outcome) -> Uuid| -> Vec<Uuid> { outcomes.iter().map(of).collect() };
    let no_more = BlastState::Cancelled;
    let [queued, sending, sent, unknown, failed, cancelled] = [
        State::Queued,
        State::Sending,
        State::Sent,
        State::Unknown,
        State::Failed,
        State::Cancelled,
    ];
    diesel::sql_query(format!(
        "UPDATE outbox mail SET \
             state = CASE \
                 WHEN told.state = '{queued}' AND EXISTS (SELECT FROM blasts \
                     WHERE blasts.id = mail.blast_id AND blasts.state = '{no_more}') THEN '{cancelled}' \
                 WHEN told.is_late AND mail.queued_at < clock_timestamp() - make_interval(secs => $8) THEN '{failed}' \
                 ELSE told.state END, \
             handed_over = mail.handed_over OR told.state IN ('{sent}', '{unknown}'), \
             last_error = told.error, \
             attempts = mail.attempts - CASE WHEN told.is_a_try THEN 0 ELSE 1 END, \
             not_before = clock_timestamp() + make_interval(secs => told.wait), \
             claimed_until = NULL, \
             sent_at = CASE WHEN told.state = '{sent}' THEN $9 END \
         FROM (SELECT unnest($1) AS id, unnest($2) AS claim, unnest($3) AS state, unnest($4) AS error, \
                      unnest($5) AS wait, unnest($6) AS is_a_try, unnest($7) AS is_late) told \
         WHERE mail.id = told.id AND mail.claim_id = told.claim AND mail.state IN ('{sending}', '{unknown}') \
         RETURNING mail.id, mail.state"
    ))
    .bind::<Array<SqlUuid>, _>(all(|outcome| outcome.mail.id))
    .bind::<Array<SqlUuid>, _>(all(|outcome| outcome.mail.claim))
    .bind::<Array<Text>, _>(outcomes.iter().map(Outcome::state).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(outcomes.iter().map(Outcome::why).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(outcomes.iter().map(|outcome| outcome.wait(first_wait)).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(outcomes.iter().map(Outcome::is_a_try).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(outcomes.iter().map(Outcome::is_late).collect::<Vec<_>>())
    .bind::<Double, _>(GIVEN_UP_AFTER_SECONDS)
    .bind::<Timestamptz, _>(now)
    .load(connection)
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

/// There is no such address: nobody writes to it again.
fn suppress(
    connection: &mut PgConnection,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let HandOver::Refused(Refusal {
        fault: Fault::Address { gone: true },
        why,
        ..
    }) = &outcome.handed
    else {
        return Ok(());
    };
    let cause = Cause {
        reason: suppression::NO_SUCH_ADDRESS.to_owned(),
        doing: Doing {
            actor: "mail server".to_owned(),
            at,
            note: Some(code(why)),
        },
    };
    let mail = &outcome.mail;
    suppression::add(connection, mail.address_hash, Some(&mail.address), &cause).map(drop)
}

/// `550 5.1.1`, without the server's words: they often name the address.
fn code(why: &str) -> String {
    let codes = why
        .split_whitespace()
        .take_while(|word| word.chars().all(|c| c.is_ascii_digit() || c == '.'));
    codes.collect::<Vec<_>>().join(" ")
}

fn lines(mail: &Claimed, level: Level, what: &str, at: DateTime<Utc>) -> Vec<activity::Line> {
    let line = |order| line((mail.id, mail.kind.name()), order, level, what, at);
    if mail.orders.is_empty() {
        vec![line(None)]
    } else {
        mail.orders.iter().map(|order| line(Some(*order))).collect()
    }
}
