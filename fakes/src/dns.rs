//! A small DNS server on loopback, over UDP and TCP, that has texts alone and misbehaves on purpose.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What there is at a name.
#[derive(Debug, Clone)]
pub enum Said {
    /// These texts, each in strings of 100 bytes.
    Texts(Vec<String>),
    /// It never answers.
    Silence,
    /// Bytes that are no message.
    Garbage,
    /// Something has gone wrong (SERVFAIL).
    Failure,
    /// Over UDP it says "ask over TCP", and there it never stops.
    Endless,
}

/// Bytes that fit into an answer over UDP.
const OVER_UDP: usize = 1_200;
/// A thread that serves nobody looks so often whether it is over.
const LOOK: Duration = Duration::from_millis(50);
const TEXT: u16 = 16;
const TRUNCATED: u8 = 0x02;
const SERVFAIL: u8 = 2;
const NXDOMAIN: u8 = 3;

/// A running server. It ends with the value.
pub struct Dns {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    zone: Mutex<BTreeMap<String, Said>>,
    asked: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

impl Dns {
    /// Starts on threads of its own. A name that is not here does not exist.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(zone: &[(&str, Said)]) -> io::Result<Self> {
        let (udp, tcp) = listen()?;
        let zone = zone
            .iter()
            .map(|(name, said)| (name.to_lowercase(), said.clone()));
        let shared = Arc::new(Shared {
            zone: Mutex::new(zone.collect()),
            ..Shared::default()
        });
        let address = udp.local_addr()?;
        udp.set_read_timeout(Some(LOOK))?;
        tcp.set_nonblocking(true)?;
        let (one, other) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::spawn(move || serve_udp(&udp, &one));
        thread::spawn(move || serve_tcp(&tcp, &other));
        Ok(Self { address, shared })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The names that were asked for, each once.
    pub fn asked(&self) -> Vec<String> {
        let asked = self
            .shared
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut asked = asked.clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn said(&self, name: &str) -> Option<Said> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(name.to_owned());
        let zone = self.zone.lock().unwrap_or_else(PoisonError::into_inner);
        zone.get(name).cloned()
    }
}

/// The same port for both.
fn listen() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..20 {
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        match TcpListener::bind(udp.local_addr()?) {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::other("no port")))
}

fn serve_udp(socket: &UdpSocket, shared: &Shared) {
    let mut buffer = [0; 4_096];
    while !shared.is_over() {
        let Ok((length, client)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let Some(question) = Question::read(&buffer[..length]) else {
            continue;
        };
        let answer = match shared.said(&question.name) {
            Some(Said::Silence) => continue,
            Some(Said::Garbage) => question.garbage(),
            Some(Said::Endless) => question.answer(TRUNCATED, 0, &[]),
            said => match question.of(said) {
                long if long.len() > OVER_UDP => question.answer(TRUNCATED, 0, &[]),
                answer => answer,
            },
        };
        let _ = socket.send_to(&answer, client);
    }
}

fn serve_tcp(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.is_over() {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(LOOK);
            continue;
        };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let _ = converse(stream, &shared);
        });
    }
}

/// Questions one after the other, each with its length before it.
fn converse(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(Duration::from_secs(1)))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    loop {
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message)?;
        let question =
            Question::read(&message).ok_or_else(|| io::Error::other("this is no question"))?;
        let answer = match shared.said(&question.name) {
            Some(Said::Silence) => continue,
            Some(Said::Garbage) => question.garbage(),
            Some(Said::Endless) => return endless(&mut stream, shared),
            said => question.of(said),
        };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        stream.write_all(&length.to_be_bytes())?;
        stream.write_all(&answer)?;
    }
}

fn endless(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    while !shared.is_over() {
        stream.write_all(&[0xff; 4_096])?;
    }
    Ok(())
}

/// One question about texts.
struct Question {
    id: [u8; 2],
    /// In small letters, without the dot at its end.
    name: String,
    /// As it was asked.
    bytes: Vec<u8>,
}

impl Question {
    /// RFC 1035, 4.1.
    fn read(message: &[u8]) -> Option<Self> {
        let id = [*message.first()?, *message.get(1)?];
        let (mut at, mut labels) = (12, Vec::new());
        loop {
            let length = usize::from(*message.get(at)?);
            let label = message.get(at + 1..at + 1 + length)?;
            at += 1 + length;
            if length == 0 {
                break;
            }
            labels.push(String::from_utf8_lossy(label).to_lowercase());
        }
        Some(Self {
            id,
            name: labels.join("."),
            bytes: message.get(12..at + 4)?.to_vec(),
        })
    }

    fn of(&self, said: Option<Said>) -> Vec<u8> {
        match said {
            Some(Said::Texts(texts)) => self.answer(0, 0, &texts),
            None => self.answer(0, NXDOMAIN, &[]),
            Some(_) => self.answer(0, SERVFAIL, &[]),
        }
    }

    fn answer(&self, flags: u8, code: u8, texts: &[String]) -> Vec<u8> {
        let count = u16::try_from(texts.len()).unwrap_or(u16::MAX);
        let mut bytes = self.id.to_vec();
        // An answer, asked with recursion, which is there.
        bytes.extend([0x81 | flags, 0x80 | code, 0, 1]);
        bytes.extend(count.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.bytes);
        for text in texts {
            let strings = text.as_bytes().chunks(100);
            let data: Vec<u8> = strings
                .flat_map(|part| {
                    let length = u8::try_from(part.len()).unwrap_or_default();
                    std::iter::once(length).chain(part.iter().copied())
                })
                .collect();
            // The name of the question; a minute.
            bytes.extend([0xc0, 12]);
            bytes.extend(TEXT.to_be_bytes());
            bytes.extend([0, 1, 0, 0, 0, 60]);
            bytes.extend(u16::try_from(data.len()).unwrap_or_default().to_be_bytes());
            bytes.extend(data);
        }
        bytes
    }

    fn garbage(&self) -> Vec<u8> {
        let mut bytes = self.id.to_vec();
        bytes.extend([0xff; 60]);
        bytes
    }
}
