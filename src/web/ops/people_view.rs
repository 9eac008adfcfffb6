//! Accounts and roles in the words of the pages.

use chrono_tz::Tz;
use serde::Serialize;

use super::when::When;
use crate::{people::User, token::Role};

/// What a role may do.
pub fn may(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Look, not touch (viewer)",
        Role::Operator => "Work: orders, mailings, retries (operator)",
        Role::Admin => "Everything (admin)",
    }
}

/// A role to be picked.
#[derive(Debug, Serialize)]
pub struct Pick {
    name: &'static str,
    title: &'static str,
    text: &'static str,
    picked: bool,
}

/// The roles, with the one that is picked.
pub fn picks(picked: Role) -> Vec<Pick> {
    let picks = Role::ALL.map(|role| {
        let (title, text) = match role {
            Role::Viewer => ("Look, not touch", "Sees every page, changes nothing. A viewer."),
            Role::Operator => (
                "Work",
                "Also writes orders and mailings, decides about cases, sends mails again. An operator.",
            ),
            Role::Admin => (
                "Everything",
                "Also gives money back, turns switches, and says who else may come in. An admin.",
            ),
        };
        Pick {
            name: role.name(),
            title,
            text,
            picked: role == picked,
        }
    });
    picks.into()
}

/// An account.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: String,
    name: String,
    email: String,
    may: &'static str,
    last: String,
    disabled: bool,
}

impl Shown {
    pub fn of(user: &User, zone: Tz) -> Self {
        let text = |at| When::of(at, zone).text;
        let last = match user.last_seen_at {
            Some(at) => text(at),
            None if user.has_password => "not yet here".to_owned(),
            None => format!("invited on {}; not yet here", text(user.created_at)),
        };
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            may: may(user.role),
            last,
            disabled: user.disabled_at.is_some(),
        }
    }
}
