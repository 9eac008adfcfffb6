//! A proxy in front of replicas, as nginx is one with `keepalive` in its `upstream`: it keeps connections
//! and takes the last one that it put back, leaves a replica that refuses a connection alone for a while,
//! and what it has sent it sends nowhere else.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// A replica that refused a connection is asked again after so long.
const ALONE: Duration = Duration::from_secs(1);

pub struct Proxy {
    replicas: Vec<Upstream>,
    next: AtomicUsize,
}

struct Upstream {
    address: SocketAddr,
    kept: Mutex<Vec<BufReader<TcpStream>>>,
    refused: Mutex<Option<Instant>>,
    reused: AtomicUsize,
}

impl Proxy {
    pub fn new(replicas: &[SocketAddr]) -> Self {
        let upstream = |address: &SocketAddr| Upstream {
            address: *address,
            kept: Mutex::default(),
            refused: Mutex::default(),
            reused: AtomicUsize::new(0),
        };
        Self {
            replicas: replicas.iter().map(upstream).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// What a caller is answered, as a status and a body: 502 is the proxy's own.
    pub fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for number in 0..self.replicas.len() {
            let replica = &self.replicas[(first + number) % self.replicas.len()];
            let Some(connection) = replica.connection() else {
                continue;
            };
            return replica
                .exchange(connection, method, path)
                .unwrap_or_else(|error| (502, error.to_string()));
        }
        (502, "no replica takes a connection".to_owned())
    }

    /// How often a kept connection carried another request.
    pub fn reused(&self) -> usize {
        let reused = self.replicas.iter();
        reused.map(|one| one.reused.load(Ordering::SeqCst)).sum()
    }
}

impl Upstream {
    fn connection(&self) -> Option<BufReader<TcpStream>> {
        if self.is_left_alone() {
            return None;
        }
        while let Some(kept) = self.kept.lock().expect("no panic").pop() {
            if is_open(kept.get_ref()) {
                self.reused.fetch_add(1, Ordering::SeqCst);
                return Some(kept);
            }
        }
        match TcpStream::connect(self.address) {
            Ok(stream) => Some(BufReader::new(stream)),
            Err(_) => {
                *self.refused.lock().expect("no panic") = Some(Instant::now());
                None
            }
        }
    }

    fn is_left_alone(&self) -> bool {
        let refused = self.refused.lock().expect("no panic");
        refused.is_some_and(|at| at.elapsed() < ALONE)
    }

    fn exchange(
        &self,
        mut connection: BufReader<TcpStream>,
        method: &str,
        path: &str,
    ) -> io::Result<(u16, String)> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: pay.example.org\r\nUser-Agent: {}\r\nContent-Length: 0\r\n\r\n",
            super::PERSON
        );
        connection.get_mut().set_nodelay(true)?;
        connection.get_mut().write_all(request.as_bytes())?;
        let (status, keeps, body) = read(&mut connection)?;
        if keeps {
            self.kept.lock().expect("no panic").push(connection);
        }
        Ok((status, body))
    }
}

/// Nginx hears of a connection's end while it keeps it.
fn is_open(kept: &TcpStream) -> bool {
    let looked = kept
        .set_nonblocking(true)
        .and_then(|()| kept.peek(&mut [0]));
    let waits = looked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
    waits && kept.set_nonblocking(false).is_ok()
}

/// Status, whether the connection may be kept, and the body.
fn read(connection: &mut BufReader<TcpStream>) -> io::Result<(u16, bool, String)> {
    let (mut status, mut length, mut keeps) = (None, 0, true);
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_lowercase();
        if status.is_none() {
            status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        } else if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        } else if let Some(value) = line.strip_prefix("connection:") {
            keeps = value.trim() != "close";
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok((status, keeps, String::from_utf8_lossy(&body).into_owned()))
}
