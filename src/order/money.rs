//! Money in the currency's minor unit, as Stripe counts it: added up and shown.

use std::fmt;

use super::currency::Currency;
use crate::language::{CurrencyPlace, Language};

/// An amount with its currency. It may be negative: what is owed less what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in minor units after Stripe's table: cents, or whole yen.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
}

/// Two amounts that have no common answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// Different currencies are never added or subtracted.
    #[error("amounts in {0} and {1} cannot be added up")]
    Currencies(Currency, Currency),
    /// The answer does not fit.
    #[error("the sum is too large")]
    Overflow,
}

impl Money {
    /// An amount in minor units.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum of two amounts in one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, ArithmeticError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference of two amounts in one currency; it may be negative.
    pub fn checked_sub(self, other: Self) -> Result<Self, ArithmeticError> {
        self.combine(other, i64::checked_sub)
    }

    fn combine(
        self,
        other: Self,
        operation: fn(i64, i64) -> Option<i64>,
    ) -> Result<Self, ArithmeticError> {
        if self.currency != other.currency {
            return Err(ArithmeticError::Currencies(self.currency, other.currency));
        }
        let minor = operation(self.minor, other.minor).ok_or(ArithmeticError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// For people: `€45.00`, `CHF 45.00`, `¥4,500` in English, `45,00 €`, `1.595,00 $` in German,
    /// `€ 45,00` in Dutch.
    /// The blank is an ordinary one, so that the text can be searched for. Currencies without
    /// fractions in daily life (ISK, UGX) show none unless there is one.
    pub fn format(self, language: Language) -> String {
        let style = language.words().money;
        let (whole, fraction) = self.split();
        let mut number = match whole.len() < style.grouped_from {
            true => whole,
            false => grouped(&whole, style.group),
        };
        let hide = self.currency.step() == 100 && fraction.bytes().all(|digit| digit == b'0');
        if !fraction.is_empty() && !hide {
            number.push(style.point);
            number += &fraction;
        }
        let sign = if self.minor < 0 { "-" } else { "" };
        let code = self.currency.upper();
        let symbol = self.currency.symbol();
        let name = symbol.unwrap_or(&code);
        match style.currency {
            CurrencyPlace::Before if symbol.is_some() => format!("{sign}{name}{number}"),
            CurrencyPlace::Before => format!("{sign}{name} {number}"),
            CurrencyPlace::BeforeApart => format!("{name} {sign}{number}"),
            CurrencyPlace::Behind => format!("{sign}{number} {name}"),
        }
    }

    /// For machines and spreadsheets: `45.00`, as many decimals as Stripe counts, no grouping.
    pub fn decimal(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        match self.split() {
            (whole, fraction) if fraction.is_empty() => format!("{sign}{whole}"),
            (whole, fraction) => format!("{sign}{whole}.{fraction}"),
        }
    }

    /// The digits before and after the point, without the sign.
    fn split(self) -> (String, String) {
        let exponent = self.currency.exponent() as usize;
        let digits = format!(
            "{:0>width$}",
            self.minor.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        (whole.to_owned(), fraction.to_owned())
    }
}

impl fmt::Display for Money {
    /// For logs and history lines: `45.00 EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// An amount as Stripe tells it, in English; where its currency is not known, as it came.
pub fn as_told(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Ok(currency) => Money::new(minor, currency).format(Language::ENGLISH),
        Err(_) => format!("{minor} {currency}"),
    }
}

/// Digits in groups of three.
pub fn grouped(whole: &str, separator: char) -> String {
    let mut out = String::with_capacity(whole.len() * 4 / 3 + 1);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, currency(code))
    }

    #[test]
    fn english_readers_see_symbol_or_code_before_the_number() {
        let cases = [
            (4500, "eur", "€45.00"),
            (159_500, "usd", "$1,595.00"),
            (4500, "jpy", "¥4,500"),
            (4500, "kwd", "KWD 4.500"),
            (4500, "chf", "CHF 45.00"),
            (5, "eur", "€0.05"),
            (0, "eur", "€0.00"),
            (-159_500, "eur", "-€1,595.00"),
            (99_999_999, "jpy", "¥99,999,999"),
        ];
        for (minor, code, expected) in cases {
            assert_eq!(money(minor, code).format(Language::ENGLISH), expected);
        }
    }

    #[test]
    fn german_readers_see_it_behind_with_a_comma() {
        let cases = [
            (4500, "eur", "45,00 €"),
            (159_500, "usd", "1.595,00 $"),
            (4500, "jpy", "4.500 ¥"),
            (4500, "chf", "45,00 CHF"),
            (-5, "eur", "-0,05 €"),
        ];
        for (minor, code, expected) in cases {
            assert_eq!(money(minor, code).format(Language::GERMAN), expected);
        }
    }

    #[test]
    fn each_other_language_writes_it_as_its_readers_do() {
        let cases = [
            (
                Language::FRENCH,
                "45,00 €",
                "1\u{202f}595,00 €",
                "12\u{202f}500,00 €",
            ),
            (Language::SPANISH, "45,00 €", "1595,00 €", "12.500,00 €"),
            (Language::ITALIAN, "45,00 €", "1.595,00 €", "12.500,00 €"),
            (Language::DUTCH, "€ 45,00", "€ 1.595,00", "€ 12.500,00"),
        ];
        for (language, small, large, larger) in cases {
            let said = [4500, 159_500, 1_250_000].map(|minor| money(minor, "eur").format(language));
            assert_eq!(said, [small, large, larger]);
        }
        assert_eq!(money(-4500, "chf").format(Language::DUTCH), "CHF -45,00");
        assert_eq!(money(-4500, "chf").format(Language::FRENCH), "-45,00 CHF");
    }

    #[test]
    fn kronur_show_no_hundredths_unless_there_are_some() {
        assert_eq!(money(150_000, "isk").format(Language::ENGLISH), "ISK 1,500");
        assert_eq!(
            money(150_050, "isk").format(Language::ENGLISH),
            "ISK 1,500.50"
        );
        assert_eq!(money(150_000, "isk").decimal(), "1500.00");
    }

    #[test]
    fn the_plain_form_has_stripes_decimals() {
        for (minor, code, expected) in [
            (4500, "eur", "45.00"),
            (4500, "jpy", "4500"),
            (4500, "kwd", "4.500"),
            (-1, "eur", "-0.01"),
        ] {
            assert_eq!(money(minor, code).decimal(), expected);
        }
        assert_eq!(money(i64::MIN, "eur").decimal(), "-92233720368547758.08");
        assert_eq!(money(4500, "eur").to_string(), "45.00 EUR");
    }

    #[test]
    fn sums_keep_to_one_currency_and_do_not_wrap() {
        let (euros, dollars) = (money(4500, "eur"), money(4500, "usd"));
        assert_eq!(euros.checked_add(euros), Ok(money(9000, "eur")));
        assert_eq!(
            euros.checked_sub(money(5000, "eur")),
            Ok(money(-500, "eur"))
        );
        assert_eq!(
            euros.checked_add(dollars),
            Err(ArithmeticError::Currencies(
                currency("eur"),
                currency("usd")
            ))
        );
        assert_eq!(
            money(i64::MAX, "eur").checked_add(euros),
            Err(ArithmeticError::Overflow)
        );
    }
}
