//! The languages of what we write ourselves: mails, pages, money. A language is one file beside `en.rs`,
//! and its line in [`Language::ALL`].

mod de;
mod en;
mod es;
mod fr;
mod it;
pub mod mails;
mod nl;
pub mod orders;
pub(crate) mod pages;

use std::fmt;

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

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
    /// How many digits a number needs to have groups at all: four, in Spanish five.
    pub grouped_from: usize,
    /// Before the fraction.
    pub point: char,
    /// Where the currency stands.
    pub currency: CurrencyPlace,
}

/// Where the currency stands beside the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurrencyPlace {
    /// `€45.00`, and a code with a blank: `CHF 45.00`.
    Before,
    /// `€ 45,00`
    BeforeApart,
    /// `45,00 €`
    Behind,
}

/// A language that our own mails and pages are written in.
#[derive(Clone, Copy)]
pub struct Language(&'static Vocabulary);

impl Language {
    /// English, and whatever we have no words for.
    pub const ENGLISH: Self = Self(&en::ENGLISH);
    /// German.
    pub const GERMAN: Self = Self(&de::GERMAN);
    /// French.
    pub const FRENCH: Self = Self(&fr::FRENCH);
    /// Spanish.
    pub const SPANISH: Self = Self(&es::SPANISH);
    /// Italian.
    pub const ITALIAN: Self = Self(&it::ITALIAN);
    /// Dutch.
    pub const DUTCH: Self = Self(&nl::DUTCH);
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ENGLISH,
        Self::GERMAN,
        Self::FRENCH,
        Self::SPANISH,
        Self::ITALIAN,
        Self::DUTCH,
    ];

    /// Our language for a tag such as `de`, `de-AT` or `en_GB`.
    pub fn of_tag(tag: &str) -> Self {
        Self::known(tag).unwrap_or(Self::ENGLISH)
    }

    /// The same, if we have words for it.
    pub fn known(tag: &str) -> Option<Self> {
        let code = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.0.code.eq_ignore_ascii_case(code))
    }

    /// Its words.
    pub fn words(self) -> &'static Vocabulary {
        self.0
    }
}

/// A time with the name of its month: the day as it is written there, and what stands before month and year. The
/// shop's own time has no name beside it: its payers live by it. They do not live by UTC, so that is named.
fn dated(at: DateTime<Tz>, day: &str, of: &str, months: &[&str; 12]) -> String {
    let month = months[at.month0() as usize];
    let zone = match at.timezone() {
        Tz::UTC => " UTC",
        _ => "",
    };
    format!(
        "{day} {of}{month} {of}{}, {}{zone}",
        at.year(),
        at.format("%H:%M")
    )
}

/// The number of the day; of the first one, which some languages count as the first, that word.
fn day_or_first(at: DateTime<Tz>, first: &str) -> String {
    match at.day() {
        1 => first.to_owned(),
        day => day.to_string(),
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

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    /// Everything that a language says, in one order: what its words look like to whoever debugs.
    fn said(language: Language) -> Vec<String> {
        let words = format!("{:#?}", (&language.words().mails, &language.words().pages));
        let orders = format!("{:#?}", language.words().orders);
        // A blank that no line breaks at is written out there.
        (words + &orders)
            .replace("\\u{a0}", " ")
            .lines()
            .filter_map(|line| Some(line.split_once('"')?.1.rsplit_once('"')?.0.to_owned()))
            .collect()
    }

    /// What is filled in: `{{ amount }}`, `{shop}`, `[day]`.
    fn holes(text: &str) -> Vec<&str> {
        let mut found: Vec<_> = text
            .split_inclusive(['}', ']'])
            .filter_map(|part| part.rfind(['{', '[']).map(|at| &part[at..]))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_says_everything_in_its_own_words_and_with_the_same_holes() {
        // Words that two languages share.
        const SHARED: [&str; 4] = ["", ": ", "Total", "Description"];
        let english = said(Language::ENGLISH);
        for language in Language::ALL.into_iter().skip(1) {
            let own = said(language);
            assert_eq!(own.len(), english.len(), "{language:?}");
            for (own, english) in own.iter().zip(&english) {
                assert_eq!(holes(own), holes(english), "{language:?}: {own}");
                let is_own = own != english || SHARED.contains(&own.as_str());
                assert!(is_own, "{language:?}: {own}");
            }
        }
    }

    #[test]
    fn the_first_of_a_month_is_an_ordinal_where_it_is_one() {
        let first = Tz::UTC.with_ymd_and_hms(2026, 12, 1, 9, 5, 0).unwrap();
        let dates = Language::ALL.map(|language| (language.words().pages.when)(first));
        let expected = [
            "1 December 2026, 09:05 UTC",
            "1. Dezember 2026, 09:05 UTC",
            "1er décembre 2026, 09:05 UTC",
            "1 de diciembre de 2026, 09:05 UTC",
            "1º dicembre 2026, 09:05 UTC",
            "1 december 2026, 09:05 UTC",
        ];
        assert_eq!(dates, expected);
    }

    #[test]
    fn a_shops_own_time_is_told_without_a_zone() {
        let late = Tz::UTC.with_ymd_and_hms(2026, 11, 30, 23, 5, 0).unwrap();
        let dates = Language::ALL.map(|language| {
            let at = late.with_timezone(&Tz::Europe__Rome);
            (language.words().pages.when)(at)
        });
        let expected = [
            "1 December 2026, 00:05",
            "1. Dezember 2026, 00:05",
            "1er décembre 2026, 00:05",
            "1 de diciembre de 2026, 00:05",
            "1º dicembre 2026, 00:05",
            "1 december 2026, 00:05",
        ];
        assert_eq!(dates, expected);
    }
}
