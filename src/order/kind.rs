//! How an order came about.

use crate::column::column_enum;

column_enum! {
    /// How an order came about.
    pub enum Kind {
        /// The shop asks for it.
        Billed = "billed",
        /// It restores a cart that somebody left at another system's checkout.
        Recovered = "recovered",
    }
}
