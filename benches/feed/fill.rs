//! A log with so many lines.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query,
    sql_types::Text,
};
use freshmint_benches::world::World;

/// One line in so many needed somebody; nearly all of them are dealt with.
const NEEDS_SOMEBODY: i64 = 50;
/// Lines that are open.
const OPEN: i64 = 30;
/// Lines about one family, one after the other: a word that few lines have.
const FAMILY: i64 = 100;

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    definition: String,
}

/// Writes the lines from `from` on up to `size`. Its indexes are made afterwards: in one go they take a
/// tenth of the time.
pub fn fill(world: &World, from: i64, size: i64) {
    let mut connection = world.connect();
    let indexes: Vec<Index> = sql_query(
        "SELECT indexname::text AS name, indexdef AS definition FROM pg_indexes \
         WHERE schemaname = current_schema() AND tablename = 'activity' AND indexdef NOT LIKE '%UNIQUE%'",
    )
    .load(&mut connection)
    .expect("the indexes");
    let drops: String = each(&indexes, |index| format!("DROP INDEX {};", index.name));
    let makes: String = each(&indexes, |index| format!("{};", index.definition));
    run(&mut connection, &drops);
    run(
        &mut connection,
        &format!(
            "INSERT INTO activity (at, category, level, actor, what, detail) \
             SELECT now() - make_interval(secs => {size} - n), \
                    (ARRAY['order', 'checkout', 'payment', 'mail', 'mail', 'reminder', 'webhook', 'people'])[1 + n % 8], \
                    CASE WHEN n % {NEEDS_SOMEBODY} = 0 THEN 'attention' ELSE 'info' END, \
                    'bench', 'mail sent: the payment of family ' || lpad((n / {FAMILY})::text, 6, '0'), \
                    jsonb_build_object('mail', n) \
             FROM generate_series({from} + 1, {size}) n; \
             INSERT INTO activity_dismissals (activity_id, at, actor) \
             SELECT activity_id, now(), 'bench' FROM activity_open ORDER BY activity_id DESC OFFSET {OPEN}"
        ),
    );
    run(&mut connection, "SET maintenance_work_mem = '512MB'");
    run(&mut connection, &makes);
    run(&mut connection, "VACUUM ANALYZE activity");
    run(&mut connection, "VACUUM ANALYZE activity_dismissals");
    run(&mut connection, "VACUUM ANALYZE activity_open");
}

fn each(indexes: &[Index], sentence: impl Fn(&Index) -> String) -> String {
    indexes.iter().map(sentence).collect()
}

fn run(connection: &mut PgConnection, statements: &str) {
    connection
        .batch_execute(statements)
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
}
