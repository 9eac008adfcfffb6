//! Everything works through a transaction pooler.

use std::time::Duration;

use super::{Lock, end_connections, script, timed};
use crate::support::{
    World,
    browser::{person, runtime, send},
    cluster::Database,
    pooler::Pooler,
    process::Process,
};

fn behind_a_pooler(database: Database) -> (World, Pooler) {
    let (pooler, direct) = (Pooler::start(&database), database.url.clone());
    let world = World::on(
        database,
        &[
            ("DATABASE_URL", &pooler.url),
            ("DATABASE_DIRECT_URL", &direct),
        ],
    );
    (world, pooler)
}

#[test]
fn the_service_and_its_commands_work_through_a_transaction_pooler_started_again_and_again() {
    let (world, pooler) = behind_a_pooler(Database::new());
    let order = world.order("CUP-1");
    for _ in 0..3 {
        let service = Process::serve(world.settings(), &["--migrate"]);
        let worker = Process::work(world.settings());
        for _ in 0..20 {
            let (answer, _) = timed(&format!("{}{}", service.url, order.path));
            assert_eq!(answer.status, 303);
        }
        let ready = World::anybody_gets(&format!("{}/readyz", service.url));
        assert_eq!((ready.status, ready.body.as_str()), (200, "ok\n"));
        for command in [
            &["migrate"][..],
            &["doctor"],
            &["orders", "list"],
            &["orders", "show", "CUP-1"],
            &["link", "CUP-1"],
            &["prune"],
            &["erase", "nobody@example.org"],
            &["recovery", "simulate", "--since", "2026-01-01"],
        ] {
            let (code, told, said) = world.command(command);
            assert_eq!(code, 0, "{command:?}: {told}{said}");
        }
        let token = world.token(freshmint::token::Role::Viewer);
        let figures = format!("{}/api/v1/stats/recovery", service.url);
        let request = person(reqwest::Method::GET, &figures).bearer_auth(token.expose());
        let answer = runtime().block_on(send(request));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let log = [service.log(), worker.log()].concat();
        let wrong = log.iter().find(|line| {
            line.contains("ERROR") || line.contains("WARN") && !line.contains("mail is off")
        });
        assert_eq!(wrong, None);
        assert_eq!(service.terminate().0, Some(0));
        assert_eq!(worker.terminate().0, Some(0));
    }
    // Nothing was set for a session that others have next.
    let mut pooled = diesel::Connection::establish(&pooler.url).expect("the pooler answers");
    let settings: String = diesel::RunQueryDsl::get_result(
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(
            "current_setting('statement_timeout') || current_setting('lock_timeout')",
        )),
        &mut pooled as &mut diesel::PgConnection,
    )
    .expect("settings");
    assert_eq!(settings, "00");
}

#[test]
fn a_lock_behind_a_pooler_costs_its_own_request_with_and_without_deadlines_of_the_role() {
    let (world, _pooler) = behind_a_pooler(Database::on_a_server_of_its_own());
    let order = world.order("CUP-1");
    world.click_through(&order);
    let told = |word: &str| {
        let (code, told, said) = world.command(&["doctor"]);
        assert_eq!(code, 0, "{told}{said}");
        told.contains(word)
    };
    let remark = "ALTER ROLE CURRENT_USER SET statement_timeout = 3500; \
                  ALTER ROLE CURRENT_USER SET lock_timeout = 3000; \
                  ALTER ROLE CURRENT_USER SET idle_in_transaction_session_timeout = 10000;";
    for roles_own in [false, true] {
        if roles_own {
            assert!(told(remark));
            script(&world, remark.trim_end_matches(';'));
            end_connections(&world);
            assert!(!told("ALTER ROLE"));
        }
        let service = Process::serve(world.settings(), &[]);
        let click = format!("{}{}", service.url, order.path);
        assert_eq!(timed(&click).0.status, 303);
        let lock = Lock::on(&world.database, "orders");
        let (answer, took) = timed(&click);
        assert_eq!(answer.status, 503);
        assert!(took < Duration::from_secs(7), "{took:?}");
        std::thread::sleep(Duration::from_secs(4));
        // The click's; the worker looks again now and then, some of it with more patience.
        let waiting = world.text(
            "SELECT count(*)::text AS text FROM pg_stat_activity \
             WHERE wait_event_type = 'Lock' AND query LIKE '%AS asked (id)%'",
        );
        assert_eq!(waiting, "0", "whoever gave up gives its connection back");
        lock.release();
        assert_eq!(timed(&click).0.status, 303);
    }
}
