//! What somebody can do to an order: named once, offered by the rules that the action asks.

use serde::Serialize;

use crate::{
    order::{Act, Order, change::Change, state::How, state::State},
    outbox::link,
    timeline::{
        PageFacts,
        next::{Address, Mail},
    },
    token::Role,
};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Send,
    Change,
    Settle,
    WithdrawLink,
    Cancel,
    AskStripe,
}

impl Deed {
    /// In the order in which they are offered: what cannot be taken back comes last.
    const OFFERED: [Self; 5] = [
        Self::Send,
        Self::Change,
        Self::Settle,
        Self::WithdrawLink,
        Self::Cancel,
    ];

    /// Its name in a path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Change => "change",
            Self::Settle => "settle",
            Self::WithdrawLink => "withdraw-link",
            Self::Cancel => "cancel",
            Self::AskStripe => "ask-stripe",
        }
    }

    /// Why it cannot be done now, if it cannot: by the rule that the action itself asks.
    pub fn refused(self, order: &Order) -> Option<String> {
        match self {
            Self::Send => link::may_be_sent(order).err(),
            Self::Change => Act::Change(Change::default()).refused(order),
            // In cash or otherwise, the rule is the same.
            Self::Settle => Act::Settle(How::Cash).refused(order),
            Self::WithdrawLink => Act::WithdrawLink.refused(order),
            Self::Cancel => Act::Cancel.refused(order),
            Self::AskStripe => None,
        }
    }

    /// Whether it is offered: it can be done, and it does something.
    pub fn is_offered(self, facts: &PageFacts, role: Role) -> bool {
        let payable = facts.order.state.is_payable();
        let does_something = match self {
            // To an address that is not written to, or beside a mail that waits, none would go out.
            Self::Send => {
                facts.facts.address == Address::Good && facts.facts.mail != Some(Mail::Waiting)
            }
            // A link to an order that is over can pay nothing.
            Self::WithdrawLink | Self::Cancel | Self::Settle | Self::Change | Self::AskStripe => {
                payable
            }
        };
        role >= Role::Operator && does_something && self.refused(&facts.order).is_none()
    }
}

/// A row of what can be done.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    path: &'static str,
    mark: &'static str,
    title: String,
    text: &'static str,
}

/// What is offered.
pub fn offers(facts: &PageFacts, role: Role) -> Vec<Offer> {
    let offered = Deed::OFFERED
        .into_iter()
        .filter(|deed| deed.is_offered(facts, role));
    let mut offers: Vec<Offer> = offered.map(|deed| offer(deed, facts)).collect();
    let has_money = matches!(
        facts.order.state,
        State::Paid { .. } | State::PartiallyRefunded { .. }
    );
    if role >= Role::Admin && has_money {
        offers.push(Offer {
            path: "refund",
            mark: "back",
            title: "Give money back…".to_owned(),
            text: "All of it or a part, the way it came.",
        });
    }
    offers
}

fn offer(deed: Deed, facts: &PageFacts) -> Offer {
    let (mark, title, text) = match deed {
        Deed::Send => (
            "send",
            send_words(facts),
            "One mail, to the address that the order has. You see it first.",
        ),
        Deed::Change => (
            "edit",
            "Change it…",
            "Another amount, name or address. The link stays the same.",
        ),
        Deed::Settle => (
            "cash",
            "Settle it without Stripe…",
            "Cash, cheque, or you waive it.",
        ),
        Deed::WithdrawLink => (
            "link",
            "Replace the link…",
            "If it went to the wrong person. The old one then says so.",
        ),
        Deed::Cancel => ("dash", "Cancel it…", "Nothing is owed any more."),
        Deed::AskStripe => ("again", "Ask Stripe now", "It changes nothing."),
    };
    Offer {
        path: deed.path(),
        mark,
        title: title.to_owned(),
        text,
    }
}

/// How the button is called that sends the link.
pub fn send_words(facts: &PageFacts) -> &'static str {
    match has_been_mailed(facts) {
        true => "Send the link again…",
        false => "Send the link…",
    }
}

/// Whether a mail with the link has left.
pub fn has_been_mailed(facts: &PageFacts) -> bool {
    facts.mails().any(|mail| mail.sent_at.is_some())
}
