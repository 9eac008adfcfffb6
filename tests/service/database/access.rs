//! Who is let in, what is said to whom is not, and what a role needs.

use super::script;
use crate::support::{World, cluster::Database, process::Process};

#[test]
fn a_role_that_only_reads_and_writes_rows_can_serve_and_work() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    let order = world.order("CUP-1");
    script(
        &world,
        "CREATE ROLE clerk LOGIN; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk",
    );
    let url = world.settings()["DATABASE_URL"].replace("freshmint@", "clerk@");
    let mut settings = world.settings().clone();
    settings.insert("DATABASE_URL".to_owned(), url.clone());
    let service = Process::serve(&settings, &[]);
    assert_eq!(
        World::anybody_gets(&format!("{}{}", service.url, order.path)).status,
        303
    );
    assert_eq!(
        World::anybody_gets(&format!("{}/readyz", service.url)).status,
        200
    );
    let (code, told, _) = world.command_with(&[("DATABASE_URL", &url)], &["doctor"]);
    assert_eq!(code, 0, "{told}");
    script(
        &world,
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let (code, _, said) = world.command_with(&[("DATABASE_URL", &url)], &["serve"]);
    assert!(code == 1 && said.contains("lacks 1 migration"), "{said}");
}

#[test]
fn what_is_wrong_is_said_in_postgresqls_own_words() {
    let world = World::on(Database::on_a_server_of_its_own(), &[]);
    script(
        &world,
        "CREATE ROLE stranger LOGIN; CREATE ROLE lonely LOGIN CONNECTION LIMIT 0; \
         REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    );
    let url = world.settings()["DATABASE_URL"].clone();
    let not_let_in = "refuses the connection";
    for (url, kind, words) in [
        (
            url.replace("/postgres?", "/nowhere?"),
            not_let_in,
            "\"nowhere\" does not exist",
        ),
        (
            url.replace("freshmint@", "nobody_here@"),
            not_let_in,
            "\"nobody_here\" does not exist",
        ),
        (
            url.replace("freshmint@", "lonely@"),
            not_let_in,
            "too many connections",
        ),
        (
            "postgres://u:geheim@no-such-host.invalid/d".to_owned(),
            "cannot be reached",
            "no-such-host.invalid",
        ),
        (
            "postgres://u@127.0.0.1:1/d".to_owned(),
            "cannot be reached",
            "refused",
        ),
        (
            url.replace("freshmint@", "stranger@"),
            "the database refused",
            "permission denied",
        ),
    ] {
        let (code, _, said) = world.command_with(&[("DATABASE_URL", &url)], &["serve"]);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.to_lowercase().contains(kind) && said.contains(words),
            "{url}: {said}"
        );
        assert!(
            !said.contains("geheim") && said.lines().count() == 1,
            "{said}"
        );
        let (_, told, _) = world.command_with(&[("DATABASE_URL", &url)], &["doctor"]);
        let line = told.lines().find(|line| line.contains("  database "));
        assert!(
            line.is_some_and(|line| line.starts_with("FAIL") && line.contains(words)),
            "{told}"
        );
    }
}

#[test]
fn fewer_connections_than_lanes_are_refused_in_a_sentence() {
    let world = World::new();
    let (code, _, said) = world.command_with(&[("DATABASE_POOL_SIZE", "4")], &["doctor"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("from 5 to 1000"), "{said}");
}

#[test]
fn the_server_knows_our_connections_by_name() {
    let world = World::new();
    world.click_through(&world.order("CUP-1"));
    let names = world.texts(
        "SELECT DISTINCT application_name AS text FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(names.contains(&"freshmint".to_owned()), "{names:?}");
}
