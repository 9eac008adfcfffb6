//! SQL of a constant text, which PostgreSQL reads and plans once for each connection.
//!
//! Diesel has every `sql_query` read and planned anew: for a statement that comes with each mail that is
//! most of what it costs. Behind a transaction pooler nothing is kept (`connection.rs`), and it works all
//! the same.

use std::marker::PhantomData;

use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{HasSqlType, Untyped},
};

/// A statement of a constant text, with its parameters as `$1`, `$2` … in the text. A text that is put
/// together anew is kept anew, for as long as the connection lives: what differs from call to call is a
/// parameter. But a `LIMIT` is none: PostgreSQL keeps no plan for one that it does not know.
pub fn prepared<'v>(sql: impl Into<String>) -> Prepared<'v> {
    Prepared {
        sql: sql.into(),
        values: Vec::new(),
    }
}

/// See [`prepared`].
#[must_use = "it is only executed when it is loaded or executed"]
pub struct Prepared<'v> {
    sql: String,
    values: Vec<Box<dyn QueryFragment<Pg> + Send + 'v>>,
}

impl<'v> Prepared<'v> {
    /// Binds the next parameter.
    pub fn bind<ST, V>(mut self, value: V) -> Self
    where
        Pg: HasSqlType<ST>,
        V: ToSql<ST, Pg> + Send + 'v,
        ST: Send + 'v,
    {
        self.values.push(Box::new(Bound {
            value,
            as_type: PhantomData,
        }));
        self
    }
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(&self.sql);
        // The text has its parameters already. Diesel numbers them once more, where PostgreSQL reads nothing.
        out.push_sql(" /* ");
        for value in &self.values {
            value.walk_ast(out.reborrow())?;
            out.push_sql(" ");
        }
        out.push_sql("*/");
        Ok(())
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();

    /// It is found by its text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Prepared<'_> {}

struct Bound<ST, V> {
    value: V,
    as_type: PhantomData<ST>,
}

impl<ST, V> QueryFragment<Pg> for Bound<ST, V>
where
    Pg: HasSqlType<ST>,
    V: ToSql<ST, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<ST, V>(&self.value)
    }
}
