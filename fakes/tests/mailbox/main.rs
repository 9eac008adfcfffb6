//! The mailbox is itself under test: what other tests believe of it has to be so.

mod browser;
mod messages;
mod page;
mod protocol;
mod reading;
mod rules;
mod tls;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use freshmint_fakes::mailbox::{Action, Mailbox, Rule, Settings, Stage};
use lettre::{
    Message, SmtpTransport, Transport,
    message::header::ContentType,
    transport::smtp::{Error, response::Response},
};

const PATIENCE: Duration = Duration::from_secs(20);
/// A message with nothing to find fault with.
const PLAIN: &str = "From: shop@a.example\r\nTo: ann@b.example\r\nDate: Fri, 02 Jan 2026 10:00:00 +0000\r\n\
                     Message-ID: <1@a.example>\r\nSubject: Hello\r\n\r\nHi.\r\n";

fn mailbox() -> Mailbox {
    Mailbox::start(Settings::default()).expect("it starts")
}

fn with_login(user: &str, password: &str) -> Mailbox {
    let settings = Settings {
        login: Some((user.to_owned(), password.to_owned())),
        ..Settings::default()
    };
    Mailbox::start(settings).expect("it starts")
}

fn rule(stage: Stage, action: Action) -> Rule {
    Rule {
        stage,
        recipient: None,
        action,
        times: None,
    }
}

fn reply(code: u16, text: &str) -> Action {
    Action::Reply(code, text.to_owned())
}

fn letter(to: &str) -> Message {
    Message::builder()
        .from("Rovers <shop@a.example>".parse().expect("an address"))
        .to(to.parse().expect("an address"))
        .subject("Hello")
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body("Hi.\r\n".to_owned())
        .expect("a mail")
}

/// As lettre sends to the mailbox's own address, on a connection of its own.
fn send(mailbox: &Mailbox, message: &Message) -> Result<Response, Error> {
    let transport = SmtpTransport::from_url(&mailbox.smtp_url()).expect("an address");
    transport.timeout(Some(PATIENCE)).build().send(message)
}

fn code(result: Result<Response, Error>) -> Option<u16> {
    result.map_or_else(
        |error| error.status().map(u16::from),
        |response| Some(response.code().into()),
    )
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Somebody who types SMTP.
struct Talk {
    stream: BufReader<TcpStream>,
}

impl Talk {
    /// Connected, before the greeting is read.
    fn silent(mailbox: &Mailbox) -> Self {
        let url = url::Url::parse(&mailbox.smtp_url()).expect("an address");
        let port = url.port().expect("a port");
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Greeted.
    fn to(mailbox: &Mailbox) -> Self {
        let mut talk = Self::silent(mailbox);
        assert!(talk.hear().starts_with("220 "));
        talk
    }

    /// With the envelope of a mail to `address`, asked for the message.
    fn at_the_body(mailbox: &Mailbox, address: &str) -> Self {
        let mut talk = Self::to(mailbox);
        talk.say_all(&[
            ("EHLO a.example", 250),
            ("MAIL FROM:<shop@a.example>", 250),
            (&format!("RCPT TO:<{address}>"), 250),
            ("DATA", 354),
        ]);
        talk
    }

    /// One reply, whole; empty when the connection was closed.
    fn hear(&mut self) -> String {
        let mut heard = String::new();
        loop {
            let mut line = String::new();
            match self.stream.read_line(&mut line) {
                Ok(1..) => heard += &line,
                Ok(0) => return heard,
                // Closed while something of ours was still on its way.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return heard,
                Err(error) => panic!("nothing was heard: {error}"),
            }
            if line.as_bytes().get(3) == Some(&b' ') {
                return heard;
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).expect("written");
    }

    /// Says a line and hears the reply.
    fn say(&mut self, line: &str) -> String {
        self.write(format!("{line}\r\n").as_bytes());
        self.hear()
    }

    /// Says each line and insists on the code.
    fn say_all(&mut self, lines: &[(&str, u16)]) {
        for (line, code) in lines {
            let heard = self.say(line);
            assert!(heard.starts_with(&code.to_string()), "{line}: {heard}");
        }
    }

    fn is_closed(&mut self) -> bool {
        self.hear().is_empty()
    }

    /// Nothing is said for a while, and the connection stays.
    fn is_silent(&mut self) -> bool {
        let stream = self.stream.get_ref();
        let a_while = Some(Duration::from_millis(300));
        stream.set_read_timeout(a_while).expect("a limit");
        let mut byte = [0];
        let peeked = stream.peek(&mut byte);
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        peeked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}
