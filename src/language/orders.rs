//! The words for what an order asks for.

/// Where an order does not say something itself, and how often it is paid.
#[derive(Debug)]
pub struct Orders {
    /// In the place of an amount that the checkout alone knows. It stands after a colon as well as in a
    /// sentence: "please pay the sum shown at the checkout".
    pub unpriced: &'static str,
    /// In the place of a line's name that the checkout alone knows.
    pub unnamed: &'static str,
    /// Between a line's name and its amount.
    pub colon: &'static str,
    /// Behind a sum, where the checkout may add shipping and taxes or take a discount off.
    pub additions: &'static str,
    /// How often something is paid: every so many of an interval.
    pub every: fn(u32, Interval) -> String,
}

/// Stripe's intervals of a recurring price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}
