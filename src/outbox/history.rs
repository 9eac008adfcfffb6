//! A mail's lines in the log.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::Kind;
use crate::activity::{Category, Doing, Level, Line};

/// Who does what nobody asked for.
pub(super) const ACTOR: &str = "outbox";

/// A mail was accepted.
pub(super) const SENT: &str = "mail sent";

/// What a worker does without being asked.
pub(super) fn by_itself(at: DateTime<Utc>) -> Doing {
    Doing {
        actor: ACTOR.to_owned(),
        at,
        note: None,
    }
}

/// A mail's line in the log; `kind` as it is stored, since a newer version may have written it. What
/// becomes of an alert is no reason for another.
pub(super) fn line(
    (mail, kind): (Uuid, &str),
    order_id: Option<Uuid>,
    level: Level,
    what: &str,
    at: DateTime<Utc>,
) -> Line {
    let level = match Kind::from_name(kind) {
        Some(Kind::Alert) => Level::Info,
        _ => level,
    };
    Line::about(
        order_id,
        Category::Mail,
        format!("{what}: {kind}"),
        &by_itself(at),
    )
    .level(level)
    .detail(json!({ "mail": mail, "kind": kind }))
}
