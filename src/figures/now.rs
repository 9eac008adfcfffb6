//! What waits or is open at this moment.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{count_star, min},
    prelude::*,
};

use super::Shown;
use crate::{
    case::Kind,
    inbox::{self, Source},
    mail::State,
    schema::{cases, outbox, stripe_events, sweeps},
};

/// Those that are many only when something is wrong, or on their way.
const WATCHED: [State; 4] = [State::Queued, State::Sending, State::Unknown, State::Failed];

pub(super) fn cases(connection: &mut PgConnection, _: DateTime<Utc>) -> QueryResult<Shown> {
    let open: Vec<(Kind, i64, Option<DateTime<Utc>>)> = cases::table
        .filter(cases::resolved_at.is_null())
        .group_by(cases::kind)
        .select((cases::kind, count_star(), min(cases::opened_at)))
        .load(connection)?;
    Ok(Box::new(move |figures| {
        for kind in Kind::ALL {
            let count = open.iter().find(|(of, ..)| *of == kind);
            let count = count.map_or(0, |(_, count, _)| *count);
            figures
                .open_cases
                .with_label_values(&[kind.name()])
                .set(count);
        }
        figures.oldest_case.reset();
        if let Some(oldest) = open.iter().filter_map(|(.., since)| *since).min() {
            let oldest_case = figures.oldest_case.with_label_values::<&str>(&[]);
            oldest_case.set(oldest.timestamp());
        }
    }))
}

pub(super) fn mails(connection: &mut PgConnection, _: DateTime<Utc>) -> QueryResult<Shown> {
    let mails: Vec<(State, i64, Option<DateTime<Utc>>)> = outbox::table
        .filter(outbox::state.eq_any(WATCHED))
        .group_by(outbox::state)
        .select((outbox::state, count_star(), min(outbox::queued_at)))
        .load(connection)?;
    Ok(Box::new(move |figures| {
        figures.oldest_mail.reset();
        for state in WATCHED {
            let found = mails.iter().find(|(of, ..)| *of == state);
            let count = found.map_or(0, |(_, count, _)| *count);
            figures.mails.with_label_values(&[state.name()]).set(count);
            if let Some(oldest) = found.and_then(|(.., since)| *since) {
                let oldest_mail = figures.oldest_mail.with_label_values(&[state.name()]);
                oldest_mail.set(oldest.timestamp());
            }
        }
    }))
}

pub(super) fn failed_events(connection: &mut PgConnection, _: DateTime<Utc>) -> QueryResult<Shown> {
    let failed: i64 = stripe_events::table
        .filter(stripe_events::state.eq(inbox::State::Failed))
        .select(count_star())
        .first(connection)?;
    Ok(Box::new(move |figures| figures.failed_events.set(failed)))
}

/// From the newest event back: with webhooks that work it is the first one.
pub(super) fn last_webhook(connection: &mut PgConnection, _: DateTime<Utc>) -> QueryResult<Shown> {
    let last: Option<DateTime<Utc>> = stripe_events::table
        .filter(stripe_events::source.eq(Source::Webhook))
        .order((stripe_events::received_at.desc(), stripe_events::id.desc()))
        .select(stripe_events::received_at)
        .first(connection)
        .optional()?;
    Ok(Box::new(move |figures| {
        figures.last_webhook.reset();
        if let Some(last) = last {
            let last_webhook = figures.last_webhook.with_label_values::<&str>(&[]);
            last_webhook.set(last.timestamp());
        }
    }))
}

/// The row says so, not the replica that looked at Stripe last.
pub(super) fn silence(connection: &mut PgConnection, _: DateTime<Utc>) -> QueryResult<Shown> {
    let silent: Option<bool> = sweeps::table
        .select(sweeps::silent_since.is_not_null())
        .first(connection)
        .optional()?;
    Ok(Box::new(move |figures| {
        figures.webhooks_silent.set(silent.unwrap_or(false).into());
    }))
}
