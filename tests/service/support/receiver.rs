//! A place that alerts are posted to, as a chat program's: it keeps what it is told, and can be away,
//! slow, endless, or wrong.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

/// What it does with a call.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Answers with this status, at once.
    Answer(u16),
    /// Sends the caller to another address.
    Redirect(String),
    /// Begins an answer that never ends.
    Endless,
    /// Says nothing for so long, then 200.
    Slow(Duration),
    /// Closes the connection.
    Away,
}

#[derive(Debug)]
struct Shared {
    manner: Manner,
    calls: Vec<(Instant, String)>,
}

/// A receiver on a port of its own.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its address, with a key in it.
    pub url: String,
    shared: Arc<Mutex<Shared>>,
}

impl Receiver {
    /// One that takes what it is told.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Mutex::new(Shared {
            manner: Manner::Answer(200),
            calls: Vec::new(),
        }));
        let kept = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/hooks/s3cret-key"),
            shared,
        }
    }

    pub fn set(&self, manner: Manner) {
        self.shared.lock().expect("nobody broke down").manner = manner;
    }

    /// The bodies of all calls so far, as they were sent.
    pub fn bodies(&self) -> Vec<String> {
        self.heard().into_iter().map(|(_, body)| body).collect()
    }

    /// The same, each with the moment at which it came.
    pub fn heard(&self) -> Vec<(Instant, String)> {
        self.shared.lock().expect("nobody broke down").calls.clone()
    }

    /// The calls so far: `state cause`.
    pub fn told(&self) -> Vec<String> {
        let bodies = self.bodies();
        let told = bodies.iter().map(|body| {
            let body: Value = serde_json::from_str(body).expect("JSON");
            let word = |name: &str| body[name].as_str().expect("a text").to_owned();
            format!("{} {}", word("state"), word("cause"))
        });
        told.collect()
    }

    /// Forgets the calls so far.
    pub fn forget(&self) {
        self.shared.lock().expect("nobody broke down").calls.clear();
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Shared>) {
    let Some(body) = read(&stream) else {
        return;
    };
    let manner = {
        let mut kept = kept.lock().expect("nobody broke down");
        if !matches!(kept.manner, Manner::Away) {
            kept.calls.push((Instant::now(), body));
        }
        kept.manner.clone()
    };
    let answer = |stream: &mut TcpStream, head: &str| {
        let _ = stream.write_all(
            format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
        );
    };
    match manner {
        Manner::Answer(status) => answer(&mut stream, &format!("{status} X")),
        Manner::Redirect(to) => answer(&mut stream, &format!("307 X\r\nLocation: {to}")),
        Manner::Slow(time) => {
            std::thread::sleep(time);
            answer(&mut stream, "200 OK");
        }
        Manner::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n");
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        }
        Manner::Away => {}
    }
}

/// The body of a call, if it is a whole one.
fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}
