//! What somebody can do to an order: named once, offered by the rules that the action asks.

use serde::Serialize;

use crate::{
    order::{
        Act, Kind, Order,
        change::Change,
        state::{How, State},
    },
    outbox::link,
    timeline::{
        PageFacts,
        next::{Address, Mail},
    },
    token::Role,
};

/// Why nobody settles a cart.
pub const CART: &str = "it is a left cart: nobody owes for it";

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Send,
    Change,
    Settle,
    WithdrawLink,
    Cancel,
    Refund,
    AskStripe,
}

impl Deed {
    /// In the order in which they are offered: what cannot be taken back comes last.
    const OFFERED: [Self; 6] = [
        Self::Send,
        Self::Change,
        Self::Settle,
        Self::WithdrawLink,
        Self::Cancel,
        Self::Refund,
    ];

    /// Its name in a path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Change => "change",
            Self::Settle => "settle",
            Self::WithdrawLink => "withdraw-link",
            Self::Cancel => "cancel",
            Self::Refund => "refund",
            Self::AskStripe => "ask-stripe",
        }
    }

    /// Who may.
    pub fn needs(self) -> Role {
        match self {
            Self::Refund => Role::Admin,
            Self::Send
            | Self::Change
            | Self::Settle
            | Self::WithdrawLink
            | Self::Cancel
            | Self::AskStripe => Role::Operator,
        }
    }

    /// Why it cannot be done now, if it cannot: by the rule that the action itself asks.
    pub fn refused(self, facts: &PageFacts) -> Option<String> {
        let order = &facts.order;
        match self {
            Self::Send => link::may_be_sent(order)
                .err()
                .map(|why| in_our_words(order, why))
                .or_else(|| not_mailed(&facts.facts.address)),
            Self::Change => Act::Change(Change::default()).refused(order),
            Self::Settle if order.kind == Kind::Recovered => Some(CART.to_owned()),
            Self::Settle => over(order).or_else(|| Act::Settle(How::Cash).refused(order)),
            Self::WithdrawLink => Act::WithdrawLink.refused(order),
            Self::Cancel => over(order).or_else(|| Act::Cancel.refused(order)),
            // One whose answer is not known is asked for again.
            Self::Refund if facts.asked_refund.is_some() => None,
            Self::Refund => facts.refundable.as_ref().err().map(|why| (*why).to_owned()),
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
            Self::Refund => true,
            // A link to an order that is over can pay nothing.
            Self::WithdrawLink | Self::Cancel | Self::Settle | Self::Change | Self::AskStripe => {
                payable
            }
        };
        role >= self.needs() && does_something && self.refused(facts).is_none()
    }
}

/// The domain speaks to users of the API, too: who has no address is given one on the page.
fn in_our_words(order: &Order, why: String) -> String {
    match order.state.is_payable() && order.email.is_none() {
        true => "there is nobody to write to: add an address first, or hand the link over yourself"
            .to_owned(),
        false => why,
    }
}

/// That a mail would go to nobody.
fn not_mailed(address: &Address) -> Option<String> {
    match address {
        Address::Suppressed(_) => Some(
            "the address is on the list of those who are not mailed: hand the link over yourself"
                .to_owned(),
        ),
        Address::None | Address::Good => None,
    }
}

/// That it is so already: the action would do nothing.
fn over(order: &Order) -> Option<String> {
    match order.state {
        State::SettledOffline { .. } => Some("it was settled without Stripe already".to_owned()),
        State::Cancelled { .. } => Some("it was cancelled already".to_owned()),
        _ => None,
    }
}

/// A row of what can be done.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// None: somebody else may.
    path: Option<&'static str>,
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
    let needs_an_admin = role == Role::Operator && Deed::Refund.refused(facts).is_none();
    if needs_an_admin {
        offers.push(Offer {
            path: None,
            title: "Give money back".to_owned(),
            text: "Needs an admin.",
            ..offer(Deed::Refund, facts)
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
        Deed::Refund => (
            "back",
            "Give money back…",
            "All of it or a part, through Stripe.",
        ),
        Deed::Cancel if facts.order.kind == Kind::Recovered => (
            "dash",
            "Cancel it…",
            "Its link brings the cart back no more.",
        ),
        Deed::Cancel => ("dash", "Cancel it…", "Nothing is owed any more."),
        Deed::AskStripe => ("again", "Ask Stripe now", "It changes nothing."),
    };
    Offer {
        path: Some(deed.path()),
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

/// What the step is called that the button is for.
pub fn send_heading(facts: &PageFacts) -> &'static str {
    match has_been_mailed(facts) {
        true => "Next: send the link again",
        false => "Next: send the link",
    }
}

/// Whether a mail with the link has left.
pub fn has_been_mailed(facts: &PageFacts) -> bool {
    facts.mails().any(|mail| mail.sent_at.is_some())
}
