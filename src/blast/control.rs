//! The mails of a mailing that goes out: when each is due, holding them, letting them go on, giving
//! them up.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Double, Text, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Asked, due,
    edit::answer,
    record_blast,
    row::{self, Stored},
    state::{Move, State, Wish},
    stop::PausedBy,
    view, watch,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    mail::{self, Wave},
    outbox::{self, Kind},
    schema::{blasts, outbox as mails},
};

/// Holds what is queued; mails in hand are finished.
///
/// # Errors
/// The database's.
pub async fn pause(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    act(app, id, Wish::Pause, "paused", doing).await
}

/// Lets it go on at its pace, from now.
///
/// # Errors
/// The database's.
pub async fn resume(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    let asked = act(app, id, Wish::Resume, "resumed", doing).await?;
    app.wake_mail.notify_one();
    Ok(asked)
}

/// Gives up what is queued; mails in hand are finished.
///
/// That nothing more is sent is committed first: a hundred thousand rows take their time, and no courier takes a
/// mail of a mailing that is cancelled, whatever its row says. Asked again it gives up what is left.
///
/// # Errors
/// The database's.
pub async fn cancel(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    let asked = act(app, id, Wish::Cancel, "cancelled", doing).await?;
    let Asked::Done(_) = asked else {
        return Ok(asked);
    };
    let give_up = move |connection: &mut PgConnection| {
        give_up_queued(connection, id)?;
        answer(connection, id)
    };
    app.db.patient().transaction(give_up).await
}

async fn act(
    app: &App,
    id: Uuid,
    wish: Wish,
    what: &'static str,
    doing: &Doing,
) -> Result<Asked, DbError> {
    let (own, doing) = (app.clone(), doing.clone());
    let act = move |connection: &mut PgConnection| {
        let Some(stored) = row::lock(connection, id)? else {
            return Ok(Asked::NoBlast);
        };
        // Whether it is done, its mails tell.
        let shown = view::find(connection, id)?.map_or(stored.state, |blast| blast.state);
        match shown.after(wish) {
            Move::To(next) => {
                row::set_state(connection, id, next)?;
                record_blast(connection, id, &stored.content.name, what, &doing)?;
                follow(connection, &own, &stored, next, &doing)?;
                answer(connection, id)
            }
            Move::Stay => answer(connection, id),
            Move::Refuse(why) => Ok(Asked::NotNow(format!("it stays as it is: {why}"))),
        }
    };
    app.db.transaction(act).await
}

/// What becomes of the queued mails of one that goes on, and of the reason for which it was paused.
fn follow(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    next: State,
    doing: &Doing,
) -> QueryResult<()> {
    match next {
        State::Sending => go_on(connection, app, stored, doing),
        State::Cancelled => not_paused(connection, stored, doing),
        State::Paused => {
            let because = format!("{} paused it. Resume it to let it go on.", doing.actor);
            row::set_paused(connection, stored.id, PausedBy::Person, &because, doing.at)
        }
        State::Draft | State::Approved | State::Done | State::Recalled => Ok(()),
    }
}

/// What is queued is never sent.
pub(super) fn give_up_queued(connection: &mut PgConnection, id: Uuid) -> QueryResult<()> {
    diesel::update(mails::table)
        .filter(mails::blast_id.eq(id))
        .filter(mails::kind.eq(Kind::Blast))
        .filter(mails::state.eq(mail::State::Queued))
        .set(mails::state.eq(mail::State::Cancelled))
        .execute(connection)
        .map(drop)
}

/// Nobody has to deal with it any more.
pub(super) fn not_paused(
    connection: &mut PgConnection,
    stored: &Stored,
    doing: &Doing,
) -> QueryResult<()> {
    row::set_not_paused(connection, stored.id)?;
    super::nobody_waits(connection, stored.id, doing)
}

/// Somebody lets it go on: after a pause of theirs where it was, after a stop with all that is left. What has
/// come back by then they know of, and it stops for what comes after.
fn go_on(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    doing: &Doing,
) -> QueryResult<()> {
    let stopped = stored.paused.paused_by.is_some_and(PausedBy::is_a_stop);
    not_paused(connection, stored, doing)?;
    if !stopped {
        return spread(connection, app, stored, Which::LetGo, doing);
    }
    let bounces = watch::in_states(connection, stored.id, &[mail::State::Bounced])?;
    let handed_over = watch::handed_over(connection, stored.id)?;
    diesel::update(blasts::table.find(stored.id))
        .set((
            blasts::wave.eq(Wave::Rest),
            blasts::known_bounces.eq(bounces),
            blasts::known_handed_over.eq(handed_over),
            blasts::known_until.eq(doing.at),
        ))
        .execute(connection)?;
    spread(connection, app, stored, Which::All, doing)
}

/// The first wave has gone well.
pub(super) fn let_the_rest_go(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(blasts::table.find(stored.id))
        .set((
            blasts::wave.eq(Wave::Rest),
            blasts::wave_over_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(connection)?;
    spread(connection, app, stored, Which::Held, doing)
}

/// Which queued mails get another time.
#[derive(Clone, Copy)]
enum Which {
    /// All; what was held goes from now on.
    All,
    /// Those that are not held: the others stay so, whatever becomes of their times.
    LetGo,
    /// Those that were held, which go from now on: the tries of the others have begun.
    Held,
}

impl Which {
    fn condition(self) -> String {
        let held = format!("wave = '{}'", Wave::Rest);
        match self {
            Self::All => "true".to_owned(),
            Self::LetGo => format!("({held}) IS NOT TRUE"),
            Self::Held => held,
        }
    }
}

/// Spreads queued mails of a mailing over the time from now on, or from its `send_at`, in the order
/// in which they were queued, as [`due`] does at the start. The tries of each begin when it is due, however
/// long that is.
fn spread(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    which: Which,
    doing: &Doing,
) -> QueryResult<()> {
    let content = &stored.content;
    let from = due::from(content, doing.at);
    // `queued_at` is on the database's clock, as every lease is; the two times that are bound are both on
    // ours, so that only their difference counts there. A mail that a courier has in hand meanwhile stays as
    // it is: its state is asked again in the update. The first wave goes first here, too.
    let which_mails = which.condition();
    let lets_go = match which {
        Which::All | Which::Held => format!(", wave = nullif(wave, '{}')", Wave::Rest),
        Which::LetGo => String::new(),
    };
    diesel::sql_query(format!(
        "UPDATE outbox SET due_at = $2 + turn.wait, \
             queued_at = clock_timestamp() + ($2 - $3) + turn.wait{lets_go} \
         FROM (SELECT id, make_interval(secs => \
                   least((row_number() OVER (ORDER BY (wave = '{first}') IS TRUE DESC, id) - 1) / $4, {never})) AS wait \
               FROM outbox WHERE blast_id = $1 AND kind = $5 AND state = '{queued}' AND {which_mails}) turn \
         WHERE outbox.id = turn.id AND outbox.state = '{queued}'",
        first = Wave::First,
        queued = mail::State::Queued,
        never = due::NEVER
    ))
    .bind::<SqlUuid, _>(stored.id)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(doing.at)
    .bind::<Double, _>(due::rate(content.per_second, app.mailer.per_second))
    .bind::<Text, _>(Kind::Blast.name())
    .execute(connection)?;
    outbox::call_out(connection)
}
