//! A change of an order that stands: other lines, another address, another name.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::currency::Currency;
use super::email::Email;
use super::line::{Line, LineDraft, check_lines, check_sums, have_catalogue_prices};
use super::locale::Locale;
use super::mode::{Mode, NEEDS_A_PRICE};
use super::problem::Problems;
use super::text::Name;

/// What happens to a field of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// It was not mentioned and stays.
    #[default]
    Keep,
    /// An explicit `null`: it is emptied.
    Clear,
    /// It gets this value.
    Set(T),
}

/// The body of `PATCH /orders/{id}`, not yet checked. An unknown field is refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeDraft {
    #[serde(default)]
    lines: Edit<Vec<LineDraft>>,
    #[serde(default)]
    email: Edit<String>,
    #[serde(default)]
    name: Edit<String>,
}

/// A checked change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The new lines, all of them.
    pub lines: Option<Vec<Line>>,
    /// What happens to the address.
    pub email: Edit<Email>,
    /// What happens to the name.
    pub name: Edit<Name>,
    /// The new language. Only a spreadsheet has a say in it.
    pub locale: Option<Locale>,
    /// The shop's own keys, all of them. Only a spreadsheet has a say in them.
    pub metadata: Option<BTreeMap<String, String>>,
}

impl ChangeDraft {
    /// Checks the change of an order in this currency and mode, by the rules for new ones.
    pub fn check(self, currency: Currency, mode: Mode) -> Result<Change, Problems> {
        let mut problems = Problems::default();
        let lines = match self.lines {
            Edit::Keep => None,
            Edit::Clear => {
                problems.add(
                    "lines",
                    "an order needs at least one line; cancel it if nothing is owed",
                );
                None
            }
            Edit::Set(drafts) => check_lines(drafts, Some(currency), &mut problems),
        };
        if let Some(lines) = &lines {
            check_sums(lines, currency, &mut problems);
            if mode == Mode::Subscription && !have_catalogue_prices(lines) {
                problems.add("lines", NEEDS_A_PRICE);
            }
        }
        let email = self.email.check(Email::parse);
        let email = problems.take("email", email);
        let name = self.name.check(Name::parse);
        let name = problems.take("name", name);
        let change = email.zip(name).map(|(email, name)| Change {
            lines,
            email,
            name,
            ..Change::default()
        });
        problems.or(change)
    }
}

impl Change {
    /// Whether nothing was mentioned.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<T> Edit<T> {
    /// What the field holds afterwards.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(after) => Some(after),
        }
    }
}

impl Edit<String> {
    fn check<T, E>(self, parse: fn(&str) -> Result<T, E>) -> Result<Edit<T>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(text) => Edit::Set(parse(&text)?),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<Change, String> {
        let draft: ChangeDraft = serde_json::from_value(body).map_err(|error| error.to_string())?;
        draft
            .check(Currency::parse("eur").unwrap(), Mode::Payment)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_not_mentioned_stays_and_null_clears() {
        let change = check(json!({"email": null, "name": "Joe"})).unwrap();
        assert_eq!(change.lines, None);
        assert_eq!(
            change
                .email
                .clone()
                .apply(Some(Email::parse("j@example.org").unwrap())),
            None
        );
        assert_eq!(change.name, Edit::Set(Name::parse("Joe").unwrap()));
        assert_eq!(Edit::Keep.apply(Some(1)), Some(1));
    }

    #[test]
    fn an_empty_change_is_known_as_such() {
        assert!(check(json!({})).unwrap().is_empty());
        assert!(!check(json!({"name": null})).unwrap().is_empty());
    }

    #[test]
    fn the_rules_are_those_for_new_orders_and_all_problems_are_listed() {
        let problems = check(json!({
            "lines": [{"description": "Fee", "unit_amount": 0}], "email": "jane", "name": ""
        }))
        .unwrap_err();
        for field in ["lines[0].unit_amount: ", "email: ", "name: "] {
            assert!(problems.contains(field), "{problems}");
        }
        assert!(
            check(json!({"lines": []}))
                .unwrap_err()
                .starts_with("lines: ")
        );
        assert!(
            check(json!({"lines": null}))
                .unwrap_err()
                .contains("cancel it")
        );
        assert!(
            check(json!({"currency": "usd"}))
                .unwrap_err()
                .contains("`currency`")
        );
        let twice =
            json!({"lines": vec![json!({"description": "Fee", "unit_amount": 60_000_000}); 2]});
        assert!(check(twice).unwrap_err().contains("€999,999.99"));
    }

    #[test]
    fn new_lines_replace_all_the_old_ones() {
        let change =
            check(json!({"lines": [{"description": "Fee", "unit_amount": 4500}]})).unwrap();
        assert_eq!(change.lines.unwrap().len(), 1);
    }
}
