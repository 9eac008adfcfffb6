//! Signs of life: when Stripe was last heard and asked, when mail last went out.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, max},
    prelude::*,
};

use crate::{
    inbox::Source,
    order::Kind,
    schema::{orders, outbox, settings, stripe_events, sweeps},
};

/// When something last happened; none: never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs {
    /// A message of Stripe came.
    pub heard: Option<DateTime<Utc>>,
    /// Stripe was last asked for all that its messages may have missed, and answered.
    pub asked: Option<DateTime<Utc>>,
    /// A mail server took a mail.
    pub mailed: Option<DateTime<Utc>>,
}

/// All three.
pub fn signs(connection: &mut PgConnection) -> QueryResult<Signs> {
    let heard = stripe_events::table
        .filter(stripe_events::source.eq(Source::Webhook))
        .order((stripe_events::received_at.desc(), stripe_events::id.desc()))
        .select(stripe_events::received_at)
        .first(connection)
        .optional()?;
    let asked: Option<Option<DateTime<Utc>>> = sweeps::table
        .select(sweeps::looked_at)
        .first(connection)
        .optional()?;
    let mailed: Option<DateTime<Utc>> = outbox::table
        .select(max(outbox::sent_at))
        .first(connection)?;
    Ok(Signs {
        heard,
        asked: asked.flatten(),
        mailed,
    })
}

/// Whether nobody has been asked to pay anything yet.
pub fn is_first_day(connection: &mut PgConnection) -> QueryResult<bool> {
    let any: bool =
        diesel::select(exists(orders::table.select(orders::id))).get_result(connection)?;
    Ok(!any)
}

/// Whether checkouts of other systems are followed up, or were.
pub fn recovery_is_or_was_on(connection: &mut PgConnection) -> QueryResult<bool> {
    let is_on: bool = settings::table
        .select(settings::recovery_enabled)
        .first(connection)?;
    if is_on {
        return Ok(true);
    }
    let recovered = orders::table.filter(orders::kind.eq(Kind::Recovered));
    diesel::select(exists(recovered)).get_result(connection)
}
