//! A mailing's counts as they change, for whoever follows.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{SENT, done, families, set_mail, started, to_all};
use crate::support::World;

/// An open stream.
struct Stream {
    lines: BufReader<TcpStream>,
    head: String,
}

impl Stream {
    fn open(world: &World, id: &str) -> Self {
        Self::ask(world, "GET", id, world.token(Role::Viewer).expose())
    }

    fn ask(world: &World, method: &str, id: &str, token: &str) -> Self {
        let address = world.url().trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(&address).expect("the service listens");
        let patience = Some(Duration::from_secs(30));
        connection.set_read_timeout(patience).expect("a limit");
        let request = format!(
            "{method} /api/v1/blasts/{id}/stream HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n\r\n"
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

    /// The next event's data; `None`: the stream has ended.
    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).expect("a line in time") == 0 {
                return None;
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).expect("JSON"));
            }
        }
    }

    /// Reads on until it is so.
    fn until(&mut self, is_so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().expect("the stream goes on");
            if is_so(&event) {
                return event;
            }
        }
    }
}

#[test]
fn the_counts_come_at_once_and_whenever_they_change_until_the_process_stops() {
    let world = World::new();
    families(&world, 3);
    let id = to_all(&world);
    let mut stream = Stream::open(&world, &id);
    assert!(
        stream.head.starts_with("HTTP/1.1 200") && stream.head.contains("text/event-stream"),
        "{}",
        stream.head
    );
    let draft = stream.next().unwrap();
    assert_eq!(
        (&draft["state"], &draft["total"], &draft["wave"]),
        (&"draft".into(), &0.into(), &Value::Null)
    );
    started(&world, &id);
    let event = stream.until(|event| event["state"] == "sending");
    assert_eq!(
        (&event["total"], &event["queued"], &event["wave"]),
        (&3.into(), &3.into(), &"rest".into())
    );
    set_mail(&world, "CUP-2", SENT);
    let event = stream.until(|event| event["sent"] == 1);
    assert_eq!(event["queued"], 2);
    // Whoever comes later begins with how it is, and both go on.
    let mut other = Stream::open(&world, &id);
    assert_eq!(other.next().unwrap(), event);
    done(&world, &id, "pause");
    for stream in [&mut stream, &mut other] {
        let event = stream.until(|event| event["state"] == "paused");
        let because = event["paused_because"].as_str().unwrap();
        assert!(because.contains("paused it"), "{because}");
    }
    drop(world);
    assert_eq!((stream.next(), other.next()), (None, None));
}

#[test]
fn whoever_may_not_read_follows_nothing_and_a_look_at_the_head_opens_no_stream() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    let nobody = Stream::ask(&world, "GET", &id, "fm_none");
    assert!(nobody.head.starts_with("HTTP/1.1 401"), "{}", nobody.head);
    for id in ["0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11", "none"] {
        let path = format!("/blasts/{id}/stream");
        let answer = world.api(Role::Viewer, Method::GET, &path, None);
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    let mut head = Stream::ask(&world, "HEAD", &id, world.token(Role::Viewer).expose());
    assert!(
        head.head.contains("200") && head.head.contains("text/event-stream"),
        "{}",
        head.head
    );
    assert_eq!(head.next(), None);
}

#[test]
fn a_token_that_is_revoked_follows_nothing_more() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    let mut stream = Stream::open(&world, &id);
    assert_eq!(stream.next().unwrap()["state"], "draft");
    let began = Instant::now();
    world.execute("DELETE FROM api_tokens");
    assert_eq!(stream.next(), None);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_process_has_so_many_streams_and_no_more() {
    let world = World::new();
    families(&world, 1);
    let id = to_all(&world);
    let token = world.token(Role::Viewer);
    let open = || Stream::ask(&world, "GET", &id, token.expose());
    let mut all: Vec<Stream> = (0..100).map(|_| open()).collect();
    let refused = open();
    assert!(refused.head.starts_with("HTTP/1.1 503"), "{}", refused.head);
    assert!(refused.head.to_lowercase().contains("retry-after"));
    // Those that are there go on.
    started(&world, &id);
    let last = all.last_mut().unwrap();
    assert_eq!(
        last.until(|it| it["state"] == "sending")["queued"],
        json!(1)
    );
}
