//! Templates that cost too much, and who pays for them: nobody but whoever wrote them.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use freshmint::{activity::Doing, blast, token::Role};
use serde_json::json;

use super::{
    act, approve, approved, change, done, families, post, preview, problems, show, state, to_all,
    told, written,
};
use crate::support::{World, runtime};

fn thousands(world: &World, count: usize) {
    world.execute(&format!(
        "INSERT INTO orders (id, content_hash, reference, email, name, locale, currency, amount_total, lines, mode, created_at) \
         SELECT gen_random_uuid(), '', 'MANY-' || n, 'many' || n || '@example.org', 'Kim ' || n, locale, currency, \
             amount_total, lines, mode, created_at FROM orders, generate_series(2, {count}) n",
    ));
}

/// As long as a body may be.
fn long_body() -> String {
    let word = "Please pay soon, and thank you. ";
    format!("{{{{ pay_url }}}}\n{}", word.repeat(19_900 / word.len()))
}

#[test]
fn a_template_that_would_end_the_process_is_a_problem_of_its_preview() {
    let world = World::new();
    families(&world, 2);
    for (body, said) in [
        (
            "{{ pay_url }}{% macro m(n) %}{{ m(n ~ n) }}{% endmacro %}{{ m('x') }}",
            "the body, line 1 has {% macro %}",
        ),
        (
            "{{ pay_url }}\n{% for i in range(9000) %}{% set a = name * 9000000 %}{% endfor %}",
            "the body, line 2 has a product",
        ),
    ] {
        let id = written(&world, json!({ "filter": {}, "body": body }));
        let problems = problems(&world, &id);
        assert!(
            problems.len() == 1 && problems[0].contains(said),
            "{problems:?}"
        );
        assert!(told(&approve(&world, &id), 409).contains(said));
        let test = json!({ "to": "treasurer@rovers.example.org" });
        assert!(told(&post(&world, &format!("/blasts/{id}/test"), test), 409).contains(said));
        assert_eq!(
            change(&world, &id, json!({ "body": "{{ pay_url }}" })).status,
            200
        );
        approved(&world, &id);
    }
}

#[test]
fn a_payers_click_does_not_wait_for_previews() {
    let world = World::new();
    let orders = families(&world, 1);
    thousands(&world, 3000);
    world.click_through(&orders[0]);
    // The most expensive that is allowed, for each of many.
    let body = "{{ pay_url }}{% for i in range(300) %}{% if meta ~ lines == name|upper %}x{% endif %}{% endfor %}";
    let id = written(&world, json!({ "filter": {}, "body": body }));
    thread::scope(|scope| {
        let previews: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| act(&world, &id, "preview")))
            .collect();
        thread::sleep(Duration::from_millis(500));
        for _ in 0..5 {
            let begun = Instant::now();
            assert_eq!(world.click(&orders[0]).status, 303);
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "{:?}",
                begun.elapsed()
            );
        }
        let answers = previews.into_iter().map(|preview| preview.join().unwrap());
        let refused = answers.filter(|answer| {
            assert!([200, 503].contains(&answer.status), "{answer:?}");
            answer.status == 503
        });
        let refused: Vec<_> = refused.collect();
        assert!(refused.len() >= 8, "few at once: {}", refused.len());
        for answer in &refused {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(told(answer, 503).contains("try again"));
        }
    });
    // And afterwards everything is as before.
    let simple = to_all(&world);
    assert_eq!(preview(&world, &simple)["problems"], json!([]));
}

#[test]
fn a_preview_ends_with_the_connection_of_whoever_asked_for_it() {
    let world = World::new();
    let orders = families(&world, 1);
    thousands(&world, 3000);
    let simple = written(&world, json!({ "references": [orders[0].reference] }));
    let body = "{{ pay_url }}{% for i in range(300) %}{% if meta ~ lines == name|upper %}x{% endif %}{% endfor %}";
    let id = written(&world, json!({ "filter": {}, "body": body }));
    let token = world.token(Role::Operator);
    for _ in 0..4 {
        let mut caller = TcpStream::connect(world.url().trim_start_matches("http://"))
            .expect("the service listens");
        write!(
            caller,
            "POST /api/v1/blasts/{id}/preview HTTP/1.1\r\nHost: localhost\r\n\
             Authorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
            token.expose()
        )
        .expect("the request is sent");
        thread::sleep(Duration::from_millis(500));
    }
    // The four have hung up. Two previews at once is all there may be.
    assert_eq!(preview(&world, &simple)["recipients"], 1);
}

#[test]
fn a_start_whose_caller_has_gone_queues_nothing_and_can_be_asked_for_again() {
    let world = World::new();
    families(&world, 1);
    thousands(&world, 600);
    let id = written(&world, json!({ "filter": {}, "body": long_body() }));
    approved(&world, &id);
    let doing = Doing {
        actor: "test".to_owned(),
        at: world.now(),
        note: None,
    };
    let gone = runtime().block_on(async {
        let start = blast::start(&world.app, id.parse().unwrap(), &doing);
        tokio::time::timeout(Duration::from_millis(300), start).await
    });
    assert!(gone.is_err(), "it was not through when its caller left");
    // It has let go of the mailing as soon as this can be read under its lock.
    thread::sleep(Duration::from_secs(2));
    world.execute(&format!("UPDATE blasts SET name = name WHERE id = '{id}'"));
    assert_eq!(
        (state(&world, &id).as_str(), world.count("outbox")),
        ("approved", 0)
    );
    assert_eq!(done(&world, &id, "start")["counts"]["queued"], 600);
}

#[test]
fn a_start_of_many_long_mails_holds_few_of_them_at_once() {
    // All of them at once are 20 MB, and the statements' copies of them many times that. What is measured is the
    // whole process, in which other tests run: in one of three starts they leave us alone.
    let grown: Vec<usize> = (0..3).map(|_| grown_by_a_start()).collect();
    assert!(
        grown.iter().any(|grown| *grown < 100 << 20),
        "{grown:?} bytes"
    );
}

/// Bytes by which the process has grown while 1,000 mails of 20 KB were started.
fn grown_by_a_start() -> usize {
    let world = World::new();
    families(&world, 1);
    thousands(&world, 1000);
    let id = written(&world, json!({ "filter": {}, "body": long_body() }));
    approved(&world, &id);
    // The mark is what it is now, and not what some other test has left (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").expect("one's own mark");
    let before = high_water();
    assert_eq!(done(&world, &id, "start")["counts"]["queued"], 1000);
    let grown = high_water() - before;
    let lengths =
        world.texts("SELECT DISTINCT 'long' AS text FROM outbox WHERE length(body) > 19000");
    assert_eq!(lengths, ["long"]);
    assert_eq!(show(&world, &id)["state"], "sending");
    grown
}

/// The most memory that this process ever had, in bytes.
fn high_water() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words: Vec<&str> = line.unwrap().split_whitespace().collect();
    words[1].parse::<usize>().unwrap() * 1024
}
