//! The tournament: a dozen families, and what has happened with each.

/// One order, and its story.
pub struct Family {
    pub reference: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub locale: &'static str,
    pub currency: &'static str,
    /// Description, unit amount in minor units, quantity.
    pub lines: &'static [(&'static str, i64, u32)],
    pub story: Story,
}

/// What happens after the order was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// Nothing yet.
    Open,
    /// The family followed the link and paid by card.
    Paid,
    /// They chose a bank debit, which takes its days.
    Debit,
    /// They paid less than is owed, as only a bank transfer can.
    PaidTooLittle,
    /// They opened the checkout; then the club changed what is owed, to this amount a piece.
    Changed(i64),
    /// The child fell ill.
    Cancelled,
    /// The treasurer took cash.
    Cash,
    /// The link went to the wrong parent and was withdrawn.
    Withdrawn,
}

const U10: (&str, i64, u32) = ("Summer Cup 2026, entry U10", 3500, 1);
const U12: (&str, i64, u32) = ("Summer Cup 2026, entry U12", 4500, 1);
const U14: (&str, i64, u32) = ("Summer Cup 2026, entry U14", 4500, 1);

pub const FAMILIES: [Family; 12] = [
    family("CUP-2026-001", "Jane Miller", "miller", &[U12], Story::Open),
    family(
        "CUP-2026-002",
        "Amira Haddad",
        "haddad",
        &[U14, ("Lunch, both days", 1250, 2)],
        Story::Open,
    ),
    Family {
        locale: "de",
        ..family(
            "CUP-2026-003",
            "Familie Schröder",
            "schroeder",
            &[("Sommerturnier 2026, Startgeld U10", 3500, 1)],
            Story::Open,
        )
    },
    family(
        "CUP-2026-004",
        "Chidi Okafor",
        "okafor",
        &[U12],
        Story::Paid,
    ),
    family(
        "CUP-2026-005",
        "Maja Lindqvist",
        "lindqvist",
        &[U10],
        Story::Cancelled,
    ),
    family("CUP-2026-006", "Paolo Rossi", "rossi", &[U14], Story::Cash),
    family(
        "CUP-2026-007",
        "Eva Novak",
        "novak",
        &[U12],
        Story::Withdrawn,
    ),
    family(
        "CUP-2026-008",
        "Lucía García",
        "garcia",
        &[U10],
        Story::Debit,
    ),
    family(
        "CUP-2026-009",
        "Minh Nguyen",
        "nguyen",
        &[("Summer Cup 2026, siblings' entry", 4000, 3)],
        Story::Open,
    ),
    family(
        "CUP-2026-010",
        "Siobhán Byrne",
        "byrne",
        &[U14],
        Story::PaidTooLittle,
    ),
    family(
        "CUP-2026-011",
        "Tom Becker",
        "becker",
        &[U12],
        Story::Changed(2000),
    ),
    Family {
        currency: "jpy",
        ..family(
            "CUP-2026-012",
            "Haruka Tanaka",
            "tanaka",
            &[("Summer Cup 2026, guest team U12", 24_000, 1)],
            Story::Open,
        )
    },
];

/// Their address takes no mail.
pub const BOUNCES: Family = family("CUP-2026-013", "Niamh Walsh", "walsh", &[U10], Story::Open);
/// The mail server falls silent while taking their mail.
pub const UNKNOWN: Family = family("CUP-2026-014", "Fergal Dunne", "dunne", &[U12], Story::Open);
/// They paid, and all of it went back.
pub const PAID_BACK: Family = family("CUP-2026-015", "Ines Costa", "costa", &[U14], Story::Open);
/// They paid, and some of it went back.
pub const PARTLY_PAID_BACK: Family =
    family("CUP-2026-016", "Jonas Weber", "weber", &[U12], Story::Open);
/// They opened the payment page and left.
pub const LEAVES: Family = family(
    "CUP-2026-017",
    "Leila Hassan",
    "hassan",
    &[U10],
    Story::Open,
);
/// They did, too; nobody is to remind them.
pub const LEAVES_IN_PEACE: Family =
    family("CUP-2026-018", "Oskar Berg", "berg", &[U10], Story::Open);
/// They paid a little less, and it was taken as it is.
pub const ACCEPTED: Family = family("CUP-2026-019", "Rosa Marino", "marino", &[U12], Story::Open);
/// They paid half of it, and it went back.
pub const SENT_BACK: Family = family("CUP-2026-020", "Piotr Zając", "zajac", &[U10], Story::Open);
/// Their bank did not pay what it was asked for.
pub const DEBIT_FAILS: Family =
    family("CUP-2026-021", "Hugo Martin", "martin", &[U14], Story::Open);
/// Somebody who had the mailing and wants no more.
pub const UNSUBSCRIBES: &str = "nguyen@example.org";

const fn family(
    reference: &'static str,
    name: &'static str,
    email: &'static str,
    lines: &'static [(&'static str, i64, u32)],
    story: Story,
) -> Family {
    Family {
        reference,
        name,
        email,
        locale: "en",
        currency: "eur",
        lines,
        story,
    }
}
