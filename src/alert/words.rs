//! What is said of a cause: a sentence with what to do next. Pure.
//!
//! What goes to `ALERT_URL` is shown in rooms of other people's programs, which act on marks in it: it
//! holds codes and counts alone ([`Matter::plain`]). A mail to the shop names orders and mailings, too.

use super::kind::Kind;
use crate::{
    case,
    foreign_text::{ForeignText, Limit},
};

/// What is said something about.
#[derive(Debug, Clone)]
pub struct Matter {
    /// What kind of cause it is.
    pub kind: Kind,
    /// How many things it is about.
    pub count: i64,
    /// More about it, for the shop alone.
    pub detail: Option<String>,
    /// The order's reference.
    pub reference: Option<String>,
    /// The mailing's name.
    pub mailing: Option<String>,
}

impl Matter {
    /// What it is, in words and numbers of ours alone.
    pub fn plain(&self) -> String {
        let count = self.count;
        let many = |one: &str, many: &str| match count {
            1 => one.to_owned(),
            _ => format!("{count} {many}"),
        };
        match self.kind {
            Kind::Case => many(self.case(), "payments do not add up"),
            Kind::LostDispute => many(
                "a dispute was lost: the payer's bank has the money back",
                "disputes were lost: the payers' banks have the money back",
            ),
            Kind::Debit => many("a bank debit did not arrive", "bank debits did not arrive"),
            Kind::Pause => "no mail can be sent, all of it waits".to_owned(),
            Kind::Stuck => many(
                "a mail is due and is not taken",
                "mails are due and are not taken",
            ),
            Kind::UnknownMail => match count {
                1 => "nobody can know whether a mail was sent".to_owned(),
                _ => format!("nobody can know whether {count} mails were sent"),
            },
            Kind::FailedMail => many("a mail was given up", "mails were given up"),
            Kind::NewerMail => many(
                "a mail waits, and this version does not know its kind",
                "mails wait, and this version does not know their kind",
            ),
            Kind::StoppedMailing => many(
                "a mailing has stopped itself",
                "mailings have stopped themselves",
            ),
            Kind::Bounces => many("a mail came back", "mails came back"),
            Kind::DeadLinks => many(
                "a family opened a checkout within a day and did not finish it",
                "families opened a checkout within a day and did not finish it, more than have paid",
            ),
            Kind::RefusedCheckout => many(
                "no checkout can be opened for an order",
                "orders: no checkout can be opened",
            ),
            Kind::FailedEvent => many(
                "an event of Stripe failed for good",
                "events of Stripe failed for good",
            ),
            Kind::SilentWebhook => "Stripe's webhooks do not reach us".to_owned(),
            Kind::OverdueChore => many(
                "work that is done now and then has not been done for hours",
                "kinds of work that are done now and then have not been done for hours",
            ),
            Kind::Entry => many(
                "the log has a line that needs somebody",
                "lines of the log need somebody",
            ),
        }
    }

    fn case(&self) -> &'static str {
        let kind = self.detail.as_deref().and_then(case::Kind::from_name);
        match kind {
            Some(case::Kind::Mismatch) => "a payment is not what was owed",
            Some(case::Kind::SecondPayment) => "a payment came for an order that is settled",
            Some(case::Kind::Orphan) => "a payment belongs to no order",
            Some(case::Kind::Dispute) => "a payer's bank asks for money back",
            Some(case::Kind::Refund) => "part of a payment for several orders went back",
            None => "money does not add up",
        }
    }

    /// The same for the shop: which order, which mailing, which event.
    pub fn named(&self) -> String {
        let detail = |limit| {
            let detail = self.detail.as_deref().filter(|_| self.count == 1);
            detail.map(|detail| ForeignText::new(detail, limit))
        };
        let mut said = match (self.kind, detail(Limit::SENTENCE)) {
            // A sentence that says more, in place of ours.
            (Kind::Pause | Kind::RefusedCheckout | Kind::Entry, Some(line)) => {
                line.trim_end_matches('.').to_owned()
            }
            (Kind::FailedEvent | Kind::OverdueChore | Kind::StoppedMailing, Some(which)) => {
                format!("{}: {}", self.plain(), which.trim_end_matches('.'))
            }
            _ => self.plain(),
        };
        let names = [("order", &self.reference), ("mailing", &self.mailing)];
        for (noun, name) in names {
            if let Some(name) = name {
                said += &format!(", {noun} {}", ForeignText::new(name, Limit::NAME));
            }
        }
        said
    }

    /// What to do about it.
    pub fn next(&self) -> &'static str {
        match self.kind {
            Kind::Case | Kind::LostDispute => "See «freshmint cases list», and resolve it.",
            Kind::Debit => "The order can be paid again: write to the payer if nobody does.",
            Kind::Pause => "See «freshmint doctor», and mend what it says; mail goes on by itself.",
            Kind::Stuck => "See that «freshmint serve» or «freshmint work» runs with SMTP_URL set.",
            Kind::UnknownMail => {
                "Ask the mail server, then retry or drop it: GET /api/v1/outbox?state=unknown."
            }
            Kind::FailedMail => "GET /api/v1/outbox?state=failed says why; retry or drop it.",
            Kind::NewerMail => {
                "Start the newer version, or drop it: GET /api/v1/outbox?state=queued."
            }
            Kind::StoppedMailing => {
                "See «freshmint blast status», then resume it, cancel it or recall it."
            }
            Kind::Bounces => "GET /api/v1/outbox?state=bounced says why; mend the addresses.",
            Kind::DeadLinks => {
                "See «freshmint orders list --stranded», open one of their links, and write to them."
            }
            Kind::RefusedCheckout => {
                "See what Stripe's dashboard says, then open the pay link again."
            }
            Kind::FailedEvent => {
                "GET /api/v1/events?state=failed says why; replay it once that is mended."
            }
            Kind::SilentWebhook => {
                "In Stripe's dashboard, see that the endpoint is on and has the secret in STRIPE_WEBHOOK_SECRETS."
            }
            Kind::OverdueChore => "The worker's log says why.",
            Kind::Entry => "GET /api/v1/orders/{id}/timeline and the log say more.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matter(kind: Kind, count: i64) -> Matter {
        Matter {
            kind,
            count,
            detail: Some("@everyone \u{1b}[31m parent@example.org".to_owned()),
            reference: Some("CUP-1 @here\u{1b}".to_owned()),
            mailing: Some("<!channel>".to_owned()),
        }
    }

    #[test]
    fn nothing_foreign_is_said_outside() {
        for kind in Kind::ALL {
            for count in [1, 200] {
                let said = matter(kind, count).plain();
                let foreign = said.contains(['@', '\u{1b}', '<']) || said.contains("CUP");
                assert!(!foreign && !said.is_empty(), "{said}");
            }
        }
    }

    #[test]
    fn the_shop_is_told_which_and_in_one_line() {
        let sentences = Kind::ALL.map(|kind| {
            let matter = Matter {
                detail: Some("detail\u{1b}\n of it".to_owned()),
                ..matter(kind, 1)
            };
            format!("{}. {}", matter.named(), matter.next())
        });
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
