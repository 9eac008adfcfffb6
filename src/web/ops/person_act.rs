//! What an admin can do about an account, in words.

use serde::Serialize;

use crate::people::{User, once::Outcome};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Role,
    Link,
    SignOut,
    Disable,
    Enable,
}

impl Act {
    /// The one of this name in a path.
    pub fn from_path(name: &str) -> Option<Self> {
        let all = [
            Self::Role,
            Self::Link,
            Self::SignOut,
            Self::Disable,
            Self::Enable,
        ];
        all.into_iter().find(|act| act.name() == name)
    }

    /// Its name in a path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Link => "link",
            Self::SignOut => "sign-out",
            Self::Disable => "disable",
            Self::Enable => "enable",
        }
    }

    /// What can be done about an account as it stands.
    pub fn about(user: &User) -> Vec<Self> {
        match user.disabled_at {
            None => vec![Self::Role, Self::Link, Self::SignOut, Self::Disable],
            Some(_) => vec![Self::Role, Self::Enable],
        }
    }

    /// How it is offered.
    pub fn offer(self, user: &User) -> Offer {
        let (mark, tone, title, text, button) = match self {
            Self::Role => (
                "edit",
                "stop",
                "Change what they may do",
                "It holds from their next page on.",
                "Change…",
            ),
            Self::Link if user.has_password => (
                "mail",
                "stop",
                "Mail them a link for a new password",
                "Their old one stays until they have chosen another.",
                "Mail a link…",
            ),
            Self::Link => (
                "mail",
                "stop",
                "Invite them again",
                "Where the first mail is lost, or a day has passed.",
                "Invite again…",
            ),
            Self::SignOut => (
                "out",
                "stop",
                "Sign them out everywhere",
                "A lost phone, a shared computer. Their password stays.",
                "Sign out…",
            ),
            Self::Disable => (
                "ban",
                "bad",
                "Disable the account",
                "They are signed out and get in no more. What they did stays in the history.",
                "Disable…",
            ),
            Self::Enable => (
                "again",
                "good",
                "Let them in again",
                "With the password that they had.",
                "Let in…",
            ),
        };
        Offer {
            name: self.name(),
            mark,
            tone,
            title,
            text,
            button,
        }
    }
}

/// What is offered.
#[derive(Serialize)]
pub struct Offer {
    name: &'static str,
    mark: &'static str,
    tone: &'static str,
    title: &'static str,
    text: &'static str,
    button: &'static str,
}

/// The question, what happens, what does not, the button, and the way back.
pub type Said = (
    String,
    &'static [&'static str],
    &'static [&'static str],
    String,
    &'static str,
);

/// What will happen, and what will not.
pub fn consequences(act: Act, user: &User) -> Said {
    let name = &user.name;
    match act {
        Act::Role => (
            format!("What may {name} do?"),
            &["It holds from their next page on."],
            &["They are not signed out.", "They get no mail about it."],
            "Change it".to_owned(),
            "Leave it as it is",
        ),
        Act::Link => (
            format!("Mail {name} a link?"),
            &["They get a mail with a link to choose a password. It works once, for 24 hours."],
            &["The password that they have stays until they have chosen another."],
            format!("Mail {name} a link"),
            "Send nothing",
        ),
        Act::SignOut => (
            format!("Sign {name} out everywhere?"),
            &["On every device they have to sign in again."],
            &[
                "Their password stays as it is.",
                "They get no mail about it.",
            ],
            "Sign them out".to_owned(),
            "Leave them signed in",
        ),
        Act::Disable => (
            format!("Disable the account of {name}?"),
            &[
                "They are signed out on every device, and get in no more.",
                "Links that were mailed to them let nobody in any more.",
            ],
            &[
                "What they did stays in the history.",
                "Tokens that they made go on working: revoke them under People.",
                "They get no mail about it. You can let them in again.",
            ],
            "Disable the account".to_owned(),
            "Keep it",
        ),
        Act::Enable => (
            format!("Let {name} in again?"),
            &["They can sign in with the password that they had."],
            &["They get no mail about it."],
            "Let them in".to_owned(),
            "Leave it disabled",
        ),
    }
}

/// What was done.
pub fn outcome(act: Act, user: &User) -> Outcome {
    let name = &user.name;
    let (title, text) = match act {
        Act::Role => (
            format!("{name} has the role {}", user.role),
            "It holds from their next page on. No mail was sent.",
        ),
        Act::Link => (
            format!("{name} is mailed a link"),
            "It works once, for 24 hours.",
        ),
        Act::SignOut => (
            format!("{name} is signed out everywhere"),
            "Their password stays as it is. No mail was sent.",
        ),
        Act::Disable => (
            format!("The account of {name} is disabled"),
            "They are signed out and get in no more. No mail was sent.",
        ),
        Act::Enable => (
            format!("{name} may sign in again"),
            "With the password that they had. No mail was sent.",
        ),
    };
    Outcome {
        to: format!("/ops/people/{}", user.id),
        title,
        text: text.to_owned(),
    }
}
