//! What a payer sees: one page for every state of an order, in plain words.
//!
//! A page is a heading, a few sentences, an amount, facts, perhaps a button and perhaps a refresh.
//! [`Page`] says which one, `view` turns it into those parts, [`crate::language`] holds
//! the words, and one template draws them all. The pages need no script, no image and no
//! other address, and they name nobody: what they show, the mail with the link has shown already.

mod policy;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
mod view;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

pub use policy::content_security_policy;
use view::View;

use super::html;
use crate::language::Language;
use crate::order::Kind;

/// Inlined into every page; its hash is what the [`content_security_policy`] lets through.
const STYLE: &str = include_str!("style.css");
const TEMPLATE: &str = include_str!("templates/page.html");

/// Who asks for the money, as on every page: name at the top, contact at the bottom.
#[derive(Debug, Clone, Serialize)]
pub struct Shop {
    /// The name that payers know.
    pub name: String,
    /// The shop's own site; also the contact where there is no address for support.
    pub url: String,
    /// Where questions go.
    pub support_email: Option<String>,
    /// Whose times the pages tell.
    #[serde(skip)]
    pub time_zone: Tz,
}

/// What an order asks for. Amounts come in formatted for people, in the order's currency.
#[derive(Debug, Clone)]
pub struct Owed {
    /// A bill, or a cart: nobody owes what is in a cart, and its reference says nothing to a payer.
    pub kind: Kind,
    /// The shop's own name for the order, as in the mail.
    pub reference: String,
    /// What it is for.
    pub lines: Vec<OwedLine>,
    /// The sum of the lines, or where it is shown.
    pub total: String,
    /// What the sum is without, if the checkout works something out.
    pub additions: &'static str,
}

/// One line of an order.
#[derive(Debug, Clone, Serialize)]
pub struct OwedLine {
    /// What it is, as the shop wrote it.
    pub description: String,
    /// How many; shown from two on.
    pub quantity: u32,
    /// The amount of the whole line, not of one unit; none for what the checkout alone names.
    pub amount: Option<String>,
}

/// Something to pay, and where the button leads.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// What is owed today.
    pub owed: &'a Owed,
    /// Where the button posts to: `/pay/{token}`.
    pub action: &'a str,
}

/// A payment that has settled an order.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    /// What the order asked for.
    pub owed: &'a Owed,
    /// How much was paid, formatted.
    pub paid: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a payer can be shown; [`Page::status`] says under which HTTP status.
#[derive(Debug, Clone, Copy)]
pub enum Page<'a> {
    /// To a machine, or to everybody under `PAY_CLICK=confirm`: what is owed, and the button.
    Continue(Due<'a>),
    /// The link was withdrawn or replaced.
    LinkReplaced {
        /// What the shop wrote for the payer about it, if it did.
        why: Option<&'a str>,
        /// Today's amount, if anything is owed.
        due: Option<Due<'a>>,
    },
    /// Back from checkout without having paid. Only once Stripe has said so: the page says that no money was taken.
    NotYetPaid(Due<'a>),
    /// The last bank debit did not arrive: what is owed, and the button.
    DebitFailed(Due<'a>),
    /// A bank debit is on its way.
    Processing(&'a Owed),
    /// Money came that does not fit, and a person is going to look at it.
    InReview {
        /// What the order asked for.
        owed: &'a Owed,
        /// What came instead, formatted.
        received: &'a str,
    },
    /// Back from checkout, and paid.
    JustPaid(Settled<'a>),
    /// Paid some time ago.
    Paid(Settled<'a>),
    /// Paid in cash, waived, or closed in another way that Stripe knows nothing of.
    SettledOffline(&'a Owed),
    /// All of the money went back.
    Refunded {
        /// What the order asked for.
        owed: &'a Owed,
        /// What went back, formatted.
        refunded: &'a str,
    },
    /// Some of the money went back; nothing is owed.
    PartlyRefunded {
        /// What the order asked for.
        owed: &'a Owed,
        /// What went back, formatted.
        refunded: &'a str,
    },
    /// The shop cancelled the order.
    Cancelled {
        /// A bill, or a cart.
        kind: Kind,
        /// The order's reference.
        reference: &'a str,
    },
    /// The link is ours, and the order is no longer kept: a cart that nobody paid for, after a while.
    Gone,
    /// The token is forged, damaged or meant for something else: one page, so that nothing can be learnt from it.
    NotFound,
    /// Stripe or the database is away. The page asks again by itself.
    Busy {
        /// After how many seconds; the same as in `Retry-After`.
        retry_after_seconds: u32,
    },
    /// Stripe refuses the order itself. Asking again would not help, so the page does not.
    Refused {
        /// A bill, or a cart.
        kind: Kind,
        /// The order's reference, to be named when asking.
        reference: &'a str,
    },
    /// Too many checkouts were opened for this order within the hour.
    TooMany,
    /// Too many links that are none of ours were followed from one address.
    TooManyWrong {
        /// After how many seconds another may be; the same as in `Retry-After`.
        retry_after_seconds: u32,
    },
    /// Whether to get no more mail: the button.
    Unsubscribe {
        /// Where the button posts to: `/unsubscribe/{token}`.
        action: &'a str,
    },
    /// No more mail goes to the address of the link.
    Unsubscribed,
    /// The database is away: the button once more. The page does not ask again by itself, since that
    /// would be a GET, which changes nothing.
    NotYetUnsubscribed {
        /// Where the button posts to: `/unsubscribe/{token}`.
        action: &'a str,
        /// After how many seconds another press may help; the same as in `Retry-After`.
        retry_after_seconds: u32,
    },
    /// As [`Page::NotFound`], for a link to unsubscribe.
    UnsubscribeUnknown,
}

impl Page<'_> {
    /// The HTTP status that goes with the page.
    pub fn status(&self) -> u16 {
        match self {
            Page::Continue(_)
            | Page::LinkReplaced { .. }
            | Page::NotYetPaid(_)
            | Page::DebitFailed(_)
            | Page::Processing(_)
            | Page::InReview { .. }
            | Page::JustPaid(_)
            | Page::Paid(_)
            | Page::SettledOffline(_)
            | Page::Refunded { .. }
            | Page::PartlyRefunded { .. }
            | Page::Unsubscribe { .. }
            | Page::Unsubscribed => 200,
            Page::NotFound | Page::UnsubscribeUnknown => 404,
            Page::Cancelled { .. } | Page::Gone => 410,
            Page::TooMany | Page::TooManyWrong { .. } => 429,
            Page::Refused { .. } => 502,
            Page::Busy { .. } | Page::NotYetUnsubscribed { .. } => 503,
        }
    }
}

/// The template, compiled once.
#[derive(Debug)]
pub struct Pages {
    templates: Environment<'static>,
}

impl Pages {
    /// Compiles the embedded template.
    pub fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        html::syntax()
            .build()
            .map(|syntax| templates.set_syntax(syntax))
            .and_then(|()| templates.add_template("page.html", TEMPLATE))
            .expect("the embedded template compiles: every test renders it");
        Self { templates }
    }

    /// The page as HTML, escaped throughout.
    pub fn render(&self, shop: &Shop, language: Language, page: &Page<'_>) -> String {
        let html = self
            .templates
            .get_template("page.html")
            .and_then(|template| template.render(Serde(View::new(shop, language, page))))
            .expect("the tests render every page in every language");
        html::with_slashes(&html)
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}
