//! The one mail that tries while all mail is paused.

use diesel::{
    prelude::*,
    sql_types::{Array, Bool, Double, Text, Uuid as SqlUuid},
};

use super::{Claimed, row};
use crate::{
    app::App,
    outbox::{State, flow::Cause, outcome::domain_of, turn::Which},
};

/// Whether mail is still paused as it was when it was looked at, where one mail is to try. The pause stays
/// locked: one mail tries at a time, and where another one has tried since, its wait has begun anew.
pub(super) fn may_still_try(connection: &mut PgConnection, which: Which) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Pause {
        #[diesel(sql_type = Bool)]
        is_tried: bool,
        #[diesel(sql_type = Bool)]
        is_over: bool,
    }
    match which {
        Which::Any | Which::Alerts => return Ok(true),
        Which::Asked | Which::Probe => {}
    }
    let pause: Option<Pause> = diesel::sql_query(
        "SELECT coalesce(trying_until > clock_timestamp(), false) AS is_tried, \
             until <= clock_timestamp() AS is_over FROM outbox_pause FOR UPDATE",
    )
    .get_result(connection)
    .optional()?;
    // What a person asks for does not wait for the end of the pause.
    Ok(pause.is_some_and(|pause| !pause.is_tried && (pause.is_over || which == Which::Asked)))
}

/// Writes that this mail tries for all; an alert does where there is no connection at all. Mail goes on if
/// it is accepted, unless it goes to ourselves while others wait that do not, and it is more than the
/// connection that was refused.
pub(super) fn try_with(
    connection: &mut PgConnection,
    app: &App,
    mail: &Claimed,
) -> QueryResult<()> {
    let own = app.mailer.domain.to_lowercase();
    let counts = mail.kind.is_to_a_payer() && domain_of(&mail.address) != own;
    diesel::sql_query(format!(
        "UPDATE outbox_pause SET trying = $1, trying_until = clock_timestamp() + make_interval(secs => $2), \
             proves = $3 OR cause = ANY($4) OR ($5 AND NOT EXISTS (SELECT FROM outbox mail \
                 WHERE state = '{}' AND {})) \
         WHERE $5 OR cause = ANY($4)",
        State::Queued,
        row::counts("$6"),
    ))
    .bind::<SqlUuid, _>(mail.id)
    .bind::<Double, _>(app.mailer.lease.as_secs_f64())
    .bind::<Bool, _>(counts)
    .bind::<Array<Text>, _>(before_any_mail())
    .bind::<Bool, _>(!mail.kind.goes_before_all())
    .bind::<Text, _>(own)
    .execute(connection)
    .map(drop)
}

pub(super) fn before_any_mail() -> Vec<Cause> {
    let causes = Cause::ALL.into_iter();
    causes.filter(|cause| cause.is_before_any_mail()).collect()
}
