//! The words of our own mails: what every language must have, one file for each language.
//!
//! A new language is a file beside `en.rs`, a variant of [`Language`] and its arm in [`texts`].

mod de;
mod en;

use crate::order::locale::Language;

/// What our mails say in this language.
pub fn texts(language: Language) -> &'static Words {
    match language {
        Language::English => &en::WORDS,
        Language::German => &de::WORDS,
    }
}

/// Templates with the holes of [`super::template`], and a few plain words.
#[derive(Debug)]
pub struct Words {
    /// The mail with an order's link.
    pub link_subject: &'static str,
    /// The same, while the checkout alone knows the amount.
    pub link_subject_unpriced: &'static str,
    /// Its text.
    pub link_body: &'static str,
    /// The one reminder.
    pub reminder_subject: &'static str,
    /// The same, while the checkout alone knows the amount.
    pub reminder_subject_unpriced: &'static str,
    /// Its text. It says that a fee is open, never that somebody began to pay: a scanner may have
    /// opened the link.
    pub reminder_body: &'static str,
    /// Before the address for questions.
    pub questions: &'static str,
    /// Before the link to unsubscribe.
    pub no_more: &'static str,
    /// On Stripe's page, where a reminder may follow; at most 1,200 letters.
    pub notice: &'static str,
    /// On Stripe's page, where the last bank debit did not arrive.
    pub debit_failed: &'static str,
}
