//! A new order as the API takes it, and what has become of it once every field has been checked.

use std::collections::BTreeMap;

use icu_normalizer::DecomposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::currency::Currency;
use super::email::Email;
use super::line::{self, Line, LineDraft, NO_LINES, check_lines, check_sums};
use super::locale::Locale;
use super::metadata::Metadata;
use super::mode::{Mode, NEEDS_A_PRICE};
use super::problem::Problems;
use super::text::{Name, Reference};

/// The body of `POST /orders`, not yet checked. An unknown field is refused by name. What is
/// required is optional here, so that one answer can list all that is missing or wrong. It has no
/// `Debug`, since it holds the address in clear.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    reference: Option<String>,
    email: Option<String>,
    name: Option<String>,
    currency: Option<String>,
    lines: Option<Vec<LineDraft>>,
    metadata: Option<BTreeMap<String, serde_json::Value>>,
    mode: Option<String>,
    locale: Option<String>,
    remind: Option<bool>,
    automatic_tax: Option<bool>,
    promotion_codes: Option<bool>,
}

/// A checked order. Two are equal when a payer would be asked for the same. Serialised it carries
/// the address in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewOrder {
    /// What the shop calls it.
    pub reference: Reference,
    /// Whom to write to, if anybody.
    pub email: Option<Email>,
    /// The payer's name, if known.
    pub name: Option<Name>,
    /// The currency of every amount.
    pub currency: Currency,
    /// 1 to 100 lines.
    pub lines: Vec<Line>,
    /// The shop's own notes, handed on to Stripe.
    pub metadata: Metadata,
    /// One payment, or a subscription.
    pub mode: Mode,
    /// The language of the payer.
    pub locale: Locale,
    /// Whether a reminder may be sent.
    pub remind: bool,
    /// Whether Stripe works out the taxes at the checkout.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic_tax: bool,
    /// Whether the checkout takes promotion codes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promotion_codes: bool,
}

impl TryFrom<Draft> for NewOrder {
    type Error = Problems;

    fn try_from(draft: Draft) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let reference = Reference::parse(&draft.reference.unwrap_or_default());
        let reference = problems.take("reference", reference);
        let email = draft.email.as_deref().map(Email::parse).transpose();
        let email = problems.take("email", email);
        let name = draft.name.as_deref().map(Name::parse).transpose();
        let name = problems.take("name", name);
        let currency = Currency::parse(&draft.currency.unwrap_or_default());
        let currency = problems.take("currency", currency);
        let lines = check_lines(draft.lines.unwrap_or_default(), currency, &mut problems);
        if lines.as_ref().is_some_and(Vec::is_empty) {
            problems.add("lines", NO_LINES);
        }
        let metadata = check_metadata(draft.metadata.unwrap_or_default(), &mut problems);
        let mode = draft
            .mode
            .as_deref()
            .map_or(Ok(Mode::default()), Mode::parse);
        let mode = problems.take("mode", mode);
        let locale = draft
            .locale
            .as_deref()
            .map_or(Ok(Locale::default()), Locale::parse);
        let locale = problems.take("locale", locale);

        let order = (|| {
            Some(Self {
                reference: reference?,
                email: email?,
                name: name?,
                currency: currency?,
                lines: lines?,
                metadata,
                mode: mode?,
                locale: locale?,
                remind: draft.remind.unwrap_or(true),
                automatic_tax: draft.automatic_tax.unwrap_or(false),
                promotion_codes: draft.promotion_codes.unwrap_or(false),
            })
        })();
        problems.or(order)?.checked()
    }
}

impl NewOrder {
    /// Checks what no field shows by itself: the sums, and the mode against the lines.
    pub(crate) fn checked(self) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        check_sums(&self.lines, self.currency, &mut problems);
        if self.mode == Mode::Subscription && !line::have_catalogue_prices(&self.lines) {
            problems.add("mode", NEEDS_A_PRICE);
        }
        problems.or(Some(self))
    }

    /// A fingerprint (SHA-256, hex) of the whole content, by which the same order sent again is
    /// known even if the stored one has been changed since. It is kept in the database: a field
    /// added to [`NewOrder`] later must be skipped in JSON where it has its default.
    pub fn content_hash(&self) -> String {
        hex::encode(Sha256::digest(self.json()))
    }

    /// The same of the content in decomposed letters (Unicode NFD), as a Mac writes a file: texts were
    /// once kept and hashed as they came.
    pub fn content_hash_decomposed(&self) -> String {
        let json = self.json();
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&json);
        hex::encode(Sha256::digest(decomposed.as_bytes()))
    }

    fn json(&self) -> String {
        serde_json::to_string(self).expect("plain texts and numbers always become JSON")
    }
}

fn check_metadata(pairs: BTreeMap<String, serde_json::Value>, problems: &mut Problems) -> Metadata {
    let mut metadata = Metadata::default();
    for (key, value) in pairs {
        let field = format!("metadata.{}", key.chars().take(40).collect::<String>());
        match value.as_str() {
            Some(text) => _ = problems.take(&field, metadata.insert(&key, text)),
            None => problems.add(field, "the value must be a text; put it in quotation marks"),
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order() -> Value {
        json!({
            "reference": "U12-Miller",
            "email": "jane@example.org",
            "name": "Jane Miller",
            "currency": "EUR",
            "lines": [{"description": "Fee", "unit_amount": 4500, "quantity": 2}],
            "metadata": {"team": "U12"},
            "locale": "de"
        })
    }

    fn with(field: &str, value: Value) -> Value {
        let mut order = order();
        order[field] = value;
        order
    }

    fn check(body: Value) -> Result<NewOrder, String> {
        let draft: Draft = serde_json::from_value(body).map_err(|error| error.to_string())?;
        NewOrder::try_from(draft).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_sound_order_is_taken_and_knows_its_total() {
        let order = check(order()).unwrap();
        assert_eq!(line::total(&order.lines), Some(9000));
        assert_eq!((order.mode, order.remind), (Mode::Payment, true));
        assert!(!format!("{order:?}").contains("jane@"));
    }

    #[test]
    fn only_reference_currency_and_one_line_are_required_and_the_quantity_is_one() {
        let order = check(json!({
            "reference": "R1", "currency": "jpy", "email": null,
            "lines": [{"description": "Fee", "unit_amount": 4500}]
        }))
        .unwrap();
        assert_eq!(line::total(&order.lines), Some(4500));
        assert_eq!((order.email, order.locale), (None, Locale::default()));
    }

    #[test]
    fn every_problem_is_listed_with_its_field() {
        let body = json!({
            "reference": " ",
            "email": "jane",
            "currency": "euro",
            "lines": [
                {"description": "", "unit_amount": -5, "quantity": 0},
                {"price": "prod_1"},
                {"price": "price_1", "unit_amount": 5}
            ],
            "metadata": {"order_id": "x", "team": 12},
            "mode": "setup",
            "locale": "klingon"
        });
        let draft: Draft = serde_json::from_value(body).unwrap();
        let problems = NewOrder::try_from(draft).unwrap_err();
        let fields: Vec<_> = problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "reference",
                "email",
                "currency",
                "lines[0].quantity",
                "lines[0].description",
                "lines[0].unit_amount",
                "lines[1].price",
                "lines[2]",
                "metadata.order_id",
                "metadata.team",
                "mode",
                "locale"
            ]
        );
    }

    #[test]
    fn an_empty_body_says_what_is_missing() {
        assert_eq!(
            check(json!({})).unwrap_err(),
            "reference: this must not be missing or empty; \
             currency: the currency is missing; write its three letters, like EUR; \
             lines: an order needs at least one line"
        );
        assert_eq!(
            check(with("lines", json!([]))).unwrap_err(),
            "lines: an order needs at least one line"
        );
    }

    #[test]
    fn a_typo_is_an_error_that_names_the_field() {
        assert!(
            check(with("refrence", json!("x")))
                .unwrap_err()
                .contains("`refrence`")
        );
        let line = json!([{"description": "Fee", "unit_ammount": 4500}]);
        assert!(
            check(with("lines", line))
                .unwrap_err()
                .contains("`unit_ammount`")
        );
    }

    #[test]
    fn sums_beyond_stripes_limit_are_refused() {
        let line = |unit_amount: i64, quantity: i64| json!({"description": "Fee", "unit_amount": unit_amount, "quantity": quantity});
        assert!(check(with("lines", json!([line(99_999_999, 1)]))).is_ok());
        assert!(
            check(with("lines", json!([line(50_000_000, 2)])))
                .unwrap_err()
                .starts_with("lines[0]: ")
        );
        assert!(
            check(with("lines", json!([line(99_999_999, 999_999)])))
                .unwrap_err()
                .starts_with("lines[0]: ")
        );
        assert!(
            check(with("lines", json!([line(99_999_999, 1), line(1, 1)])))
                .unwrap_err()
                .starts_with("lines: ")
        );
        assert!(check(with("lines", json!(vec![line(1, 1); 100]))).is_ok());
        assert!(
            check(with("lines", json!(vec![line(1, 1); 101])))
                .unwrap_err()
                .contains("101 lines")
        );
    }

    #[test]
    fn the_total_with_a_catalogue_price_is_unknown_until_stripe_is_asked() {
        let lines = json!([{"price": "price_1"}, {"description": "Fee", "unit_amount": 4500}]);
        let order = check(with("lines", lines)).unwrap();
        assert_eq!(line::total(&order.lines), None);
    }

    #[test]
    fn a_subscription_needs_a_catalogue_price() {
        assert!(
            check(with("mode", json!("subscription")))
                .unwrap_err()
                .starts_with("mode: ")
        );
        let mut body = with("mode", json!("subscription"));
        body["lines"] = json!([{"price": "price_1"}]);
        assert_eq!(check(body).unwrap().mode, Mode::Subscription);
    }

    #[test]
    fn the_same_content_is_recognised_and_any_other_is_not() {
        let original = check(order()).unwrap();
        let respelled = check(with("currency", json!("eur"))).unwrap();
        assert_eq!(respelled, original);
        assert_eq!(respelled.content_hash(), original.content_hash());
        for (field, value) in [
            ("reference", json!("R2")),
            ("email", json!(null)),
            ("name", json!("Joe")),
            ("currency", json!("usd")),
            (
                "lines",
                json!([{"description": "Fee", "unit_amount": 9000}]),
            ),
            ("metadata", json!({})),
            ("locale", json!("en")),
            ("remind", json!(false)),
            ("automatic_tax", json!(true)),
            ("promotion_codes", json!(true)),
        ] {
            let other = check(with(field, value)).unwrap();
            assert_ne!(other, original, "{field}");
            assert_ne!(other.content_hash(), original.content_hash(), "{field}");
        }
    }

    #[test]
    fn the_fingerprint_does_not_change_from_one_version_to_the_next() {
        assert_eq!(
            check(order()).unwrap().content_hash(),
            "3d153f2646a80902d14bb11fd09dec10c48f7cf4c548f3ea5de93391154f3049"
        );
    }
}
