//! Idempotency keys (docs.stripe.com/api/idempotent_requests): the first answer of an endpoint
//! that began to execute is kept for a day, 500s included, and given again to the same request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::Value;

use super::refusal::Refusal;

const DAY: i64 = 24 * 60 * 60;
const LONGEST_KEY: usize = 255;

/// An answer as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub status: u16,
    pub body: String,
}

/// What to do with a request that carries a key.
#[derive(Debug, PartialEq)]
pub enum Begin {
    /// Carry it out, then `finish` or `release` the key.
    Execute,
    Replay(Stored),
    Refuse(Refusal),
}

#[derive(Debug, Default)]
pub struct Keys {
    kept: HashMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    path: String,
    params: Value,
    since: i64,
    /// None while the first request is being carried out.
    answer: Option<Stored>,
}

impl Keys {
    pub fn begin(&mut self, key: &str, path: &str, params: &Value, now: i64) -> Begin {
        if key.len() > LONGEST_KEY {
            let message = format!(
                "Idempotency-Key is too long: {} characters, at most {LONGEST_KEY} are allowed.",
                key.len()
            );
            return Begin::Refuse(Refusal::plain(400, message));
        }
        let fresh = || Kept {
            path: path.to_owned(),
            params: params.clone(),
            since: now,
            answer: None,
        };
        match self.kept.entry(key.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(fresh());
                Begin::Execute
            }
            Entry::Occupied(mut old) if old.get().is_over(now) => {
                old.insert(fresh());
                Begin::Execute
            }
            Entry::Occupied(taken) => taken.get().again(key, path, params),
        }
    }

    /// Keeps the answer of what `begin` let through.
    pub fn finish(&mut self, key: &str, answer: Stored) {
        if let Some(kept) = self.kept.get_mut(key) {
            kept.answer = Some(answer);
        }
    }

    /// Forgets a key whose request did not begin to execute.
    pub fn release(&mut self, key: &str) {
        self.kept.remove(key);
    }
}

impl Kept {
    fn is_over(&self, now: i64) -> bool {
        self.answer.is_some() && now - self.since >= DAY
    }

    fn again(&self, key: &str, path: &str, params: &Value) -> Begin {
        if self.path != path {
            return Begin::Refuse(mismatch(format!(
                "Keys for idempotent requests can only be used for the same endpoint they were \
                 first used for ('{path}' vs '{}'). Try using a key other than '{key}' if you \
                 meant to execute a different request.",
                self.path
            )));
        }
        if self.params != *params {
            return Begin::Refuse(mismatch(format!(
                "Keys for idempotent requests can only be used with the same parameters they were \
                 first used with. Try using a key other than '{key}' if you meant to execute a \
                 different request."
            )));
        }
        match &self.answer {
            Some(answer) => Begin::Replay(answer.clone()),
            None => Begin::Refuse(Refusal::of_status(
                409,
                Some("idempotency_key_in_use"),
                format!(
                    "There is currently another in-progress request using this Idempotent Key \
                     (that probably means you submitted twice, and the other request is still \
                     going through): {key}. Please try again later."
                ),
            )),
        }
    }
}

fn mismatch(message: String) -> Refusal {
    Refusal {
        kind: "idempotency_error",
        ..Refusal::plain(400, message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PATH: &str = "/v1/checkout/sessions";

    fn made() -> Stored {
        Stored {
            status: 200,
            body: "{}".to_owned(),
        }
    }

    fn used() -> Keys {
        let mut keys = Keys::default();
        assert_eq!(keys.begin("k", PATH, &json!({"a": "1"}), 0), Begin::Execute);
        keys.finish("k", made());
        keys
    }

    fn refusal(begin: Begin) -> Refusal {
        match begin {
            Begin::Refuse(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_request_gets_the_same_answer_for_a_day() {
        let mut keys = used();
        let params = json!({"a": "1"});
        assert_eq!(
            keys.begin("k", PATH, &params, DAY - 1),
            Begin::Replay(made())
        );
        assert_eq!(keys.begin("k", PATH, &params, DAY), Begin::Execute);
    }

    #[test]
    fn another_request_under_the_key_is_refused() {
        let mut keys = used();
        let other = refusal(keys.begin("k", PATH, &json!({"a": "2"}), 1));
        assert_eq!((other.status, other.kind), (400, "idempotency_error"));
        let other = refusal(keys.begin("k", "/v1/refunds", &json!({"a": "1"}), 1));
        assert_eq!((other.status, other.kind), (400, "idempotency_error"));
    }

    #[test]
    fn a_request_in_flight_holds_its_key() {
        let mut keys = Keys::default();
        let params = json!({});
        assert_eq!(keys.begin("k", PATH, &params, 0), Begin::Execute);
        let second = refusal(keys.begin("k", PATH, &params, 0));
        assert_eq!(second.status, 409);
        assert_eq!(second.code.as_deref(), Some("idempotency_key_in_use"));
        keys.release("k");
        assert_eq!(keys.begin("k", PATH, &params, 0), Begin::Execute);
    }

    #[test]
    fn a_key_has_255_characters() {
        let mut keys = Keys::default();
        assert_eq!(
            keys.begin(&"k".repeat(255), PATH, &json!({}), 0),
            Begin::Execute
        );
        assert_eq!(
            refusal(keys.begin(&"k".repeat(256), PATH, &json!({}), 0)).status,
            400
        );
    }
}
