//! Lines that are committed, each alone, while feeds are open or none is.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use freshmint::{
    activity::{self, Category, Line},
    token::Role,
};
use freshmint_benches::world::World;

/// Who writes at once: as many as a process has connections for payers.
const WRITERS: usize = 4;

/// How many lines are committed a second.
pub fn per_second(world: &World, time: Duration) -> f64 {
    let written = AtomicUsize::new(0);
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let (mut connection, doing) = (world.connect(), world.doing());
                while began.elapsed() < time {
                    let line = Line::about(None, Category::Mail, "mail sent: bench", &doing);
                    activity::record(&mut connection, line).expect("the database answers");
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    written.into_inner() as f64 / began.elapsed().as_secs_f64()
}

/// Feeds that are read as a browser reads them.
pub struct Feeds(Arc<AtomicUsize>);

impl Feeds {
    /// How many lines have come, to all of them together.
    pub fn heard(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Opens so many feeds.
pub fn follow(world: &World, feeds: usize) -> Feeds {
    let cookie = world.sign_in(Role::Viewer);
    let heard = Arc::new(AtomicUsize::new(0));
    for _ in 0..feeds {
        let mut stream = TcpStream::connect(world.service.trim_start_matches("http://"))
            .expect("the service listens");
        let request = format!(
            "GET /ops/activity/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: freshmint_session={}\r\n\r\n",
            cookie.expose()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut lines = BufReader::new(stream).lines();
        let status = lines.next().expect("an answer").expect("a line");
        assert!(status.contains("200"), "{status}");
        let heard = Arc::clone(&heard);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line == "event: line" {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    Feeds(heard)
}
