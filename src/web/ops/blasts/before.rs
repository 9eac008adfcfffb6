//! The pages before a mailing is held, let go on, given up or tried again: what will happen, and what will not.
//! Pure.

use super::{PATH, counted, words};
use crate::{
    blast::{self, Blast},
    web::ops::{
        confirm::{Confirm, points},
        lists::{grouped, how_many},
    },
};

fn out(blast: &Blast) -> i64 {
    counted::far(&blast.counts).out
}

/// `5 mails are out`
fn are_out(count: i64) -> String {
    how_many(count, "mail is out", "mails are out")
}

pub fn pause(blast: &Blast) -> Confirm {
    let waiting = blast.counts.queued;
    Confirm {
        question: format!("Pause “{}”?", blast.name),
        about: format!(
            "{}, {}.",
            are_out(out(blast)),
            how_many(waiting, "waits", "wait")
        ),
        action: format!("{PATH}/{}/pause", blast.id),
        happens: vec![format!(
            "The {}. A mail that is being handed over at this moment still goes.",
            how_many(
                waiting,
                "mail that waits stays waiting, until somebody lets it go on",
                "mails that wait stay waiting, until somebody lets them go on"
            )
        )],
        stays: points(&[
            "No mail is lost.",
            "The links that are out work as before.",
            "Reminders and mails of other mailings go out.",
        ]),
        button: "Pause it".to_owned(),
        keep: "Let it go on",
        ..Confirm::default()
    }
}

pub fn resume(blast: &Blast, begins: Option<String>) -> Confirm {
    let (waiting, count) = (words::mails(blast.counts.queued), blast.counts.queued);
    let stopped = blast.paused_by.is_some_and(blast::PausedBy::is_a_stop);
    let goes = match (begins, stopped) {
        (Some(at), _) => format!(
            "The {} when the time has come, {at}, at the mailing’s pace.",
            how_many(count, "mail that waits goes out", "mails that wait go out")
        ),
        (None, true) => format!(
            "The {}, at the mailing’s pace.",
            how_many(
                count,
                "mail that waits goes out from now on",
                "mails that wait go out from now on, all of them"
            )
        ),
        (None, false) => format!(
            "The {}, at the mailing’s pace.",
            how_many(
                count,
                "mail that waits goes out from now on",
                "mails that wait go on from where they were"
            )
        ),
    };
    Confirm {
        question: format!("Let “{}” go on?", blast.name),
        about: format!("{}.", are_out(out(blast))),
        action: format!("{PATH}/{}/resume", blast.id),
        happens: vec![goes, words::risk(blast.paused_by).to_owned()],
        stays: points(&[
            "Nobody gets a mail twice.",
            "Who has paid meanwhile, or does not want mail, gets none: that is asked for each of them.",
        ]),
        button: format!("Go on with {waiting}"),
        keep: "Leave it paused",
        ..Confirm::default()
    }
}

pub fn cancel(blast: &Blast) -> Confirm {
    let confirm = match blast.started_at {
        None => dropped(blast),
        Some(_) => given_up(blast),
    };
    Confirm {
        action: format!("{PATH}/{}/cancel", blast.id),
        grave: true,
        keep: "Keep it",
        ..confirm
    }
}

fn dropped(blast: &Blast) -> Confirm {
    Confirm {
        question: format!("Drop “{}”?", blast.name),
        happens: points(&["It is never sent. Nobody has been mailed."]),
        stays: points(&[
            "What is owed stays as it is.",
            "It cannot be taken back: to send it after all, write a new mailing.",
        ]),
        button: "Drop the mailing".to_owned(),
        ..Confirm::default()
    }
}

fn given_up(blast: &Blast) -> Confirm {
    let (out, waiting) = (out(blast), blast.counts.queued);
    let rest = match waiting {
        0 => "No mail waits.".to_owned(),
        _ => how_many(
            waiting,
            "mail that waits is not sent, and never will be by this mailing.",
            "mails that wait are not sent, and never will be by this mailing.",
        ),
    };
    let valid = match out {
        0 => "No mail is out.".to_owned(),
        _ => how_many(
            out,
            "mail that is out stays valid, and so does its link.",
            "mails that are out stay valid, and so do their links.",
        ),
    };
    Confirm {
        question: format!("Do not send the rest of “{}”?", blast.name),
        happens: vec![rest, valid],
        stays: points(&[
            "What is owed stays as it is.",
            "Nobody is told. If the mail itself is wrong, call the mailing back instead.",
            "It cannot be taken back: for the rest, write a new mailing.",
        ]),
        button: format!("Do not send {}", words::mails(waiting)),
        ..Confirm::default()
    }
}

pub fn retry(blast: &Blast, again: Option<i64>) -> Confirm {
    let counts = &blast.counts;
    let came_to_nothing = counts.failed + counts.bounced;
    let mut happens = Vec::new();
    if counts.failed > 0 {
        happens.push(format!(
            "What was given up is sent once more ({}), if it is owed and as it was approved.",
            words::mails(counts.failed)
        ));
    }
    if counts.bounced > 0 {
        happens.push(format!(
            "What came back ({}) is sent once more if its order has another address by now.",
            words::mails(counts.bounced)
        ));
    }
    Confirm {
        question: format!("Try again what came to nothing of “{}”?", blast.name),
        about: format!(
            "{} given up, {} came back.",
            grouped(counts.failed),
            grouped(counts.bounced)
        ),
        action: format!("{PATH}/{}/retry-failed", blast.id),
        happens,
        stays: points(&[
            "An address that refused a mail does not get it again: correct it on the order’s page first.",
            "What is not known is not sent again: somebody decides on each of those.",
            "Nobody who has the mail gets it twice.",
        ]),
        button: match again {
            Some(again) => format!("Try {} again", words::mails(again)),
            None => format!("Try up to {} again", words::mails(came_to_nothing)),
        },
        keep: "Leave them",
        ..Confirm::default()
    }
}
