//! Which of many orders an action fits, by the rules that the action itself asks.

use std::collections::HashSet;

use diesel::{PgConnection, QueryResult, prelude::*};
use uuid::Uuid;

use super::Act;
use crate::{
    mail::{Kind as MailKind, State as MailState},
    order::{
        Kind, Order,
        state::{Fact, How, Move},
    },
    schema::{outbox, outbox_orders},
    suppression::{self, AddressHash, AddressKey},
};

/// Why an order is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It stands so that nothing is to be settled: a sentence.
    Settling(&'static str),
    /// Nothing is owed, or not just now.
    NotOwed,
    /// Nobody owes for a cart.
    Cart,
    /// There is no address.
    NoAddress,
    /// Its address is not written to.
    DoNotMail,
    /// A mail with its link is on its way already.
    OnItsWay,
}

/// An order, and why it is left out.
pub type Fit = (Order, Option<Why>);

/// For each order, whether the action fits it. What is asked here is asked again when it is done: between the
/// two somebody may pay.
pub fn fits(
    connection: &mut PgConnection,
    act: Act,
    orders: Vec<Order>,
    now: chrono::DateTime<chrono::Utc>,
) -> QueryResult<Vec<Fit>> {
    let mail = match act {
        Act::Cash => Facts::default(),
        Act::Send => Facts::read(connection, &orders)?,
    };
    let fits = orders.into_iter().map(|order| {
        let why = match act {
            Act::Cash => settling(&order, now),
            Act::Send => mail.sending(&order),
        };
        (order, why)
    });
    Ok(fits.collect())
}

fn settling(order: &Order, now: chrono::DateTime<chrono::Utc>) -> Option<Why> {
    if order.kind == Kind::Recovered {
        return Some(Why::Cart);
    }
    match order.state.after(Fact::SettleOffline(How::Cash), now) {
        Move::To(_) => None,
        Move::Stay => Some(Why::Settling("it was settled already")),
        Move::Refuse(why) => Some(Why::Settling(why)),
    }
}

/// What is known of mail to them.
#[derive(Default)]
struct Facts {
    key: Option<AddressKey>,
    suppressed: HashSet<AddressHash>,
    on_its_way: HashSet<Uuid>,
}

impl Facts {
    fn read(connection: &mut PgConnection, orders: &[Order]) -> QueryResult<Self> {
        let key = AddressKey::load(connection)?;
        let emails = orders.iter().filter_map(|order| order.email.as_ref());
        let hashes: Vec<AddressHash> = emails.map(|email| key.hash(email.as_str())).collect();
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
        let on_its_way: Vec<Uuid> = outbox_orders::table
            .inner_join(outbox::table)
            .filter(outbox_orders::order_id.eq_any(ids))
            .filter(outbox::kind.eq(MailKind::Link))
            .filter(outbox::state.eq_any([MailState::Queued, MailState::Sending]))
            .select(outbox_orders::order_id)
            .load(connection)?;
        Ok(Self {
            suppressed: suppression::among(connection, hashes)?
                .into_iter()
                .collect(),
            key: Some(key),
            on_its_way: on_its_way.into_iter().collect(),
        })
    }

    fn sending(&self, order: &Order) -> Option<Why> {
        if !order.state.is_payable() {
            return Some(Why::NotOwed);
        }
        if order.kind == Kind::Recovered {
            return Some(Why::Cart);
        }
        let Some((email, key)) = order.email.as_ref().zip(self.key.as_ref()) else {
            return Some(Why::NoAddress);
        };
        if self.suppressed.contains(&key.hash(email.as_str())) {
            return Some(Why::DoNotMail);
        }
        self.on_its_way.contains(&order.id).then_some(Why::OnItsWay)
    }
}
