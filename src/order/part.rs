//! Orders that are looked for by a part of what names them.

use diesel::{prelude::*, sql_types::Text};

use super::Condition;
use crate::{
    db::{as_typed, pattern_of_part},
    schema::orders,
};

/// How PostgreSQL is to find them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By the indexes for parts that `pg_trgm` has; without it all orders are read.
    Part,
    /// By what else is asked for: so many have it that the orders are gone through.
    Order,
}

/// That an order has this in its reference, its name or its address. In names an accent makes no difference, nor
/// does a second blank.
pub fn with_part(said: &str, by: By) -> Condition {
    let part = pattern_of_part(said.trim());
    let name = as_typed(part.clone().into_sql::<Text>().nullable()).assume_not_null();
    match by {
        By::Part => Box::new(
            orders::reference
                .ilike(part.clone())
                .or(as_typed(orders::name).ilike(name))
                .or(orders::email.ilike(part))
                .assume_not_null(),
        ),
        // No index has these expressions.
        By::Order => Box::new(
            orders::reference
                .concat("")
                .ilike(part.clone())
                .or(as_typed(orders::name).concat("").ilike(name))
                .or(orders::email.concat("").ilike(part))
                .assume_not_null(),
        ),
    }
}
