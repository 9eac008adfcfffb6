//! Stripe's lists: filters, newest first, cursors (docs.stripe.com/api/pagination).

use serde_json::{Value, json};

use super::event::Event;
use super::refund::Refund;
use super::refusal::Refusal;
use super::session::Session;

/// One page of what is already filtered and in the order of the list.
///
/// # Errors
/// When a cursor names nothing that exists.
pub fn page<T>(
    entries: &[T],
    params: &Value,
    url: &str,
    id: impl Fn(&T) -> &str,
    render: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let limit = params["limit"]
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(10);
    let cursor = |name: &str| match params[name].as_str() {
        None => Ok(None),
        Some(wanted) => match entries.iter().position(|entry| id(entry) == wanted) {
            Some(at) => Ok(Some(at)),
            None => Err(Refusal {
                status: 400,
                ..Refusal::no_such("object", wanted, name)
            }),
        },
    };
    let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
    let (shown, has_more) = match (after, before) {
        (Some(_), Some(_)) => {
            let message =
                "You may only specify one of these parameters: ending_before, starting_after.";
            return Err(Refusal::coded(
                "parameters_exclusive",
                "ending_before",
                message,
            ));
        }
        (None, Some(before)) => {
            let start = before.saturating_sub(limit);
            (&entries[start..before], start > 0)
        }
        (after, None) => {
            let start = after.map_or(0, |after| after + 1);
            let end = entries.len().min(start + limit);
            (&entries[start..end], end < entries.len())
        }
    };
    let data: Vec<Value> = shown.iter().map(render).collect();
    Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": url}))
}

/// Whether the list of sessions asked for shows this one.
pub fn wants_session(session: &Session, params: &Value) -> bool {
    let same = |name: &str, value: Option<&str>| {
        params[name]
            .as_str()
            .is_none_or(|asked| value == Some(asked))
    };
    let email = session
        .known_email()
        .or_else(|| session.params["customer_email"].as_str());
    let asked_email = params["customer_details"]["email"].as_str();
    same("status", Some(session.status()))
        && same("payment_intent", session.payment_intent.as_deref())
        && same("subscription", session.subscription.as_deref())
        && same("customer", session.customer.as_deref())
        && same("payment_link", None)
        && same("customer_account", None)
        && asked_email.is_none_or(|asked| email == Some(asked))
        && is_within(session.created, &params["created"])
}

/// Whether the list of refunds asked for shows this one.
pub fn wants_refund(refund: &Refund, params: &Value) -> bool {
    let same = |name: &str, value: &str| {
        let asked = params[name].as_str();
        asked.is_none_or(|asked| asked == value)
    };
    same("payment_intent", &refund.intent)
        && same("charge", &refund.charge)
        && is_within(refund.created, &params["created"])
}

/// Whether the list of events asked for shows this one.
pub fn wants_event(event: &Event, params: &Value) -> bool {
    let kind = params["type"].as_str();
    let kinds = params["types"].as_array();
    let delivered = params["delivery_success"].as_bool();
    kind.is_none_or(|kind| is_kind(event.kind, kind))
        && kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind == event.kind))
        && delivered.is_none_or(|delivered| event.is_delivered() == delivered)
        && is_within(event.created, &params["created"])
}

/// `charge.*` names every event of charges.
fn is_kind(kind: &str, asked: &str) -> bool {
    match asked.strip_suffix('*') {
        Some(group) => kind.starts_with(group),
        None => kind == asked,
    }
}

/// A number means exactly then, a hash a range.
fn is_within(time: i64, range: &Value) -> bool {
    let bound = |name: &str, holds: fn(&i64, &i64) -> bool| {
        range[name]
            .as_i64()
            .is_none_or(|limit| holds(&time, &limit))
    };
    match range.as_i64() {
        Some(exactly) => time == exactly,
        None => {
            bound("gt", i64::gt)
                && bound("gte", i64::ge)
                && bound("lt", i64::lt)
                && bound("lte", i64::le)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(params: Value) -> (String, bool) {
        let entries = ["e", "d", "c", "b", "a"];
        let page = page(&entries, &params, "/v1/x", |e| e, |e| json!(e)).expect("a page");
        let data = page["data"].as_array().expect("data");
        let text = data.iter().filter_map(Value::as_str).collect();
        (text, page["has_more"] == true)
    }

    #[test]
    fn cursors_walk_both_ways() {
        assert_eq!(ids(json!({})), ("edcba".to_owned(), false));
        assert_eq!(ids(json!({"limit": 2})), ("ed".to_owned(), true));
        assert_eq!(
            ids(json!({"limit": 2, "starting_after": "d"})),
            ("cb".to_owned(), true)
        );
        assert_eq!(
            ids(json!({"limit": 2, "starting_after": "b"})),
            ("a".to_owned(), false)
        );
        assert_eq!(
            ids(json!({"limit": 2, "ending_before": "b"})),
            ("dc".to_owned(), true)
        );
        assert_eq!(
            ids(json!({"limit": 9, "ending_before": "c"})),
            ("ed".to_owned(), false)
        );
    }

    #[test]
    fn an_unknown_cursor_is_refused() {
        let page = page(
            &["a"],
            &json!({"starting_after": "z"}),
            "",
            |e| e,
            |e| json!(e),
        );
        assert_eq!(page.map_err(|refusal| refusal.status), Err(400));
    }

    #[test]
    fn times_are_compared_as_asked() {
        assert!(is_within(5, &json!(5)) && !is_within(5, &json!(6)));
        assert!(is_within(5, &json!({"gte": 5, "lt": 6})));
        assert!(!is_within(5, &json!({"gt": 5})) && !is_within(5, &json!({"lt": 5})));
        assert!(is_within(5, &Value::Null));
    }

    #[test]
    fn a_star_names_a_group() {
        assert!(is_kind("charge.refunded", "charge.*"));
        assert!(!is_kind("charge.refunded", "charge"));
    }
}
