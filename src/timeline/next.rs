//! What somebody of the shop can do next about an order: pure. The API has a sentence for it
//! (`words.rs`), the page its own words and a button.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    case::{Kind, action::How},
    order::state::State,
    reminder::rule::Reason,
    suppression,
};

/// All that decides of the next step.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where the order stands.
    pub state: State,
    /// What does not add up and waits for a person.
    pub case: Option<OpenCase>,
    /// A refund that somebody asked for and that has not come to its end.
    pub refund: Option<RefundInFlight>,
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
    /// When somebody last opened the link.
    pub looked: Option<DateTime<Utc>>,
    /// What became of the newest checkout.
    pub checkout: Checkout,
    /// The newest reminder decision.
    pub reminder: Reminder,
}

/// A case that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCase {
    /// Which.
    pub id: Uuid,
    /// What does not add up.
    pub kind: Kind,
    /// What can be done about it.
    pub actions: Vec<How>,
    /// A refund was asked of Stripe whose answer is not known.
    pub refunding: bool,
    /// Stripe has a refund under way.
    pub refund_under_way: bool,
}

/// How far a refund is that has not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundInFlight {
    /// Stripe's answer is not known.
    Asked,
    /// Stripe has it under way.
    UnderWay,
}

/// Whether the payer can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The order has none.
    None,
    /// It is not written to, for this reason.
    Suppressed(String),
    /// It can be written to.
    Good,
}

/// A mailing that is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldMailing {
    /// Which.
    pub id: Uuid,
    /// What its author called it.
    pub name: String,
}

/// A mail, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mail {
    /// It waits for its turn, or is being handed over.
    Waiting,
    /// It is not due before then.
    Due(DateTime<Utc>),
    /// It waits, since its mailing is paused.
    Held(HeldMailing),
    /// A server took it.
    Sent(DateTime<Utc>),
    /// A server took it, and its link was withdrawn since.
    Replaced(DateTime<Utc>),
    /// Nobody knows.
    Unknown(Uuid),
    /// It came back.
    Bounced,
    /// No server took it in time; what was said last.
    GivenUp(Uuid, Option<String>),
    /// Nobody knows, and somebody let it be.
    LetBe,
}

/// What became of the newest checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// Nobody has clicked.
    None,
    /// It can be paid.
    Open {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// It was opened then, and left.
    Left(DateTime<Utc>),
    /// It was paid then, and the money is not the order's any more.
    Undone(DateTime<Utc>, Undone),
}

/// What became of money that an order does not have any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It was given back.
    GivenBack,
    /// It was another order's.
    Moved,
}

/// What the newest expired checkout led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    /// None has expired.
    None,
    /// It will be sent then.
    Due(DateTime<Utc>),
    /// It was sent.
    Sent,
    /// It was not, and why.
    Skipped(Reason),
}

/// The situation that an order is in, named for what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Money came that does not fit: somebody decides.
    Decide(OpenCase),
    /// A refund was asked of Stripe, about this case or the order itself, and its answer is not known: it is
    /// asked again.
    AskAgain(Option<OpenCase>),
    /// Stripe has a refund under way: it is waited for.
    RefundUnderWay,
    /// Stripe opens no payment page for the order as it is; what it said.
    Refused(String),
    /// A mail came back: the address is corrected.
    CameBack,
    /// Nobody knows whether they have this mail.
    MailUnknown(Uuid),
    /// No server took this mail in time; what was said last.
    GivenUp(Uuid, Option<String>),
    /// There is nobody to write to.
    NoAddress,
    /// The address is on the list of those who are not written to, for this reason.
    DoNotMail(String),
    /// A mail is about to go out.
    MailWaits,
    /// A mail goes out then.
    MailDue(DateTime<Utc>),
    /// A mail waits, since all mail does; why, in a sentence.
    AllMailWaits(String),
    /// A mail waits, since its mailing is paused.
    MailingPaused(HeldMailing),
    /// The link that was mailed then says only that it was replaced.
    LinkReplaced(DateTime<Utc>),
    /// The link has not been opened since it was mailed.
    NotOpened(DateTime<Utc>),
    /// Somebody opened the link then, and not the payment page.
    OnlyLooked(DateTime<Utc>),
    /// They have not been written to.
    NeverMailed,
    /// Nobody knows whether they have been written to, and somebody let it be.
    MaybeMailed,
    /// They paid then, and this became of the money.
    PaidInVain(DateTime<Utc>, Undone),
    /// The payment page is open.
    PageOpen {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// They left the payment page.
    Left {
        /// That was opened then.
        opened: DateTime<Utc>,
        /// What it led to.
        reminder: Reminder,
    },
    /// The bank did not pay.
    DebitFailed(DateTime<Utc>),
    /// A bank debit is on its way.
    DebitOnItsWay(DateTime<Utc>),
    /// Nothing: paid, settled, refunded, cancelled, or a case of it is closed.
    Nothing,
}

/// The next step.
pub fn next(facts: &Facts) -> Next {
    if let Some(case) = &facts.case {
        return about_a_case(case);
    }
    match facts.refund {
        Some(RefundInFlight::Asked) => return Next::AskAgain(None),
        Some(RefundInFlight::UnderWay) => return Next::RefundUnderWay,
        None => {}
    }
    match facts.state {
        State::Open => about_an_open_order(facts),
        State::Processing { since } => Next::DebitOnItsWay(since),
        State::InReview { .. }
        | State::Paid { .. }
        | State::PartiallyRefunded { .. }
        | State::Refunded { .. }
        | State::SettledOffline { .. }
        | State::Cancelled { .. } => Next::Nothing,
    }
}

fn about_a_case(case: &OpenCase) -> Next {
    match (case.refund_under_way, case.refunding) {
        (true, _) => Next::RefundUnderWay,
        (false, true) => Next::AskAgain(Some(case.clone())),
        (false, false) => Next::Decide(case.clone()),
    }
}

fn about_an_open_order(facts: &Facts) -> Next {
    if let Some(why) = &facts.refused {
        return Next::Refused(why.clone());
    }
    match &facts.mail {
        Some(Mail::Bounced) => return Next::CameBack,
        Some(Mail::Unknown(mail)) => return Next::MailUnknown(*mail),
        Some(Mail::GivenUp(mail, said)) => return Next::GivenUp(*mail, said.clone()),
        Some(
            Mail::Waiting
            | Mail::Due(_)
            | Mail::Held(_)
            | Mail::Sent(_)
            | Mail::Replaced(_)
            | Mail::LetBe,
        )
        | None => {}
    }
    match &facts.address {
        Address::None => return Next::NoAddress,
        // A later mail was not sent for that alone: what came back is still to be corrected.
        Address::Suppressed(why) => match suppression::Reason::from_name(why) {
            Some(suppression::Reason::NoSuchAddress) => return Next::CameBack,
            _ => return Next::DoNotMail(why.clone()),
        },
        Address::Good => {}
    }
    match (&facts.mail, &facts.mail_waits) {
        (Some(Mail::Held(mailing)), _) => return Next::MailingPaused(mailing.clone()),
        (Some(Mail::Due(at)), _) => return Next::MailDue(*at),
        (Some(Mail::Waiting), Some(why)) => return Next::AllMailWaits(why.clone()),
        (Some(Mail::Waiting), None) => return Next::MailWaits,
        _ => {}
    }
    match (facts.checkout, &facts.mail, facts.reminder) {
        // A reminder gets today's link.
        (Checkout::Left(_), _, Reminder::Due(_)) | (Checkout::Open { .. }, ..) => {}
        (_, Some(Mail::Replaced(mailed)), _) => return Next::LinkReplaced(*mailed),
        _ => {}
    }
    match facts.checkout {
        Checkout::Open { since, until } => Next::PageOpen { since, until },
        Checkout::Left(opened) => match facts.debit_failed_at {
            Some(failed) => Next::DebitFailed(failed),
            None => Next::Left {
                opened,
                reminder: facts.reminder,
            },
        },
        Checkout::Undone(paid, undone) => Next::PaidInVain(paid, undone),
        Checkout::None => match (facts.looked, &facts.mail) {
            (Some(looked), _) => Next::OnlyLooked(looked),
            (None, Some(Mail::Sent(at))) => Next::NotOpened(*at),
            (None, Some(Mail::LetBe)) => Next::MaybeMailed,
            (None, _) => Next::NeverMailed,
        },
    }
}

#[cfg(test)]
mod tests;
