use chrono::{DateTime, Utc};
use serde_json::json;

use super::*;
use crate::order::{draft::Draft, email::Email, line, state::How, text::Name};

fn given() -> NewOrder {
    let draft = json!({
        "reference": "CUP-1", "email": "ann@example.org", "name": "Ann", "currency": "eur",
        "lines": [{ "description": "Cup", "unit_amount": 4500 }], "metadata": { "team": "U12" },
    });
    let draft: Draft = serde_json::from_value(draft).expect("a draft");
    NewOrder::try_from(draft).expect("an order")
}

/// The order as it would stand.
fn order(of: &NewOrder) -> Order {
    Order {
        id: uuid::Uuid::nil(),
        kind: Kind::Billed,
        reference: of.reference.to_string(),
        email: of.email.clone(),
        name: of.name.as_ref().map(ToString::to_string),
        locale: of.locale,
        currency: of.currency,
        amount_total: line::total(&of.lines),
        lines: of.lines.clone(),
        metadata: of
            .metadata
            .iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect(),
        mode: of.mode,
        remind: of.remind,
        automatic_tax: false,
        promotion_codes: false,
        checkout_params: Vec::new(),
        version: 1,
        link_version: 1,
        created_at: DateTime::UNIX_EPOCH,
        paid: None,
        debit_failed_at: None,
        import: None,
        state: State::Open,
    }
}

fn standing(order: Order, as_given: bool) -> Standing {
    Standing {
        order,
        as_given,
        as_today: false,
    }
}

fn said() -> Said {
    Said {
        locale: true,
        meta: vec!["team".to_owned()],
    }
}

fn update(order: Order, given: &NewOrder) -> Compared {
    compare(&standing(order, false), given, &said(), Way::Update)
}

/// What differs, as field: old → new.
fn told(compared: &Compared) -> Vec<String> {
    let (Compared::Changed(_, all) | Compared::LeftAlone(_, all)) = compared else {
        return Vec::new();
    };
    let told = all
        .iter()
        .map(|one| format!("{}: {} → {}", one.what.field(), one.now, one.would_be));
    told.collect()
}

#[test]
fn what_stands_so_is_unchanged() {
    for way in [Way::Add, Way::Update] {
        let same = Standing {
            as_today: true,
            ..standing(order(&given()), true)
        };
        let compared = compare(&same, &given(), &said(), way);
        assert_eq!(compared, Compared::Unchanged);
    }
}

#[test]
fn other_content_is_an_error_that_says_how_to_change_it() {
    for (as_given, why) in [(false, Why::Taken), (true, Why::ChangedSince)] {
        let stands = standing(order(&given()), as_given);
        let compared = compare(&stands, &given(), &said(), Way::Add);
        assert_eq!(compared, Compared::Refused(why.clone()));
        assert!(why.sentence("import it with --update").contains("--update"));
    }
}

#[test]
fn every_thing_that_a_file_says_is_changed_and_told_with_what_it_was() {
    let mut stands = order(&given());
    stands.email = Some(Email::parse("old@example.org").expect("an address"));
    stands.name = None;
    stands.amount_total = Some(4000);
    stands.metadata = BTreeMap::from([
        ("team".to_owned(), "U10".to_owned()),
        ("other".to_owned(), "stays".to_owned()),
    ]);
    let compared = update(
        stands,
        &NewOrder {
            locale: crate::order::locale::Locale::parse("de").expect("known"),
            ..given()
        },
    );
    assert_eq!(
        told(&compared),
        [
            "email: old@example.org → ann@example.org",
            "name:  → Ann",
            "locale: en → de",
            "meta.team: U10 → U12"
        ]
    );
    let Compared::Changed(change, _) = compared else {
        panic!("not changed")
    };
    assert_eq!(
        change.email,
        Edit::Set(Email::parse("ann@example.org").expect("an address"))
    );
    assert_eq!(change.name, Edit::Set(Name::parse("Ann").expect("a name")));
    let metadata = change.metadata.expect("keys");
    assert_eq!(metadata["team"], "U12");
    assert_eq!(metadata["other"], "stays", "a key without a column stays");
}

#[test]
fn an_amount_alone_is_one_difference_and_other_words_are_named() {
    let lines = |lines| {
        let draft = json!({ "reference": "CUP-1", "email": "ann@example.org", "name": "Ann", "currency": "eur",
            "lines": lines, "metadata": { "team": "U12" } });
        NewOrder::try_from(serde_json::from_value::<Draft>(draft).expect("a draft"))
            .expect("an order")
    };
    let dearer = lines(json!([{ "description": "Cup", "unit_amount": 4600 }]));
    assert_eq!(
        told(&update(order(&given()), &dearer)),
        ["amount: €45.00 → €46.00"]
    );
    let more = lines(json!([
        { "description": "Cup", "unit_amount": 4500 }, { "description": "Shirt", "unit_amount": 1250, "quantity": 2 }
    ]));
    assert_eq!(
        told(&update(order(&given()), &more)),
        [
            "amount: €45.00 → €70.00",
            "lines: Cup €45.00 → Cup €45.00; 2 × Shirt €25.00"
        ]
    );
    let renamed = lines(json!([{ "description": "Winter cup", "unit_amount": 4500 }]));
    assert_eq!(
        told(&update(order(&given()), &renamed)),
        ["lines: Cup €45.00 → Winter cup €45.00"]
    );
}

#[test]
fn what_a_file_has_no_column_for_stays() {
    let mut stands = order(&given());
    stands.locale = crate::order::locale::Locale::parse("de").expect("known");
    stands.metadata = BTreeMap::from([("team".to_owned(), "U10".to_owned())]);
    let stands = standing(stands, false);
    let bare = NewOrder {
        metadata: crate::order::metadata::Metadata::default(),
        ..given()
    };
    let compared = compare(&stands, &bare, &Said::default(), Way::Update);
    assert_eq!(compared, Compared::Unchanged);
}

#[test]
fn whatever_is_not_owed_any_more_is_left_alone() {
    let at: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let dearer = NewOrder {
        name: None,
        ..given()
    };
    for state in [
        State::Processing { since: at },
        State::InReview { since: at },
        State::Paid { at },
        State::PartiallyRefunded { at, refunded: 1 },
        State::Refunded { at, refunded: 4500 },
        State::SettledOffline {
            at,
            how: How::Waived,
        },
        State::Cancelled { at },
    ] {
        let stands = Order {
            state,
            ..order(&given())
        };
        let compared = update(stands, &dearer);
        assert!(
            matches!(compared, Compared::LeftAlone(Left::Stands(_), _)),
            "{compared:?}"
        );
        assert_eq!(told(&compared), ["name: Ann → "]);
    }
    let cart = Order {
        kind: Kind::Recovered,
        ..order(&given())
    };
    assert!(matches!(
        update(cart, &dearer),
        Compared::LeftAlone(Left::Cart, _)
    ));
}

#[test]
fn another_currency_and_a_subscription_are_errors() {
    let stands = Order {
        currency: crate::order::currency::Currency::parse("usd").expect("known"),
        ..order(&given())
    };
    assert_eq!(update(stands, &given()), Compared::Refused(Why::Currency));
    let mut stands = Order {
        mode: Mode::Subscription,
        ..order(&given())
    };
    stands.lines.clear();
    assert_eq!(
        update(stands, &given()),
        Compared::Refused(Why::Subscription)
    );
}

#[test]
fn more_keys_than_stripe_takes_are_an_error() {
    let mut stands = order(&given());
    stands.metadata = (0..MAX_KEYS)
        .map(|n| (format!("k{n}"), String::new()))
        .collect();
    assert_eq!(update(stands, &given()), Compared::Refused(Why::Metadata));
}
