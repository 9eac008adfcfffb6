//! What nobody does about a cart that somebody left: it is not owed.

use crate::timeline::next::{Next, Reminder};

/// What is said in place of a step.
pub const NOTHING_MORE: &str =
    "Nobody owes for a left cart. It has its one reminder, and no other mail is sent about it.";

/// Whether the step leads to a mail or to another talk with them, which nobody has about a cart.
pub fn is_for_a_mail(next: &Next) -> bool {
    match next {
        Next::CameBack
        | Next::NoAddress
        | Next::DoNotMail(_)
        | Next::LinkReplaced(_)
        | Next::NotOpened(_)
        | Next::OnlyLooked(_)
        | Next::NeverMailed
        | Next::MaybeMailed
        | Next::PaidInVain(..)
        | Next::DebitFailed(_) => true,
        Next::Left { reminder, .. } => !matches!(reminder, Reminder::Due(_)),
        Next::Decide(_)
        | Next::AskAgain(_)
        | Next::RefundUnderWay
        | Next::Refused(_)
        | Next::MailUnknown(_)
        | Next::GivenUp(..)
        | Next::MailWaits
        | Next::MailDue(_)
        | Next::AllMailWaits(_)
        | Next::MailingPaused(_)
        | Next::PageOpen { .. }
        | Next::DebitOnItsWay(_)
        | Next::Nothing => false,
    }
}
