//! The pre-flight of a mailing: before the first mail goes, what its families will need is tried.
//!
//! [`launch`] tries and then starts. Nothing is held meanwhile, neither a connection nor a lock: the start after it
//! looks at everything again. Two replicas that are asked at once try twice, and one of them starts. A caller who
//! goes while the webhook is waited for, and a process that dies, leave a row; whoever asks again goes on
//! with that trial, so that also an impatient caller comes to an end.

mod check;
mod checkout;
mod link;
mod mail;
mod row;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub use self::check::{Check, Level, Outside, Probe, refusal, told};
pub(super) use self::row::checks;
use self::{check::refuses, row::Waited};
use super::{Asked, approve::own_words, row as blast_row, start::start, state::State};
use crate::{
    activity::{self, Category, Doing, Line},
    app::App,
    db::DbError,
    order::{self, Order, Status},
    schema::{blast_recipients, orders},
};

/// Tries what the families of a mailing will need, then starts it. A link or a mail server that is dead keeps it
/// from being started; what cannot be seen from within is a warning, unless it is required.
///
/// # Errors
/// The database's; nothing was started then.
pub async fn launch(
    app: &App,
    id: Uuid,
    outside: Outside,
    doing: &Doing,
) -> Result<Asked, DbError> {
    let (own, approver) = (id, doing.clone());
    let plan = move |connection: &mut PgConnection| Flight::planned(connection, own, &approver);
    // What cannot be started is told by the start, and needs no trial.
    let Some(flight) = app.db.transaction(plan).await? else {
        return start(app, id, doing).await;
    };
    let checks = flight.fly(app).await?;
    let checks: Vec<Check> = checks
        .into_iter()
        .map(|check| check.required(outside))
        .collect();
    flight.keep(app, &checks).await?;
    if refuses(&checks) {
        return Ok(Asked::Grounded(checks));
    }
    start(app, id, doing).await
}

/// A pre-flight of a mailing that can be started as far as its own row tells.
#[derive(Debug, Clone)]
struct Flight {
    blast: Uuid,
    name: String,
    approval: i64,
    /// Whose link and checkout are tried; none if nobody owes any more.
    order: Option<Order>,
    /// A trial that is waited for already.
    left_behind: Option<Waited>,
    at: DateTime<Utc>,
}

impl Flight {
    fn planned(
        connection: &mut PgConnection,
        blast: Uuid,
        doing: &Doing,
    ) -> QueryResult<Option<Self>> {
        let Some(stored) = blast_row::read(connection, blast)? else {
            return Ok(None);
        };
        let approval = blast_row::approvals(connection, &[blast])?.pop();
        let (State::Approved, Some(approval)) = (stored.state, approval) else {
            return Ok(None);
        };
        if own_words(connection, &stored, &approval.approver())?.is_some() {
            return Ok(None);
        }
        Ok(Some(Self {
            blast,
            approval: approval.id,
            order: ordinary_order(connection, blast)?,
            left_behind: row::left_behind(connection, blast, approval.id)?,
            name: stored.content.name,
            at: doing.at,
        }))
    }

    /// All at once, but for the webhook, which follows the trial.
    async fn fly(&self, app: &App) -> Result<Vec<Check>, DbError> {
        let Some(order) = &self.order else {
            return Ok(vec![mail::check(app).await]);
        };
        let (stripe, mail, link) = tokio::join!(
            self.at_stripe(app, order.id),
            mail::check(app),
            link::check(app, order)
        );
        let mut checks = stripe?;
        checks.extend([mail, link]);
        Ok(checks)
    }

    async fn at_stripe(&self, app: &App, order: Uuid) -> Result<Vec<Check>, DbError> {
        let (checkout, waited) = self.tried(app, order).await?;
        let mut checks = vec![checkout];
        if let Some(waited) = waited {
            checks.push(checkout::heard(app, &waited).await?);
        }
        Ok(checks)
    }

    async fn tried(&self, app: &App, order: Uuid) -> Result<(Check, Option<Waited>), DbError> {
        if let Some(waited) = &self.left_behind {
            return Ok((checkout::tried_before(), Some(waited.clone())));
        }
        let (check, waited) = checkout::check(app, order).await?;
        if let Some(waited) = waited.clone() {
            let (blast, approval) = (self.blast, self.approval);
            let note = move |connection: &mut PgConnection| {
                row::waits(connection, blast, approval, &waited.stripe_id)
            };
            app.db.run(note).await?;
        }
        Ok((check, waited))
    }

    /// Keeps what came of it, with a line where somebody should look.
    async fn keep(&self, app: &App, checks: &[Check]) -> Result<(), DbError> {
        let line = self.line(checks);
        let (blast, approval, checks) = (self.blast, self.approval, checks.to_vec());
        let keep = move |connection: &mut PgConnection| {
            row::keep(connection, blast, approval, &checks)?;
            line.clone()
                .map_or(Ok(()), |line| activity::record(connection, line))
        };
        app.db.transaction(keep).await
    }

    /// Our own word: who asked for the start is told by that.
    fn line(&self, checks: &[Check]) -> Option<Line> {
        // Whoever asked for the start is told, and the mailing waits on the first page all the same.
        let (what, why) = match told(checks, Level::Error) {
            Some(why) => ("not started, since its pre-flight failed", why),
            None => (
                "goes although its pre-flight warns",
                told(checks, Level::Warning)?,
            ),
        };
        let doing = Doing {
            actor: "freshmint".to_owned(),
            at: self.at,
            note: None,
        };
        let what = format!("mailing {what}: {}: {why}", self.name);
        let detail = serde_json::json!({ "blast": self.blast, "checks": checks });
        let line = Line::about(None, Category::Blast, what, &doing);
        Some(line.detail(detail))
    }
}

/// Of the orders that were approved and still owe, the one whose amount is in the middle: what is tried should
/// be what most families have.
fn ordinary_order(connection: &mut PgConnection, blast: Uuid) -> QueryResult<Option<Order>> {
    let approved = || {
        blast_recipients::table
            .inner_join(orders::table)
            .filter(blast_recipients::blast_id.eq(blast))
            .filter(orders::status.eq(Status::Open))
    };
    let many: i64 = approved().count().get_result(connection)?;
    let middle: Option<Uuid> = approved()
        .order((orders::amount_total, orders::id))
        .offset(many / 2)
        .limit(1)
        .select(orders::id)
        .first(connection)
        .optional()?;
    match middle {
        Some(id) => order::find(connection, id),
        None => Ok(None),
    }
}
