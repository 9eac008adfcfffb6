use super::{super::words::in_words, *};
use crate::order::state::How as Offline;

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// An order that came in, and nothing else.
fn fresh() -> Facts {
    Facts {
        state: State::Open,
        case: None,
        refund: None,
        refused: None,
        debit_failed_at: None,
        address: Address::Good,
        mail: None,
        mail_waits: None,
        looked: None,
        checkout: Checkout::None,
        reminder: Reminder::None,
    }
}

fn with_case(kind: Kind, actions: &[How]) -> Facts {
    let case = OpenCase {
        id: Uuid::nil(),
        kind,
        actions: actions.to_vec(),
        refunding: false,
        refund_under_way: false,
    };
    Facts {
        case: Some(case),
        ..fresh()
    }
}

fn mailed(mail: Mail) -> Facts {
    Facts {
        mail: Some(mail),
        ..fresh()
    }
}

fn left(reminder: Reminder) -> Facts {
    Facts {
        checkout: Checkout::Left(at()),
        reminder,
        ..mailed(Mail::Sent(at()))
    }
}

fn in_state(state: State) -> Facts {
    Facts { state, ..fresh() }
}

#[test]
fn each_situation_has_its_next_step() {
    let refunding = OpenCase {
        id: Uuid::nil(),
        kind: Kind::Mismatch,
        actions: vec![How::Refund],
        refunding: true,
        refund_under_way: false,
    };
    let under_way = OpenCase {
        actions: Vec::new(),
        refund_under_way: true,
        ..refunding.clone()
    };
    let situations = [
        ("never mailed", fresh()),
        (
            "mismatch",
            with_case(Kind::Mismatch, &[How::Move, How::Refund, How::Accept]),
        ),
        (
            "second payment",
            with_case(Kind::SecondPayment, &[How::Move, How::Refund, How::Accept]),
        ),
        ("dispute", with_case(Kind::Dispute, &[How::Accept])),
        (
            "refunding",
            Facts {
                case: Some(refunding),
                ..fresh()
            },
        ),
        (
            "refund under way",
            Facts {
                case: Some(under_way),
                ..fresh()
            },
        ),
        (
            "refused",
            Facts {
                refused: Some("refused: 400 amount_too_small".to_owned()),
                ..mailed(Mail::Bounced)
            },
        ),
        (
            "no address",
            Facts {
                address: Address::None,
                ..fresh()
            },
        ),
        (
            "suppressed",
            Facts {
                address: Address::Suppressed("unsubscribed".to_owned()),
                ..mailed(Mail::Sent(at()))
            },
        ),
        (
            "bounced",
            Facts {
                address: Address::Suppressed("unsubscribed".to_owned()),
                ..mailed(Mail::Bounced)
            },
        ),
        (
            "mailed again",
            Facts {
                address: Address::Suppressed(suppression::NO_SUCH_ADDRESS.to_owned()),
                ..mailed(Mail::Waiting)
            },
        ),
        ("unknown", mailed(Mail::Unknown(Uuid::nil()))),
        ("given up", mailed(Mail::GivenUp(Uuid::nil(), None))),
        ("let be", mailed(Mail::LetBe)),
        (
            "given back",
            Facts {
                checkout: Checkout::Undone(at(), Undone::GivenBack),
                ..mailed(Mail::Sent(at()))
            },
        ),
        (
            "moved",
            Facts {
                checkout: Checkout::Undone(at(), Undone::Moved),
                ..mailed(Mail::Sent(at()))
            },
        ),
        ("waiting", mailed(Mail::Waiting)),
        (
            "paused",
            Facts {
                mail_waits: Some("Mail waits: why, and until when.".to_owned()),
                ..mailed(Mail::Waiting)
            },
        ),
        ("due later", mailed(Mail::Due(at()))),
        (
            "mailing paused",
            Facts {
                mail_waits: Some("Mail waits: why, and until when.".to_owned()),
                ..mailed(Mail::Held(HeldMailing {
                    id: Uuid::nil(),
                    name: "Summer cup".to_owned(),
                }))
            },
        ),
        ("mailed", mailed(Mail::Sent(at()))),
        ("link replaced", mailed(Mail::Replaced(at()))),
        (
            "left, link replaced",
            Facts {
                checkout: Checkout::Left(at()),
                looked: Some(at()),
                reminder: Reminder::Sent,
                ..mailed(Mail::Replaced(at()))
            },
        ),
        (
            "replaced, due",
            Facts {
                checkout: Checkout::Left(at()),
                reminder: Reminder::Due(at()),
                ..mailed(Mail::Replaced(at()))
            },
        ),
        (
            "only looked",
            Facts {
                looked: Some(at()),
                ..mailed(Mail::Sent(at()))
            },
        ),
        (
            "clicked",
            Facts {
                checkout: Checkout::Open {
                    since: at(),
                    until: at(),
                },
                ..mailed(Mail::Sent(at()))
            },
        ),
        ("left", left(Reminder::None)),
        ("reminder due", left(Reminder::Due(at()))),
        ("reminded", left(Reminder::Sent)),
        ("not reminded", left(Reminder::Skipped(Reason::TooOld))),
        (
            "debit failed",
            Facts {
                debit_failed_at: Some(at()),
                ..left(Reminder::None)
            },
        ),
        ("processing", in_state(State::Processing { since: at() })),
        ("in review", in_state(State::InReview { since: at() })),
        ("paid", in_state(State::Paid { at: at() })),
        (
            "partially refunded",
            in_state(State::PartiallyRefunded {
                at: at(),
                refunded: 1,
            }),
        ),
        (
            "refunded",
            in_state(State::Refunded {
                at: at(),
                refunded: 1,
            }),
        ),
        (
            "settled",
            in_state(State::SettledOffline {
                at: at(),
                how: Offline::Cash,
            }),
        ),
        ("cancelled", in_state(State::Cancelled { at: at() })),
    ];
    let line = |(name, facts): &(&str, Facts)| {
        format!(
            "{name:<19} {}\n",
            in_words(&next(facts)).unwrap_or("-".to_owned())
        )
    };
    insta::assert_snapshot!(situations.iter().map(line).collect::<String>());
}
