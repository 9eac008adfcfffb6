//! How far a refund of an order is, by what Stripe says of the payment's refunds: pure.

use uuid::Uuid;

use super::RefundState;
use crate::gateway::refund::{Mark, Refund, RefundStatus};

/// What Stripe has of a refund of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that we know for ours.
    Nowhere,
    /// It has begun this one.
    UnderWay(String),
    /// It has made this one.
    Made(String),
    /// It did not make it, and why.
    NotMade(String),
}

/// Finds ours among all refunds of its payment, newest first, by its mark or by the id that Stripe told.
pub fn seen(refunds: &[Refund], ours: Uuid, told: Option<&str>) -> Seen {
    let is_ours = |refund: &&Refund| {
        refund.mark == Some(Mark::Order(ours)) || told == Some(refund.id.as_str())
    };
    // Of several, one that has gone back says most; then one that may.
    let mut best = Seen::Nowhere;
    for refund in refunds.iter().filter(is_ours) {
        match (&refund.status, &best) {
            (RefundStatus::Succeeded, _) => return Seen::Made(refund.id.clone()),
            (RefundStatus::UnderWay, Seen::Nowhere | Seen::NotMade(_)) => {
                best = Seen::UnderWay(refund.id.clone());
            }
            (RefundStatus::NotMade(why), Seen::Nowhere) => best = Seen::NotMade(why.clone()),
            _ => {}
        }
    }
    best
}

/// What changes about our row; none: it stays as it is.
pub fn after(state: RefundState, seen: Seen, nothing_left: bool) -> Option<Seen> {
    use RefundState::{Asked, Made, NotMade, UnderWay};
    match (state, &seen) {
        // What has gone back has, whatever was written before.
        (Asked | UnderWay | NotMade, Seen::Made(_))
        | (Asked, Seen::UnderWay(_))
        // Also weeks after it was made.
        | (Asked | UnderWay | Made, Seen::NotMade(_)) => Some(seen),
        (Asked, Seen::Nowhere) if nothing_left => Some(Seen::NotMade(
            "nothing is left of the payment: it has been given back already".to_owned(),
        )),
        (Asked, Seen::Nowhere)
        | (UnderWay, Seen::UnderWay(_) | Seen::Nowhere)
        | (Made, Seen::Made(_) | Seen::UnderWay(_) | Seen::Nowhere)
        | (NotMade, Seen::NotMade(_) | Seen::UnderWay(_) | Seen::Nowhere) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(id: &str, status: RefundStatus, mark: Option<Mark>) -> Refund {
        Refund {
            id: id.to_owned(),
            amount: 5,
            status,
            mark,
        }
    }

    fn failed() -> RefundStatus {
        RefundStatus::NotMade("it failed".to_owned())
    }

    #[test]
    fn ours_is_known_by_its_mark_or_its_id_and_what_went_back_says_most() {
        use RefundStatus::{Succeeded, UnderWay};
        let ours = Uuid::from_u128(7);
        let mark = Some(Mark::Order(ours));
        let another = refund("re_9", Succeeded, Some(Mark::Order(Uuid::nil())));
        let dashboard = refund("re_8", Succeeded, None);
        let nobody = [another.clone(), dashboard.clone()];
        assert_eq!(seen(&nobody, ours, None), Seen::Nowhere);
        assert_eq!(
            seen(&nobody, ours, Some("re_8")),
            Seen::Made("re_8".to_owned())
        );
        let mut all = vec![another, refund("re_3", failed(), mark)];
        assert_eq!(
            seen(&all, ours, None),
            Seen::NotMade("it failed".to_owned())
        );
        all.push(refund("re_2", UnderWay, mark));
        assert_eq!(seen(&all, ours, None), Seen::UnderWay("re_2".to_owned()));
        all.push(refund("re_1", Succeeded, mark));
        assert_eq!(seen(&all, ours, None), Seen::Made("re_1".to_owned()));
    }

    #[test]
    fn the_whole_table_reads_like_this() {
        let every = [
            Seen::Nowhere,
            Seen::UnderWay("re".to_owned()),
            Seen::Made("re".to_owned()),
            Seen::NotMade("failed".to_owned()),
        ];
        let mut table = String::new();
        for state in RefundState::ALL {
            for seen in &every {
                let next = after(state, seen.clone(), false);
                let nothing_left = after(state, seen.clone(), true);
                table += &format!(
                    "{:<9} {:<18} {next:?}; nothing left: {nothing_left:?}\n",
                    state.name(),
                    format!("{seen:?}"),
                );
            }
        }
        insta::assert_snapshot!(table);
    }
}
