//! Functions of PostgreSQL that queries use, and the intervals that are added to its times.

use std::time::Duration;

use diesel::{
    data_types::PgInterval,
    dsl::sql,
    expression::SqlLiteral,
    sql_types::{Bool, Interval, Nullable, Text, Timestamptz},
};

#[diesel::declare_sql_function]
extern "SQL" {
    /// PostgreSQL's `lower`: addresses are compared in any case.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;

    /// A name as it is looked for: without accents, with single blanks. Its index goes by this.
    fn as_typed(name: Nullable<Text>) -> Nullable<Text>;

    /// The database's own time at this very moment, not at the beginning of the transaction.
    fn clock_timestamp() -> Timestamptz;

    /// The later of two times.
    fn greatest(one: Timestamptz, other: Timestamptz) -> Timestamptz;

    /// PostgreSQL's `+` of a time and an interval: Diesel has none for a function without arguments.
    #[sql_name = "timestamptz_pl_interval"]
    fn later(time: Timestamptz, by: Interval) -> Timestamptz;
}

/// The database's own time in so long.
pub fn from_now(time: Duration) -> later<clock_timestamp, PgInterval> {
    later(clock_timestamp(), interval(time))
}

/// So much time, to be added to one of the database's times.
pub fn interval(time: Duration) -> PgInterval {
    PgInterval::from_microseconds(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

/// A condition that always holds, and has PostgreSQL plan a statement each time for its own values: Diesel
/// keeps no prepared statement that has raw SQL in it. For a list, whose filter may be met by five rows or by
/// a million: a general plan takes the middle for it, and reads on to the end for the five.
pub fn for_its_values() -> SqlLiteral<Bool> {
    sql("TRUE")
}
