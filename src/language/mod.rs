//! The languages of what we write ourselves: mails, pages, money. A language is one file beside `en.rs`,
//! and its line in [`Language::ALL`].

mod de;
mod en;
pub mod mails;
pub mod orders;
pub(crate) mod pages;

use std::fmt;

use self::{mails::Mails, orders::Orders, pages::Pages};

/// Everything that one language has to say.
#[derive(Debug)]
pub struct Vocabulary {
    /// Its tag: `en`.
    pub code: &'static str,
    /// What people do with numbers.
    pub money: MoneyStyle,
    /// What an order asks for.
    pub orders: Orders,
    /// Our own mails.
    pub mails: Mails,
    /// The pages of a payer.
    pub(crate) pages: Pages,
}

/// How a sum of money is written.
#[derive(Debug, Clone, Copy)]
pub struct MoneyStyle {
    /// Between groups of three digits.
    pub group: char,
    /// Before the fraction.
    pub point: char,
    /// The currency comes first: `€45.00`, not `45,00 €`.
    pub currency_first: bool,
}

/// A language that our own mails and pages are written in.
#[derive(Clone, Copy)]
pub struct Language(&'static Vocabulary);

impl Language {
    /// English, and whatever we have no words for.
    pub const ENGLISH: Self = Self(&en::ENGLISH);
    /// German.
    pub const GERMAN: Self = Self(&de::GERMAN);
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ENGLISH, Self::GERMAN];

    /// Our language for a tag such as `de`, `de-AT` or `en_GB`.
    pub fn of_tag(tag: &str) -> Self {
        let code = tag.split(['-', '_']).next().unwrap_or_default();
        let known = Self::ALL
            .into_iter()
            .find(|language| language.0.code.eq_ignore_ascii_case(code));
        known.unwrap_or(Self::ENGLISH)
    }

    /// Its words.
    pub fn words(self) -> &'static Vocabulary {
        self.0
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for Language {}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code)
    }
}
