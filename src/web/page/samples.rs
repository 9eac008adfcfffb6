//! Every page once, with data as awkward as it comes.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::order::Kind;
use crate::web::page::{Due, Owed, OwedLine, Page, Settled, Shop};

/// Where the button of the pages without an order posts to.
const UNSUBSCRIBE: &str = "/unsubscribe/abc.def";

/// A club with an address for support.
pub fn club() -> Shop {
    Shop {
        name: "Riverside Youth Club".into(),
        url: "https://riverside.example".into(),
        support_email: Some("treasurer@riverside.example".into()),
        time_zone: Tz::UTC,
    }
}

/// A shop without one.
pub fn corner_shop() -> Shop {
    Shop {
        name: "Anna's Corner & Co".into(),
        url: "https://annas-corner.example/contact".into(),
        support_email: None,
        time_zone: Tz::Europe__Dublin,
    }
}

/// Two children's fees, a description that does not break and one that attacks.
pub fn fees() -> Owed {
    Owed {
        kind: Kind::Billed,
        reference: "CUP-2026-0417".into(),
        lines: vec![
            line("Spring Cup 2026, under 12", 1, "€45.00"),
            line("Team shirt, size 140", 2, "€70.00"),
            line("Coach journey <script>alert('x')</script>", 1, "€20.00"),
        ],
        total: "€135.00".into(),
        additions: "",
    }
}

/// One line, everything too long.
pub fn endless() -> Owed {
    Owed {
        kind: Kind::Billed,
        reference: "INV/".to_string() + &"0123456789-ABCDEF-".repeat(6),
        lines: vec![line(
            &"Donaudampfschifffahrtsgesellschaft".repeat(4),
            1200,
            "999.999,99 CHF",
        )],
        total: "999.999,99 CHF".into(),
        additions: "",
    }
}

/// What somebody left at the shop's own checkout.
pub fn cart() -> Owed {
    Owed {
        kind: Kind::Recovered,
        reference: "cart-d0e4b1c2".into(),
        lines: vec![
            line("Scarf, blue", 2, "€58.00"),
            line("Postage", 1, "€4.50"),
        ],
        total: "€62.50".into(),
        additions: "",
    }
}

fn line(description: &str, quantity: u32, amount: &str) -> OwedLine {
    OwedLine {
        description: description.into(),
        quantity,
        amount: Some(amount.into()),
    }
}

/// The moment at which the samples were paid.
pub fn paid_at() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 6, 53, 9).unwrap()
}

/// Every page under a name for its file.
pub fn every_page(owed: &Owed) -> Vec<(&'static str, Page<'_>)> {
    let due = Due {
        owed,
        action: "/pay/abc.def",
    };
    let settled = Settled {
        owed,
        paid: &owed.total,
        at: paid_at(),
    };
    let (kind, reference) = (owed.kind, owed.reference.as_str());
    let why = Some(
        "The fee in our first mail was wrong: siblings pay half.\nSorry for the trouble! <b>Ina</b>",
    );
    vec![
        ("continue", Page::Continue(due)),
        (
            "replaced",
            Page::LinkReplaced {
                why,
                due: Some(due),
            },
        ),
        (
            "replaced-nothing-due",
            Page::LinkReplaced {
                why: None,
                due: None,
            },
        ),
        ("not-yet-paid", Page::NotYetPaid(due)),
        ("debit-failed", Page::DebitFailed(due)),
        ("processing", Page::Processing(owed)),
        (
            "in-review",
            Page::InReview {
                owed,
                received: "€100.00",
            },
        ),
        ("just-paid", Page::JustPaid(settled)),
        ("paid", Page::Paid(settled)),
        ("settled-offline", Page::SettledOffline(owed)),
        (
            "refunded",
            Page::Refunded {
                owed,
                refunded: &owed.total,
            },
        ),
        (
            "partly-refunded",
            Page::PartlyRefunded {
                owed,
                refunded: "€20.00",
            },
        ),
        ("cancelled", Page::Cancelled { kind, reference }),
        ("gone", Page::Gone),
        ("not-found", Page::NotFound),
        (
            "busy",
            Page::Busy {
                retry_after_seconds: 5,
            },
        ),
        ("refused", Page::Refused { kind, reference }),
        ("too-many", Page::TooMany),
        (
            "too-many-wrong",
            Page::TooManyWrong {
                retry_after_seconds: 2,
            },
        ),
        (
            "unsubscribe",
            Page::Unsubscribe {
                action: UNSUBSCRIBE,
            },
        ),
        ("unsubscribed", Page::Unsubscribed),
        (
            "not-yet-unsubscribed",
            Page::NotYetUnsubscribed {
                action: UNSUBSCRIBE,
                retry_after_seconds: 5,
            },
        ),
        ("unsubscribe-unknown", Page::UnsubscribeUnknown),
    ]
}
