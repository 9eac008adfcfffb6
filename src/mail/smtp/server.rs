//! The mail server's address, in lettre's URL form.

use std::fmt;

use lettre::transport::smtp::authentication::Credentials;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    config::{Secret, is_on_this_machine},
    foreign_text::{ForeignText, Limit},
    mail::refusal::{Fault, Ours, Refusal, Reply, Stage},
};

/// Where mail is handed over, and how.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    /// The name in our EHLO, if the address gives one.
    pub(super) hello: Option<String>,
    on_this_machine: bool,
}

/// How the connection is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Not at all.
    None,
    /// With STARTTLS if the server offers it.
    Opportunistic,
    /// With STARTTLS, or there is no mail.
    StartTls,
    /// From the first byte.
    Tls,
}

/// Why an address is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongServer {
    /// No URL at all.
    #[error("it must look like smtp://user:password@mail.example.org:587?tls=required")]
    NoUrl,
    /// Something else than smtp or smtps.
    #[error("it must begin with smtp:// or smtps://")]
    Scheme,
    /// Something else than lettre's two.
    #[error("tls must be required or opportunistic, and left out with smtps://")]
    Tls,
    /// Letters that a name or a password cannot have here.
    #[error(
        "the user or the password cannot be read; write special characters as %40, %3A, %2F, and give both or none"
    )]
    LogIn,
}

/// No connection can be had; the reason is for people. It names no address of a payer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(Refusal);

impl Refused {
    /// With the reason, of which some is usually the server's words: what it said, the names in its
    /// certificate.
    pub(super) fn new(why: String) -> Self {
        Self(Refusal::known(Fault::Ours(Ours::Connection), &why))
    }

    /// Because of the connection's encryption.
    pub(super) fn over_tls(self) -> Self {
        let fault = Fault::Ours(Ours::Tls);
        Self(Refusal { fault, ..self.0 })
    }

    /// With a no of the server's.
    pub(super) fn said(
        server: &SmtpServer,
        what: &str,
        stage: Stage,
        code: u16,
        text: &str,
    ) -> Self {
        let judged = Refusal::said(&Reply {
            stage,
            code,
            text,
            sender: "",
            recipient: "",
        });
        let why = format!("{server} {what}: {}", judged.why);
        let why = ForeignText::new(&why, Limit::SENTENCE).into();
        Self(Refusal { why, ..judged })
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.0.fault
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        refused.0
    }
}

impl SmtpServer {
    /// Its name, or its network address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is Postmark's, which names a mail in its reports by what a header of its own says.
    pub fn is_postmark(&self) -> bool {
        let host = self.host.to_ascii_lowercase();
        host == "postmarkapp.com" || host.ends_with(".postmarkapp.com")
    }

    /// Reads the address.
    ///
    /// # Errors
    /// A sentence without the address in it, which may hold a password.
    pub fn parse(address: &Secret) -> Result<Self, WrongServer> {
        let url = Url::parse(address.expose().trim()).map_err(|_| WrongServer::NoUrl)?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or(WrongServer::NoUrl)?;
        let asked = |wanted| url.query_pairs().find(|(name, _)| name == wanted);
        let (security, usual_port) = match (url.scheme(), asked("tls").as_ref().map(|(_, v)| &**v))
        {
            ("smtp", None) => (Security::None, 25),
            ("smtp", Some("opportunistic")) => (Security::Opportunistic, 587),
            ("smtp", Some("required")) => (Security::StartTls, 587),
            ("smtps", None) => (Security::Tls, 465),
            ("smtp" | "smtps", Some(_)) => return Err(WrongServer::Tls),
            _ => return Err(WrongServer::Scheme),
        };
        let hello = url.path().trim_matches('/');
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(usual_port),
            security,
            credentials: credentials(&url)?,
            hello: (!hello.is_empty()).then(|| hello.to_owned()),
            on_this_machine: host == "localhost" || is_on_this_machine(&url) || is_loopback(host),
        })
    }

    /// Whether we log in at all.
    pub fn has_log_in(&self) -> bool {
        self.credentials.is_some()
    }

    /// Whether a password would cross a network in clear.
    pub fn shows_its_password(&self) -> bool {
        self.credentials.is_some()
            && !self.on_this_machine
            && matches!(self.security, Security::None | Security::Opportunistic)
    }
}

/// Never the password.
impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The host of a URL whose scheme the library does not know is not parsed as an address.
fn is_loopback(host: &str) -> bool {
    host.trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

fn credentials(url: &Url) -> Result<Option<Credentials>, WrongServer> {
    let read = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(String::from).map_err(|_| WrongServer::LogIn)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            Ok(Some(Credentials::new(read(user)?, read(password)?)))
        }
        _ => Err(WrongServer::LogIn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SmtpServer, WrongServer> {
        SmtpServer::parse(&Secret::new(text))
    }

    #[test]
    fn the_form_of_the_address_chooses_port_and_safety() {
        let read = |text| {
            let server = parse(text).expect(text);
            (server.to_string(), server.security)
        };
        let expected = |address: &str, security| (address.to_owned(), security);
        assert_eq!(
            read("smtp://mail.example.org"),
            expected("mail.example.org:25", Security::None)
        );
        assert_eq!(
            read("smtp://mail.example.org?tls=required"),
            expected("mail.example.org:587", Security::StartTls)
        );
        assert_eq!(
            read("smtp://mail.example.org:2525/?tls=opportunistic"),
            expected("mail.example.org:2525", Security::Opportunistic)
        );
        assert_eq!(
            read("smtps://a:b@mail.example.org"),
            expected("mail.example.org:465", Security::Tls)
        );
    }

    #[test]
    fn a_log_in_is_decoded_and_never_shown() {
        let server = parse("smtp://k%40club:p%2Fw%3A@mail.example.org").expect("an address");
        let log_in = Credentials::new("k@club".to_owned(), "p/w:".to_owned());
        assert_eq!(server.credentials, Some(log_in));
        assert!(!format!("{server:?} {server}").contains("p/w"));
        assert!(server.shows_its_password());
        for safe in [
            "smtps://a:b@mail.example.org",
            "smtp://mail.example.org",
            "smtp://a:b@127.0.0.1:2525",
            "smtp://a:b@localhost",
        ] {
            assert!(!parse(safe).expect(safe).shows_its_password(), "{safe}");
        }
    }

    #[test]
    fn postmark_is_known_by_its_name() {
        let is_postmark = |host: &str| parse(&format!("smtp://{host}")).unwrap().is_postmark();
        assert!(
            is_postmark("smtp.postmarkapp.com") && is_postmark("SMTP-broadcasts.PostmarkApp.com")
        );
        assert!(!is_postmark("notpostmarkapp.com") && !is_postmark("postmarkapp.com.example.org"));
    }

    #[test]
    fn what_is_no_address_is_told_in_a_sentence() {
        for (text, why) in [
            ("mail.example.org", WrongServer::NoUrl),
            ("smtp://", WrongServer::NoUrl),
            ("https://mail.example.org", WrongServer::Scheme),
            ("smtp://mail.example.org?tls=yes", WrongServer::Tls),
            ("smtps://mail.example.org?tls=required", WrongServer::Tls),
            ("smtp://user@mail.example.org", WrongServer::LogIn),
            ("smtp://a:%ff@mail.example.org", WrongServer::LogIn),
        ] {
            assert_eq!(parse(text).map(|_| ()), Err(why), "{text}");
        }
    }
}
