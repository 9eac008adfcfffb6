//! The mails about one order, in the payer's language.

use super::{
    Text,
    layout::wrap,
    template::{self, Holes, Unfillable},
    text::{Words, texts},
};
use crate::{config, order::Order};

/// Whose mail it is, and about what.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What fills the holes.
    pub holes: Holes<'a>,
    /// The shop, for the lines at the end.
    pub shop: &'a config::Shop,
}

/// The link of one order, sent because somebody asked for it.
pub fn link(about: &About) -> Text {
    ours(about, |words| (words.link_subject, words.link_body))
}

/// The one reminder.
pub fn reminder(about: &About) -> Text {
    ours(about, |words| (words.reminder_subject, words.reminder_body))
}

/// A mailing's words, with whose it is and how to get no more below them.
///
/// # Errors
/// [`Unfillable`] for an unknown name, or a mistake in the template.
pub fn blast(about: &About, subject: &str, body: &str) -> Result<Text, Unfillable> {
    template::fill(subject, body, &about.holes).map(|text| signed(about, text))
}

fn ours(about: &About, choose: impl Fn(&Words) -> (&'static str, &'static str)) -> Text {
    let (subject, body) = choose(texts(language(about.holes.order)));
    template::fill(subject, body, &about.holes)
        .map(|text| signed(about, text))
        .expect("our own templates are filled in the tests, in every language")
}

fn signed(about: &About, text: Text) -> Text {
    let words = texts(language(about.holes.order));
    let mut end = format!("\n--\n{}\n{}\n", about.shop.shop_name, about.shop.shop_url);
    if let Some(address) = &about.shop.support_email {
        end += &format!("{} {address}\n", words.questions);
    }
    // The shop's own words may have named it already: one link to unsubscribe is enough.
    if !text.body.contains(about.holes.unsubscribe_url) {
        end += &format!("{}\n{}\n", words.no_more, about.holes.unsubscribe_url);
    }
    Text {
        body: wrap(&(text.body + &end)),
        ..text
    }
}

fn language(order: &Order) -> crate::order::locale::Language {
    order.locale.language()
}
