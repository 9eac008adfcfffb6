//! Statements of one text, whose plan PostgreSQL keeps.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, BoxedSqlQuery, Query, QueryFragment, QueryId, SqlQuery},
    serialize::ToSql,
    sql_query,
    sql_types::HasSqlType,
};

/// A statement whose text is always the same; see [`prepared`].
#[must_use = "it is only executed when it is loaded or executed"]
pub struct Prepared<Q>(Q);

/// Has `statement` prepared once for each connection, although diesel cannot see that it always has the same
/// text: an update, and an insert of a struct, could leave columns out. One that does so is wrong here, since
/// each text that it has would be kept for as long as the connection.
///
/// Behind a transaction pooler nothing is prepared.
pub fn prepared<Q>(statement: Q) -> Prepared<Q> {
    Prepared(statement)
}

/// The same for SQL, with its parameters as `$1`, `$2` … in the text: what differs from call to call is one of
/// them. But a `LIMIT` is none: PostgreSQL keeps no plan for one that it does not know.
pub fn prepared_sql<'v>(sql: impl Into<String>) -> PreparedSql<'v> {
    Prepared(sql_query(sql).into_boxed())
}

/// SQL whose plan PostgreSQL keeps; see [`prepared_sql`].
pub type PreparedSql<'v> = Prepared<BoxedSqlQuery<'v, Pg, SqlQuery>>;

impl<'v> PreparedSql<'v> {
    /// Binds the next parameter.
    pub fn bind<ST, V>(self, value: V) -> Self
    where
        Pg: HasSqlType<ST>,
        V: ToSql<ST, Pg> + Send + 'v,
        ST: Send + 'v,
    {
        Self(self.0.bind::<ST, V>(value))
    }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// It is found by its text.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for Prepared<Q> {}
