//! The lists that orders are in.

use diesel::{
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, Output, ToSql},
    sql_types::Text,
};

use crate::{
    column,
    order::{Kind, Status},
};

/// A list of orders: where they stand, or that they restore carts, for which nobody owes. As a column, the word
/// of the status or that of carts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum List {
    /// Bills that stand so.
    Standing(Status),
    /// Carts that were brought back, wherever they stand.
    Cart,
}

/// The word of the list of carts.
const CART: &str = "cart";

impl List {
    /// What is owed, and payable.
    pub const OWED: Self = Self::Standing(Status::Open);

    /// All of them, carts last.
    pub fn all() -> impl Iterator<Item = Self> {
        let standing = Status::ALL.into_iter().map(Self::Standing);
        standing.chain([Self::Cart])
    }

    /// The word that is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standing(status) => status.name(),
            Self::Cart => CART,
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            CART => Some(Self::Cart),
            status => Status::from_name(status).map(Self::Standing),
        }
    }

    /// What an order's kind and status are in it; `None`: any status.
    pub fn holds(self) -> (Kind, Option<Status>) {
        match self {
            Self::Standing(status) => (Kind::Billed, Some(status)),
            Self::Cart => (Kind::Recovered, None),
        }
    }
}

impl ToSql<Text, Pg> for List {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        column::write_word(self.name(), out)
    }
}

impl FromSql<Text, Pg> for List {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        column::read_word(value, "List", Self::from_name)
    }
}
