//! Currencies as Stripe charges in them.
//!
//! Facts from Stripe's page *Supported currencies* (<https://docs.stripe.com/currencies>), which
//! overrides ISO 4217: Stripe counts ISK and UGX in hundredths though neither has any.

use std::fmt;

use iso_currency::Currency as Iso;
use serde::{Deserialize, Serialize};

/// The codes that Stripe charges in, sorted. Left out on purpose, since ISO 4217 has withdrawn
/// them: `ang` (now `xcg`), `bgn` and `hrk` (now `eur`), `sll` (now `sle`), `std`.
#[rustfmt::skip]
const CHARGED: [&str; 137] = [
    "aed", "afn", "all", "amd", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bhd",
    "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "clp",
    "cny", "cop", "crc", "cve", "czk", "djf", "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd",
    "fkp", "gbp", "gel", "gip", "gmd", "gnf", "gtq", "gyd", "hkd", "hnl", "htg", "huf", "idr",
    "ils", "inr", "isk", "jmd", "jod", "jpy", "kes", "kgs", "khr", "kmf", "krw", "kwd", "kyd",
    "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop",
    "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "omr",
    "pab", "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron", "rsd", "rub", "rwf", "sar",
    "sbd", "scr", "sek", "sgd", "shp", "sle", "sos", "srd", "szl", "thb", "tjs", "tnd", "top",
    "try", "ttd", "twd", "tzs", "uah", "ugx", "usd", "uyu", "uzs", "vnd", "vuv", "wst", "xaf",
    "xcd", "xcg", "xof", "xpf", "yer", "zar", "zmw",
];

/// A currency that Stripe charges in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Currency(&'static str);

/// Why a text is no currency that can be charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyError {
    /// The field was left empty.
    #[error("the currency is missing; write its three letters, like EUR")]
    Missing,
    /// No such code in ISO 4217. It is not repeated: in a shifted row it is somebody's address.
    #[error("this is not a currency code; write the three letters of ISO 4217, like EUR")]
    Unknown,
    /// The code exists, but Stripe takes no payments in it.
    #[error("Stripe does not charge in {0}; choose another currency")]
    NotCharged(String),
}

impl Currency {
    /// Reads a three-letter code in any case, with blanks around it allowed.
    pub fn parse(text: &str) -> Result<Self, CurrencyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(CurrencyError::Missing);
        }
        let code = text.to_ascii_lowercase();
        if let Ok(found) = CHARGED.binary_search(&code.as_str()) {
            return Ok(Self(CHARGED[found]));
        }
        let upper = text.to_ascii_uppercase();
        match Iso::from_code(&upper) {
            Some(_) => Err(CurrencyError::NotCharged(upper)),
            None => Err(CurrencyError::Unknown),
        }
    }

    /// The code as Stripe writes it: `eur`.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// The code as people write it: `EUR`.
    pub fn upper(self) -> String {
        self.0.to_ascii_uppercase()
    }

    /// The English name: `Euro`.
    pub fn name(self) -> String {
        Iso::from_code(&self.upper()).map_or_else(|| self.upper(), |iso| iso.name().to_owned())
    }

    /// How many decimals an amount in minor units has, after Stripe's table: 0, 2 or 3.
    pub fn exponent(self) -> u32 {
        match self.0 {
            "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf"
            | "vnd" | "vuv" | "xaf" | "xof" | "xpf" => 0,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
            _ => 2,
        }
    }

    /// Minor units that an amount must be a multiple of, or Stripe refuses it: 100 for ISK and UGX,
    /// which have whole units only but are counted in hundredths; 10 where there are three
    /// decimals, the last of which the card networks do not carry.
    pub fn step(self) -> i64 {
        match self.0 {
            "isk" | "ugx" => 100,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
            _ => 1,
        }
    }

    /// The symbol that English readers take for this currency and no other, if there is one.
    pub(super) fn symbol(self) -> Option<&'static str> {
        Some(match self.0 {
            "aud" => "A$",
            "brl" => "R$",
            "cad" => "CA$",
            "cny" => "CN¥",
            "eur" => "€",
            "gbp" => "£",
            "hkd" => "HK$",
            "ils" => "₪",
            "inr" => "₹",
            "jpy" => "¥",
            "krw" => "₩",
            "mxn" => "MX$",
            "nzd" => "NZ$",
            "php" => "₱",
            "twd" => "NT$",
            "usd" => "$",
            "vnd" => "₫",
            _ => return None,
        })
    }
}

impl fmt::Display for Currency {
    /// As people write it: `EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.upper())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        Self::parse(&text)
    }
}

impl From<Currency> for &'static str {
    fn from(currency: Currency) -> Self {
        currency.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn the_list_is_sorted_so_that_every_code_is_found_and_iso_knows_each() {
        assert!(CHARGED.is_sorted());
        for code in CHARGED {
            assert_eq!(currency(code).code(), code);
            assert!(
                Iso::from_code(&code.to_ascii_uppercase()).is_some(),
                "{code}"
            );
        }
    }

    #[test]
    fn any_case_and_blanks_around_it_are_accepted() {
        assert_eq!(currency(" EuR ").code(), "eur");
        assert_eq!(currency("EUR").name(), "Euro");
        assert_eq!(currency("eur").to_string(), "EUR");
    }

    #[test]
    fn what_cannot_be_charged_is_refused_with_the_reason() {
        let refusal = |text| Currency::parse(text).unwrap_err();
        assert_eq!(refusal("  "), CurrencyError::Missing);
        assert_eq!(refusal("euro"), CurrencyError::Unknown);
        assert_eq!(refusal("ÄÖÜ"), CurrencyError::Unknown);
        assert_eq!(refusal("xau"), CurrencyError::NotCharged("XAU".into()));
        assert_eq!(
            refusal("irr").to_string(),
            "Stripe does not charge in IRR; choose another currency"
        );
    }

    #[test]
    fn stripes_exponents_win_over_isos() {
        for (code, exponent, step) in [
            ("eur", 2, 1),
            ("jpy", 0, 1),
            ("kwd", 3, 10),
            ("isk", 2, 100),
            ("ugx", 2, 100),
            ("huf", 2, 1),
            ("twd", 2, 1),
        ] {
            assert_eq!(
                (currency(code).exponent(), currency(code).step()),
                (exponent, step),
                "{code}"
            );
        }
    }

    #[test]
    fn except_for_isk_and_ugx_the_exponents_are_those_of_iso() {
        for code in CHARGED
            .into_iter()
            .filter(|code| currency(code).step() != 100)
        {
            let iso = Iso::from_code(&code.to_ascii_uppercase())
                .unwrap()
                .exponent();
            // ISO counts the ariary in fifths and writes two decimals; Stripe knows whole ones only.
            let expected = if code == "mga" {
                Some(0)
            } else {
                iso.map(u32::from)
            };
            assert_eq!(Some(currency(code).exponent()), expected, "{code}");
        }
    }

    #[test]
    fn json_carries_the_lower_case_code() {
        assert_eq!(serde_json::to_string(&currency("EUR")).unwrap(), r#""eur""#);
        assert_eq!(
            serde_json::from_str::<Currency>(r#""GBP""#).unwrap(),
            currency("gbp")
        );
        assert!(serde_json::from_str::<Currency>(r#""xyz""#).is_err());
    }
}
