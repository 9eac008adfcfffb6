//! Stripe's ids, checked where they come in: they go into paths, rows and lines of the log.

use miniserde::json::Value;

use super::CallError;

/// Longer than any that Stripe makes, in bytes.
const LONGEST: usize = 255;

/// Whether it is of the form of Stripe's ids: letters, digits and underscores, and not too many.
pub(super) fn is_plain(id: &str) -> bool {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(is_safe)
}

/// An expandable field is an id, or the object that has it; `None` if that is none of Stripe's form.
pub(super) fn id_of(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(id) => id,
        Value::Object(object) => match object.get("id") {
            Some(Value::String(id)) => id,
            _ => return None,
        },
        _ => return None,
    };
    is_plain(id).then(|| id.clone())
}

/// The `pi_…` of such a field; `None` if there is none.
///
/// # Errors
/// [`CallError::Unreadable`] if there is one that is no payment intent's: its money would be nobody's.
pub(super) fn payment_intent(value: Option<&Value>) -> Result<Option<String>, CallError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => id_of(value)
            .filter(|id| id.len() > 3 && id.starts_with("pi_"))
            .map(Some)
            .ok_or_else(|| CallError::unreadable("its payment_intent is no id of one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        miniserde::json::from_str(json).expect("JSON")
    }

    #[test]
    fn what_could_be_another_path_or_line_is_no_id() {
        let long = format!("pi_{}", "1".repeat(253));
        for odd in [
            "",
            "../../v1/balance?x=",
            "pi_1\r\nX: y",
            "pi_1\0",
            "pi 1",
            "pi_ü",
            &long,
        ] {
            assert!(!is_plain(odd), "{odd:?}");
        }
        assert!(is_plain("cs_test_a1B2") && is_plain("evt_1"));
    }

    #[test]
    fn an_expanded_field_has_its_id_inside() {
        assert_eq!(id_of(&value(r#""cus_1""#)).as_deref(), Some("cus_1"));
        assert_eq!(id_of(&value(r#"{"id":"cus_1"}"#)).as_deref(), Some("cus_1"));
        for none in ["null", "7", "{}", r#""""#, r#"{"id":"a/b"}"#] {
            assert_eq!(id_of(&value(none)), None, "{none}");
        }
    }

    #[test]
    fn a_payment_intent_is_none_or_one_or_not_to_be_believed() {
        let read = |json: &str| payment_intent(Some(&value(json)));
        assert_eq!(payment_intent(None), Ok(None));
        assert_eq!(read("null"), Ok(None));
        assert_eq!(read(r#""pi_1""#), Ok(Some("pi_1".to_owned())));
        for odd in [r#""""#, r#""pi_""#, r#""ch_1""#, r#""pi_../1""#, "7", "{}"] {
            assert!(matches!(read(odd), Err(CallError::Unreadable(_))), "{odd}");
        }
    }
}
