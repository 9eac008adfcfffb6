//! The words on the pages of a payer.

use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;

/// Everything that the pages have to say.
#[derive(Debug, Serialize)]
pub struct Pages {
    /// A moment, in the shop's time.
    #[serde(skip)]
    pub when: fn(DateTime<Tz>) -> String,

    /// On to the payment; the note says who handles it.
    #[serde(skip)]
    pub pay: Button,
    /// The end of all mail.
    #[serde(skip)]
    pub unsubscribe: Button,
    pub try_again: &'static str,
    /// Before the address for support.
    pub write_to: &'static str,
    /// Before the shop's URL, where there is no address for support.
    pub reach_us: &'static str,
    /// Above what the shop wrote about a withdrawn link.
    pub why: &'static str,

    pub reference: &'static str,
    pub paid_on: &'static str,
    pub owed: &'static str,
    /// The caption of the lines.
    pub lines: &'static str,
    pub description: &'static str,
    pub amount: &'static str,
    pub total: &'static str,

    #[serde(skip)]
    pub pages: PageTexts,
    #[serde(skip)]
    pub cart: CartTexts,
}

/// The words of each page, in the order of `Page`.
#[derive(Debug)]
pub struct PageTexts {
    pub to_pay: Words,
    pub replaced_with_due: Words,
    pub replaced_nothing_due: Words,
    pub not_yet_paid: Words,
    pub debit_failed: Words,
    pub processing: Words,
    pub in_review: Words,
    pub just_paid: Words,
    pub paid: Words,
    pub settled_offline: Words,
    pub refunded: Words,
    pub partly_refunded: Words,
    pub cancelled: Words,
    pub gone: Words,
    pub not_found: Words,
    pub busy: Words,
    pub refused: Words,
    pub too_many: Words,
    pub too_many_wrong: Words,
    pub unsubscribe: Words,
    pub unsubscribed: Words,
    pub not_yet_unsubscribed: Words,
    pub unsubscribe_unknown: Words,
}

/// What is said otherwise of a cart that was restored: nobody owes it.
#[derive(Debug)]
pub struct CartTexts {
    /// The caption of the lines.
    pub lines: &'static str,
    pub to_pay: Words,
    pub replaced: Words,
    pub not_yet_paid: Words,
    pub debit_failed: Words,
    pub cancelled: Words,
    pub refused: Words,
}

/// A button and the line under it.
#[derive(Debug)]
pub struct Button {
    pub label: &'static str,
    pub note: &'static str,
}

/// The words of one page.
#[derive(Debug, Serialize)]
pub struct Words {
    pub heading: &'static str,
    /// One paragraph each; `{shop}` is the shop's name, `{shop_link}` the same as a link to its site.
    pub sentences: &'static [&'static str],
    /// Above the big amount; empty on a page without one.
    pub amount: &'static str,
}
