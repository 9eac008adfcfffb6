//! What an import is called, so that its orders can be found again: like its file, and by a number where another
//! import was called so.

use diesel::{
    dsl::{exists, select},
    prelude::*,
};

use crate::{
    foreign_text::{ForeignText, Limit},
    schema::orders,
};

/// Letters of a file's name that are kept.
const LETTERS: Limit = Limit::characters(100);
/// Of a file without a name, such as standard input.
const NAMELESS: &str = "import";

/// The name of an import: no orders of another one have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportName(String);

impl ImportName {
    /// The name of a new import of a file that is called so (without its folder), in the transaction of the
    /// import. Two that begin at one moment may share a name.
    ///
    /// # Errors
    /// The database's.
    pub fn of_file(connection: &mut PgConnection, file: &str) -> QueryResult<Self> {
        let safe = ForeignText::new(file, LETTERS);
        let file = if safe.is_empty() {
            NAMELESS
        } else {
            safe.as_str()
        };
        let mut name = file.to_owned();
        for number in 2_u64.. {
            let theirs = orders::table.filter(orders::import.eq(&name));
            if !select(exists(theirs)).get_result::<bool>(connection)? {
                break;
            }
            name = format!("{file} ({number})");
        }
        Ok(Self(name))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
