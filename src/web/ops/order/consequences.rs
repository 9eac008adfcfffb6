//! What an action does and does not do, in words and numbers.

use super::{
    act::{Deed, has_been_mailed},
    money,
    page::whose,
};
use crate::{
    order::{Kind, money::as_told},
    timeline::{
        PageFacts,
        next::{Next, Reminder},
    },
    web::ops::prose::{Prose, Times, name, prose},
};

/// The words of a page before an action.
pub struct Words<'a> {
    pub facts: &'a PageFacts,
    pub times: Times,
}

impl Words<'_> {
    /// The question, its button, and the way back.
    pub fn question(&self, deed: Deed) -> (Prose, &'static str, &'static str) {
        let whose = || name(whose(&self.facts.order));
        match deed {
            Deed::Send => {
                let again = match has_been_mailed(self.facts) {
                    true => " again?",
                    false => "?",
                };
                (
                    prose!["Send the link of ", whose(), again],
                    "Send this mail",
                    "Do not send",
                )
            }
            Deed::Settle => (
                prose!["Settle the order of ", whose(), " without Stripe?"],
                "Settle it",
                "Not now",
            ),
            Deed::WithdrawLink => (
                prose!["Replace the link of ", whose(), "?"],
                "Replace the link",
                "Keep it",
            ),
            Deed::Cancel => (
                prose!["Cancel the order of ", whose(), "?"],
                "Cancel the order",
                "Keep it",
            ),
            Deed::Refund => self.refund_question(),
            Deed::AskStripe => (
                prose!["Ask Stripe about the order of ", whose(), "?"],
                "Ask Stripe now",
                "Not now",
            ),
            Deed::Change => (
                prose!["Change the order of ", whose()],
                "Save the change",
                "Leave it",
            ),
        }
    }

    /// What happens.
    pub fn happens(&self, deed: Deed) -> Vec<Prose> {
        let amount = money::owed_or(&self.facts.order);
        match deed {
            Deed::Send => {
                let to = self.facts.order.email.as_ref();
                let to = to.map_or("", |email| email.as_str());
                let mut said = vec![prose!["One mail goes to ", name(to), ", at once."]];
                said.extend(
                    self.facts
                        .facts
                        .mail_waits
                        .clone()
                        .map(|why| prose![name(why)]),
                );
                said
            }
            Deed::Settle => [
                vec![prose![
                    "The order over ",
                    amount,
                    " counts as settled; their link says that there is nothing to pay."
                ]],
                self.page_closes(),
                vec![prose![
                    "If they pay by Stripe all the same, you are told and can give it back."
                ]],
            ]
            .concat(),
            Deed::WithdrawLink => [
                vec![
                    prose!["The order gets a new link."],
                    prose![
                        "The old one, in ",
                        mails(self.mails_out()),
                        ", says that it was replaced, with what you write here. Nobody can pay through it."
                    ],
                    prose!["Whoever opens it reads what you write above."],
                ],
                self.page_closes(),
            ]
            .concat(),
            Deed::Cancel if self.facts.order.kind == Kind::Recovered => [
                vec![prose![
                    "Their link brings the cart back no more, and says that it was cancelled."
                ]],
                self.page_closes(),
            ]
            .concat(),
            Deed::Cancel => [
                vec![
                    prose![
                        "They owe nothing any more: ",
                        amount,
                        " is no longer asked for."
                    ],
                    prose!["Their link says that the request was cancelled, and how to reach you."],
                ],
                self.page_closes(),
            ]
            .concat(),
            Deed::Refund => self.refund_happens(),
            Deed::AskStripe => vec![prose![
                "Stripe is asked about each payment page of this order. If it has a payment, the order is paid at once."
            ]],
            Deed::Change => Vec::new(),
        }
    }

    /// What does not.
    pub fn stays(&self, deed: Deed) -> Vec<Prose> {
        match deed {
            Deed::Send => vec![
                prose!["The link stays the same; the mails that they have keep working."],
                prose![self.reminder()],
            ],
            Deed::Settle => vec![
                prose!["They get no mail about it."],
                prose!["It cannot be taken back; you would make a new order with a new link."],
            ],
            Deed::WithdrawLink => vec![
                prose!["Nobody is mailed. Send the new link afterwards."],
                prose!["The old link never works again."],
            ],
            Deed::Cancel => vec![
                prose!["They get no mail about it."],
                prose!["It cannot be taken back; you would make a new order with a new link."],
            ],
            Deed::Refund => vec![
                prose!["Stripe keeps its fee on the payment."],
                prose!["It cannot be taken back, and cannot happen twice."],
                prose!["They get no mail from us about it."],
            ],
            Deed::AskStripe => vec![
                prose!["They get no mail, and notice nothing."],
                prose!["Nothing is closed or changed at Stripe."],
            ],
            Deed::Change => Vec::new(),
        }
    }

    fn refund_question(&self) -> (Prose, &'static str, &'static str) {
        let whose = name(whose(&self.facts.order));
        match &self.facts.asked_refund {
            Some(refund) => (
                prose![
                    "Ask Stripe again to give ",
                    as_told(refund.amount, &refund.currency),
                    " back to ",
                    whose,
                    "?"
                ],
                "Ask again",
                "Not now",
            ),
            None => (
                prose!["Give money back to ", whose, "?"],
                "Give back what is written above",
                "Not now",
            ),
        }
    }

    fn refund_happens(&self) -> Vec<Prose> {
        let sends = match (&self.facts.asked_refund, &self.facts.refundable) {
            (Some(_), _) => prose![
                "The same refund is asked for under the same name. If Stripe has made it, this page says so."
            ],
            (None, Ok(may)) => prose![
                "Stripe sends what you write, at most ",
                as_told(may.left, &may.currency),
                ", to the card or account that paid. It arrives in 5 to 10 days."
            ],
            (None, Err(_)) => Prose::default(),
        };
        vec![
            sends,
            prose![
                "The order then says that it is paid back, wholly or partly, and so does their link."
            ],
        ]
    }

    /// What becomes of a payment page that is open.
    fn page_closes(&self) -> Vec<Prose> {
        match self.facts.next {
            Next::PageOpen { until, .. } => vec![prose![
                "The payment page, which is open until ",
                self.times.moment(until),
                ", is closed at Stripe. Should they have paid on it by then, nothing is changed."
            ]],
            _ => Vec::new(),
        }
    }

    fn mails_out(&self) -> usize {
        self.facts
            .mails()
            .filter(|mail| mail.sent_at.is_some())
            .count()
    }

    fn reminder(&self) -> &'static str {
        match (self.facts.facts.reminder, self.facts.order.remind) {
            (Reminder::Sent, _) => "No reminder follows: they have had theirs.",
            (Reminder::Due(_), _) => "Their reminder goes out as it would have.",
            (_, true) => {
                "No second mail follows by itself, but for the one reminder if they leave the payment page."
            }
            (_, false) => "No reminder follows: this order has none.",
        }
    }
}

fn mails(count: usize) -> String {
    match count {
        0 => "mails that may be out".to_owned(),
        1 => "the 1 mail that is out".to_owned(),
        more => format!("the {more} mails that are out"),
    }
}
