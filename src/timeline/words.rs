//! The next step as a sentence of the API: pure.

use chrono::{DateTime, Utc};

use super::next::{Next, OpenCase, Reminder, Undone};
use crate::case::Kind;

/// The next step, in a sentence; `None` when nothing needs doing.
pub fn in_words(next: &Next) -> Option<String> {
    Some(match next {
        Next::Nothing => return None,
        Next::Decide(case) => decide(case),
        Next::AskAgain(_) => "A refund was asked for, and Stripe's answer is not known: ask for it again, or wait for Stripe's webhook.".to_owned(),
        Next::RefundUnderWay => {
            "Stripe has a refund under way: wait until it has succeeded or failed.".to_owned()
        }
        Next::Refused(why) => format!(
            "Stripe opens no checkout for it ({why}): correct the order with PATCH, or the account at Stripe."
        ),
        Next::CameBack => {
            "A mail came back: correct the address with PATCH and send the link again.".to_owned()
        }
        Next::MailUnknown(_) => "Nobody knows whether a mail was sent: look at the mail server's log, then retry the mail or drop it.".to_owned(),
        Next::GivenUp(..) => {
            "No mail server took a mail in time: see in the outbox why, then retry it.".to_owned()
        }
        Next::NoAddress => "It has no address: add one with PATCH and send the link, or hand its pay_url over yourself.".to_owned(),
        Next::DoNotMail(_) => {
            "Its address is not written to: ask the payer by other means.".to_owned()
        }
        Next::MailWaits => "Its mail is about to be sent: wait.".to_owned(),
        Next::MailDue(at) => format!("Its mail is to be sent at {}: wait.", moment(*at)),
        Next::AllMailWaits(why) => why.clone(),
        Next::MailingPaused(mailing) => format!(
            "Its mail belongs to the mailing {}, which is paused: resume or cancel that.",
            mailing.name
        ),
        Next::LinkReplaced(mailed) => format!(
            "The link that was mailed on {} has been withdrawn: send the new one.",
            day(*mailed)
        ),
        Next::NotOpened(mailed) => format!(
            "The link was mailed on {} and has not been opened: wait, or send it again.",
            day(*mailed)
        ),
        Next::OnlyLooked(looked) => format!(
            "The link was opened on {}, and no checkout was begun: wait, or send it again.",
            day(*looked)
        ),
        Next::NeverMailed => "The link has not been mailed: send it.".to_owned(),
        Next::MaybeMailed => "Nobody knows whether the link was mailed, and somebody let that mail be: wait, or send the link again.".to_owned(),
        Next::PaidInVain(paid, Undone::GivenBack) => format!(
            "It was paid on {}, and the money was given back: wait, or send the link again.",
            day(*paid)
        ),
        Next::PaidInVain(paid, Undone::Moved) => format!(
            "It was paid on {} with money that is another order's: wait, or send the link again.",
            day(*paid)
        ),
        Next::PageOpen { until, .. } => {
            format!("A checkout is open until {}: wait.", moment(*until))
        }
        Next::Left { opened, reminder } => left(*opened, *reminder),
        Next::DebitFailed(at) => format!(
            "The bank debit did not arrive on {}: send the link again.",
            day(*at)
        ),
        Next::DebitOnItsWay(since) => format!(
            "A bank debit has been on its way since {}: wait until it has arrived or failed.",
            day(*since)
        ),
    })
}

fn decide(case: &OpenCase) -> String {
    let what = match case.kind {
        Kind::Mismatch => "A payment came that is not what was owed",
        Kind::SecondPayment => "A second payment came",
        Kind::Orphan => "A payment came that belongs to no order",
        Kind::Dispute => "The payer's bank disputes the payment; answer it in Stripe's dashboard",
        Kind::Refund => "A refund belongs to one of several orders",
    };
    let actions: Vec<&str> = case.actions.iter().map(|how| how.name()).collect();
    format!("{what}: resolve the case ({}).", actions.join(", "))
}

fn left(opened: DateTime<Utc>, reminder: Reminder) -> String {
    let opened = format!("A checkout was opened on {} and not paid", day(opened));
    match reminder {
        Reminder::Due(due) => format!("{opened}: the reminder follows at {}.", moment(due)),
        Reminder::Sent => {
            format!("{opened}, and the one reminder was sent: ask the payer by other means.")
        }
        Reminder::Skipped(why) => {
            format!("{opened}, and no reminder follows ({why}): send the link again.")
        }
        Reminder::None => format!("{opened}: send the link again."),
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
