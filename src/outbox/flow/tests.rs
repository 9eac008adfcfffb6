use super::{
    Cause,
    follow::{After, Answer, Try, follow},
    state::Flow,
};
use crate::suppression::AddressHash;
use uuid::Uuid;

const NO: &str = "554 5.7.1";
const GONE: &str = "550 5.1.1";

fn a_try(number: u8, answer: Answer<'_>) -> Try<'_> {
    Try {
        mail: Uuid::from_u128(number.into()),
        counts: true,
        recipient: AddressHash([number; 16]),
        domain: format!("{number}.example"),
        returned: None,
        answer,
    }
}

fn refused(number: u8, likeness: &str) -> Try<'_> {
    let gone = likeness == GONE;
    a_try(
        number,
        Answer::Refused {
            likeness,
            gone,
            why: likeness,
        },
    )
}

fn accepted(number: u8) -> Try<'static> {
    a_try(number, Answer::Accepted)
}

fn ours(number: u8) -> Try<'static> {
    let answer = Answer::Ours {
        cause: Cause::Relaying,
        likeness: NO,
        why: "554 5.7.1 Relay access denied",
    };
    a_try(number, answer)
}

/// One after the other, each in a batch of its own.
fn one_by_one(flow: &mut Flow, tries: &[Try]) -> Vec<After> {
    let each = tries
        .iter()
        .map(|attempt| follow(flow, std::slice::from_ref(attempt)));
    each.collect()
}

fn pauses(tries: &[Try]) -> Vec<bool> {
    let mut flow = Flow::default();
    let each = one_by_one(&mut flow, tries);
    // All in one batch come to the same.
    let together = follow(&mut Flow::default(), tries);
    assert_eq!(
        together.pauses.is_some(),
        each.iter().any(|after| after.pauses.is_some())
    );
    each.iter().map(|after| after.pauses.is_some()).collect()
}

#[test]
fn three_in_a_row_are_ours_and_ten_where_the_address_is_said_to_be_gone() {
    assert_eq!(
        pauses(&[refused(1, NO), refused(2, NO), refused(3, NO)]),
        [false, false, true]
    );
    let gone: Vec<Try> = (1..=10).map(|number| refused(number, GONE)).collect();
    let mut expected = vec![false; 10];
    expected[9] = true;
    assert_eq!(pauses(&gone), expected);
}

#[test]
fn the_same_recipient_another_refusal_and_an_accepted_mail_are_no_streak() {
    for tries in [
        [
            refused(1, NO),
            refused(1, NO),
            refused(1, NO),
            refused(2, NO),
        ],
        [refused(1, NO), refused(2, NO), accepted(3), refused(4, NO)],
        [
            refused(1, NO),
            refused(2, NO),
            refused(3, GONE),
            refused(4, NO),
        ],
    ] {
        assert_eq!(pauses(&tries), [false; 4], "{tries:?}");
    }
}

#[test]
fn what_goes_to_ourselves_neither_counts_nor_ends_a_streak() {
    let to_us = |attempt| Try {
        counts: false,
        ..attempt
    };
    let tries = [
        refused(1, NO),
        to_us(refused(2, NO)),
        to_us(accepted(3)),
        refused(4, NO),
        refused(5, NO),
    ];
    assert_eq!(pauses(&tries), [false, false, false, false, true]);
}

#[test]
fn what_is_refused_later_neither_counts_nor_ends_a_streak() {
    let tries = [
        refused(1, NO),
        a_try(9, Answer::NotNow),
        refused(2, NO),
        a_try(8, Answer::Nothing),
        refused(3, NO),
    ];
    assert_eq!(pauses(&tries), [false, false, false, false, true]);
}

#[test]
fn an_accepted_mail_settles_what_was_refused_before_it_and_nothing_after_it() {
    let mut flow = Flow::default();
    let after = follow(
        &mut flow,
        &[refused(1, GONE), accepted(2), refused(3, GONE)],
    );
    assert_eq!(after.pending, [Uuid::from_u128(3)].into());
    assert_eq!(after.refused.len(), 2);
    assert!(after.settles && flow.has_pending);
    assert!(follow(&mut flow, &[accepted(4)]).settles);
    assert!(!follow(&mut flow, &[accepted(5)]).settles, "once");
}

fn in_a_streak() -> Flow {
    let mut flow = Flow::default();
    let tries = [refused(1, NO), refused(2, NO), refused(3, NO)];
    let after = follow(&mut flow, &tries);
    assert_eq!(after.returns.expect("they return").streak, 1);
    flow
}

fn trying(flow: &mut Flow, number: u8) {
    let pause = flow.pause.as_mut().expect("mail is paused");
    (pause.trying, pause.proves) = (Some(Uuid::from_u128(number.into())), true);
}

#[test]
fn the_one_that_tries_lets_mail_go_on_and_what_came_back_bounces_then() {
    let mut flow = in_a_streak();
    assert!(
        !follow(&mut flow, &[accepted(7)]).lifts,
        "it was in hand before"
    );
    trying(&mut flow, 4);
    assert!(follow(&mut flow, &[accepted(4)]).lifts);
    assert_eq!(flow.pause, None);
    let again = [1, 2, 3].map(|number| Try {
        returned: Some(NO),
        ..refused(number, NO)
    });
    let after = follow(&mut flow, &again);
    assert_eq!((after.pauses, after.returns), (None, None));
    assert_eq!(after.pending.len(), 3);
}

#[test]
fn refused_the_same_way_it_goes_back_and_the_pause_goes_on() {
    let mut flow = in_a_streak();
    trying(&mut flow, 4);
    let after = follow(&mut flow, &[refused(4, NO)]);
    assert_eq!(after.pauses.expect("it goes on").streak, Some(1));
    assert_eq!(after.returns.expect("it goes back").streak, 1);
    assert_eq!(after.refused[&Uuid::from_u128(4)], Some(1));
}

#[test]
fn another_answer_ends_the_try_and_not_the_pause() {
    for answer in [Answer::NotNow, Answer::Nothing] {
        let mut flow = in_a_streak();
        trying(&mut flow, 4);
        let after = follow(&mut flow, &[a_try(4, answer)]);
        assert!(after.tried && !after.lifts && after.pauses.is_none());
        assert!(flow.pause.is_some());
    }
}

#[test]
fn let_go_on_by_a_person_the_same_refusal_bounces_until_one_is_accepted() {
    let mut flow = Flow {
        bounces: Some(NO.to_owned()),
        ..Flow::default()
    };
    let after = follow(
        &mut flow,
        &[refused(1, NO), refused(2, NO), refused(3, NO), ours(4)],
    );
    assert_eq!(after.pauses, None);
    assert_eq!(after.bounce_after_all.len(), 1);
    assert_eq!(after.pending.len(), 4);
    follow(&mut flow, &[accepted(5)]);
    assert!(follow(&mut flow, &[ours(6)]).pauses.is_some());
}

#[test]
fn what_does_not_try_for_all_makes_no_pause_longer() {
    let mut flow = in_a_streak();
    let alert = Try {
        counts: false,
        ..ours(7)
    };
    for attempt in [refused(8, NO), alert.clone(), ours(9)] {
        assert_eq!(follow(&mut flow, &[attempt]).pauses, None);
    }
    let mut flow = Flow::default();
    assert!(follow(&mut flow, &[ours(1)]).pauses.is_some());
    assert_eq!(follow(&mut flow, &[alert, ours(2)]).pauses, None);
    trying(&mut flow, 3);
    assert!(follow(&mut flow, &[ours(3)]).pauses.is_some());
}

#[test]
fn refused_for_now_and_plainly_ours_three_mails_to_two_domains_pause_all_of_it() {
    let later = |number| {
        let answer = Answer::NotNowOurs {
            cause: Cause::Relaying,
            likeness: "454 4.7.1",
            why: "454 4.7.1 Relay access denied",
        };
        a_try(number, answer)
    };
    assert_eq!(pauses(&[later(1), later(1), later(2)]), [false; 3]);
    assert_eq!(
        pauses(&[later(1), a_try(2, Answer::NotNow), later(3)]),
        [false, false, true]
    );
    assert_eq!(
        pauses(&[later(1), later(2), accepted(3), later(4)]),
        [false; 4]
    );
    let one_domain = [1, 2, 3].map(|number| Try {
        domain: "grey.example".to_owned(),
        ..later(number)
    });
    assert_eq!(pauses(&one_domain), [false; 3]);
    let mut flow = Flow {
        bounces: Some("454 4.7.1".to_owned()),
        ..Flow::default()
    };
    let after = follow(&mut flow, &[later(1), later(2), later(3)]);
    assert_eq!((after.pauses, after.refused.len()), (None, 0));
}

#[test]
fn of_two_causes_the_one_that_knows_more_stays() {
    let mut flow = in_a_streak();
    follow(&mut flow, &[ours(5)]);
    assert_eq!(
        flow.pause.as_ref().map(|pause| pause.cause),
        Some(Cause::Streak)
    );
    let quota = Answer::Ours {
        cause: Cause::Quota,
        likeness: "550 5.4.5",
        why: "550 5.4.5 Daily user sending limit exceeded",
    };
    follow(&mut flow, &[a_try(6, quota)]);
    assert_eq!(flow.pause.map(|pause| pause.cause), Some(Cause::Quota));
}
