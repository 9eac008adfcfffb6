//! A mail as a row of the list.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use uuid::Uuid;

use super::{
    super::{form::Guard, line, lists::Pill, when::When},
    words,
};
use crate::{
    order::{self, Label, Status},
    outbox::{Kind, State, legible, people, view::Mail},
};

/// Mails, and what else a page says of them.
#[derive(Debug, Clone)]
pub struct Mails {
    pub mails: Vec<Mail>,
    /// The orders that they are about.
    pub orders: HashMap<Uuid, Label>,
    /// Those that can be sent again.
    pub can_go_again: HashSet<Uuid>,
}

impl Mails {
    pub fn read(connection: &mut PgConnection, mails: Vec<Mail>) -> QueryResult<Self> {
        let about = mails.iter().filter_map(|mail| mail.order_id);
        Ok(Self {
            orders: order::labels(connection, about)?,
            can_go_again: people::can_go_again(connection, &mails)?,
            mails,
        })
    }
}

/// A row.
#[derive(Debug, Serialize)]
pub struct Row {
    pub id: String,
    /// Whose order it is about, else whom it goes to.
    pub who: String,
    pub reference: String,
    /// The order's page.
    pub order: Option<String>,
    pub to: String,
    pub subject: String,
    pub kind: &'static str,
    pub pill: Pill,
    pub why: String,
    pub at: When,
    /// Whether it is the time at which it went out, else that at which it was written.
    pub is_out: bool,
    pub unknown: bool,
    /// Where a wrong address is corrected.
    pub correct: Option<String>,
    /// The form that sends it again at one press.
    pub again: Option<Guard>,
    pub drop: bool,
    /// What a press came to where somebody else was first.
    pub note: &'static str,
}

/// How rows are shown to somebody.
#[derive(Debug, Clone)]
pub struct Reader {
    pub zone: Tz,
    /// What forms are bound to, if they may work.
    pub cookie: Option<String>,
    pub now: DateTime<Utc>,
}

impl Reader {
    pub fn row(&self, mail: &Mail, of: &Mails) -> Row {
        let label = mail.order_id.and_then(|order| of.orders.get(&order));
        let may = self.cookie.as_deref();
        let can_again = of.can_go_again.contains(&mail.id);
        let kind = words::kind(&mail.kind);
        let to = mail.to.clone().unwrap_or_else(|| "erased".to_owned());
        Row {
            id: mail.id.to_string(),
            who: label.map_or_else(|| to.clone(), name_of),
            reference: label
                .filter(|label| label.name.is_some())
                .map(|label| label.reference.clone())
                .unwrap_or_default(),
            order: mail.order_id.map(|order| format!("/ops/orders/{order}")),
            to,
            subject: mail.subject.clone().unwrap_or_else(|| kind.to_owned()),
            kind,
            pill: words::stands(mail),
            why: self.why(mail),
            at: When::of(mail.sent_at.unwrap_or(mail.created_at), self.zone),
            is_out: mail.sent_at.is_some(),
            unknown: mail.state == State::Unknown,
            correct: may.and_then(|_| correct(mail, label)),
            again: may
                .filter(|_| can_again && mail.state == State::Failed)
                .map(Guard::of),
            drop: may.is_some() && can_drop(mail),
            note: "",
        }
    }

    /// Why it stands there.
    fn why(&self, mail: &Mail) -> String {
        let error = mail.last_error.as_deref().map(legible).unwrap_or_default();
        let tried = |what: &str| match error.is_empty() {
            true => what.to_owned(),
            false => format!("{what}: {error}"),
        };
        match mail.state {
            State::Queued if mail.attempts > 0 => tried(&format!("tried {} times", mail.attempts)),
            State::Queued => match mail.due_at.filter(|due| *due > self.now) {
                Some(due) => format!("due {}", When::of(due, self.zone).text),
                None => error,
            },
            State::Cancelled => mail
                .reason
                .map(line::in_words)
                .map_or(String::new(), line::sentence),
            State::Failed | State::Bounced | State::Unknown => error,
            State::Sending | State::Sent | State::Suppressed => String::new(),
        }
    }
}

/// Whose order it is.
pub fn name_of(label: &Label) -> String {
    label
        .name
        .clone()
        .unwrap_or_else(|| label.reference.clone())
}

/// Where the address is corrected of a mail that came back, while something is owed.
pub fn correct(mail: &Mail, label: Option<&Label>) -> Option<String> {
    label
        .filter(|label| mail.state == State::Bounced && label.status == Status::Open)
        .map(|label| format!("/ops/orders/{}/change", label.id))
}

/// Whether dropping it changes anything for somebody.
pub fn can_drop(mail: &Mail) -> bool {
    mail.state.is_open_to_people() && Kind::from_name(&mail.kind).is_some()
}
