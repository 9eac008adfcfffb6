//! Everything that is known to have happened to an order, as rows and the log have it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    activity::Category,
    case::{self, CaseFilter, CaseView},
    mail::{Kind, State},
    reminder::{Decision, rule::Reason},
    schema::{
        activity, checkout_sessions, outbox, outbox_orders, reminder_decisions, session_orders,
    },
    session::{AskedBy, SessionState},
};

/// One fact, and when.
#[derive(Debug, Clone)]
pub struct Happened {
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A checkout was opened.
    Opened(Checkout),
    /// It came to its end.
    Ended(Checkout),
    /// A line of the log that no row tells.
    Logged(Logged),
    /// Money was found that does not fit.
    CaseOpened(Box<CaseView>),
    /// Somebody, or Stripe's word, ended a case.
    CaseResolved(Box<CaseView>),
    /// A mail was queued; by whom, if the log still knows.
    Queued(Mail, Option<String>),
    /// It was decided about the one reminder.
    Decided(Decided),
}

/// A checkout.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// `cs_…`
    pub stripe_id: Option<String>,
    /// How far it is.
    pub state: SessionState,
    /// Who asked for it.
    pub asked_by: AskedBy,
    /// Why nothing came of it, as Stripe said.
    pub failure: Option<String>,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct Logged {
    /// What it is about.
    pub category: Category,
    /// For people.
    pub what: String,
    /// Who did it.
    pub actor: String,
    /// For machines.
    pub detail: Value,
}

/// A mail.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Mail {
    /// Ours, for ever.
    pub id: Uuid,
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Of which mailing.
    pub blast_id: Option<Uuid>,
    /// A reminder has none before it is due.
    pub subject: Option<String>,
    /// Why it was cancelled.
    pub skip_reason: Option<Reason>,
    /// What a mail server said last.
    pub last_error: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it is due, if not at once.
    pub due_at: Option<DateTime<Utc>>,
    /// When a server took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When a server refused it.
    pub refused_at: Option<DateTime<Utc>>,
    /// A server has it, or may have it.
    pub handed_over: bool,
}

impl Mail {
    /// Nobody knows whether they have it, and somebody let it be.
    pub fn was_let_be(&self) -> bool {
        self.state
            .was_let_be(self.handed_over, self.sent_at.is_some())
    }
}

/// A decision about the reminder.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = reminder_decisions)]
pub struct Decided {
    /// What was decided, and has become of it.
    pub decision: Decision,
    /// Why there is none.
    pub reason: Option<Reason>,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// When it is due, or would have been.
    pub due_at: DateTime<Utc>,
    /// The mail.
    pub mail_id: Option<Uuid>,
}

/// Lines of the log at most, the newest: a story of more is read in the log itself.
const LINES: i64 = 1_000;

/// Everything that is known, oldest first; of what happened at one moment the checkout comes first,
/// then what followed from it.
pub(super) fn happened(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Happened>> {
    let mut log = lines(connection, order)?;
    let mails = mails(connection, order, &mut log)?;
    let mut story = sessions(connection, order)?;
    story.extend(log);
    story.extend(cases(connection, order)?);
    story.extend(mails);
    story.extend(decisions(connection, order)?);
    story.sort_by_key(|entry| entry.at);
    Ok(story)
}

fn lines(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Happened>> {
    type Line = (DateTime<Utc>, Category, String, String, Value);
    let mut lines: Vec<Line> = activity::table
        .filter(activity::order_id.eq(order))
        .order(activity::id.desc())
        .limit(LINES)
        .select((
            activity::at,
            activity::category,
            activity::what,
            activity::actor,
            activity::detail,
        ))
        .load(connection)?;
    lines.reverse();
    // A line that a row tells as well is told by the row, which stays as long as the order.
    lines.retain(|(.., detail)| detail.get("row").is_none());
    let logged = |(at, category, what, actor, detail)| Happened {
        at,
        what: What::Logged(Logged {
            category,
            what,
            actor,
            detail,
        }),
    };
    Ok(lines.into_iter().map(logged).collect())
}

/// Each mail when it was queued; what became of it is in the log. A line of the log that says that it
/// was queued is taken in: it knows by whom.
fn mails(
    connection: &mut PgConnection,
    order: Uuid,
    log: &mut Vec<Happened>,
) -> QueryResult<Vec<Happened>> {
    let mails: Vec<Mail> = outbox::table
        .inner_join(outbox_orders::table)
        .filter(outbox_orders::order_id.eq(order))
        .order(outbox::id)
        .select(Mail::as_select())
        .load(connection)?;
    let mut told = Vec::with_capacity(mails.len());
    for mut mail in mails {
        if mail.state == State::Bounced {
            // What was reported hours later has no time in its row: the log has.
            mail.refused_at = mail.refused_at.or_else(|| last_told(log, mail.id));
        }
        let says_so =
            |happened: &Happened| happened.at == mail.created_at && is_of(happened, mail.id);
        let known = log.iter().position(says_so).map(|at| log.remove(at));
        let by = known.and_then(|line| match line.what {
            What::Logged(line) => Some(line.actor),
            _ => None,
        });
        told.push(Happened {
            at: mail.created_at,
            what: What::Queued(mail, by),
        });
    }
    Ok(told)
}

/// When the log last told of a mail.
fn last_told(log: &[Happened], mail: Uuid) -> Option<DateTime<Utc>> {
    let told = log.iter().filter(|happened| is_of(happened, mail));
    told.map(|happened| happened.at).max()
}

/// Whether it is a line of the log that names this mail.
fn is_of(happened: &Happened, mail: Uuid) -> bool {
    match &happened.what {
        What::Logged(line) => {
            line.category == Category::Mail && line.detail["mail"] == mail.to_string()
        }
        _ => false,
    }
}

/// Each checkout when it was opened, and when and how it ended.
fn sessions(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Happened>> {
    type Session = (
        Option<String>,
        SessionState,
        AskedBy,
        Option<String>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let sessions: Vec<Session> = session_orders::table
        .inner_join(
            checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
        )
        .filter(session_orders::order_id.eq(order))
        .order(checkout_sessions::id)
        .select((
            checkout_sessions::stripe_id,
            checkout_sessions::state,
            checkout_sessions::asked_by,
            checkout_sessions::failure,
            checkout_sessions::minted_at,
            checkout_sessions::ended_at,
        ))
        .load(connection)?;
    let mut told = Vec::new();
    for (stripe_id, state, asked_by, failure, minted_at, ended_at) in sessions {
        let checkout = Checkout {
            stripe_id,
            state,
            asked_by,
            failure,
        };
        told.extend(minted_at.map(|at| Happened {
            at,
            what: What::Opened(checkout.clone()),
        }));
        let is_at_its_end = !matches!(
            state,
            SessionState::Minting | SessionState::Open | SessionState::Closing
        );
        told.extend(ended_at.filter(|_| is_at_its_end).map(|at| Happened {
            at,
            what: What::Ended(checkout),
        }));
    }
    Ok(told)
}

fn cases(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Happened>> {
    let filter = CaseFilter {
        order: Some(order),
        ..CaseFilter::default()
    };
    let mut cases = case::list(connection, &filter, i64::MAX)?;
    cases.reverse();
    let mut told = Vec::new();
    for case in cases.into_iter().map(Box::new) {
        let resolved = case.resolved_at.map(|at| Happened {
            at,
            what: What::CaseResolved(case.clone()),
        });
        told.push(Happened {
            at: case.opened_at,
            what: What::CaseOpened(case),
        });
        told.extend(resolved);
    }
    Ok(told)
}

/// What was decided about each expired checkout. That a reminder was sent is a mail's line.
fn decisions(connection: &mut PgConnection, order: Uuid) -> QueryResult<Vec<Happened>> {
    let decisions: Vec<Decided> = reminder_decisions::table
        .filter(reminder_decisions::order_id.eq(order))
        .order(reminder_decisions::id)
        .select(Decided::as_select())
        .load(connection)?;
    let told = |decided: Decided| Happened {
        at: decided.decided_at,
        what: What::Decided(decided),
    };
    Ok(decisions.into_iter().map(told).collect())
}
