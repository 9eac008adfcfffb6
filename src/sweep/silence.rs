//! Do Stripe's webhooks reach us? What we have is compared with what Stripe has, never with the
//! clock: a quiet night raises nothing, an event that never came does.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::json;

use crate::{
    activity::{self, Category, Cause, Doing, Line},
    app::App,
    db::DbError,
    inbox::Source,
    schema::{orders, stripe_events, sweeps},
};

/// A webhook may be this late before it counts as missing.
const MAY_TAKE: Duration = Duration::minutes(10);
/// While it lasts, people are told again after so long.
const TOLD_AGAIN: Duration = Duration::hours(24);

/// What is known of the silence so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable)]
struct Known {
    silent_since: Option<DateTime<Utc>>,
    told_at: Option<DateTime<Utc>>,
}

/// What follows from a look.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Nothing was missed, and nothing was before.
    Hears,
    /// Something was missed: people are told.
    Tell {
        /// When the first of it happened.
        since: DateTime<Utc>,
    },
    /// Something was missed, and people know.
    Known,
    /// Webhooks arrive again.
    HearsAgain,
}

/// Compares what Stripe has with what webhooks brought, and tells people if those are silent. `new`:
/// how many events this look was the first to bring.
pub async fn listen(app: &App, new: usize, now: DateTime<Utc>) -> Result<(), DbError> {
    app.db
        .transaction(move |connection| judge_in(connection, new, now))
        .await?;
    app.metrics
        .missed_events
        .inc_by(u64::try_from(new).unwrap_or(0));
    Ok(())
}

fn judge_in(connection: &mut PgConnection, new: usize, now: DateTime<Utc>) -> QueryResult<()> {
    // Locked: two replicas that judge at one moment would both begin a silence, and both tell of it.
    let known: Known = sweeps::table
        .select((sweeps::silent_since, sweeps::told_at))
        .for_update()
        .first(connection)?;
    let late = late(connection, now)?;
    let heard = match known.silent_since {
        Some(since) if late.is_empty() => webhooks_after(connection, since)?,
        _ => false,
    };
    let oldest = late.iter().filter_map(|event| event.created_at).min();
    let verdict = judge(known, oldest, heard, now);
    let next = match &verdict {
        Verdict::Tell { since } => {
            activity::record(connection, line(&late, *since, now))?;
            Known {
                silent_since: Some(*since),
                told_at: Some(now),
            }
        }
        Verdict::HearsAgain => {
            let doing = by_the_sweep(now);
            let what = "Stripe's webhooks reach us again";
            activity::record(
                connection,
                Line::about(None, Category::Webhook, what, &doing),
            )?;
            activity::over(connection, Cause::Silence, &doing)?;
            Known::default()
        }
        Verdict::Hears | Verdict::Known => known,
    };
    diesel::update(sweeps::table)
        .set((
            sweeps::missed.eq(sweeps::missed + i64::try_from(new).unwrap_or(0)),
            sweeps::silent_since.eq(next.silent_since),
            sweeps::told_at.eq(next.told_at),
        ))
        .execute(connection)
        .map(drop)
}

/// An event that a webhook should have brought by now.
#[derive(Queryable)]
struct Late {
    kind: String,
    created_at: Option<DateTime<Utc>>,
}

/// Events that only the sweep has brought, though their webhooks have had the time; each is counted
/// once. What happened before there was anything to be paid here, no webhook had to tell us.
fn late(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Late>> {
    let first_order: Option<DateTime<Utc>> = orders::table
        .select(diesel::dsl::min(orders::created_at))
        .first(connection)?;
    let Some(first_order) = first_order else {
        return Ok(Vec::new());
    };
    let late = stripe_events::table
        .filter(stripe_events::source.eq(Source::Sweep))
        .filter(stripe_events::delivered_at.is_null())
        .filter(stripe_events::missed_told_at.is_null())
        .filter(stripe_events::created_at.le(now - MAY_TAKE))
        .filter(stripe_events::created_at.ge(first_order));
    diesel::update(late)
        .set(stripe_events::missed_told_at.eq(now))
        .returning((stripe_events::type_, stripe_events::created_at))
        .get_results(connection)
}

/// Whether a webhook has brought an event that happened after `at`.
fn webhooks_after(connection: &mut PgConnection, at: DateTime<Utc>) -> QueryResult<bool> {
    let later = stripe_events::table
        .filter(stripe_events::source.eq(Source::Webhook))
        .filter(stripe_events::created_at.gt(at));
    diesel::select(diesel::dsl::exists(later)).get_result(connection)
}

/// `oldest` is when the first event happened that this look found missing; `heard`, whether a
/// webhook has brought one that happened since the silence began.
fn judge(known: Known, oldest: Option<DateTime<Utc>>, heard: bool, now: DateTime<Utc>) -> Verdict {
    let told_lately = known.told_at.is_some_and(|told| now - told < TOLD_AGAIN);
    match (oldest, known.silent_since) {
        (Some(_), Some(_)) if told_lately => Verdict::Known,
        (Some(oldest), since) => Verdict::Tell {
            since: since.unwrap_or(oldest),
        },
        (None, Some(_)) if heard => Verdict::HearsAgain,
        (None, Some(_)) => Verdict::Known,
        (None, None) => Verdict::Hears,
    }
}

fn line(late: &[Late], since: DateTime<Utc>, now: DateTime<Utc>) -> Line {
    let mut types: Vec<&str> = late.iter().map(|event| event.kind.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let what = format!(
        "Stripe's webhooks do not reach us: {} event(s) since {} never came and have been fetched \
         now ({}). In Stripe's dashboard, check that the endpoint is on, sends these events, and \
         has the secret in STRIPE_WEBHOOK_SECRETS",
        late.len(),
        since.format("%d %B %Y, %H:%M UTC"),
        types.join(", ")
    );
    Line::about(None, Category::Webhook, what, &by_the_sweep(now))
        .attention()
        .detail(json!({ "events": late.len(), "since": since, "types": types, "silence": true }))
}

fn by_the_sweep(now: DateTime<Utc>) -> Doing {
    Doing {
        actor: "sweep".to_owned(),
        at: now,
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minutes)
    }

    #[test]
    fn a_quiet_night_raises_nothing() {
        assert_eq!(
            judge(Known::default(), None, false, at(600)),
            Verdict::Hears
        );
    }

    #[test]
    fn people_are_told_at_once_and_then_once_a_day_as_long_as_it_lasts() {
        let tell = judge(Known::default(), Some(at(5)), false, at(20));
        assert_eq!(tell, Verdict::Tell { since: at(5) });
        let told = Known {
            silent_since: Some(at(5)),
            told_at: Some(at(20)),
        };
        assert_eq!(judge(told, Some(at(30)), false, at(60)), Verdict::Known);
        assert_eq!(judge(told, None, false, at(60)), Verdict::Known);
        let next_day = at(20 + 24 * 60);
        assert_eq!(
            judge(told, Some(at(30)), false, next_day),
            Verdict::Tell { since: at(5) }
        );
    }

    #[test]
    fn a_webhook_that_arrives_ends_it() {
        let told = Known {
            silent_since: Some(at(5)),
            told_at: Some(at(20)),
        };
        assert_eq!(judge(told, None, true, at(60)), Verdict::HearsAgain);
    }
}
