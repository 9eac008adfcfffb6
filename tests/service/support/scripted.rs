//! A mail server that does at each moment what a script says: the wire, and nothing between it and us.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// When a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    Greeting,
    Hello,
    Login,
    Sender,
    Recipient,
    Data,
    Dot,
    Reset,
    Noop,
    Quit,
}

/// What it does in place of the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// These bytes and no others; then it reads on.
    Says(Vec<u8>),
    /// The usual, and then these bytes, so much later.
    SaysMore(Duration, Vec<u8>),
    /// The usual, so much later.
    Late(Duration),
    /// The usual, a byte at a time with such a pause.
    Drips(Duration),
    /// Nothing, and it reads on.
    Nothing,
    /// Nothing, and it reads no more until we have left.
    Sleeps,
    /// These bytes without an end, until we have left.
    Endless(Vec<u8>),
    /// It closes.
    Closes,
}

/// What the server does, and what it has seen.
#[derive(Default)]
struct Script {
    /// Once each, whatever mail it meets: the first of its moment.
    once: Vec<(Moment, Does)>,
    /// For mails to an address: at these moments, so often.
    to: BTreeMap<String, (Moment, Does, usize)>,
    /// Messages that came to their dot, and whether the answer may have been a yes.
    dots: Vec<(String, bool)>,
    words: Vec<String>,
}

/// A running server. Its threads end with the test's process.
pub struct Scripted {
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Scripted {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let script: Arc<Mutex<Script>> = Arc::default();
        let shared = Arc::clone(&script);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = Arc::clone(&shared);
                // Whoever leaves in the middle ends the conversation.
                std::thread::spawn(move || drop(Conversation::new(stream, script).hold()));
            }
        });
        Self {
            url: format!("smtp://club:secret@{address}"),
            script,
        }
    }

    /// At this moment, once, whatever mail it meets.
    pub fn once(&self, moment: Moment, does: Does) {
        self.script().once.push((moment, does));
    }

    /// At this moment of each mail to this address, so often.
    pub fn to(&self, address: &str, moment: Moment, does: Does, times: usize) {
        let what = (moment, does, times);
        self.script().to.insert(address.to_owned(), what);
    }

    /// How often a message to this address came to its dot and was not refused.
    pub fn taken(&self, address: &str) -> usize {
        let script = self.script();
        let dots = script.dots.iter();
        dots.filter(|(to, taken)| to == address && *taken).count()
    }

    /// The commands so far.
    pub fn words(&self) -> Vec<String> {
        self.script().words.clone()
    }

    /// What of the script has not been met yet.
    pub fn left(&self) -> usize {
        self.script().once.len()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("no conversation broke down")
    }
}

/// One connection.
struct Conversation {
    lines: BufReader<TcpStream>,
    wire: TcpStream,
    script: Arc<Mutex<Script>>,
    to: String,
}

/// Why a conversation ends: the client has left, or the script says so.
struct Ends;

impl From<std::io::Error> for Ends {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Conversation {
    fn new(wire: TcpStream, script: Arc<Mutex<Script>>) -> Self {
        let lines = BufReader::new(wire.try_clone().expect("a socket"));
        Self {
            lines,
            wire,
            script,
            to: String::new(),
        }
    }

    fn hold(mut self) -> Result<(), Ends> {
        self.wire.set_nodelay(true)?;
        self.answer(Moment::Greeting, b"220 scripted\r\n")?;
        loop {
            let line = self.line()?;
            let word = line.get(..4).unwrap_or_default().to_uppercase();
            self.script
                .lock()
                .expect("no panic")
                .words
                .push(word.clone());
            let ok = b"250 2.0.0 ok\r\n".as_slice();
            match word.as_str() {
                "EHLO" => self.answer(Moment::Hello, b"250-scripted\r\n250 AUTH PLAIN\r\n")?,
                "AUTH" => self.answer(Moment::Login, b"235 2.7.0 welcome\r\n")?,
                "MAIL" => {
                    self.to.clear();
                    self.answer(Moment::Sender, ok)?;
                }
                "RCPT" => {
                    let to = line.split(['<', '>']).nth(1);
                    to.unwrap_or_default().clone_into(&mut self.to);
                    self.answer(Moment::Recipient, ok)?;
                }
                "DATA" => self.data()?,
                "RSET" => {
                    self.answer(Moment::Reset, ok)?;
                    self.to.clear();
                }
                "NOOP" => self.answer(Moment::Noop, ok)?,
                "QUIT" => {
                    self.answer(Moment::Quit, b"221 2.0.0 bye\r\n")?;
                    return Ok(());
                }
                _ => self.wire.write_all(b"500 5.5.1 what?\r\n")?,
            }
        }
    }

    fn line(&mut self) -> Result<String, Ends> {
        let mut line = Vec::new();
        match self.lines.read_until(b'\n', &mut line)? {
            0 => Err(Ends),
            _ => Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
        }
    }

    /// The message follows the script's answer if that asks for it.
    fn data(&mut self) -> Result<(), Ends> {
        let said = self.answer_as(Moment::Data, b"354 go on\r\n")?;
        if !said.starts_with(b"354") {
            return Ok(());
        }
        while self.line()? != "." {}
        let to = self.to.clone();
        let does = self.next(Moment::Dot);
        let refused =
            matches!(&does, Some(Does::Says(bytes)) if matches!(bytes.first(), Some(b'4' | b'5')));
        self.script
            .lock()
            .expect("no panic")
            .dots
            .push((to, !refused));
        self.act(does, b"250 2.0.0 taken\r\n").map(drop)
    }

    fn answer(&mut self, moment: Moment, usual: &[u8]) -> Result<(), Ends> {
        self.answer_as(moment, usual).map(drop)
    }

    fn answer_as(&mut self, moment: Moment, usual: &[u8]) -> Result<Vec<u8>, Ends> {
        let does = self.next(moment);
        self.act(does, usual)
    }

    /// What the script says of this moment.
    fn next(&mut self, moment: Moment) -> Option<Does> {
        let mut script = self.script.lock().expect("no panic");
        let once = script.once.iter().position(|(at, _)| *at == moment);
        if let Some(at) = once {
            return Some(script.once.remove(at).1);
        }
        let (at, does, times) = script.to.get_mut(&self.to)?;
        if *at != moment || *times == 0 {
            return None;
        }
        *times -= 1;
        Some(does.clone())
    }

    /// Tells what was said, as far as that is an answer.
    fn act(&mut self, does: Option<Does>, usual: &[u8]) -> Result<Vec<u8>, Ends> {
        let mut wire = &self.wire;
        let said = match does {
            None => usual.to_vec(),
            Some(Does::Says(bytes)) => bytes,
            Some(Does::Late(pause)) => {
                std::thread::sleep(pause);
                usual.to_vec()
            }
            Some(Does::SaysMore(pause, more)) => {
                wire.write_all(usual)?;
                std::thread::sleep(pause);
                wire.write_all(&more)?;
                return Ok(usual.to_vec());
            }
            Some(Does::Drips(pause)) => {
                for byte in usual {
                    wire.write_all(&[*byte])?;
                    std::thread::sleep(pause);
                }
                return Ok(usual.to_vec());
            }
            Some(Does::Nothing) => return Ok(Vec::new()),
            Some(Does::Endless(beginning)) => {
                wire.write_all(&beginning)?;
                loop {
                    wire.write_all(&[b'x'; 4096])?;
                }
            }
            Some(Does::Sleeps) => {
                // Long enough for any test, and nothing is read meanwhile.
                std::thread::sleep(Duration::from_secs(120));
                return Err(Ends);
            }
            Some(Does::Closes) => return Err(Ends),
        };
        wire.write_all(&said)?;
        Ok(said)
    }
}
