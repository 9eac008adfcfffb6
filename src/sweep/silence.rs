//! Do Stripe's webhooks reach us? What we have is compared with what Stripe has, never with the
//! clock: a quiet night raises nothing, an event that never came does.

use chrono::{DateTime, Duration, Utc};
use diesel::{Connection, prelude::*};
use serde_json::json;

use super::missed::{Missed, webhooks_after};
use crate::{
    activity::{self, Level},
    app::App,
    db::DbError,
    gateway::event::Envelope,
    schema::{orders, sweeps},
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

/// Compares what a look found with what webhooks brought, and tells people if those are silent.
pub async fn listen(app: &App, missed: &Missed, now: DateTime<Utc>) -> Result<(), DbError> {
    let new = missed.new.clone();
    let verdict = app
        .db
        .run(move |connection| connection.transaction(|connection| judge_in(connection, &new, now)))
        .await?;
    match verdict {
        Verdict::Tell { .. } | Verdict::Known => app.metrics.webhooks_silent.set(1),
        Verdict::HearsAgain | Verdict::Hears => app.metrics.webhooks_silent.set(0),
    }
    app.metrics
        .missed_events
        .inc_by(u64::try_from(missed.new.len()).unwrap_or(0));
    Ok(())
}

fn judge_in(
    connection: &mut PgConnection,
    new: &[Envelope],
    now: DateTime<Utc>,
) -> QueryResult<Verdict> {
    let known: Known = sweeps::table
        .select((sweeps::silent_since, sweeps::told_at))
        .for_update()
        .first(connection)?;
    // What happened before there was anything to be paid here, no webhook had to tell us.
    let first_order: Option<DateTime<Utc>> = orders::table
        .select(diesel::dsl::min(orders::created_at))
        .first(connection)?;
    let late: Vec<&Envelope> = new
        .iter()
        .filter(|event| is_late(event, first_order, now))
        .collect();
    let heard = match known.silent_since {
        Some(since) if late.is_empty() => webhooks_after(connection, since)?,
        _ => false,
    };
    let oldest = late.iter().filter_map(|event| event.created).min();
    let verdict = judge(known, oldest, heard, now);
    let next = match &verdict {
        Verdict::Tell { since } => {
            activity::record(connection, line(&late, *since, now))?;
            Known {
                silent_since: Some(*since),
                told_at: Some(now),
            }
        }
        Verdict::HearsAgain => Known::default(),
        Verdict::Hears | Verdict::Known => known,
    };
    diesel::update(sweeps::table)
        .set((
            sweeps::missed.eq(sweeps::missed + i64::try_from(new.len()).unwrap_or(0)),
            sweeps::silent_since.eq(next.silent_since),
            sweeps::told_at.eq(next.told_at),
        ))
        .execute(connection)?;
    Ok(verdict)
}

fn is_late(event: &Envelope, first_order: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let Some((created, first)) = event.created.zip(first_order) else {
        return false;
    };
    created >= first && now - created >= MAY_TAKE
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

fn line(late: &[&Envelope], since: DateTime<Utc>, now: DateTime<Utc>) -> activity::Line {
    let mut types: Vec<&str> = late.iter().map(|event| event.kind.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    activity::Line {
        at: now,
        order_id: None,
        category: "webhook",
        level: Level::Attention,
        actor: "sweep".to_owned(),
        what: format!(
            "Stripe's webhooks do not reach us: {} event(s) since {} never came and have been fetched \
             now ({}). In Stripe's dashboard, check that the endpoint is on, sends these events, and \
             has the secret in STRIPE_WEBHOOK_SECRETS",
            late.len(),
            since.format("%d %B %Y, %H:%M UTC"),
            types.join(", ")
        ),
        detail: json!({ "events": late.len(), "since": since, "types": types }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minutes)
    }

    fn event(created: Option<i64>) -> Envelope {
        Envelope {
            id: "evt_1".into(),
            kind: "charge.refunded".into(),
            livemode: None,
            created: created.map(at),
        }
    }

    #[test]
    fn a_quiet_night_raises_nothing() {
        assert_eq!(
            judge(Known::default(), None, false, at(600)),
            Verdict::Hears
        );
    }

    #[test]
    fn an_event_counts_as_missed_once_a_webhook_has_had_ten_minutes() {
        let first_order = Some(at(0));
        assert!(!is_late(&event(Some(51)), first_order, at(60)));
        assert!(is_late(&event(Some(50)), first_order, at(60)));
    }

    #[test]
    fn what_happened_before_the_first_order_was_not_for_us() {
        assert!(!is_late(&event(Some(50)), Some(at(51)), at(600)));
        assert!(!is_late(&event(Some(50)), None, at(600)));
        assert!(!is_late(&event(None), Some(at(0)), at(600)));
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
