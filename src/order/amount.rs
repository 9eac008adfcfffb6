//! What may be charged: amounts read and checked as they come in.

use super::currency::Currency;
use super::money::Money;
use crate::language::Language;

/// The largest amount of a line or an order, in minor units: Stripe takes eight digits
/// (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>).
pub const MAX_MINOR: i64 = 99_999_999;

/// Why an amount is not one that can be charged. Each is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The field was left empty.
    #[error("the amount is missing; write it like 45.00")]
    Missing,
    /// A plus or minus sign.
    #[error("write the amount without a sign")]
    Sign,
    /// `1.595,00`, `1,595,00` and the like.
    #[error("write the amount without thousands separators, like 1595.00")]
    Thousands,
    /// Anything but ASCII digits and one decimal separator.
    #[error("write the amount in plain digits, like 45.00, without a currency or blanks")]
    NotPlain,
    /// More decimals than the currency has.
    #[error("{0} has {1}; write no more, and no thousands separators")]
    Decimals(Currency, &'static str),
    /// Zero or less.
    #[error("the amount must be more than zero")]
    NotPositive,
    /// Above [`MAX_MINOR`].
    #[error("the amount is too large: Stripe takes at most {}", Money { minor: MAX_MINOR, currency: *.0 }.format(Language::ENGLISH))]
    TooLarge(Currency),
    /// A fraction of a unit that has none in practice (ISK, UGX).
    #[error("{0} has whole units only; round the amount (the API writes 100 for one {0})")]
    WholeUnits(Currency),
    /// A third decimal that is not 0.
    #[error("Stripe asks for a 0 as the last of the three decimals of {0}; round the amount")]
    LastDigit(Currency),
}

/// Reads an amount in the major unit as a spreadsheet has it (`45.00`, `45,00`, `45`) and answers
/// in minor units, checked as by [`check_minor`]. No sign, grouping, exponent or other script's
/// digits; fewer decimals than the currency has are fine, more are not.
pub fn parse_decimal(text: &str, currency: Currency) -> Result<i64, AmountError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AmountError::Missing);
    }
    if text.starts_with(['-', '+', '−']) {
        return Err(AmountError::Sign);
    }
    let mut parts = text.split(['.', ',']);
    let (whole, fraction) = (parts.next().unwrap_or_default(), parts.next());
    let more = parts.next().is_some();
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !text.split(['.', ',']).all(plain) {
        return Err(AmountError::NotPlain);
    }
    if more {
        return Err(AmountError::Thousands);
    }
    let exponent = currency.exponent() as usize;
    let fraction = fraction.unwrap_or_default();
    if fraction.len() > exponent {
        return Err(AmountError::Decimals(currency, decimals_of(currency)));
    }
    // Only digits are left, so the one way to fail is a number beyond i64.
    let minor = format!("{whole}{fraction:0<exponent$}")
        .parse()
        .map_err(|_| AmountError::TooLarge(currency))?;
    check_minor(minor, currency)?;
    Ok(minor)
}

fn decimals_of(currency: Currency) -> &'static str {
    match currency.exponent() {
        0 => "no decimals",
        2 => "two decimals",
        _ => "three decimals",
    }
}

/// Checks an amount that comes in minor units: more than zero, at most [`MAX_MINOR`], and a
/// multiple of what Stripe can charge in this currency.
pub fn check_minor(minor: i64, currency: Currency) -> Result<(), AmountError> {
    if minor <= 0 {
        return Err(AmountError::NotPositive);
    }
    if minor > MAX_MINOR {
        return Err(AmountError::TooLarge(currency));
    }
    match currency.step() {
        step if minor % step == 0 => Ok(()),
        100 => Err(AmountError::WholeUnits(currency)),
        _ => Err(AmountError::LastDigit(currency)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn parse(text: &str, code: &str) -> Result<i64, AmountError> {
        parse_decimal(text, currency(code))
    }

    #[test]
    fn a_spreadsheets_amount_is_read_with_point_or_comma() {
        let cases = [
            ("45.00", "eur", 4500),
            ("45,00", "eur", 4500),
            (" 45 ", "eur", 4500),
            ("45.5", "eur", 4550),
            ("045.50", "eur", 4550),
            ("0.01", "eur", 1),
            ("999999.99", "eur", 99_999_999),
            ("4500", "jpy", 4500),
            ("4.500", "kwd", 4500),
            ("4,51", "kwd", 4510),
            ("500", "isk", 50_000),
            ("500.00", "isk", 50_000),
            ("12.34", "huf", 1234),
        ];
        for (text, code, minor) in cases {
            assert_eq!(parse(text, code), Ok(minor), "{text} {code}");
        }
    }

    #[test]
    fn whatever_is_not_a_plain_positive_amount_is_refused_for_its_own_reason() {
        let (eur, jpy, kwd, isk) = (
            currency("eur"),
            currency("jpy"),
            currency("kwd"),
            currency("isk"),
        );
        let cases = [
            ("", eur, AmountError::Missing),
            ("-45.00", eur, AmountError::Sign),
            ("+45.00", eur, AmountError::Sign),
            ("−45.00", eur, AmountError::Sign),
            ("1,595.00", eur, AmountError::Thousands),
            ("1.595,00", eur, AmountError::Thousands),
            ("1.000.000", eur, AmountError::Thousands),
            ("1,595", eur, AmountError::Decimals(eur, "two decimals")),
            ("45.000", eur, AmountError::Decimals(eur, "two decimals")),
            ("4500.00", jpy, AmountError::Decimals(jpy, "no decimals")),
            ("4.5000", kwd, AmountError::Decimals(kwd, "three decimals")),
            ("4.501", kwd, AmountError::LastDigit(kwd)),
            ("500.50", isk, AmountError::WholeUnits(isk)),
            ("4.5e1", eur, AmountError::NotPlain),
            ("€45", eur, AmountError::NotPlain),
            ("45 00", eur, AmountError::NotPlain),
            ("1'595.00", eur, AmountError::NotPlain),
            ("٤٥", eur, AmountError::NotPlain),
            ("４５", eur, AmountError::NotPlain),
            (".50", eur, AmountError::NotPlain),
            ("45.", eur, AmountError::NotPlain),
            (".", eur, AmountError::NotPlain),
            ("45-", eur, AmountError::NotPlain),
            ("0", eur, AmountError::NotPositive),
            ("0.00", eur, AmountError::NotPositive),
            ("1000000.00", eur, AmountError::TooLarge(eur)),
            ("99999999999999999999999", eur, AmountError::TooLarge(eur)),
        ];
        for (text, currency, error) in cases {
            assert_eq!(parse_decimal(text, currency), Err(error), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        assert_eq!(
            parse("1,595", "eur").unwrap_err().to_string(),
            "EUR has two decimals; write no more, and no thousands separators"
        );
        assert_eq!(
            parse("1000000", "eur").unwrap_err().to_string(),
            "the amount is too large: Stripe takes at most €999,999.99"
        );
    }

    #[test]
    fn minor_units_from_the_api_meet_the_same_limits() {
        assert_eq!(check_minor(1, currency("eur")), Ok(()));
        assert_eq!(check_minor(MAX_MINOR, currency("eur")), Ok(()));
        assert_eq!(
            check_minor(0, currency("eur")),
            Err(AmountError::NotPositive)
        );
        assert_eq!(
            check_minor(i64::MIN, currency("eur")),
            Err(AmountError::NotPositive)
        );
        assert_eq!(
            check_minor(MAX_MINOR + 1, currency("eur")),
            Err(AmountError::TooLarge(currency("eur")))
        );
        assert_eq!(
            check_minor(150, currency("ugx")),
            Err(AmountError::WholeUnits(currency("ugx")))
        );
        assert_eq!(
            check_minor(1001, currency("tnd")),
            Err(AmountError::LastDigit(currency("tnd")))
        );
    }

    proptest! {
        #[test]
        fn what_is_written_plainly_is_read_back(units in 1..=MAX_MINOR, code in prop::sample::select(vec!["eur", "jpy", "kwd", "isk", "huf"])) {
            let currency = currency(code);
            let minor = units / currency.step() * currency.step();
            prop_assume!(minor > 0);
            let written = Money::new(minor, currency).decimal();
            prop_assert_eq!(parse_decimal(&written, currency), Ok(minor));
            prop_assert_eq!(parse_decimal(&written.replace('.', ","), currency), Ok(minor));
        }

        #[test]
        fn no_text_makes_the_reader_panic_or_pass_a_bad_amount(text in "\\PC{0,12}", code in prop::sample::select(vec!["eur", "jpy", "kwd", "isk"])) {
            if let Ok(minor) = parse_decimal(&text, currency(code)) {
                prop_assert_eq!(check_minor(minor, currency(code)), Ok(()));
            }
        }
    }
}
