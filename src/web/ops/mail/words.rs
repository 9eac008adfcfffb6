//! Mails in the words of the pages.

use super::super::lists::{Pill, pill};
use crate::outbox::{Cause, Kind, State, Why, cause_in_words, view::Mail};

/// Where a mail stands.
pub fn state(state: State) -> Pill {
    match state {
        State::Queued => pill("stop", "clock", "Waiting its turn"),
        State::Sending => pill("stop", "send", "Being handed over"),
        State::Sent => pill("good", "mail-ok", "Accepted"),
        State::Unknown => pill("wait", "mail-unknown", "Not known"),
        State::Bounced => pill("bad", "mail-back", "Came back"),
        State::Failed => pill("bad", "stop", "Given up"),
        State::Cancelled => pill("stop", "dash", "Not wanted any more"),
        State::Suppressed => pill("stop", "bell-off", "Not mailed: asked not to be"),
    }
}

/// The same as a tab.
pub fn tab(state: State) -> &'static str {
    match state {
        State::Queued => "Waiting",
        State::Sending => "Being handed over",
        State::Sent => "Accepted",
        State::Unknown => "Not known",
        State::Bounced => "Came back",
        State::Failed => "Given up",
        State::Cancelled => "Not wanted any more",
        State::Suppressed => "Asked not to be mailed",
    }
}

/// The tabs in their order: first what may need somebody.
pub const TABS: [State; 8] = [
    State::Unknown,
    State::Bounced,
    State::Failed,
    State::Queued,
    State::Sending,
    State::Sent,
    State::Suppressed,
    State::Cancelled,
];

/// Where this one stands.
pub fn stands(mail: &Mail) -> Pill {
    match mail.was_let_be {
        true => pill("stop", "mail-unknown", "Not known, and left"),
        false => state(mail.state),
    }
}

/// What that means for whoever was to read it.
pub fn means(mail: &Mail) -> &'static str {
    match mail.state {
        _ if mail.was_let_be => "Nobody can know whether they have it, and it is not sent again.",
        State::Queued => "It has not left yet.",
        State::Sending => "It is on its way to the mail server at this moment.",
        State::Sent => "The mail server took it. That is not yet that somebody has read it.",
        State::Unknown => "Nobody can know whether they have it.",
        State::Bounced => "Their mail server refused it for good: they do not have it.",
        State::Failed => "No mail server took it: they do not have it.",
        State::Cancelled => "It was not sent, and will not be.",
        State::Suppressed => "It was not sent: we do not write to this address.",
    }
}

/// What a mail is.
pub fn kind(name: &str) -> &'static str {
    match Kind::from_name(name) {
        Some(Kind::Blast) => "Mailing",
        Some(Kind::Link) => "Link of one order",
        Some(Kind::Reminder) => "Reminder",
        Some(Kind::Test) => "Test mail of a mailing",
        Some(Kind::Alert) => "To the shop: something needs somebody",
        Some(Kind::Account) => "To one of the shop’s people: a way in",
        None => "A kind that only a newer version knows",
    }
}

/// Why no mail goes out.
pub fn why(why: Why) -> &'static str {
    match why {
        Why::Off => "mail is off: no mail server is set where Freshmint runs (SMTP_URL, MAIL_FROM)",
        Why::NothingGetsThrough => "it was tried, and no mail server accepts any",
        Why::Paused(cause) => cause_in_words(cause),
    }
}

/// What is to be done about it.
pub fn to_do(why: Why) -> &'static str {
    match why {
        Why::Off => "Mails wait until there is one. None is lost.",
        Why::NothingGetsThrough | Why::Paused(Cause::Connection | Cause::Tls | Cause::LogIn) => {
            "Whoever runs the mail server has to mend that: freshmint doctor says more. It is tried again by itself, and none is lost."
        }
        Why::Paused(Cause::Sender | Cause::Relaying | Cause::Reputation | Cause::SetUp) => {
            "Whoever runs the mail server has to mend that. One mail tries from time to time, and none is lost."
        }
        Why::Paused(Cause::Streak) => {
            "This may be about us and not about them. One mail to somebody else tries from time to time, and none is lost."
        }
        Why::Paused(Cause::Quota | Cause::Allowance) => "It goes on by itself, and none is lost.",
    }
}

/// What letting mail go on would risk.
pub fn risk(cause: Cause) -> &'static str {
    match cause.bounces_after_all() {
        true => {
            "Whoever is refused in the same way again counts as come back: they do not get the mail, and each has to be sent again by somebody. That may be all that wait."
        }
        false => {
            "If it is still so, all mail pauses again after the first try. None is lost by that."
        }
    }
}
