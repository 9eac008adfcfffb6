//! Stripe's bracket syntax: `line_items[0][price_data][currency]=eur` into a tree of strings.
//!
//! Types come later, from the schema: here every leaf is a string. A level whose keys are
//! 0, 1, 2 … is a list.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// Deeper than anything Stripe describes, shallow enough for the stack.
const DEEPEST: usize = 12;

/// Reads a form body or a query string.
///
/// # Errors
/// On brackets that do not close, text that is not UTF-8, and a name that is used both as a value
/// and as a branch.
pub fn parse(text: &str) -> Result<Value, Refusal> {
    let mut root = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name)?, decode(value)?);
        let path = segments(&name)?;
        put(&mut root, &path, value, &name)?;
    }
    Ok(Value::Object(
        root.into_iter().map(|(k, v)| (k, lists(v))).collect(),
    ))
}

fn decode(text: &str) -> Result<String, Refusal> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        match escaped.and_then(hex) {
            Some(decoded) => {
                plain.push(decoded);
                at += 3;
            }
            None => {
                plain.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8(plain)
        .map_err(|_| Refusal::plain(400, "Invalid request: parameters must be UTF-8."))
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(value).ok()
}

/// `a[b][]` into `a`, `b` and the empty name.
fn segments(name: &str) -> Result<Vec<&str>, Refusal> {
    let broken = || Refusal::invalid(name, format!("Invalid parameter name: {name}"));
    let Some(first) = name.find('[') else {
        return Ok(vec![name]);
    };
    let inner = name[first + 1..].strip_suffix(']').ok_or_else(broken)?;
    let path: Vec<&str> = std::iter::once(&name[..first])
        .chain(inner.split("]["))
        .collect();
    let nested = path[1..].iter().any(|part| part.contains(['[', ']']));
    if first == 0 || nested || path.len() > DEEPEST {
        return Err(broken());
    }
    Ok(path)
}

fn put(
    level: &mut Map<String, Value>,
    path: &[&str],
    value: String,
    name: &str,
) -> Result<(), Refusal> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(());
    };
    let key = match *first {
        "" => level.len().to_string(),
        named => named.to_owned(),
    };
    if rest.is_empty() {
        level.insert(key, Value::String(value));
        return Ok(());
    }
    let branch = level
        .entry(key)
        .or_insert_with(|| Value::Object(Map::new()));
    match branch {
        Value::Object(branch) => put(branch, rest, value, name),
        _ => Err(Refusal::invalid(
            name,
            format!("Invalid parameter: {name} is given both as a value and as a hash"),
        )),
    }
}

fn lists(value: Value) -> Value {
    let Value::Object(level) = value else {
        return value;
    };
    let mut level: Map<String, Value> = level.into_iter().map(|(k, v)| (k, lists(v))).collect();
    let counted: Vec<String> = (0..level.len()).map(|i| i.to_string()).collect();
    if counted.is_empty() || !counted.iter().all(|key| level.contains_key(key)) {
        return Value::Object(level);
    }
    let entries = counted.iter().filter_map(|key| level.remove(key));
    Value::Array(entries.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_plain_and_encoded_give_the_same_tree() {
        let plain = parse("line_items[0][price_data][unit_amount]=4500&mode=payment");
        let encoded = parse("line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=4500&mode=payment");
        let tree =
            json!({"line_items": [{"price_data": {"unit_amount": "4500"}}], "mode": "payment"});
        assert_eq!(plain, Ok(tree.clone()));
        assert_eq!(encoded, Ok(tree));
    }

    #[test]
    fn lists_with_and_without_numbers_are_lists() {
        let tree = Ok(json!({"expand": ["a", "b"]}));
        assert_eq!(parse("expand[]=a&expand[]=b"), tree);
        assert_eq!(parse("expand[1]=b&expand[0]=a"), tree);
    }

    #[test]
    fn ten_entries_keep_their_order() {
        let text: Vec<String> = (0..12).map(|i| format!("a[{i}]={i}")).collect();
        let numbers: Vec<String> = (0..12).map(|i| i.to_string()).collect();
        assert_eq!(parse(&text.join("&")), Ok(json!({ "a": numbers })));
    }

    #[test]
    fn plus_and_percent_are_decoded_in_values() {
        let tree = json!({"metadata": {"note": "a b+c & d=é"}});
        assert_eq!(parse("metadata[note]=a+b%2Bc+%26+d%3D%C3%A9"), Ok(tree));
    }

    #[test]
    fn broken_names_are_refused() {
        for text in [
            "a[b=1",
            "[a]=1",
            "a[b]c=1",
            "a[[b]]=1",
            "a=1&a[b]=2",
            "a=%FF",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
