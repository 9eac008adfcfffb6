//! What goes wrong on purpose, matched against the next calls of a kind.

use std::time::Duration;

/// The calls that a fault can be meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Every call of the API.
    Any,
    /// `POST /v1/checkout/sessions`
    CreateSession,
    /// `GET /v1/checkout/sessions/{id}`
    RetrieveSession,
    /// `POST /v1/checkout/sessions/{id}/expire`
    ExpireSession,
    /// `GET /v1/checkout/sessions`
    ListSessions,
    /// `GET /v1/checkout/sessions/{id}/line_items`
    LineItems,
    /// The list of events and the reading of one.
    Events,
    /// `POST /v1/refunds`
    Refund,
    /// The list of refunds and the reading of one.
    ReadRefunds,
    /// What has no name of its own here; only `Any` matches it.
    Other,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Answers normally, this much later.
    Latency(Duration),
    /// 429 of one endpoint's limit; nothing is stored under the key.
    TooManyRequests,
    /// 500, nothing made, stored under the key.
    ErrorBefore,
    /// Made, and a 500 stored under the key.
    ErrorAfter,
    /// 502 with a page of HTML from something in front of Stripe; nothing made, nothing stored.
    Html502,
    /// Accepted, nothing made, never answered.
    HangBefore,
    /// Made and stored under the key, never answered.
    HangAfter,
    /// The connection closes without an answer; nothing made.
    ResetBefore,
    /// Made and stored under the key, then the connection closes without an answer.
    ResetAfter,
    /// An error in Stripe's shape; nothing made, nothing stored.
    Refuse {
        /// The answer's HTTP status.
        status: u16,
        /// One of Stripe's error codes; empty for none.
        code: &'static str,
        /// Stripe's sentence about it.
        message: String,
    },
    /// Made and stored under the key, then answered with bytes that do not end.
    Endless {
        /// Between two pieces of 64 KiB.
        pause: Duration,
    },
    /// Answers without that field (in a list: each entry without it), and keeps it so under the key.
    MissingField(&'static str),
}

impl Fault {
    /// Happens when an endpoint executes, so that a replayed answer does not meet it.
    fn needs_execution(&self) -> bool {
        matches!(self, Fault::ErrorBefore | Fault::ErrorAfter)
    }
}

#[derive(Debug, Default)]
pub struct Faults {
    pending: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    call: Call,
    fault: Fault,
    times: usize,
}

impl Faults {
    pub fn inject(&mut self, call: Call, fault: Fault, times: usize) {
        if times > 0 {
            self.pending.push(Pending { call, fault, times });
        }
    }

    pub fn clear(&mut self) {
        self.pending.clear();
    }

    /// The first fault meant for this call, used up by one; `usize::MAX` times never ends.
    pub fn take(&mut self, call: Call, replay: bool) -> Option<Fault> {
        let at = self.pending.iter().position(|pending| {
            let meant = pending.call == Call::Any || pending.call == call;
            meant && !(replay && pending.fault.needs_execution())
        })?;
        let pending = &mut self.pending[at];
        let fault = pending.fault.clone();
        if pending.times != usize::MAX {
            pending.times -= 1;
        }
        if pending.times == 0 {
            self.pending.remove(at);
        }
        Some(fault)
    }

    /// For people: what is still to come.
    pub fn describe(&self) -> Vec<String> {
        let line = |pending: &Pending| {
            let times = match pending.times {
                usize::MAX => "always".to_owned(),
                times => format!("{times} more"),
            };
            format!("{:?}: {:?} ({times})", pending.call, pending.fault)
        };
        self.pending.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_the_calls_it_is_meant_for_as_often_as_asked() {
        let mut faults = Faults::default();
        faults.inject(Call::CreateSession, Fault::Html502, 2);
        assert_eq!(faults.take(Call::Refund, false), None);
        assert_eq!(
            faults.take(Call::CreateSession, false),
            Some(Fault::Html502)
        );
        assert_eq!(
            faults.take(Call::CreateSession, false),
            Some(Fault::Html502)
        );
        assert_eq!(faults.take(Call::CreateSession, false), None);
    }

    #[test]
    fn a_replay_waits_for_no_execution() {
        let mut faults = Faults::default();
        faults.inject(Call::Any, Fault::ErrorBefore, usize::MAX);
        assert_eq!(faults.take(Call::Events, true), None);
        assert_eq!(faults.take(Call::Events, false), Some(Fault::ErrorBefore));
        assert_eq!(faults.take(Call::Other, false), Some(Fault::ErrorBefore));
    }
}
