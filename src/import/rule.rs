//! What an import does with the checkouts and the payment of an older system: pure.

use std::collections::BTreeMap;

use super::prior_system::PriorSystem;
use crate::{
    checkout::imported::{Origin, Standing},
    gateway::SessionId,
    order::state::State,
};

const OPENED_HERE: &str = "paid_at: a checkout of this order was opened here, and can be paid; \
     close both with “freshmint orders settle”, which asks Stripe first, or leave paid_at empty";
const CANCELLED: &str = "paid_at: this order was cancelled here, and the file says that it was paid; \
     give the money back, or agree with the payer, and take the order out of the file";

/// An order as it stands here, next to what the file tells of it.
#[derive(Debug)]
pub(super) struct OrderHere {
    /// Where it stands.
    pub state: State,
    /// Its one payable session.
    pub live: Option<Origin>,
    /// Those of the file's sessions that are known here already, by id.
    pub known: BTreeMap<String, Origin>,
    /// Whether a payment of it is known.
    pub payment_known: bool,
}

/// What is to be written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The order is paid, at the time that the file tells.
    pub pays: bool,
    /// The payable session of an earlier import gives way.
    pub retires: bool,
    /// Sessions that are new here, the newest last.
    pub new: Vec<(SessionId, Standing)>,
    /// The session that the order was paid with.
    pub paid_with: Option<SessionId>,
}

impl Plan {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Decides what follows from `told`. An order that is paid is never un-paid, and one that somebody
/// can pay here is never marked as paid behind that checkout's back.
///
/// # Errors
/// A sentence for whoever handed the file in.
pub(super) fn plan(here: &OrderHere, told: &PriorSystem) -> Result<Plan, &'static str> {
    let pays = match (here.state, told.paid_at) {
        (State::Open, Some(_)) if here.live == Some(Origin::Here) => return Err(OPENED_HERE),
        (State::Open, Some(_)) => true,
        (State::Cancelled { .. }, Some(_)) => return Err(CANCELLED),
        // What was paid here stays as it is, and Stripe's word on what is on its way counts.
        (
            State::Processing { .. }
            | State::InReview { .. }
            | State::Paid { .. }
            | State::PartiallyRefunded { .. }
            | State::Refunded { .. }
            | State::SettledOffline { .. },
            Some(_),
        )
        | (_, None) => false,
    };
    let newest = told.sessions.last();
    let paid_with = newest
        .filter(|id| here.known.get(id.as_str()) != Some(&Origin::Here))
        .filter(|_| pays || (told.paid_at.is_some() && here.lacks_its_payment()));
    let stays_open = here.state == State::Open && !pays;
    let payable = newest.filter(|_| stays_open && here.live != Some(Origin::Here));
    let new: Vec<_> = told
        .sessions
        .iter()
        .filter(|id| !here.known.contains_key(id.as_str()))
        .map(|id| {
            let standing = if Some(id) == paid_with {
                Standing::Paid
            } else if Some(id) == payable {
                Standing::Payable
            } else {
                Standing::Older
            };
            (id.clone(), standing)
        })
        .collect();
    let replaced = new
        .iter()
        .any(|(_, standing)| *standing == Standing::Payable);
    Ok(Plan {
        pays,
        retires: here.live == Some(Origin::Import) && (pays || replaced),
        new,
        paid_with: paid_with.cloned(),
    })
}

impl OrderHere {
    /// It came as paid, and with no session.
    fn lacks_its_payment(&self) -> bool {
        matches!(self.state, State::Paid { .. }) && !self.payment_known
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::order::state::How;

    fn here(state: State) -> OrderHere {
        OrderHere {
            state,
            live: None,
            known: BTreeMap::new(),
            payment_known: false,
        }
    }

    fn told(ids: &[&str], paid: bool) -> PriorSystem {
        let id = |id: &&str| SessionId::parse(id).expect("an id");
        PriorSystem {
            sessions: ids.iter().map(id).collect(),
            paid_at: paid.then_some(DateTime::UNIX_EPOCH),
        }
    }

    fn known(ids: &[(&str, Origin)]) -> BTreeMap<String, Origin> {
        let pair = |(id, origin): &(&str, Origin)| ((*id).to_owned(), *origin);
        ids.iter().map(pair).collect()
    }

    /// The plan in one line.
    fn told_by(here: &OrderHere, told: &PriorSystem) -> String {
        let plan = match plan(here, told) {
            Ok(plan) => plan,
            Err(_) => return "refused".to_owned(),
        };
        let mut words: Vec<String> = plan
            .new
            .iter()
            .map(|(id, standing)| format!("{id} {standing:?}"))
            .collect();
        words.extend(plan.retires.then(|| "retires".to_owned()));
        words.extend(plan.pays.then(|| "pays".to_owned()));
        words.extend(plan.paid_with.map(|id| format!("with {id}")));
        words.join(", ")
    }

    #[test]
    fn the_newest_session_of_an_open_order_may_still_be_paid() {
        let open = here(State::Open);
        assert_eq!(
            told_by(&open, &told(&["cs_1", "cs_2"], false)),
            "cs_1 Older, cs_2 Payable"
        );
        assert_eq!(
            told_by(&open, &told(&["cs_1", "cs_2"], true)),
            "cs_1 Older, cs_2 Paid, pays, with cs_2"
        );
        assert_eq!(told_by(&open, &told(&[], true)), "pays");
        assert!(plan(&open, &told(&[], false)).is_ok_and(|plan| plan.is_empty()));
    }

    #[test]
    fn a_second_export_goes_on_where_the_first_one_ended() {
        let first = OrderHere {
            live: Some(Origin::Import),
            known: known(&[("cs_1", Origin::Import)]),
            ..here(State::Open)
        };
        assert_eq!(told_by(&first, &told(&["cs_1"], false)), "");
        assert_eq!(
            told_by(&first, &told(&["cs_1", "cs_2"], false)),
            "cs_2 Payable, retires"
        );
        assert_eq!(
            told_by(&first, &told(&["cs_0", "cs_1"], false)),
            "cs_0 Older"
        );
        assert_eq!(
            told_by(&first, &told(&["cs_1"], true)),
            "retires, pays, with cs_1"
        );
        assert_eq!(told_by(&first, &told(&[], true)), "retires, pays");
    }

    #[test]
    fn a_checkout_that_was_opened_here_keeps_its_place() {
        let opened = OrderHere {
            live: Some(Origin::Here),
            known: known(&[("cs_9", Origin::Here)]),
            ..here(State::Open)
        };
        assert_eq!(told_by(&opened, &told(&["cs_1"], false)), "cs_1 Older");
        assert_eq!(told_by(&opened, &told(&[], true)), "refused");
        let ended = OrderHere {
            live: None,
            ..opened
        };
        assert_eq!(told_by(&ended, &told(&["cs_9"], true)), "pays");
    }

    #[test]
    fn what_is_settled_here_stays_as_it_is_and_knows_its_sessions_all_the_same() {
        let at = DateTime::UNIX_EPOCH;
        for state in [
            State::Processing { since: at },
            State::InReview { since: at },
            State::Refunded { at, refunded: 1 },
            State::SettledOffline { at, how: How::Cash },
        ] {
            assert_eq!(
                told_by(&here(state), &told(&["cs_1"], true)),
                "cs_1 Older",
                "{state:?}"
            );
        }
        let cancelled = here(State::Cancelled { at });
        assert_eq!(told_by(&cancelled, &told(&["cs_1"], false)), "cs_1 Older");
        assert_eq!(told_by(&cancelled, &told(&["cs_1"], true)), "refused");
    }

    #[test]
    fn an_order_that_came_as_paid_may_get_its_session_later_and_once() {
        let at = DateTime::UNIX_EPOCH;
        let paid = here(State::Paid { at });
        assert_eq!(
            told_by(&paid, &told(&["cs_1"], true)),
            "cs_1 Paid, with cs_1"
        );
        assert_eq!(told_by(&paid, &told(&["cs_1"], false)), "cs_1 Older");
        let complete = OrderHere {
            payment_known: true,
            ..paid
        };
        assert_eq!(told_by(&complete, &told(&["cs_1"], true)), "cs_1 Older");
    }
}
