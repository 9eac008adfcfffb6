//! A mailbox that everybody's mail goes to: a real SMTP server on loopback, as strict as a grumpy
//! one, and a web page that shows what came.
//!
//! It stands behind the wire: the product only ever knows its address. What it accepts it keeps,
//! mail by mail and never sorted out, so that a mail that was sent twice is there twice.

mod links;
mod mail;
mod page;
mod report;
mod rules;
mod settings;
mod shared;
mod smtp;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::Ordering},
};

pub use self::{
    mail::Mail,
    report::ReportsTo,
    rules::{Action, Rule, Stage},
    settings::{Settings, Tls},
};
use self::{
    rules::Rules,
    shared::{Shared, lock},
};

/// A running mailbox. It ends with the value, connections and all.
pub struct Mailbox {
    shared: Arc<Shared>,
    smtp: smtp::Server,
    page: page::Server,
}

impl Mailbox {
    /// Starts on threads of its own and returns when it listens.
    ///
    /// # Errors
    /// When an address is taken or threads cannot be had.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let mail = TcpListener::bind(settings.smtp)?;
        let web = TcpListener::bind(settings.web)?;
        let shared = Arc::new(Shared::new(settings));
        Ok(Self {
            smtp: smtp::Server::start(mail, Arc::clone(&shared))?,
            page: page::Server::start(web, Arc::clone(&shared))?,
            shared,
        })
    }

    /// What a mail program is told, with the log-in, as lettre reads it: `smtp://127.0.0.1:PORT`;
    /// `smtps://` if it is encrypted from the first byte, `?tls=required` if after `STARTTLS`.
    pub fn smtp_url(&self) -> String {
        let login = self.shared.settings.login.as_ref();
        let login = login.map_or_else(String::new, |(user, password)| {
            format!("{}:{}@", percent_encoded(user), percent_encoded(password))
        });
        let (scheme, query) = match self.shared.settings.tls {
            None => ("smtp", ""),
            Some(Tls::Implicit(_)) => ("smtps", ""),
            Some(Tls::StartTls(_)) => ("smtp", "?tls=required"),
        };
        format!("{scheme}://{login}{}{query}", self.smtp.address)
    }

    /// Where it takes mail, for another server that hands on to it.
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp.address
    }

    /// The page: `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.page.address)
    }

    /// The accepted mails, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        lock(&self.shared.mails).clone()
    }

    /// Those whose envelope names that address, in letters of any case.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to.iter().any(|to| to.eq_ignore_ascii_case(address)));
        mails
    }

    /// From now on the page of a mail has a button that reports it as undeliverable, by a message that is posted
    /// there.
    pub fn report_to(&self, place: ReportsTo) {
        *lock(&self.shared.reports_to) = Some(place);
    }

    /// Forgets mails and commands. Rules stay, counts and numbers go on.
    pub fn clear(&self) {
        lock(&self.shared.mails).clear();
        lock(&self.shared.commands).clear();
    }

    /// Replaces all rules by these; each connection meets them from its next command on.
    pub fn set_rules(&self, rules: Vec<Rule>) {
        *lock(&self.shared.rules) = Rules::new(rules);
    }

    /// The connections that were ever accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The commands so far, oldest first, without what was said with them: `EHLO`, `AUTH`, `MAIL`.
    /// What is no command of SMTP is `UNKNOWN`.
    pub fn commands(&self) -> Vec<String> {
        let commands = lock(&self.shared.commands);
        commands.iter().copied().map(str::to_owned).collect()
    }

    /// How often a message had begun and the connection ended before its final dot.
    pub fn unfinished(&self) -> usize {
        self.shared.unfinished.load(Ordering::SeqCst)
    }

    /// The mails that were ever accepted, kept or only counted.
    pub fn received(&self) -> usize {
        self.shared.received.load(Ordering::SeqCst)
    }

    /// Bytes of lines without an end ([`Action::Endless`]) that went out until the clients left.
    pub fn endless(&self) -> usize {
        self.shared.endless.load(Ordering::SeqCst)
    }

    /// While this is on, mails are checked, accepted and counted, but neither they nor the commands
    /// are kept: for a bench.
    pub fn keep_only_counts(&self, on: bool) {
        self.shared.only_counts.store(on, Ordering::SeqCst);
    }
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => encoded.push(char::from(byte)),
            false => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}
