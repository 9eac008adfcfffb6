//! How far a refund is that a person asked for: pure.

use crate::gateway::refund::{Attempt, Mark, Refund, RefundStatus};

/// What a person asked for, of a payment of which less than its whole has gone back so far.
#[derive(Debug, Clone, Copy)]
pub struct AskedFor<'a> {
    /// Our case and the attempt.
    pub attempt: Attempt,
    /// The refund's id, if we know it.
    pub refund: Option<&'a str>,
    /// Stripe has just said that nothing is left to be given back: another refund has it.
    pub nothing_left: bool,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Stripe has no refund of ours, or none that we know: whoever asks again asks for the same.
    Unknown,
    /// Stripe has this refund under way: it is waited for.
    UnderWay(String),
    /// It was not made, and why; another attempt is possible.
    NotMade(String),
}

/// Finds a refund among all those of its payment, newest first.
pub fn progress(refunds: &[Refund], asked: &AskedFor) -> Progress {
    let is_ours = |refund: &&Refund| {
        asked.refund == Some(refund.id.as_str()) || refund.mark == Some(Mark::Case(asked.attempt))
    };
    match refunds.iter().find(is_ours).map(|ours| &ours.status) {
        Some(RefundStatus::NotMade(why)) => Progress::NotMade(why.clone()),
        Some(RefundStatus::UnderWay | RefundStatus::Succeeded) => rest(refunds),
        None if asked.nothing_left => rest(refunds),
        None => Progress::Unknown,
    }
}

/// What has succeeded is not all: another one has the rest, if it is under way.
fn rest(refunds: &[Refund]) -> Progress {
    let under_way = |refund: &&Refund| refund.status == RefundStatus::UnderWay;
    match refunds.iter().find(under_way) {
        Some(refund) => Progress::UnderWay(refund.id.clone()),
        None => Progress::NotMade("only a part of the payment has gone back".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const OURS: Attempt = Attempt {
        case: Uuid::nil(),
        number: 2,
    };

    fn refund(id: &str, status: RefundStatus, attempt: Option<Attempt>) -> Refund {
        Refund {
            id: id.to_owned(),
            amount: 5,
            status,
            mark: attempt.map(Mark::Case),
        }
    }

    fn failed() -> RefundStatus {
        RefundStatus::NotMade("it failed".to_owned())
    }

    fn found(refunds: &[Refund], refund: Option<&str>, nothing_left: bool) -> Progress {
        let asked = AskedFor {
            attempt: OURS,
            refund,
            nothing_left,
        };
        progress(refunds, &asked)
    }

    #[test]
    fn ours_is_known_by_its_id_and_by_the_attempt_that_it_names() {
        use RefundStatus::{Succeeded, UnderWay};
        let earlier = Attempt { number: 1, ..OURS };
        let marked = refund("re_2", UnderWay, Some(OURS));
        let before = refund("re_1", failed(), Some(earlier));
        let dashboard = refund("re_0", Succeeded, None);
        let all = [marked, before.clone(), dashboard.clone()];
        assert_eq!(
            found(&all, None, false),
            Progress::UnderWay("re_2".to_owned())
        );
        let none_of_ours = [before, dashboard];
        assert_eq!(found(&none_of_ours, None, false), Progress::Unknown);
        let by_id = found(&none_of_ours, Some("re_1"), false);
        assert_eq!(by_id, Progress::NotMade("it failed".to_owned()));
    }

    #[test]
    fn what_another_refund_has_is_waited_for_or_not_made() {
        let another = |status| [refund("re_9", status, None)];
        let waits = found(&another(RefundStatus::UnderWay), None, true);
        assert_eq!(waits, Progress::UnderWay("re_9".to_owned()));
        for over in [RefundStatus::Succeeded, failed()] {
            let over = found(&another(over), None, true);
            assert!(matches!(over, Progress::NotMade(_)), "{over:?}");
        }
    }

    #[test]
    fn ours_has_succeeded_and_the_rest_is_under_way_or_nowhere() {
        let ours = refund("re_2", RefundStatus::Succeeded, Some(OURS));
        let rest = refund("re_1", RefundStatus::UnderWay, None);
        let waits = found(&[ours.clone(), rest], None, false);
        assert_eq!(waits, Progress::UnderWay("re_1".to_owned()));
        let alone = found(&[ours], None, false);
        assert!(matches!(alone, Progress::NotMade(_)), "{alone:?}");
    }
}
