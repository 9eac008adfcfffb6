//! Stands between a browser and the service: lets bytes through, breaks every connection, or answers 503.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// What it does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Open,
    Broken,
    Unavailable,
}

struct State {
    mode: Mode,
    through: Vec<TcpStream>,
    /// Connections that were not let through.
    refused: usize,
}

pub struct Gate {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Gate {
    /// In front of a service at `http://HOST:PORT`.
    pub fn before(url: &str) -> Self {
        let service = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State {
            mode: Mode::Open,
            through: Vec::new(),
            refused: 0,
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                take(client, &service, &shared);
            }
        });
        Self { url, state }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.state.lock().expect("no panic").mode = Mode::Open;
    }

    /// Breaks all connections, and every new one.
    pub fn break_all(&self) {
        self.end(Mode::Broken);
    }

    /// Breaks all connections, and answers new ones with 503.
    pub fn answer_503(&self) {
        self.end(Mode::Unavailable);
    }

    /// How many connections have not been let through.
    pub fn refused(&self) -> usize {
        self.state.lock().expect("no panic").refused
    }

    fn end(&self, mode: Mode) {
        let mut state = self.state.lock().expect("no panic");
        state.mode = mode;
        for stream in state.through.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn take(mut client: TcpStream, service: &str, state: &Mutex<State>) {
    let mut state = state.lock().expect("no panic");
    match state.mode {
        Mode::Open => {
            let server = TcpStream::connect(service).expect("the service listens");
            for stream in [&client, &server] {
                state.through.push(stream.try_clone().expect("a socket"));
            }
            for (from, to) in [(&client, &server), (&server, &client)] {
                let from = from.try_clone().expect("a socket");
                let to = to.try_clone().expect("a socket");
                std::thread::spawn(move || pass(from, to));
            }
        }
        Mode::Broken => state.refused += 1,
        Mode::Unavailable => {
            state.refused += 1;
            std::thread::spawn(move || {
                let _ = client.read(&mut [0; 16_384]);
                let _ = client.write_all(
                    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                );
            });
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
