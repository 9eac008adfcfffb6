//! What somebody of the shop does to an order: one rule for what is offered and for what is done.

use diesel::{PgConnection, QueryResult};

use super::{
    Order, WhatIsOwed, advance, change as change_order,
    change::Change,
    state::{Fact, How, Move},
    withdraw_link,
};
use crate::activity::Doing;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Other lines, another address, another name.
    Change(Change),
    /// Nothing is owed any more.
    Cancel,
    /// It is closed without Stripe.
    Settle(How),
    /// It gets a new link, and the old one leads nowhere.
    WithdrawLink,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acted {
    /// It was done.
    Done,
    /// It was so before.
    WasSo,
}

impl Act {
    /// Why it cannot be done to an order as it stands, if it cannot.
    pub fn refused(&self, order: &Order) -> Option<String> {
        let fact = match self {
            Self::Change(_) if order.state.is_payable() => return None,
            Self::Change(_) => {
                return Some(format!(
                    "the order is {}, so what is owed cannot change any more",
                    order.state.name()
                ));
            }
            Self::WithdrawLink => return None,
            Self::Cancel => Fact::Cancel,
            Self::Settle(how) => Fact::SettleOffline(*how),
        };
        // The time is of no account for whether it can be.
        match order.state.after(fact, order.created_at) {
            Move::To(_) | Move::Stay => None,
            Move::Refuse(why) => Some(why.to_owned()),
        }
    }

    /// Does it to a locked order that has no payable session. `Err`: it cannot be done, and why.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn carry_out(
        &self,
        connection: &mut PgConnection,
        order: &Order,
        doing: &Doing,
    ) -> QueryResult<Result<Acted, String>> {
        if let Some(why) = self.refused(order) {
            return Ok(Err(why));
        }
        Ok(Ok(match self {
            Self::Change(change) => match WhatIsOwed::after(order, change.clone()) {
                Some(changed) => {
                    change_order(connection, order, changed, doing)?;
                    Acted::Done
                }
                None => Acted::WasSo,
            },
            Self::Cancel => moved(advance(connection, order, Fact::Cancel, doing)?),
            Self::Settle(how) => moved(advance(
                connection,
                order,
                Fact::SettleOffline(*how),
                doing,
            )?),
            Self::WithdrawLink => {
                withdraw_link(connection, order, doing)?;
                Acted::Done
            }
        }))
    }
}

fn moved(moved: Move) -> Acted {
    match moved {
        Move::To(_) => Acted::Done,
        Move::Stay | Move::Refuse(_) => Acted::WasSo,
    }
}
