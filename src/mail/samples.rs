//! Orders and a shop to write about.

use std::collections::BTreeMap;

use chrono::DateTime;
use uuid::Uuid;

use super::template::Holes;
use crate::{
    config::Shop,
    order::{
        Kind, Order, currency::Currency, line::Line, locale::Locale, mode::Mode, state::State,
        text::Description,
    },
};

/// As long as real ones are.
pub const PAY_URL: &str = "https://pay.rovers.example.org/pay/eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJwYXkiLCJzdWIiOiJBWk5mS253UmNBQ0FBQUFBQUFBQUtnIiwidiI6M30.3J2oCFj0DcooZCdNKzzk-mcUh-kBOLk3V7k";
pub const UNSUBSCRIBE_URL: &str = "https://pay.rovers.example.org/unsubscribe/eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJhdWQiOiJ1bnN1YnNjcmliZSIsInN1YiI6IkJ3Y0hCd2NIQndjSEJ3Y0hCd2NIQncifQ.aGFzaC1oYXNoLWhhc2gtaGFzaC1oYXNoLWhhc2gtaGE";

/// A club with an address for questions.
pub fn club() -> Shop {
    Shop {
        time: crate::config::Time {
            time_zone: chrono_tz::UTC,
        },
        shop_name: "Rovers Youth FC".to_owned(),
        shop_url: "https://rovers.example.org".parse().unwrap(),
        support_email: Some("treasurer@rovers.example.org".to_owned()),
    }
}

/// One child's fee, for somebody whose name we know.
pub fn fee(locale: &str) -> Order {
    order(locale, Some("Kim Müller"), &[("Summer cup, U12", 4_500, 1)])
}

/// A family's, for somebody whose name we do not know.
pub fn family(locale: &str) -> Order {
    let lines = [
        ("Summer cup, U12", 4_500, 2),
        (
            "Team shirt, size 140, with the name of the child and its number on the back",
            2_350,
            1,
        ),
        ("Coach journey", 109_900, 1),
    ];
    order(locale, None, &lines)
}

/// An order in EUR of lines with description, price and quantity.
pub fn order(locale: &str, name: Option<&str>, lines: &[(&str, i64, i64)]) -> Order {
    let total = lines.iter().map(|(_, price, quantity)| price * quantity);
    let lines = lines
        .iter()
        .map(|(description, price, quantity)| Line::Inline {
            recurring: None,
            tax_behavior: None,
            description: Description::parse(description).unwrap(),
            unit_amount: *price,
            quantity: (*quantity).try_into().unwrap(),
        });
    Order {
        kind: Kind::Billed,
        id: Uuid::nil(),
        reference: "CUP-U12-7".to_owned(),
        email: None,
        name: name.map(str::to_owned),
        locale: Locale::parse(locale).unwrap(),
        currency: Currency::parse("eur").unwrap(),
        amount_total: Some(total.sum()),
        lines: lines.collect(),
        metadata: BTreeMap::from([("team".to_owned(), "U12 blue".to_owned())]),
        mode: Mode::Payment,
        remind: true,
        automatic_tax: false,
        promotion_codes: false,
        checkout_params: Vec::new(),
        version: 1,
        link_version: 1,
        paid: None,
        debit_failed_at: None,
        import: None,
        created_at: DateTime::UNIX_EPOCH,
        state: State::Open,
    }
}

/// A fee whose name and amount are in the shop's catalogue at Stripe, with a shirt beside it.
pub fn membership(locale: &str) -> Order {
    let mut order = order(locale, Some("Kim Müller"), &[("Team shirt", 2_350, 1)]);
    order.amount_total = None;
    order.lines.push(Line::Catalogue {
        seen: None,
        price: "price_simulated_monthly".to_owned().try_into().unwrap(),
        quantity: 2.try_into().unwrap(),
    });
    order
}

/// What fills the holes of a mail about this order.
pub fn holes(order: &Order) -> Holes<'_> {
    Holes {
        order,
        pay_url: PAY_URL,
        unsubscribe_url: UNSUBSCRIBE_URL,
        shop_name: "Rovers Youth FC",
    }
}
