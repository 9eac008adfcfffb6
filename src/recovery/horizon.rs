//! How far back carts are known. An older one has been counted and forgotten: it is not decided on, so
//! that nobody is written to twice about it, and it does not count twice.

use chrono::{DateTime, Days, Duration, Utc};
use diesel::prelude::*;

use crate::{reminder::purchases::A_WEEK, schema::retention, settings::Settings};

/// What a run at `now` prunes: carts whose checkout ended before this. Whatever the setting says, it is
/// remembered who was reminded of a cart for a week after the last day on which that may happen:
/// nobody hears of carts twice in a week.
pub fn prune_before(settings: &Settings, now: DateTime<Utc>, max_age: Duration) -> DateTime<Utc> {
    let days = settings.recovered_orders_days.unsigned_abs();
    let by_setting = now - Days::new(days.into());
    by_setting.min(now - max_age - A_WEEK)
}

/// Carts whose checkout ended before this are not known, also where the setting was another one before.
pub(super) fn kept_since(
    connection: &mut PgConnection,
    settings: &Settings,
    now: DateTime<Utc>,
    max_age: Duration,
) -> QueryResult<DateTime<Utc>> {
    let gone = retention::table
        .select(retention::carts_gone_before)
        .first::<Option<DateTime<Utc>>>(connection)?;
    let goes = prune_before(settings, now, max_age);
    Ok(gone.map_or(goes, |gone| goes.max(gone)))
}

/// Notes that carts from before `until` are not known from here on; said before they go.
pub fn note_gone(connection: &mut PgConnection, until: DateTime<Utc>) -> QueryResult<()> {
    let later = retention::carts_gone_before
        .is_null()
        .or(retention::carts_gone_before.lt(until).assume_not_null());
    diesel::update(retention::table.filter(later))
        .set(retention::carts_gone_before.eq(until))
        .execute(connection)
        .map(drop)
}
