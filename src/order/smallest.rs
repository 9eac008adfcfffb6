//! The smallest amount that Stripe charges, by currency.
//!
//! Facts from <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>.

use super::{Order, currency::Currency, mode::Mode, money::Money};

/// In minor units. For a currency that is not in it, Stripe asks for what its own minimum comes to in the
/// account's currency, which nobody else knows.
const SMALLEST: [(&str, i64); 23] = [
    ("aed", 200),
    ("aud", 50),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// The smallest amount in this currency that Stripe charges, where that is known.
fn smallest(currency: Currency) -> Option<Money> {
    let known = SMALLEST.iter().find(|(code, _)| *code == currency.code());
    known.map(|(_, minor)| Money::new(*minor, currency))
}

impl Order {
    /// What Stripe charges at least, if this order asks for less: it would be refused at each click. A
    /// subscription's small sums are put together by Stripe.
    pub fn is_under(&self) -> Option<Money> {
        let (owed, least) = (self.owed()?, smallest(self.currency)?);
        let too_small = self.mode == Mode::Payment && 0 < owed.minor && owed.minor < least.minor;
        too_small.then_some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_one_that_stripe_charges_in_and_is_there_once() {
        assert!(SMALLEST.is_sorted_by_key(|(code, _)| *code));
        for (code, minor) in SMALLEST {
            let currency = Currency::parse(code).expect(code);
            assert_eq!(smallest(currency), Some(Money::new(minor, currency)));
            assert_eq!(minor % currency.step(), 0, "{code}");
        }
        assert_eq!(smallest(Currency::parse("isk").unwrap()), None);
    }
}
