//! One order's link as a mail of its own, since somebody asked for it.

use diesel::{Connection, prelude::*};
use serde_json::json;
use uuid::Uuid;

use super::{
    Kind, Letter, State, queue,
    view::{self, Mail},
};
use crate::{
    activity::{self, Category, Doing, Line},
    app::App,
    mail::letter,
    order::{self, Order, email::Email},
    schema::{outbox, outbox_orders},
    suppression::AddressKey,
};

/// What became of the wish.
#[derive(Debug, Clone)]
pub enum Sent {
    /// The mail is in the outbox; as `suppressed` if its address is not written to.
    Queued(Mail),
    /// One is on its way already.
    OnItsWay(Mail),
    /// Nothing can be paid, or there is nobody to write to: a sentence.
    NotNow(String),
    /// There is no such order.
    NoOrder,
}

/// Queues the mail with an order's link. While one is on its way another is not made: a wish that is
/// said twice is one wish.
pub fn send(
    connection: &mut PgConnection,
    app: &App,
    order: Uuid,
    doing: &Doing,
) -> QueryResult<Sent> {
    connection.transaction(|connection| {
        let Some(order) = order::lock(connection, &[order])?.pop() else {
            return Ok(Sent::NoOrder);
        };
        let email = match may_be_sent(&order) {
            Ok(email) => email,
            Err(why) => return Ok(Sent::NotNow(why)),
        };
        if let Some(mail) = on_its_way(connection, &order)? {
            return Ok(Sent::OnItsWay(mail));
        }
        let to_hash = AddressKey::load(connection)?.hash(email.as_str());
        let letter = Letter {
            kind: Kind::Link,
            blast_id: None,
            to: email.as_str(),
            to_hash,
            text: Some(app.write(&order, to_hash, letter::link)),
            orders: &[&order],
            due_at: None,
        };
        let queued = queue(connection, &app.mailer.domain, &[letter], doing.at)?;
        let id = queued
            .into_iter()
            .flatten()
            .next()
            .ok_or(diesel::NotFound)?;
        let mail = view::find(connection, id)?.ok_or(diesel::NotFound)?;
        tell(connection, &order, &mail, doing)?;
        Ok(Sent::Queued(mail))
    })
}

/// To whom an order's link may be mailed as the order stands; else why it may not.
///
/// # Errors
/// A sentence: nothing can be paid, or there is nobody to write to.
pub fn may_be_sent(order: &Order) -> Result<&Email, String> {
    if !order.state.is_payable() {
        return Err(format!(
            "the order is {}; only the link of one that is open can be mailed",
            order.state.name()
        ));
    }
    if order.kind == order::Kind::Recovered {
        return Err(
            "the order restores a cart: whoever left one gets its one reminder, and no other mail"
                .to_owned(),
        );
    }
    order.email.as_ref().ok_or_else(|| {
        "the order has no address; add one with PATCH, or send its pay_url yourself".to_owned()
    })
}

/// The newest mail with this order's link that has not been handed over yet.
fn on_its_way(connection: &mut PgConnection, order: &Order) -> QueryResult<Option<Mail>> {
    let id: Option<Uuid> = outbox::table
        .inner_join(outbox_orders::table)
        .filter(outbox_orders::order_id.eq(order.id))
        .filter(outbox::kind.eq(Kind::Link))
        .filter(outbox::state.eq_any([State::Queued, State::Sending]))
        .order(outbox::id.desc())
        .select(outbox::id)
        .first(connection)
        .optional()?;
    match id {
        Some(id) => view::find(connection, id),
        None => Ok(None),
    }
}

fn tell(
    connection: &mut PgConnection,
    order: &Order,
    mail: &Mail,
    doing: &Doing,
) -> QueryResult<()> {
    let what = format!("mail {}: {}", mail.state, Kind::Link);
    let line = Line::about(Some(order.id), Category::Mail, what, doing)
        .detail(json!({ "mail": mail.id, "kind": Kind::Link }));
    activity::record(connection, line)
}
