//! What somebody of the shop can do next about an order: pure.

use chrono::{DateTime, Utc};

use crate::{
    case::{Kind, action::How},
    order::state::State,
};

/// All that decides of the next step.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where the order stands.
    pub state: State,
    /// What does not add up and waits for a person.
    pub case: Option<OpenCase>,
    /// What Stripe said when it opened no checkout for the order as it is; nothing was opened since.
    pub refused: Option<String>,
    /// When the last bank debit did not arrive.
    pub debit_failed_at: Option<DateTime<Utc>>,
    /// Whether the order has an address, and whether it takes mail.
    pub address: Address,
    /// The newest mail to this address, but for one that was not wanted any more and a reminder that
    /// is not due.
    pub mail: Option<Mail>,
    /// Why all mail waits, in a sentence.
    pub mail_waits: Option<String>,
    /// What became of the newest checkout.
    pub checkout: Checkout,
    /// The newest reminder decision.
    pub reminder: Reminder,
}

/// A case that is open.
#[derive(Debug, Clone)]
pub struct OpenCase {
    /// What does not add up.
    pub kind: Kind,
    /// What can be done about it.
    pub actions: Vec<How>,
    /// A refund was asked of Stripe whose answer is not known.
    pub refunding: bool,
    /// Stripe has a refund under way.
    pub refund_under_way: bool,
}

/// Whether the payer can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The order has none.
    None,
    /// It is not written to.
    Suppressed,
    /// It can be written to.
    Good,
}

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mail {
    /// It waits for its turn, or is being handed over.
    Waiting,
    /// A server took it.
    Sent(DateTime<Utc>),
    /// Nobody knows.
    Unknown,
    /// It came back.
    Bounced,
    /// No server took it in time.
    GivenUp,
}

/// What became of the newest checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// Nobody has clicked.
    None,
    /// It can be paid until then.
    OpenUntil(DateTime<Utc>),
    /// It was opened then, and left.
    Left(DateTime<Utc>),
}

/// What the newest expired checkout led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reminder {
    /// None has expired.
    None,
    /// It will be sent then.
    Due(DateTime<Utc>),
    /// It was sent.
    Sent,
    /// It was not, and the word for why.
    Skipped(String),
}

/// The next step, in a sentence; `None` when nothing needs doing.
pub fn step(facts: &Facts) -> Option<String> {
    if let Some(case) = &facts.case {
        return Some(about_a_case(case));
    }
    match facts.state {
        State::Open => Some(about_an_open_order(facts)),
        State::Processing { since } => Some(format!(
            "A bank debit has been on its way since {}: wait until it has arrived or failed.",
            day(since)
        )),
        State::InReview { .. }
        | State::Paid { .. }
        | State::PartiallyRefunded { .. }
        | State::Refunded { .. }
        | State::SettledOffline { .. }
        | State::Cancelled { .. } => None,
    }
}

fn about_a_case(case: &OpenCase) -> String {
    if case.refund_under_way {
        return "Stripe has a refund under way: wait until it has succeeded or failed.".to_owned();
    }
    if case.refunding {
        return "A refund was asked for, and Stripe's answer is not known: ask for it again, or wait for Stripe's webhook.".to_owned();
    }
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

fn about_an_open_order(facts: &Facts) -> String {
    if let Some(why) = &facts.refused {
        return format!(
            "Stripe opens no checkout for it ({why}): correct the order with PATCH, or the account at Stripe."
        );
    }
    if let Some(said) = facts.mail.and_then(about_mail_in_trouble) {
        return said.to_owned();
    }
    match facts.address {
        Address::None => {
            return "It has no address: add one with PATCH and send the link, or hand its pay_url over yourself.".to_owned();
        }
        Address::Suppressed => {
            return "Its address is not written to: ask the payer by other means.".to_owned();
        }
        Address::Good => {}
    }
    if facts.mail == Some(Mail::Waiting) {
        let wait = || "Its mail is about to be sent: wait.".to_owned();
        return facts.mail_waits.clone().unwrap_or_else(wait);
    }
    match facts.checkout {
        Checkout::OpenUntil(end) => {
            format!("A checkout is open until {}: wait.", moment(end))
        }
        Checkout::Left(at) => about_a_checkout_that_was_left(facts, at),
        Checkout::None => match facts.mail {
            Some(Mail::Sent(at)) => format!(
                "The link was mailed on {} and has not been opened: wait, or send it again.",
                day(at)
            ),
            Some(Mail::Waiting | Mail::Unknown | Mail::Bounced | Mail::GivenUp) | None => {
                "The link has not been mailed: send it.".to_owned()
            }
        },
    }
}

fn about_mail_in_trouble(mail: Mail) -> Option<&'static str> {
    match mail {
        Mail::Bounced => {
            Some("A mail came back: correct the address with PATCH and send the link again.")
        }
        Mail::Unknown => Some(
            "Nobody knows whether a mail was sent: look at the mail server's log, then retry the mail or drop it.",
        ),
        Mail::GivenUp => {
            Some("No mail server took a mail in time: see in the outbox why, then retry it.")
        }
        Mail::Waiting | Mail::Sent(_) => None,
    }
}

fn about_a_checkout_that_was_left(facts: &Facts, at: DateTime<Utc>) -> String {
    if let Some(failed) = facts.debit_failed_at {
        return format!(
            "The bank debit did not arrive on {}: send the link again.",
            day(failed)
        );
    }
    let opened = format!("A checkout was opened on {} and not paid", day(at));
    match &facts.reminder {
        Reminder::Due(due) => format!("{opened}: the reminder follows at {}.", moment(*due)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::state::How as Offline;

    fn at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    /// An order that came in, and nothing else.
    fn fresh() -> Facts {
        Facts {
            state: State::Open,
            case: None,
            refused: None,
            debit_failed_at: None,
            address: Address::Good,
            mail: None,
            mail_waits: None,
            checkout: Checkout::None,
            reminder: Reminder::None,
        }
    }

    fn with_case(kind: Kind, actions: &[How]) -> Facts {
        let case = OpenCase {
            kind,
            actions: actions.to_vec(),
            refunding: false,
            refund_under_way: false,
        };
        Facts {
            case: Some(case),
            ..fresh()
        }
    }

    fn mailed(mail: Mail) -> Facts {
        Facts {
            mail: Some(mail),
            ..fresh()
        }
    }

    fn left(reminder: Reminder) -> Facts {
        Facts {
            checkout: Checkout::Left(at()),
            reminder,
            ..mailed(Mail::Sent(at()))
        }
    }

    fn in_state(state: State) -> Facts {
        Facts { state, ..fresh() }
    }

    #[test]
    fn each_situation_has_its_next_step() {
        let refunding = OpenCase {
            kind: Kind::Mismatch,
            actions: vec![How::Refund],
            refunding: true,
            refund_under_way: false,
        };
        let under_way = OpenCase {
            actions: Vec::new(),
            refund_under_way: true,
            ..refunding.clone()
        };
        let situations = [
            ("never mailed", fresh()),
            (
                "mismatch",
                with_case(Kind::Mismatch, &[How::Move, How::Refund, How::Accept]),
            ),
            (
                "second payment",
                with_case(Kind::SecondPayment, &[How::Move, How::Refund, How::Accept]),
            ),
            ("dispute", with_case(Kind::Dispute, &[How::Accept])),
            (
                "refunding",
                Facts {
                    case: Some(refunding),
                    ..fresh()
                },
            ),
            (
                "refund under way",
                Facts {
                    case: Some(under_way),
                    ..fresh()
                },
            ),
            (
                "refused",
                Facts {
                    refused: Some("refused: 400 amount_too_small".to_owned()),
                    ..mailed(Mail::Bounced)
                },
            ),
            (
                "no address",
                Facts {
                    address: Address::None,
                    ..fresh()
                },
            ),
            (
                "suppressed",
                Facts {
                    address: Address::Suppressed,
                    ..mailed(Mail::Sent(at()))
                },
            ),
            (
                "bounced",
                Facts {
                    address: Address::Suppressed,
                    ..mailed(Mail::Bounced)
                },
            ),
            ("unknown", mailed(Mail::Unknown)),
            ("given up", mailed(Mail::GivenUp)),
            ("waiting", mailed(Mail::Waiting)),
            (
                "paused",
                Facts {
                    mail_waits: Some("Mail waits: why, and until when.".to_owned()),
                    ..mailed(Mail::Waiting)
                },
            ),
            ("mailed", mailed(Mail::Sent(at()))),
            (
                "clicked",
                Facts {
                    checkout: Checkout::OpenUntil(at()),
                    ..mailed(Mail::Sent(at()))
                },
            ),
            ("left", left(Reminder::None)),
            ("reminder due", left(Reminder::Due(at()))),
            ("reminded", left(Reminder::Sent)),
            (
                "not reminded",
                left(Reminder::Skipped("too_old".to_owned())),
            ),
            (
                "debit failed",
                Facts {
                    debit_failed_at: Some(at()),
                    ..left(Reminder::None)
                },
            ),
            ("processing", in_state(State::Processing { since: at() })),
            ("in review", in_state(State::InReview { since: at() })),
            ("paid", in_state(State::Paid { at: at() })),
            (
                "partially refunded",
                in_state(State::PartiallyRefunded {
                    at: at(),
                    refunded: 1,
                }),
            ),
            (
                "refunded",
                in_state(State::Refunded {
                    at: at(),
                    refunded: 1,
                }),
            ),
            (
                "settled",
                in_state(State::SettledOffline {
                    at: at(),
                    how: Offline::Cash,
                }),
            ),
            ("cancelled", in_state(State::Cancelled { at: at() })),
        ];
        let line = |(name, facts): &(&str, Facts)| {
            format!("{name:<19} {}\n", step(facts).unwrap_or("-".to_owned()))
        };
        insta::assert_snapshot!(situations.iter().map(line).collect::<String>());
    }
}
