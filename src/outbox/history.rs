//! A mail's lines in the log.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::Kind;
use crate::activity::{Category, Doing, Level, Line};

/// Who does what nobody asked for.
pub(super) const ACTOR: &str = "outbox";

/// A mail was accepted.
pub const SENT: &str = "mail sent";
/// A mail may have been accepted.
pub const NOBODY_KNOWS: &str =
    "nobody can know whether a mail was sent; look, then retry or drop it";
/// A mail came back, at once or later.
pub(super) const CAME_BACK: &str = "mail came back";

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

/// The same about each of its orders, or about none if it has none.
pub(super) fn lines(
    mail: (Uuid, &str),
    orders: &[Uuid],
    level: Level,
    what: &str,
    at: DateTime<Utc>,
) -> Vec<Line> {
    if orders.is_empty() {
        return vec![line(mail, None, level, what, at)];
    }
    let line = |order: &Uuid| line(mail, Some(*order), level, what, at);
    orders.iter().map(line).collect()
}
