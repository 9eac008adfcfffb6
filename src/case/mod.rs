//! Cases: money that does not add up, until a person has decided. A payment that does not fit, a
//! second one, one without an order, a dispute, a refund that nobody can place.
//!
//! Settlement opens them ([`open`]) in the transaction of what it found, and closes those that
//! something at Stripe has settled ([`close`]). A person decides about the others: what each kind
//! offers is a pure table ([`action`]); `resolution`, above, does it. Nothing here ever un-pays an
//! order.

pub mod action;
mod candidate;
mod change;
mod places;
mod row;
pub mod suggest;
mod view;

pub use self::{
    action::Ending,
    change::{Opening, close, in_review, open, reopen},
    places::{Place, count, places, whose},
    row::{Case, Resolution, find},
    view::{CaseFilter, CaseState, CaseView, list, show},
};
pub(crate) use self::{
    change::{
        begin_refund, end_refund, follow, mark_resolved, next_refund_attempt, refund_is_under_way,
    },
    row::{lock, orders_of, refunding},
};

use crate::column::column_enum;

column_enum! {
    /// What does not add up.
    pub enum Kind {
        /// A payment is not what was owed, or came for an order that was cancelled.
        Mismatch = "mismatch",
        /// A payment came for an order that is settled.
        SecondPayment = "second_payment",
        /// A payment belongs to no order that we know.
        Orphan = "orphan",
        /// The payer's bank asks for the money back.
        Dispute = "dispute",
        /// A refund of a payment that several orders share: nobody but a person knows whose it is.
        Refund = "refund",
    }
}
