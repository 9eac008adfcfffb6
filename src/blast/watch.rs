//! What a mailing decides by itself while it goes out: whether its rest may go after the first wave, and
//! whether it stops.
//!
//! Every replica with a worker looks, every few seconds and after each mail that was not simply accepted. The
//! mailing's row is locked for it, and passed over where somebody else has it: whoever that is decides.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Double, Timestamptz, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    control, record_blast,
    row::{self, Stored},
    state::State,
    stop::{self, Stop},
    wave::WaveOutcomes,
};
use crate::{
    activity::{self, Category, Doing, Level, Line},
    app::App,
    db::{DbError, clock_timestamp},
    mail::{self, Wave},
    outbox::{self, Kind},
    schema::{blasts, outbox as mails},
};

/// Looks at every mailing that is going out.
///
/// # Errors
/// The database's.
pub async fn look(app: &App) -> Result<(), DbError> {
    for id in app.db.run(going_out).await? {
        let own = app.clone();
        let look = move |connection: &mut PgConnection| look_at(connection, &own, id);
        if app.db.transaction(look).await? {
            app.wake_mail.notify_one();
        }
    }
    Ok(())
}

/// Those of which mails are still in the queue: of the others nothing could be held. One that is done keeps its
/// state for good, so that its mails are asked; the index tells at once.
fn going_out(connection: &mut PgConnection) -> QueryResult<Vec<Uuid>> {
    let to_go = mails::table
        .filter(mails::blast_id.eq(blasts::id.nullable()))
        .filter(mails::kind.eq(Kind::Blast))
        .filter(mails::state.eq(mail::State::Queued));
    blasts::table
        .filter(blasts::state.eq(State::Sending))
        .filter(diesel::dsl::exists(to_go))
        .order(blasts::id)
        .select(blasts::id)
        .load(connection)
}

/// Whether its rest goes from now on.
fn look_at(connection: &mut PgConnection, app: &App, id: Uuid) -> QueryResult<bool> {
    let Some(stored) = row::lock_unless_taken(connection, id)? else {
        return Ok(false);
    };
    if stored.state != State::Sending {
        return Ok(false);
    }
    let doing = Doing {
        actor: "freshmint".to_owned(),
        at: app.clock.now(),
        note: None,
    };
    if let Some(stop) = too_many(connection, &stored, doing.at)? {
        halt(connection, &stored, stop, &doing)?;
        return Ok(false);
    }
    if stored.wave != Some(Wave::First) || !wave_is_over(connection, app, id)? {
        return Ok(false);
    }
    match wave_outcomes(connection, id)?.stop() {
        Some(stop) => halt(connection, &stored, stop, &doing).map(|()| false),
        None => {
            control::let_the_rest_go(connection, app, &stored, &doing)?;
            let what = "goes on after its first mails";
            record_blast(connection, id, &stored.content.name, what, &doing)?;
            Ok(true)
        }
    }
}

fn too_many(
    connection: &mut PgConnection,
    stored: &Stored,
    now: DateTime<Utc>,
) -> QueryResult<Option<Stop>> {
    let known = stored.known;
    let bounced = in_states(connection, stored.id, &[mail::State::Bounced])? - known.bounces;
    // Thousands are counted only where it matters.
    if !stop::are_few(bounced) {
        let handed_over = handed_over(connection, stored.id)? - known.handed_over;
        if let Some(stop) = stop::bounces(bounced, handed_over) {
            return Ok(Some(stop));
        }
    }
    let lately = now - Duration::minutes(stop::REFUSED_WITHIN_MINUTES);
    let since = [known.until, stored.started_at].into_iter().flatten();
    let since = since.fold(lately, DateTime::max);
    Ok(stop::refused(refused_orders(connection, stored.id, since)?))
}

/// How many mails of a mailing stand so.
pub(super) fn in_states(
    connection: &mut PgConnection,
    id: Uuid,
    states: &[mail::State],
) -> QueryResult<i64> {
    mails::table
        .filter(mails::blast_id.eq(id))
        .filter(mails::kind.eq(Kind::Blast))
        .filter(mails::state.eq_any(states))
        .count()
        .get_result(connection)
}

/// How many a mail server has had.
pub(super) fn handed_over(connection: &mut PgConnection, id: Uuid) -> QueryResult<i64> {
    let states = [
        mail::State::Sent,
        mail::State::Bounced,
        mail::State::Unknown,
    ];
    in_states(connection, id, &states)
}

/// Orders of a mailing for which Stripe has opened no checkout since then.
fn refused_orders(
    connection: &mut PgConnection,
    id: Uuid,
    since: DateTime<Utc>,
) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Refused {
        #[diesel(sql_type = BigInt)]
        orders: i64,
    }
    // Level and category are literals, for the partial index of refusals.
    let refused: Refused = diesel::sql_query(format!(
        "SELECT count(DISTINCT line.order_id) AS orders FROM activity line \
         WHERE line.level = '{attention}' AND line.category = '{checkout}' AND line.at > $2 \
           AND EXISTS (SELECT FROM outbox_orders about WHERE about.order_id = line.order_id \
               AND about.blast_id = $1)",
        attention = Level::Attention,
        checkout = Category::Checkout
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Timestamptz, _>(since)
    .get_result(connection)?;
    Ok(refused.orders)
}

/// Whether each mail of the first wave has an outcome, or has waited an hour for one, and the mailing has waited
/// since then. Written down when it is first seen, on the database's clock, since another replica may see the
/// end of it; a mail that goes back to the queue begins the wait anew.
fn wave_is_over(connection: &mut PgConnection, app: &App, id: Uuid) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Over {
        #[diesel(sql_type = Bool)]
        is_over: bool,
    }
    let row = blasts::table.find(id);
    if !wave_outcomes(connection, id)?.are_in() {
        diesel::update(row.filter(blasts::wave_over_at.is_not_null()))
            .set(blasts::wave_over_at.eq(None::<DateTime<Utc>>))
            .execute(connection)?;
        return Ok(false);
    }
    diesel::update(row.filter(blasts::wave_over_at.is_null()))
        .set(blasts::wave_over_at.eq(clock_timestamp().nullable()))
        .execute(connection)?;
    let over: Over = diesel::sql_query(
        "SELECT wave_over_at <= clock_timestamp() - make_interval(secs => $2) AS is_over FROM blasts WHERE id = $1",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Double, _>(app.mailer.first_wave_wait.as_secs_f64())
    .get_result(connection)?;
    Ok(over.is_over)
}

/// What became so far of the mails that a mailing sends first.
pub fn wave_outcomes(connection: &mut PgConnection, id: Uuid) -> QueryResult<WaveOutcomes> {
    use mail::State as Mail;
    let mut outcomes = WaveOutcomes::default();
    for of_wave in outbox::first_wave(connection, id)? {
        *match of_wave.state {
            Mail::Queued | Mail::Sending if of_wave.late => &mut outcomes.late,
            Mail::Queued | Mail::Sending => &mut outcomes.open,
            Mail::Sent => &mut outcomes.accepted,
            Mail::Bounced => &mut outcomes.bounced,
            Mail::Unknown => &mut outcomes.unknown,
            Mail::Failed => &mut outcomes.given_up,
            Mail::Cancelled | Mail::Suppressed => continue,
        } += of_wave.mails;
    }
    Ok(outcomes)
}

/// Pauses it, and tells why: in its row, in the log, and so to whoever is told of what needs somebody.
fn halt(
    connection: &mut PgConnection,
    stored: &Stored,
    stop: Stop,
    doing: &Doing,
) -> QueryResult<()> {
    let because = stop.sentence();
    row::set_state(connection, stored.id, State::Paused)?;
    row::set_paused(connection, stored.id, stop.why, &because, doing.at)?;
    super::nobody_waits(connection, stored.id, doing)?;
    let what = format!("mailing stopped itself: {}. {because}", stored.content.name);
    let line = Line::about(None, Category::Blast, what, doing)
        .attention()
        .detail(
            serde_json::json!({ "blast": stored.id, "waits": State::Paused, "reason": stop.why }),
        );
    activity::record(connection, line)
}
