//! Whom and what an event names: what is searched for while it waits to be worked on.

use miniserde::json::{Object, Value};
use uuid::Uuid;

use super::session::ROW_KEY;

/// No name that is ours is longer, in bytes. A longer one names nothing, and an index would refuse it.
const LONGEST: usize = 1_000;

/// What an event names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The session that it is about, `cs_…`.
    pub session_id: Option<String>,
    /// Our row's id: all that names the session of a mint whose answer was lost.
    pub session_row: Option<Uuid>,
    /// Orders' ids and references, as our mints and other systems write them.
    pub orders: Vec<String>,
    /// The payer's addresses.
    pub addresses: Vec<String>,
}

/// Something is not of the form in which Stripe writes it: nobody can say whom it names.
struct Odd;

impl Names {
    /// Reads what `object`, an event's `data.object`, names; `None` if that cannot be read.
    pub(super) fn read(object: &Value) -> Option<Self> {
        let Value::Object(object) = object else {
            return None;
        };
        Self::of(object).ok()
    }

    fn of(object: &Object) -> Result<Self, Odd> {
        let none = Object::new();
        let metadata = part(object, "metadata")?.unwrap_or(&none);
        let row = text(metadata, ROW_KEY)?.and_then(|row| row.parse().ok());
        let orders = [
            text(object, "client_reference_id")?,
            text(metadata, "order_id")?,
            text(metadata, "reference")?,
        ];
        Ok(Self {
            session_id: session_id(object),
            session_row: row,
            orders: names(orders),
            addresses: addresses(object)?,
        })
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn session_id(object: &Object) -> Option<String> {
    let Some(Value::String(id)) = object.get("id") else {
        return None;
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (id.starts_with("cs_") && id.len() <= LONGEST && id.chars().all(plain)).then(|| id.clone())
}

/// A session's, a charge's, a refund's and a dispute's.
fn addresses(object: &Object) -> Result<Vec<String>, Odd> {
    let mut found = vec![
        text(object, "customer_email")?,
        text(object, "receipt_email")?,
        // A refund's, where the payer has to say where to.
        text(object, "instructions_email")?,
    ];
    for (key, address) in [
        ("customer_details", "email"),
        ("billing_details", "email"),
        ("evidence", "customer_email_address"),
    ] {
        if let Some(part) = part(object, key)? {
            found.push(text(part, address)?);
        }
    }
    if let Some(told) = instructions(object)? {
        found.push(text(told, "email_sent_to")?);
    }
    // An id, or the customer itself.
    if let Some(Value::Object(customer)) = object.get("customer") {
        found.push(text(customer, "email")?);
    }
    Ok(names(found))
}

/// Whom Stripe has written to about a refund.
fn instructions(object: &Object) -> Result<Option<&Object>, Odd> {
    let mut at = Some(object);
    for key in ["next_action", "display_details", "email_sent"] {
        at = match at {
            Some(object) => part(object, key)?,
            None => None,
        };
    }
    Ok(at)
}

/// Each once, without those that can name nothing. PostgreSQL keeps no text with a zero byte.
fn names<'a>(found: impl IntoIterator<Item = Option<&'a str>>) -> Vec<String> {
    let named = |name: &&str| !name.is_empty() && name.len() <= LONGEST && !name.contains('\0');
    let mut names: Vec<String> = found
        .into_iter()
        .flatten()
        .filter(named)
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn text<'a>(object: &'a Object, key: &str) -> Result<Option<&'a str>, Odd> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Odd),
    }
}

fn part<'a>(object: &'a Object, key: &str) -> Result<Option<&'a Object>, Odd> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(part)) => Ok(Some(part)),
        Some(_) => Err(Odd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Names> {
        Names::read(&miniserde::json::from_str(json).expect("JSON"))
    }

    #[test]
    fn a_session_names_itself_our_row_the_order_and_the_payer() {
        let names = read(
            r#"{"id":"cs_test_1","client_reference_id":"7","customer_email":"kim@example.org",
                "customer_details":{"email":"Kim@example.org","name":null},"customer":"cus_1",
                "metadata":{"order_id":"7","reference":"CUP-1","team":"U12",
                    "freshmint_session":"00000000-0000-0000-0000-000000000007"}}"#,
        );
        let expected = Names {
            session_id: Some("cs_test_1".to_owned()),
            session_row: Some(Uuid::from_u128(7)),
            orders: vec!["7".to_owned(), "CUP-1".to_owned()],
            addresses: vec!["Kim@example.org".to_owned(), "kim@example.org".to_owned()],
        };
        assert_eq!(names, Some(expected));
    }

    #[test]
    fn a_charge_a_refund_and_a_dispute_name_the_payer_and_the_order_of_their_intent() {
        let charge = read(
            r#"{"id":"ch_1","receipt_email":"kim@example.org","billing_details":{"email":"ann@example.org"},
                "customer":{"id":"cus_1","email":"bo@example.org"},"metadata":{"order_id":"7"}}"#,
        );
        let expected = Names {
            orders: vec!["7".to_owned()],
            addresses: ["ann@example.org", "bo@example.org", "kim@example.org"]
                .map(str::to_owned)
                .to_vec(),
            ..Names::default()
        };
        assert_eq!(charge, Some(expected));
        let refund = r#"{"id":"re_1","instructions_email":"kim@example.org","next_action":
            {"type":"display_details","display_details":{"email_sent":{"email_sent_to":"ann@example.org"}}}}"#;
        assert_eq!(
            read(refund).expect("readable").addresses,
            ["ann@example.org", "kim@example.org"]
        );
        let dispute = r#"{"id":"dp_1","evidence":{"customer_email_address":"kim@example.org"}}"#;
        assert_eq!(
            read(dispute).expect("readable").addresses,
            ["kim@example.org"]
        );
    }

    #[test]
    fn what_names_nothing_of_ours_is_left_out() {
        let long = "x".repeat(1_001);
        for nothing in [
            "{}".to_owned(),
            r#"{"id":"price_1","metadata":{},"customer":null,"customer_details":null}"#.to_owned(),
            r#"{"id":"cs_1\n","client_reference_id":"","metadata":{"freshmint_session":"?"}}"#
                .to_owned(),
            r#"{"client_reference_id":"a\u0000b"}"#.to_owned(),
            format!(r#"{{"id":"cs_{long}","metadata":{{"reference":"{long}"}}}}"#),
        ] {
            let names = read(&nothing).expect("readable");
            assert!(names.is_empty(), "{nothing}: {names:?}");
        }
    }

    #[test]
    fn what_is_not_of_the_form_that_we_know_may_name_anybody() {
        for odd in [
            "null",
            "[]",
            r#""cs_1""#,
            r#"{"metadata":"x"}"#,
            r#"{"metadata":{"order_id":7}}"#,
            r#"{"customer_details":"kim@example.org"}"#,
            r#"{"customer_email":["kim@example.org"]}"#,
            r#"{"customer":{"email":{}}}"#,
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
