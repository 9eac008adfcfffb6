//! New lines as they come, none lost.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use diesel::{Connection, RunQueryDsl, connection::SimpleConnection, sql_query};
use freshmint::token::Role;

use super::{happened, needs_somebody};
use crate::support::{Visitor, World};

/// An open stream.
struct Stream {
    lines: BufReader<TcpStream>,
    head: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    name: String,
    id: String,
    data: String,
}

impl Stream {
    fn open(world: &World, visitor: &Visitor, query: &str, last: Option<&str>) -> Self {
        let address = world.url().trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(&address).expect("the service listens");
        connection
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a limit");
        let last = last
            .map(|id| format!("Last-Event-ID: {id}\r\n"))
            .unwrap_or_default();
        let request = format!(
            "GET /ops/activity/stream?{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: freshmint_session={}\r\n{last}\r\n",
            visitor.cookie("freshmint_session")
        );
        connection.write_all(request.as_bytes()).expect("a request");
        let (mut lines, mut head) = (BufReader::new(connection), String::new());
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a head");
            if line.trim().is_empty() {
                return Self { lines, head };
            }
            head += &line;
        }
    }

    /// The next event; chunk sizes and comments are passed over. `None`: the stream has ended.
    fn next(&mut self) -> Option<Event> {
        let mut event = Event {
            name: String::new(),
            id: String::new(),
            data: String::new(),
        };
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line in time") == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("event: ") {
                event.name = name.to_owned();
            } else if let Some(id) = line.strip_prefix("id: ") {
                event.id = id.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                event.data += data;
            } else if line.is_empty() && !event.name.is_empty() {
                return Some(event);
            }
        }
    }

    /// Until a line says this.
    fn line(&mut self, what: &str) -> Event {
        loop {
            let event = self.next().expect("the stream goes on");
            if event.name == "line" {
                assert!(event.data.contains(what), "{event:?}");
                return event;
            }
        }
    }
}

fn after(visitor: &Visitor) -> String {
    let page = visitor.get("/ops/activity").body;
    let at = page.find("data-stream=\"").expect("a stream") + 13;
    let url: String = page[at..]
        .chars()
        .take_while(|letter| *letter != '"')
        .collect();
    url.replace("&amp;", "&")
        .split_once('?')
        .expect("a query")
        .1
        .to_owned()
}

/// Waits until no transaction runs that began before the last line: others' tests have theirs on the same
/// server.
fn settle(world: &World) {
    let unsettled = "activity WHERE xact >= pg_snapshot_xmin(pg_current_snapshot())";
    let began = Instant::now();
    while world.count(unsettled) > 0 {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "a transaction never ends"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_new_line_comes_within_seconds_and_what_was_missed_comes_first() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    settle(&world);
    let query = after(&visitor);
    happened(&world, "mail", "between page and stream");
    let mut stream = Stream::open(&world, &visitor, &query, None);
    assert!(
        stream.head.contains("text/event-stream") && stream.head.contains("no-store"),
        "{}",
        stream.head
    );
    assert!(stream.head.to_lowercase().contains("x-accel-buffering: no"));
    assert_eq!(stream.next().unwrap().name, "badge");
    let missed = stream.line("Between page and stream");
    let began = Instant::now();
    happened(&world, "payment", "paid 45.00");
    let line = stream.line("Paid 45.00");
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(
        line.data.starts_with("<li class=\"fact good\" id=\"line-"),
        "{line:?}"
    );
    drop(stream);
    happened(&world, "mail", "while nobody listened");
    let mut stream = Stream::open(&world, &visitor, &query, Some(&line.id));
    stream.line("While nobody listened");
    drop(stream);
    // The header counts more than what the page said.
    let mut stream = Stream::open(&world, &visitor, &query, Some(&missed.id));
    stream.line("Paid 45.00");
}

#[test]
fn a_line_whose_transaction_ends_later_is_not_lost_though_its_number_is_lower() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    settle(&world);
    let mut slow = world.database.connect();
    slow.batch_execute("BEGIN; INSERT INTO activity (at, category, level, actor, what) VALUES (now(), 'mail', 'info', 'test', 'slow')")
        .expect("a line");
    // The page shows what is there; the stream begins before what is still to come.
    happened(&world, "mail", "quick before the page");
    let query = after(&visitor);
    let mut stream = Stream::open(&world, &visitor, &query, None);
    happened(&world, "mail", "quick after it");
    std::thread::sleep(Duration::from_millis(2500));
    slow.batch_execute("COMMIT").expect("a commit");
    let mut told = Vec::new();
    while told.len() < 3 {
        let event = stream.next().expect("the stream goes on");
        if event.name == "line" {
            let known = ["Slow", "Quick before the page", "Quick after it"];
            let which = known.into_iter().find(|what| event.data.contains(what));
            told.push((which.unwrap_or_else(|| panic!("{event:?}")), event.id));
        }
    }
    told.sort_unstable();
    let names: Vec<&str> = told.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Quick after it", "Quick before the page", "Slow"]);
    // Resumed at any of them, the others come.
    let _ = slow.transaction(|c| sql_query("SELECT 1").execute(c));
}

#[test]
fn a_stream_has_its_pages_filter_and_one_for_the_badge_has_no_lines() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    world.order_with("CUP-1", serde_json::json!({ "name": "Kim Miller" }));
    settle(&world);
    let mut money = Stream::open(&world, &visitor, "tab=money", None);
    let mut words = Stream::open(&world, &visitor, "q=golden", None);
    let mut badge = Stream::open(&world, &visitor, "only=badge", None);
    assert_eq!(badge.next().unwrap().data, "0");
    happened(&world, "mail", "a golden mail");
    happened(&world, "payment", "paid");
    needs_somebody(&world, "a message could not be worked through");
    money.line("Paid");
    words.line("A golden mail");
    let count = badge.next().unwrap();
    assert_eq!((count.name.as_str(), count.data.as_str()), ("badge", "1"));
}

#[test]
fn more_than_a_page_that_was_missed_comes_as_the_whole_list() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    settle(&world);
    let query = after(&visitor);
    world.execute("INSERT INTO activity (at, category, level, actor, what) SELECT now(), 'mail', 'info', 'test', 'line ' || n FROM generate_series(1, 120) n");
    settle(&world);
    let mut stream = Stream::open(&world, &visitor, &query, None);
    let part = stream.next().unwrap();
    assert_eq!(part.name, "part");
    assert!(
        part.data
            .starts_with("<ol class=\"story\" data-lines id=\"lines\">"),
        "{}",
        part.data
    );
    assert_eq!(part.data.matches("<li class=\"fact").count(), 50);
    happened(&world, "mail", "the next");
    stream.line("The next");
}

#[test]
fn a_stream_tells_nothing_more_once_its_account_is_disabled() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Viewer);
    settle(&world);
    let mut stream = Stream::open(&world, &visitor, &after(&visitor), None);
    happened(&world, "mail", "while she may read");
    stream.line("While she may read");
    world.execute("UPDATE ops_users SET disabled_at = now()");
    let began = Instant::now();
    happened(&world, "mail", "after that");
    assert_eq!(stream.next(), None);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn streams_are_for_people_who_are_signed_in() {
    let world = World::new();
    let stranger = Visitor::at(&world);
    let answer = stranger.get("/ops/activity/stream");
    assert_eq!(
        (answer.status, answer.location()),
        (303, "/ops/sign-in?next=/ops/activity/stream")
    );
}
