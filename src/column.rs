//! Columns that hold one of a few words: an enum in Rust, `text` with a `CHECK` in PostgreSQL.
//!
//! A state is never compared as text: a misspelt word does not compile, a match over the enum is
//! exhaustive, and a word that this binary does not know fails to decode instead of being guessed.

/// Declares an enum that can be a column, a JSON string and a word on a page:
///
/// ```ignore
/// column_enum! {
///     /// Where a mail stands.
///     pub enum State {
///         /// It waits for its time.
///         Queued = "queued",
///     }
/// }
/// ```
///
/// gives `State::ALL`, `state.name()`, `State::from_name("queued")`, `Serialize`, and makes
/// `outbox::state.eq(State::Queued)` and `Queryable` fields of the type possible.
macro_rules! column_enum {
    (
        $(#[$outer:meta])*
        $visibility:vis enum $name:ident {
            $( $(#[$inner:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$outer])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            ::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = ::diesel::sql_types::Text)]
        $visibility enum $name {
            $( $(#[$inner])* $variant, )+
        }

        #[allow(dead_code, reason = "not every enum is read and listed")]
        impl $name {
            /// All of them, in the order of their declaration.
            $visibility const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word that is stored and shown.
            $visibility const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// The one of this name.
            $visibility fn from_name(name: &str) -> Option<Self> {
                match name {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter.pad(self.name())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl ::diesel::serialize::ToSql<::diesel::sql_types::Text, ::diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, ::diesel::pg::Pg>,
            ) -> ::diesel::serialize::Result {
                $crate::column::write_word(self.name(), out)
            }
        }

        impl ::diesel::deserialize::FromSql<::diesel::sql_types::Text, ::diesel::pg::Pg> for $name {
            fn from_sql(value: ::diesel::pg::PgValue<'_>) -> ::diesel::deserialize::Result<Self> {
                $crate::column::read_word(value, stringify!($name), Self::from_name)
            }
        }
    };
}

pub(crate) use column_enum;
use diesel::{
    deserialize::{self, FromSql},
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output},
    sql_types::Text,
};

pub(crate) fn write_word(word: &str, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
    use std::io::Write;
    out.write_all(word.as_bytes())?;
    Ok(IsNull::No)
}

/// An unknown word is an error that names the enum: a newer version wrote it, or somebody by hand.
pub(crate) fn read_word<T>(
    value: PgValue<'_>,
    name: &str,
    known: impl Fn(&str) -> Option<T>,
) -> deserialize::Result<T> {
    let word = <String as FromSql<Text, Pg>>::from_sql(value)?;
    known(&word).ok_or_else(|| format!("this version knows no {name} «{word}»").into())
}

#[cfg(test)]
mod tests {
    column_enum! {
        /// For the test.
        enum Fruit {
            /// Red.
            Apple = "apple",
            /// Yellow.
            Pear = "pear",
        }
    }

    #[test]
    fn every_variant_has_its_word_and_every_word_its_variant() {
        assert_eq!(Fruit::ALL.map(Fruit::name), ["apple", "pear"]);
        assert_eq!(Fruit::from_name("pear"), Some(Fruit::Pear));
        assert_eq!(Fruit::from_name("Pear"), None);
        assert_eq!(format!("{:<6}|", Fruit::Pear), "pear  |");
        assert_eq!(
            serde_json::json!(Fruit::ALL),
            serde_json::json!(["apple", "pear"])
        );
    }
}
