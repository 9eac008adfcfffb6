//! What an order must have met with, for a list of those alone.

use diesel::prelude::*;
use uuid::Uuid;

use crate::{
    column::column_enum,
    mail::{Kind as MailKind, State as MailState},
    order::{Condition, Mark},
    outbox::never_mailed,
    schema::{checkout_sessions, link_looks, orders, outbox, outbox_orders, session_orders},
    session::SessionOrigin,
};

column_enum! {
    /// Orders of which this holds.
    pub enum Only {
        /// Nothing was handed to a mail server for it, nor is about to be, and no older system wrote to them.
        NeverMailed = "never_mailed",
        /// The newest mail for it came back.
        CameBack = "came_back",
        /// A mail server took a mail for it, and nobody has opened the link.
        NotOpened = "not_opened",
        /// Mailed, a checkout of it ended unpaid, and still owed.
        Stranded = "stranded",
        /// The one reminder was sent.
        Reminded = "reminded",
    }
}

impl Only {
    /// As a condition; `None` for the one that depends on the time.
    pub(super) fn condition(self) -> Option<fn() -> Condition> {
        match self {
            Self::NeverMailed => Some(never_mailed),
            Self::CameBack => Some(came_back),
            Self::NotOpened => Some(not_opened),
            Self::Reminded => Some(reminded),
            Self::Stranded => None,
        }
    }

    /// By what is noted of the orders that can meet it, if that is.
    pub(super) fn mark(self) -> Option<Mark> {
        match self {
            Self::NeverMailed => Some(Mark::Unmailed),
            Self::NotOpened => Some(Mark::Unopened),
            Self::CameBack | Self::Stranded | Self::Reminded => None,
        }
    }
}

/// Mails of an order, as a sub-select with one row at most: PostgreSQL finds it by the order's id. Asked whether
/// there is one, it might join all mails.
macro_rules! mail_of_order {
    ($($condition:expr),+) => {
        outbox_orders::table
            .inner_join(outbox::table)
            .filter(outbox_orders::order_id.eq(orders::id))
            $(.filter($condition))+
            .select(outbox_orders::mail_id)
            .limit(1)
            .single_value()
    };
}

macro_rules! session_of_order {
    ($condition:expr) => {
        session_orders::table
            .inner_join(
                checkout_sessions::table.on(checkout_sessions::id.eq(session_orders::session_id)),
            )
            .filter(session_orders::order_id.eq(orders::id))
            .filter($condition)
            .select(session_orders::session_id)
            .limit(1)
            .single_value()
    };
}

/// The other states, for a mail that stands in none of them. Asked for the state itself, PostgreSQL without
/// statistics reads all mails that stand so by their index, again for each order.
fn all_but(states: &[MailState]) -> Vec<MailState> {
    let others = MailState::ALL.into_iter();
    others.filter(|state| !states.contains(state)).collect()
}

fn came_back() -> Condition {
    let newest = outbox_orders::table
        .inner_join(outbox::table)
        .filter(outbox_orders::order_id.eq(orders::id))
        .filter(outbox::state.ne_all([MailState::Cancelled, MailState::Suppressed]))
        .order(outbox_orders::mail_id.desc())
        .select(outbox::state)
        .limit(1)
        .single_value();
    Box::new(newest.eq(MailState::Bounced).assume_not_null())
}

fn not_opened() -> Condition {
    let by_a_person = link_looks::table
        .filter(link_looks::order_id.eq(orders::id))
        .filter(link_looks::by_person.is_not_null())
        .select(link_looks::order_id)
        .limit(1)
        .single_value();
    let minted = (checkout_sessions::origin.eq(SessionOrigin::Click))
        .and(checkout_sessions::minted_at.is_not_null());
    Box::new(
        mail_of_order!(outbox::state.ne_all(all_but(&[MailState::Sent])))
            .is_not_null()
            .and(by_a_person.is_null())
            .and(session_of_order!(minted).is_null()),
    )
}

fn reminded() -> Condition {
    Box::new(
        mail_of_order!(
            outbox_orders::kind.eq(MailKind::Reminder),
            outbox::state.ne_all(all_but(&[MailState::Sent]))
        )
        .is_not_null(),
    )
}

impl Only {
    /// The orders that can meet it, where fewer mails than `most` are found by an index; `None`: by going
    /// through the orders.
    pub(super) fn candidates(
        self,
        connection: &mut PgConnection,
        most: i64,
    ) -> QueryResult<Option<Vec<Uuid>>> {
        let mut mails = outbox::table
            .select(outbox::id)
            .order(outbox::id.desc())
            .limit(most)
            .into_boxed();
        mails = match self {
            Self::CameBack => mails.filter(outbox::state.eq(MailState::Bounced)),
            Self::Reminded => mails
                .filter(outbox::kind.eq(MailKind::Reminder))
                .filter(outbox::state.eq(MailState::Sent)),
            Self::NeverMailed | Self::NotOpened | Self::Stranded => return Ok(None),
        };
        let mails: Vec<Uuid> = mails.load(connection)?;
        if i64::try_from(mails.len()).is_ok_and(|count| count >= most) {
            return Ok(None);
        }
        // In a statement of its own: in one, all orders of mails might be read for the few.
        let orders = outbox_orders::table
            .filter(outbox_orders::mail_id.eq_any(mails))
            .select(outbox_orders::order_id)
            .distinct();
        orders.load(connection).map(Some)
    }
}
