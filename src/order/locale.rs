//! The language of an order: of Stripe's page, and of what we write ourselves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// What Stripe's `locale` takes when a Checkout Session is created (API reference, *Create a
/// Checkout Session*). `auto` is the browser's own.
#[rustfmt::skip]
const STRIPE: [&str; 42] = [
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hi-IN", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl",
    "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

/// A locale that Stripe Checkout has a page for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Locale(&'static str);

/// A text that names no locale of Stripe Checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a language that Stripe Checkout speaks; write a code like en, de or fr-CA")]
pub struct UnknownLocale;

impl Locale {
    /// Reads a language tag in any case. A region that Stripe has no page of its own for falls back
    /// to its language: `de-AT` is `de`, `en-US` is `en`.
    pub fn parse(text: &str) -> Result<Self, UnknownLocale> {
        let tag = text.trim();
        let known = |wanted: &str| {
            STRIPE
                .into_iter()
                .find(|one| one.eq_ignore_ascii_case(wanted))
        };
        known(tag)
            .or_else(|| language_of(tag).and_then(known))
            .map(Self)
            .ok_or(UnknownLocale)
    }

    /// The tag as Stripe writes it: `pt-BR`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Which of our own texts this payer reads.
    pub fn language(self) -> Language {
        Language::of_tag(self.0)
    }
}

/// The language of a tag with a region or script (`de-Latn-AT`), if it has the form of one.
fn language_of(tag: &str) -> Option<&str> {
    let (language, rest) = tag.split_once('-')?;
    let well_formed = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (language.len() <= 3 && rest.split('-').all(well_formed)).then_some(language)
}

impl Default for Locale {
    fn default() -> Self {
        Self("en")
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl TryFrom<String> for Locale {
    type Error = UnknownLocale;

    fn try_from(text: String) -> Result<Self, UnknownLocale> {
        Self::parse(&text)
    }
}

impl From<Locale> for &'static str {
    fn from(locale: Locale) -> Self {
        locale.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_tags_are_taken_in_any_case_and_kept_as_stripe_writes_them() {
        for tag in STRIPE {
            assert_eq!(Locale::parse(&tag.to_uppercase()).unwrap().as_str(), tag);
        }
    }

    #[test]
    fn an_unknown_region_falls_back_to_its_language() {
        for (tag, expected) in [
            ("de-AT", "de"),
            ("en-us", "en"),
            ("de-Latn-CH", "de"),
            ("fr-CA", "fr-CA"),
        ] {
            assert_eq!(Locale::parse(tag).unwrap().as_str(), expected, "{tag}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for text in ["", "german", "tlh", "de-", "de-!", "de_AT", "auto-DE"] {
            assert!(Locale::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reader_gets_our_texts_in_their_language_or_in_english() {
        for (locale, language) in [
            ("de-CH", Language::GERMAN),
            ("fr-CA", Language::FRENCH),
            ("es-419", Language::SPANISH),
            ("it", Language::ITALIAN),
            ("nl-BE", Language::DUTCH),
            ("pt", Language::ENGLISH),
            ("auto", Language::ENGLISH),
        ] {
            assert_eq!(
                Locale::parse(locale).unwrap().language(),
                language,
                "{locale}"
            );
        }
        assert_eq!(Locale::default().language(), Language::ENGLISH);
    }
}
