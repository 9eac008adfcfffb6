//! The words of news, and which of an order's facts is the last. Pure.

use chrono::{DateTime, Utc};

use crate::{
    case,
    column::column_enum,
    mail::{Kind as MailKind, State as MailState},
    order::Status,
};

column_enum! {
    /// What is new about an order. Of two at one moment the later of this list is the news: it follows from
    /// the other.
    pub enum News {
        /// It was made.
        Created = "created",
        /// A mail waits for its turn.
        MailWaits = "mail_waits",
        /// A mail was not sent, since its address is not written to.
        NotMailed = "not_mailed",
        /// A server took a mail.
        Mailed = "mailed",
        /// Nobody knows whether a mail was sent.
        MailUnknown = "mail_unknown",
        /// No server took a mail in time.
        GivenUp = "given_up",
        /// A mail came back.
        CameBack = "came_back",
        /// Somebody opened the link.
        Looked = "looked",
        /// A payment page was opened.
        PageOpen = "page_open",
        /// It was left.
        Left = "left",
        /// The one reminder waits for its time.
        ReminderWaits = "reminder_waits",
        /// It was sent.
        Reminded = "reminded",
        /// It is owed again.
        OpenAgain = "open_again",
        /// A bank debit did not arrive.
        DebitFailed = "debit_failed",
        /// A payment is on its way.
        Processing = "processing",
        /// Money came that does not fit.
        InReview = "in_review",
        /// It was paid.
        Paid = "paid",
        /// It was settled without Stripe.
        SettledOffline = "settled_offline",
        /// Some of it was given back.
        PartiallyRefunded = "partially_refunded",
        /// All of it was given back.
        Refunded = "refunded",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// A case: a payment is not what was owed.
        DoesNotFit = "does_not_fit",
        /// A case: a second payment came.
        PaidTwice = "paid_twice",
        /// A case: the payer's bank asks for the money back.
        Disputed = "disputed",
        /// A case: nobody knows whose a refund is.
        RefundUnclear = "refund_unclear",
    }
}

/// A fact, and when it was so.
pub type Fact = (DateTime<Utc>, News);

/// The last of them. A case that is open stands before all: somebody must decide.
pub fn last(facts: &[Fact], open_case: Option<Fact>) -> Option<Fact> {
    open_case.or_else(|| facts.iter().max().copied())
}

/// That an order stands so.
pub fn of_status(status: Status) -> News {
    match status {
        Status::Open => News::OpenAgain,
        Status::Processing => News::Processing,
        Status::InReview => News::InReview,
        Status::Paid => News::Paid,
        Status::SettledOffline => News::SettledOffline,
        Status::PartiallyRefunded => News::PartiallyRefunded,
        Status::Refunded => News::Refunded,
        Status::Cancelled => News::Cancelled,
    }
}

/// What a mail that stands so is; `None`: it is no news.
pub fn of_mail(kind: MailKind, state: MailState) -> Option<News> {
    let is_reminder = match kind {
        MailKind::Reminder => true,
        MailKind::Blast | MailKind::Link => false,
        MailKind::Test | MailKind::Alert | MailKind::Account => return None,
    };
    match state {
        MailState::Queued | MailState::Sending if is_reminder => Some(News::ReminderWaits),
        MailState::Queued | MailState::Sending => Some(News::MailWaits),
        MailState::Sent if is_reminder => Some(News::Reminded),
        MailState::Sent => Some(News::Mailed),
        MailState::Unknown => Some(News::MailUnknown),
        MailState::Bounced => Some(News::CameBack),
        MailState::Failed => Some(News::GivenUp),
        // Of a reminder a decision tells; nothing is new about it.
        MailState::Suppressed if is_reminder => None,
        MailState::Suppressed => Some(News::NotMailed),
        MailState::Cancelled => None,
    }
}

/// What a case is.
pub fn of_case(kind: case::Kind) -> News {
    match kind {
        case::Kind::Mismatch | case::Kind::Orphan => News::DoesNotFit,
        case::Kind::SecondPayment => News::PaidTwice,
        case::Kind::Dispute => News::Disputed,
        case::Kind::Refund => News::RefundUnclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    #[test]
    fn the_last_fact_is_the_news_and_of_two_at_once_what_follows_from_the_other() {
        let facts = [
            (at(1), News::Created),
            (at(3), News::PageOpen),
            (at(2), News::Mailed),
        ];
        assert_eq!(last(&facts, None), Some((at(3), News::PageOpen)));
        let at_once = [(at(3), News::Left), (at(3), News::PageOpen)];
        assert_eq!(last(&at_once, None), Some((at(3), News::Left)));
        assert_eq!(last(&[], None), None);
    }

    #[test]
    fn an_open_case_stands_before_what_came_later() {
        let paid_twice = (at(1), News::PaidTwice);
        let facts = [(at(5), News::Paid)];
        assert_eq!(last(&facts, Some(paid_twice)), Some(paid_twice));
    }

    #[test]
    fn a_mail_is_news_wherever_it_stands_but_where_nobody_wants_it_any_more() {
        assert_eq!(
            of_mail(MailKind::Link, MailState::Bounced),
            Some(News::CameBack)
        );
        assert_eq!(
            of_mail(MailKind::Reminder, MailState::Sent),
            Some(News::Reminded)
        );
        assert_eq!(of_mail(MailKind::Blast, MailState::Cancelled), None);
        assert_eq!(of_mail(MailKind::Test, MailState::Sent), None);
    }
}
