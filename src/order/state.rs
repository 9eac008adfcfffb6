//! Where an order stands, and what moves it: one pure table.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::status::Status;
use crate::column::column_enum;

/// An order's state with its evidence. Amounts in minor units of the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Owed, and payable.
    Open,
    /// A payment is on its way (bank debit).
    Processing {
        /// When we heard of it.
        since: DateTime<Utc>,
    },
    /// Money came that does not fit; a person must look.
    InReview {
        /// When we heard of it.
        since: DateTime<Utc>,
    },
    /// Paid through Stripe.
    Paid {
        /// When we heard of it.
        at: DateTime<Utc>,
    },
    /// Paid, and some of it given back.
    PartiallyRefunded {
        /// When it was paid.
        at: DateTime<Utc>,
        /// What was given back.
        refunded: i64,
    },
    /// Paid, and all of it given back.
    Refunded {
        /// When it was paid.
        at: DateTime<Utc>,
        /// What was given back.
        refunded: i64,
    },
    /// Closed without Stripe.
    SettledOffline {
        /// When.
        at: DateTime<Utc>,
        /// In what way.
        how: How,
    },
    /// No longer owed.
    Cancelled {
        /// When.
        at: DateTime<Utc>,
    },
}

column_enum! {
    /// How an order was settled without Stripe.
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum How {
        /// In cash.
        Cash = "cash",
        /// By cheque.
        Cheque = "cheque",
        /// Nothing is asked any more.
        Waived = "waived",
        /// In another way; the note says how.
        Other = "other",
    }
}

column_enum! {
    /// What a payment is to an order.
    pub enum Verdict {
        /// It is what was owed.
        Settles = "settles",
        /// It was paid already.
        SecondPayment = "second_payment",
        /// The amount, the currency or the time is not what was owed.
        Mismatch = "mismatch",
    }
}

/// Something that may move an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The payer is through, the money is not here yet.
    PaymentPending,
    /// The bank debit did not arrive.
    PaymentFailed,
    /// Money came.
    Payment(Verdict),
    /// Somebody of the shop takes a payment that did not fit for what was owed.
    Accept,
    /// What did not fit has gone back, or to where it belongs.
    Release,
    /// Of the payment that settled it so much has been given back in all; less than before, where a
    /// refund has failed since.
    Refund {
        /// In minor units: Stripe's refunds that have succeeded.
        back: i64,
        /// What the payment had brought.
        paid: i64,
    },
    /// Somebody of the shop cancels it.
    Cancel,
    /// Somebody of the shop closes it without Stripe.
    SettleOffline(How),
}

/// What a fact does to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It is in this state from now on.
    To(State),
    /// It stays as it is: the fact is known, or kept elsewhere as a case.
    Stay,
    /// It cannot be done, and why.
    Refuse(&'static str),
}

impl State {
    /// Whether somebody may pay now.
    pub fn is_payable(self) -> bool {
        self == Self::Open
    }

    /// Whether a payment is on its way.
    pub fn is_processing(self) -> bool {
        matches!(self, Self::Processing { .. })
    }

    /// What has been given back, in minor units.
    pub fn refunded(self) -> i64 {
        match self {
            Self::PartiallyRefunded { refunded, .. } | Self::Refunded { refunded, .. } => refunded,
            Self::Open
            | Self::Processing { .. }
            | Self::InReview { .. }
            | Self::Paid { .. }
            | Self::SettledOffline { .. }
            | Self::Cancelled { .. } => 0,
        }
    }

    /// The word for it, which the database derives from the same evidence.
    pub fn status(self) -> Status {
        match self {
            Self::Open => Status::Open,
            Self::Processing { .. } => Status::Processing,
            Self::InReview { .. } => Status::InReview,
            Self::Paid { .. } => Status::Paid,
            Self::PartiallyRefunded { .. } => Status::PartiallyRefunded,
            Self::Refunded { .. } => Status::Refunded,
            Self::SettledOffline { .. } => Status::SettledOffline,
            Self::Cancelled { .. } => Status::Cancelled,
        }
    }

    /// The name that the API shows.
    pub fn name(self) -> &'static str {
        self.status().name()
    }

    /// What `fact`, heard of at `now`, does. Nothing here ever un-pays an order.
    pub fn after(self, fact: Fact, now: DateTime<Utc>) -> Move {
        use Verdict::{Mismatch, SecondPayment, Settles};
        match (self, fact) {
            (
                Self::Open | Self::Processing { .. } | Self::InReview { .. },
                Fact::Payment(Settles),
            ) => Move::To(Self::Paid { at: now }),
            (Self::Open | Self::Processing { .. }, Fact::Payment(Mismatch)) => {
                Move::To(Self::InReview { since: now })
            }
            (Self::Open, Fact::PaymentPending) => Move::To(Self::Processing { since: now }),
            (Self::Processing { .. }, Fact::PaymentFailed)
            | (Self::InReview { .. }, Fact::Release) => Move::To(Self::Open),
            (
                Self::Open
                | Self::Processing { .. }
                | Self::InReview { .. }
                | Self::Cancelled { .. },
                Fact::Accept,
            ) => Move::To(Self::Paid { at: now }),
            (
                Self::Paid { at } | Self::PartiallyRefunded { at, .. } | Self::Refunded { at, .. },
                Fact::Refund { back, paid },
            ) if back != self.refunded() => Move::To(if back == 0 {
                Self::Paid { at }
            } else if back < paid {
                Self::PartiallyRefunded { at, refunded: back }
            } else {
                Self::Refunded { at, refunded: back }
            }),
            (Self::Open, Fact::Cancel) => Move::To(Self::Cancelled { at: now }),
            (Self::Open, Fact::SettleOffline(how)) => {
                Move::To(Self::SettledOffline { at: now, how })
            }

            (
                _,
                Fact::PaymentPending
                | Fact::PaymentFailed
                | Fact::Payment(Settles | SecondPayment | Mismatch)
                | Fact::Accept
                | Fact::Release
                | Fact::Refund { .. },
            ) => Move::Stay,
            (Self::Cancelled { .. }, Fact::Cancel) => Move::Stay,
            (Self::SettledOffline { how: before, .. }, Fact::SettleOffline(how))
                if before == how =>
            {
                Move::Stay
            }

            (Self::Processing { .. }, Fact::Cancel | Fact::SettleOffline(_)) => {
                Move::Refuse("a payment is on its way; wait until it has arrived or failed")
            }
            (Self::InReview { .. }, Fact::Cancel | Fact::SettleOffline(_)) => {
                Move::Refuse("a payment has come that does not fit; resolve its case first")
            }
            (
                Self::Paid { .. } | Self::PartiallyRefunded { .. } | Self::Refunded { .. },
                Fact::Cancel | Fact::SettleOffline(_),
            ) => Move::Refuse("it has been paid through Stripe; give it back there instead"),
            (Self::SettledOffline { .. }, Fact::Cancel | Fact::SettleOffline(_)) => {
                Move::Refuse("it was settled without Stripe already")
            }
            (Self::Cancelled { .. }, Fact::SettleOffline(_)) => Move::Refuse("it was cancelled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_state() -> [State; 8] {
        let at = DateTime::UNIX_EPOCH;
        [
            State::Open,
            State::Processing { since: at },
            State::InReview { since: at },
            State::Paid { at },
            State::PartiallyRefunded { at, refunded: 1 },
            State::Refunded { at, refunded: 2 },
            State::SettledOffline { at, how: How::Cash },
            State::Cancelled { at },
        ]
    }

    fn every_fact() -> [Fact; 12] {
        [
            Fact::PaymentPending,
            Fact::PaymentFailed,
            Fact::Payment(Verdict::Settles),
            Fact::Payment(Verdict::SecondPayment),
            Fact::Payment(Verdict::Mismatch),
            Fact::Accept,
            Fact::Release,
            Fact::Refund { back: 0, paid: 2 },
            Fact::Refund { back: 1, paid: 2 },
            Fact::Refund { back: 2, paid: 2 },
            Fact::Cancel,
            Fact::SettleOffline(How::Cash),
        ]
    }

    #[test]
    fn the_whole_table_reads_like_this() {
        let mut table = String::new();
        for state in every_state() {
            for fact in every_fact() {
                let outcome = match state.after(fact, DateTime::UNIX_EPOCH) {
                    Move::To(next) => format!("becomes {}", next.name()),
                    Move::Stay => "stays".to_owned(),
                    Move::Refuse(why) => format!("refuses: {why}"),
                };
                table += &format!(
                    "{:<19} {:<30} {outcome}\n",
                    state.name(),
                    format!("{fact:?}")
                );
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn nothing_un_pays_an_order() {
        for state in every_state()
            .into_iter()
            .filter(|state| matches!(state, State::Paid { .. }))
        {
            for fact in every_fact() {
                match state.after(fact, DateTime::UNIX_EPOCH) {
                    Move::To(State::PartiallyRefunded { .. } | State::Refunded { .. }) => {
                        assert!(matches!(fact, Fact::Refund { .. }), "{fact:?}");
                    }
                    moved => assert!(!matches!(moved, Move::To(_)), "{fact:?}"),
                }
            }
        }
    }
}
