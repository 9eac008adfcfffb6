//! The one sentence why mail waits, and until when: pure.

use chrono::{DateTime, Utc};

use super::Why;
use crate::{
    foreign_text::{ForeignText, Limit},
    outbox::flow::Cause,
};

/// So much of a server's words can be read in one sentence.
const QUOTED: Limit = Limit::characters(200);

/// What a server said, for a sentence that anybody of the shop may read: without addresses, on one line.
pub fn legible(said: &str) -> String {
    let words = said
        .split_whitespace()
        .map(|word| if word.contains('@') { "…" } else { word });
    let words = words.collect::<Vec<_>>().join(" ");
    ForeignText::new(&words, QUOTED).into()
}

/// Why mail waits, since when, what was said, and when it is tried again.
pub fn sentence(
    why: Why,
    said: &str,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> String {
    let said = legible(said);
    let since = since.map_or(String::new(), |at| format!(" since {}", moment(at)));
    let said_so = if said.is_empty() {
        String::new()
    } else {
        format!(" ({said})")
    };
    let again = |what: &str| until.map_or(String::new(), |at| format!(" {what} {}.", moment(at)));
    match why {
        Why::Off => "Mail is off and waits in the outbox: set SMTP_URL and MAIL_FROM.".to_owned(),
        Why::NothingGetsThrough => format!(
            "No mail has been accepted{since}, though it was tried{said_so}: mend the mail server, see freshmint doctor. It is tried again by itself, and none is lost."
        ),
        Why::Paused(Cause::Allowance) => format!(
            "Mail waits{since}: {said} is used up.{}",
            again("It goes on by itself at")
        ),
        Why::Paused(Cause::Quota) => format!(
            "Mail waits{since}: {}{said_so}.{} None is lost.",
            cause_in_words(Cause::Quota),
            again("It waits until")
        ),
        Why::Paused(cause) => format!(
            "Mail waits{since}: {}{said_so}. {}.{} None is lost.",
            cause_in_words(cause),
            to_do(cause),
            again("One mail tries again at")
        ),
    }
}

/// What a pause is for.
pub fn cause_in_words(cause: Cause) -> &'static str {
    match cause {
        Cause::Connection => "the mail server cannot be reached",
        Cause::Tls => "the mail server offers no connection that can be trusted",
        Cause::LogIn => "the mail server refuses the log-in in SMTP_URL",
        Cause::Sender => "the mail server does not let us send as MAIL_FROM",
        Cause::Relaying => "the mail server does not carry mail for us to others",
        Cause::Reputation => "the mail server refuses us for our reputation",
        Cause::SetUp => "the mail server refuses us, whatever the mail",
        Cause::Streak => "one recipient after the other was refused in the same way",
        Cause::Quota => "what the mail provider allows is used up",
        Cause::Allowance => "what the settings allow is used up",
    }
}

fn to_do(cause: Cause) -> &'static str {
    if cause.bounces_after_all() {
        "Mend that, or let mail go on with freshmint mail resume"
    } else {
        "Mend that"
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_sentence() {
        let at = DateTime::UNIX_EPOCH;
        let paused = Cause::ALL.map(Why::Paused);
        let all = [Why::Off, Why::NothingGetsThrough];
        let sentences = all.into_iter().chain(paused).map(|why| {
            let said = match why {
                Why::Paused(Cause::Allowance) => "MAIL_PER_DAY=500",
                _ => "454 4.7.1 <ann@example.org>: Relay\naccess denied",
            };
            sentence(why, said, Some(at), Some(at))
        });
        insta::assert_snapshot!(sentences.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn what_a_server_says_is_short_and_names_nobody() {
        assert_eq!(
            legible("550 <ann@example.org>: no\u{1b}[2J"),
            "550 … no [2J"
        );
        assert_eq!(legible(&"x".repeat(5_000)).chars().count(), 200);
    }
}
