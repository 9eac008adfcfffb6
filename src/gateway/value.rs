//! A part of a JSON document that was parsed once, read as one of our types.

use miniserde::{
    Deserialize, Error, Result,
    de::Visitor,
    json::{Number, Value},
};

use crate::foreign_text::{ForeignText, Limit};

/// What is nested deeper counts as null: nothing of Stripe's is, and a signed body of a megabyte of
/// brackets must not exhaust the stack.
const DEPTH: usize = 64;

/// A word of Stripe's, made safe: a currency, a status, a reason.
pub(super) fn word(text: &str) -> String {
    ForeignText::new(text, Limit::WORD).into()
}

/// Reads `value` as miniserde reads the same text.
pub(super) fn decode<T: Deserialize>(value: &Value) -> Result<T> {
    let mut decoded = None;
    visit(value, T::begin(&mut decoded), DEPTH)?;
    decoded.ok_or(Error)
}

fn visit(value: &Value, visitor: &mut dyn Visitor, depth: usize) -> Result<()> {
    match value {
        Value::Null => visitor.null(),
        Value::Bool(boolean) => visitor.boolean(*boolean),
        Value::Number(Number::U64(number)) => visitor.nonnegative(*number),
        Value::Number(Number::I64(number)) => visitor.negative(*number),
        Value::Number(Number::F64(number)) => visitor.float(*number),
        Value::String(text) => visitor.string(text),
        Value::Array(_) | Value::Object(_) if depth == 0 => visitor.null(),
        Value::Array(items) => {
            let mut sequence = visitor.seq()?;
            for item in items {
                visit(item, sequence.element()?, depth - 1)?;
            }
            sequence.finish()
        }
        Value::Object(fields) => {
            let mut map = visitor.map()?;
            for (key, value) in fields {
                visit(value, map.key(key)?, depth - 1)?;
            }
            map.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Thing {
        name: String,
        sizes: Option<Vec<i64>>,
        share: Option<f64>,
        on: Option<bool>,
        words: Option<BTreeMap<String, String>>,
    }

    fn parsed(json: &str) -> Value {
        miniserde::json::from_str(json).expect("JSON")
    }

    #[test]
    fn a_part_is_read_as_the_same_text_is() {
        for json in [
            r#"{"name":"a","sizes":[1,-2],"share":0.5,"on":true,"words":{"b":"c"},"new":{"d":[null]}}"#,
            r#"{"name":"a"}"#,
            r#"{"sizes":[]}"#,
            r#"{"name":7}"#,
            r#"{"name":"a","sizes":[1.5]}"#,
            "null",
            "[]",
        ] {
            let of_text = miniserde::json::from_str::<Thing>(json).ok();
            assert_eq!(decode::<Thing>(&parsed(json)).ok(), of_text, "{json}");
        }
    }

    #[test]
    fn what_is_nested_without_end_is_null_from_some_depth_on() {
        let deep = format!(
            r#"{{"name":"a","new":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let thing: Thing = decode(&parsed(&deep)).expect("readable");
        assert_eq!(thing.name, "a");
    }
}
