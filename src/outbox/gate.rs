//! Whether a mail may still go when its turn has come: pure.
//!
//! Between queueing and sending somebody may have paid, an order may have been changed, an address
//! may have unsubscribed. So everything is asked again in the transaction that claims the mail.

use super::Kind;
use crate::{
    order::state::State,
    reminder::rule::{self, Reason, not_owed},
};

/// What the gate looks at.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What the mail is.
    pub kind: Kind,
    /// Its orders, and the decision behind it, could be read.
    pub readable: bool,
    /// Its address is not written to.
    pub suppressed: bool,
    /// It has its words.
    pub written: bool,
    /// The orders that it is about.
    pub orders: Vec<OrderFacts>,
    /// For a reminder with a decision that stands: what its rule looks at.
    pub reminder: Option<rule::Facts>,
    /// Stripe has told of a payment that may be its payer's, and it is still to be worked on.
    pub unheard: bool,
}

/// What the gate looks at of an order.
#[derive(Debug, Clone, Copy)]
pub struct OrderFacts {
    /// Where it stands.
    pub state: State,
    /// What is owed, by whom, or the link has changed since the mail was written.
    pub changed: bool,
    /// There is an address.
    pub has_email: bool,
}

/// What becomes of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It goes as it is.
    Send,
    /// It is written as the order stands now, and goes.
    WriteAndSend,
    /// It is not sent: its address is not written to.
    Suppress,
    /// It is not sent, and why.
    Cancel(Reason),
    /// It was approved for what was owed then; a person must look.
    Outdated,
    /// It waits a little: what was told of its payer is worked on first.
    Wait,
    /// Its rows cannot be: it ends, and a person looks.
    Impossible(Flaw),
}

/// Why a mail's rows cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It goes to a payer, and is about no order.
    NoOrder,
    /// It is to be about one order, and is about several.
    SeveralOrders,
    /// It is a reminder, and no decision that stands is behind it.
    NoDecision,
    /// Its orders, or the decision behind it, cannot be read.
    Unreadable,
}

impl Flaw {
    /// A sentence for whoever looks.
    pub fn why(self) -> &'static str {
        match self {
            Self::NoOrder => "it goes to a payer, and no order stands behind it",
            Self::SeveralOrders => "it is about several orders, and must be about one",
            Self::NoDecision => "no decision stands behind this reminder",
            Self::Unreadable => "what it is about cannot be read",
        }
    }
}

/// Rules on a mail.
pub fn rule_on(facts: &Facts) -> Ruling {
    match as_known(facts) {
        Ruling::Send | Ruling::WriteAndSend if facts.unheard => Ruling::Wait,
        ruling => ruling,
    }
}

/// What every mail that this service queues has, and this one has not.
fn flaw(facts: &Facts) -> Option<Flaw> {
    let is_about_one = matches!(facts.kind, Kind::Link | Kind::Reminder);
    let flaws = [
        (!facts.readable).then_some(Flaw::Unreadable),
        (facts.kind.is_to_a_payer() && facts.orders.is_empty()).then_some(Flaw::NoOrder),
        (is_about_one && facts.orders.len() > 1).then_some(Flaw::SeveralOrders),
        (facts.kind == Kind::Reminder && facts.reminder.is_none()).then_some(Flaw::NoDecision),
    ];
    flaws.into_iter().flatten().next()
}

fn as_known(facts: &Facts) -> Ruling {
    if let Some(flaw) = flaw(facts) {
        return Ruling::Impossible(flaw);
    }
    let changed = facts.orders.iter().any(|order| order.changed);
    let why_not = facts.orders.iter().find_map(|order| not_owed(order.state));
    match facts.kind {
        Kind::Alert => Ruling::Send,
        Kind::Account => Ruling::WriteAndSend,
        Kind::Test if facts.suppressed => Ruling::Suppress,
        Kind::Test => Ruling::Send,
        Kind::Reminder => match facts.reminder.as_ref().and_then(rule::rule) {
            Some(Reason::Suppressed) => Ruling::Suppress,
            Some(reason) => Ruling::Cancel(reason),
            None if changed || !facts.written => Ruling::WriteAndSend,
            None => Ruling::Send,
        },
        Kind::Blast | Kind::Link => match why_not {
            Some(reason) => Ruling::Cancel(reason),
            None if facts.suppressed => Ruling::Suppress,
            None if facts.orders.iter().any(|order| !order.has_email) => {
                Ruling::Cancel(Reason::NoEmail)
            }
            None if changed && facts.kind == Kind::Blast => Ruling::Outdated,
            None if changed => Ruling::WriteAndSend,
            None => Ruling::Send,
        },
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};

    use super::*;

    const OPEN: OrderFacts = OrderFacts {
        state: State::Open,
        changed: false,
        has_email: true,
    };

    fn facts(kind: Kind, order: OrderFacts) -> Facts {
        let reminder = rule::Facts {
            test_mode: false,
            kind: crate::order::Kind::Billed,
            last_week: rule::LastWeek::default(),
            superseded: false,
            state: order.state,
            already_reminded: false,
            wanted: true,
            has_email: order.has_email,
            suppressed: false,
            age: Duration::zero(),
            max_age: Duration::hours(48),
        };
        Facts {
            kind,
            readable: true,
            suppressed: false,
            written: true,
            orders: vec![order],
            reminder: (kind == Kind::Reminder).then_some(reminder),
            unheard: false,
        }
    }

    const TO_PAYERS: [Kind; 3] = [Kind::Blast, Kind::Link, Kind::Reminder];

    #[test]
    fn what_is_owed_as_it_was_goes() {
        for kind in TO_PAYERS {
            assert_eq!(rule_on(&facts(kind, OPEN)), Ruling::Send, "{kind:?}");
        }
    }

    #[test]
    fn what_is_paid_is_not_asked_for() {
        let at = DateTime::UNIX_EPOCH;
        let paid = OrderFacts {
            state: State::Paid { at },
            ..OPEN
        };
        for kind in TO_PAYERS {
            assert_eq!(
                rule_on(&facts(kind, paid)),
                Ruling::Cancel(Reason::Paid),
                "{kind:?}"
            );
        }
        let mut family = facts(Kind::Blast, OPEN);
        family.orders.push(paid);
        assert_eq!(rule_on(&family), Ruling::Cancel(Reason::Paid));
    }

    #[test]
    fn what_cannot_be_is_not_sent_whatever_else_is_true_of_it() {
        let mut table = Vec::new();
        for kind in Kind::ALL {
            let fine = facts(kind, OPEN);
            let spoilt = [
                Facts {
                    readable: false,
                    ..fine.clone()
                },
                Facts {
                    orders: Vec::new(),
                    ..fine.clone()
                },
                Facts {
                    orders: vec![OPEN; 2],
                    unheard: true,
                    ..fine.clone()
                },
                Facts {
                    reminder: None,
                    suppressed: true,
                    ..fine.clone()
                },
            ];
            let flaws = spoilt.map(|facts| match rule_on(&facts) {
                Ruling::Impossible(flaw) => Some(flaw),
                _ => None,
            });
            table.push((kind, flaws));
        }
        use Flaw::{NoDecision, NoOrder, SeveralOrders, Unreadable};
        let unreadable = Some(Unreadable);
        assert_eq!(
            table,
            [
                (Kind::Blast, [unreadable, Some(NoOrder), None, None]),
                (
                    Kind::Link,
                    [unreadable, Some(NoOrder), Some(SeveralOrders), None]
                ),
                (
                    Kind::Reminder,
                    [
                        unreadable,
                        Some(NoOrder),
                        Some(SeveralOrders),
                        Some(NoDecision)
                    ]
                ),
                (Kind::Test, [unreadable, None, None, None]),
                (Kind::Alert, [unreadable, None, None, None]),
                (Kind::Account, [unreadable, None, None, None]),
            ]
        );
    }

    #[test]
    fn who_is_not_written_to_gets_nothing_but_the_shop_its_alerts() {
        for kind in [Kind::Blast, Kind::Link, Kind::Test] {
            let facts = Facts {
                suppressed: true,
                ..facts(kind, OPEN)
            };
            assert_eq!(rule_on(&facts), Ruling::Suppress, "{kind:?}");
        }
        let mut reminder = facts(Kind::Reminder, OPEN);
        reminder.reminder.as_mut().unwrap().suppressed = true;
        assert_eq!(rule_on(&reminder), Ruling::Suppress);
        let alert = Facts {
            suppressed: true,
            ..facts(Kind::Alert, OPEN)
        };
        assert_eq!(rule_on(&alert), Ruling::Send);
        let account = Facts {
            kind: Kind::Account,
            written: false,
            ..alert
        };
        assert_eq!(rule_on(&account), Ruling::WriteAndSend);
    }

    #[test]
    fn what_goes_waits_for_what_was_told_of_its_payer_and_what_does_not_go_ends_at_once() {
        let unheard = |facts| Facts {
            unheard: true,
            ..facts
        };
        for kind in TO_PAYERS {
            let ruling = rule_on(&unheard(facts(kind, OPEN)));
            assert_eq!(ruling, Ruling::Wait, "{kind:?}");
            let cancelled = OrderFacts {
                state: State::Cancelled {
                    at: DateTime::UNIX_EPOCH,
                },
                ..OPEN
            };
            let ruling = rule_on(&unheard(facts(kind, cancelled)));
            assert_eq!(ruling, Ruling::Cancel(Reason::Cancelled), "{kind:?}");
        }
    }

    #[test]
    fn what_changed_is_written_again_but_not_what_somebody_approved() {
        let changed = OrderFacts {
            changed: true,
            ..OPEN
        };
        assert_eq!(rule_on(&facts(Kind::Link, changed)), Ruling::WriteAndSend);
        assert_eq!(
            rule_on(&facts(Kind::Reminder, changed)),
            Ruling::WriteAndSend
        );
        assert_eq!(rule_on(&facts(Kind::Blast, changed)), Ruling::Outdated);
        let unwritten = Facts {
            written: false,
            ..facts(Kind::Reminder, OPEN)
        };
        assert_eq!(rule_on(&unwritten), Ruling::WriteAndSend);
    }
}
