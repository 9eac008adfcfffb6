//! Mailings in the words of the pages.

use std::time::Duration;

use crate::{
    blast::{
        Blast, PausedBy,
        preflight::{Check, Level, Probe},
        state::State,
    },
    web::ops::{
        line::{in_a_sentence, named, sentence, without_advice},
        lists::{Pill, pill},
    },
};

/// Where a mailing stands.
pub fn state(blast: &Blast) -> Pill {
    match blast.state {
        State::Draft => pill("wait", "clock", "Waits for approval"),
        State::Approved => pill("wait", "clock", "Approved, not started"),
        State::Sending => pill("wait", "send", "Being sent"),
        State::Paused => match blast.paused_by.is_some_and(PausedBy::is_a_stop) {
            true => pill("bad", "pause", "Stopped itself"),
            false => pill("wait", "pause", "Paused"),
        },
        State::Done => pill("good", "tick", "Sent"),
        State::Cancelled => pill("stop", "dash", "Cancelled"),
        State::Recalled => pill("stop", "back", "Called back"),
    }
}

/// What has stopped a mailing, in a heading.
pub fn stopped(by: PausedBy) -> &'static str {
    match by {
        PausedBy::Person => "It is paused",
        PausedBy::WaveBounced => "It has stopped: of its first mails too many came back",
        PausedBy::WaveUnknown => {
            "It has stopped: of its first mails nobody knows whether all went out"
        }
        PausedBy::WaveNotTaken => "It has stopped: too few of its first mails were accepted",
        PausedBy::Bounces => "It has stopped: too many mails came back",
        PausedBy::RefusedMints => {
            "It has stopped: Stripe opens no payment page for several of its orders"
        }
    }
}

/// Why it is paused, with whoever did it as people know them. What the mailing says of it ends with what to do by
/// API or command, which is left out.
pub fn because(by: PausedBy, told: &str) -> String {
    let fact = match by {
        PausedBy::Person => told
            .split_once(" paused it")
            .map(|(actor, _)| sentence(&format!("{} paused it", named(actor)))),
        PausedBy::WaveBounced
        | PausedBy::WaveUnknown
        | PausedBy::WaveNotTaken
        | PausedBy::Bounces
        | PausedBy::RefusedMints => without_advice(told),
    };
    in_a_sentence(&fact.unwrap_or_else(|| told.to_owned()))
}

/// What to do before it goes on.
pub fn advice(by: PausedBy) -> &'static str {
    match by {
        PausedBy::Person => "",
        PausedBy::WaveBounced | PausedBy::Bounces => {
            "Look at what the mail servers said and correct the addresses. Then let it go on, or do not send the rest."
        }
        PausedBy::WaveUnknown => {
            "Ask whoever runs the mail server, and decide on each mail that is not known. Then let it go on, or do not send the rest."
        }
        PausedBy::WaveNotTaken => {
            "Look at what the mail servers said. Then let it go on, or do not send the rest."
        }
        PausedBy::RefusedMints => {
            "Open the link of one of its orders, and look at what Stripe says. Then let it go on, or call it back."
        }
    }
}

/// What going on would risk.
pub fn risk(by: Option<PausedBy>) -> &'static str {
    match by {
        None | Some(PausedBy::Person) => {
            "It goes on where it was. It still stops by itself if too many mails come back."
        }
        Some(PausedBy::WaveBounced | PausedBy::Bounces) => {
            "If the addresses are old, many more come back, and mail providers begin to distrust the shop’s address. What has come back so far is not counted again."
        }
        Some(PausedBy::WaveUnknown) => {
            "If the mail server falls silent again, nobody knows of more mails whether they arrived. None is ever sent twice by itself."
        }
        Some(PausedBy::WaveNotTaken) => {
            "If the mail servers still do not take them, the others wait or are given up like the first ones."
        }
        Some(PausedBy::RefusedMints) => {
            "Whoever gets the mail may find a link that cannot be paid. Try one of the orders first."
        }
    }
}

/// What was tried before a start, and what came of it. The words of whoever answered are for whoever is asked for
/// help.
pub fn came_of_it(check: &Check) -> &'static str {
    match (check.name, check.ok, check.level) {
        (Probe::Checkout, true, _) => "One was opened and closed again. No family saw it.",
        (Probe::Checkout, false, _) => {
            "The trial did not go as it should, so families could not pay."
        }
        (Probe::Webhook, true, _) => "The one about our trial came.",
        (Probe::Webhook, false, _) => {
            "The one about our trial has not come. Who pays is still found, some minutes late, since we ask Stripe. Tell whoever set up Freshmint: Stripe’s dashboard shows whether its messages reach us."
        }
        (Probe::Mail, true, _) => "It was asked, and takes our mail.",
        (Probe::Mail, false, Level::Info | Level::Warning) => {
            "It was not asked, or wants us to come later. The mails wait until it takes them."
        }
        (Probe::Mail, false, Level::Error) => "It does not take our mail.",
        (Probe::Link, true, _) => "One was asked for, and answered.",
        (Probe::Link, false, Level::Info | Level::Warning) => {
            "It cannot be seen from here. Open the link of an order on a telephone."
        }
        (Probe::Link, false, Level::Error) => {
            "They are not answered as they should be, so no family could pay."
        }
    }
}

/// What was tried before a start, as it should be.
pub fn tried(check: &Check) -> &'static str {
    match (check.name, check.ok) {
        (Probe::Checkout, true) => "Stripe opens a payment page.",
        (Probe::Checkout, false) => "Does Stripe open a payment page?",
        (Probe::Webhook, true) => "Stripe’s messages arrive.",
        (Probe::Webhook, false) => "Do Stripe’s messages arrive?",
        (Probe::Mail, true) => "The mail server takes our mail.",
        (Probe::Mail, false) => "Does the mail server take our mail?",
        (Probe::Link, true) => "The links can be reached.",
        (Probe::Link, false) => "Can the links be reached?",
    }
}

/// Icon and colour of what was tried.
pub fn mark(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Info => ("tick", "good"),
        Level::Warning => ("warn", "wait"),
        Level::Error => ("stop", "bad"),
    }
}

/// `about 4 minutes`
pub fn lasts(time: Duration) -> String {
    let minutes = time.as_secs().div_ceil(60);
    let of = |count: u64, one: &str| match count {
        1 => format!("about 1 {one}"),
        count => format!("about {count} {one}s"),
    };
    match minutes {
        0 | 1 => "less than a minute".to_owned(),
        2..=90 => of(minutes, "minute"),
        91..=2_880 => of(minutes.div_ceil(60), "hour"),
        _ => of(minutes.div_ceil(1_440), "day"),
    }
}

/// `1 mail` · `24 mails`
pub fn mails(count: i64) -> String {
    crate::web::ops::lists::how_many(count, "mail", "mails")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_it_is_paused_is_said_without_the_words_of_the_api() {
        let because = "ops:Aoife paused it. Resume it to let it go on.";
        assert_eq!(
            super::because(PausedBy::Person, because),
            "Aoife paused it."
        );
        let because =
            "2 of the first 5 mails came back, so the others are held. See why in its recipients.";
        assert_eq!(
            super::because(PausedBy::WaveBounced, because),
            "2 of the first 5 mails came back, so the others are held."
        );
        let because =
            "Stripe refused to open a checkout for 3 of its orders, so it has stopped. Open one.";
        assert_eq!(
            super::because(PausedBy::RefusedMints, because),
            "Stripe refused to open a payment page for 3 of its orders, so it has stopped."
        );
    }

    #[test]
    fn a_time_is_said_in_the_unit_that_people_use() {
        let said = |seconds| lasts(Duration::from_secs(seconds));
        assert_eq!(said(0), "less than a minute");
        assert_eq!(said(61), "about 2 minutes");
        assert_eq!(said(90 * 60), "about 90 minutes");
        assert_eq!(said(91 * 60), "about 2 hours");
        assert_eq!(said(49 * 3_600), "about 3 days");
    }
}
