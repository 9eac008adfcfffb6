//! `BOUNCE_MAILBOX`: where it is, and how we get in.

use std::fmt;

use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Secret, WrongSetting, is_on_this_machine};

/// A mailbox, with its password.
#[derive(Clone)]
pub struct BounceMailbox {
    /// Where it is.
    pub host: String,
    #[allow(missing_docs)]
    pub port: u16,
    /// From the first byte.
    pub is_encrypted: bool,
    /// Who logs in.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// `INBOX`, if nothing else is said.
    pub folder: String,
}

impl BounceMailbox {
    /// Reads the setting. Touches no network.
    ///
    /// # Errors
    /// A sentence that names the setting, never its value.
    pub fn parse(address: &Secret) -> Result<Self, WrongSetting> {
        Self::read(address.expose()).ok_or_else(|| {
            WrongSetting::new(
                "BOUNCE_MAILBOX",
                "it must look like imaps://user:password@imap.example.org/INBOX (imap:// only on this machine); \
                 write special characters of user and password as %40, %3A, %2F",
            )
        })
    }

    fn read(address: &str) -> Option<Self> {
        let url = Url::parse(address.trim()).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let is_encrypted = match url.scheme() {
            "imaps" => true,
            "imap" if is_on_this_machine(&url) || is_near(host) => false,
            _ => return None,
        };
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8().ok()?;
            (!text.is_empty() && !text.contains(char::is_control)).then(|| text.into_owned())
        };
        let folder = url.path().trim_start_matches('/');
        Some(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(if is_encrypted { 993 } else { 143 }),
            is_encrypted,
            user: decoded(url.username())?,
            password: Secret::new(decoded(url.password()?)?),
            folder: decoded(folder).unwrap_or_else(|| "INBOX".to_owned()),
        })
    }

    /// By what we remember how far it was read: without its address, which may be a person's.
    pub fn name(&self) -> String {
        let whole = format!(
            "{}\n{}\n{}\n{}",
            self.host, self.port, self.user, self.folder
        );
        hex::encode(&Sha256::digest(whole.as_bytes())[..16])
    }
}

fn is_near(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Neither user nor password.
impl fmt::Display for BounceMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mailbox at {}:{}", self.host, self.port)
    }
}

impl fmt::Debug for BounceMailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_its_signs() {
        let read = |text| BounceMailbox::read(text).unwrap();
        let mailbox = read("imaps://bounces%40club.example:p%3A%2Fw@imap.club.example/Bounces");
        assert_eq!(mailbox.user, "bounces@club.example");
        assert_eq!(mailbox.password.expose(), "p:/w");
        assert_eq!((mailbox.port, mailbox.folder.as_str()), (993, "Bounces"));
        assert_eq!(read("imap://a:b@127.0.0.1:1143").folder, "INBOX");
        assert!(!format!("{mailbox} {mailbox:?}").contains("bounces"));
    }

    #[test]
    fn what_shows_a_password_or_has_none_is_refused() {
        for wrong in [
            "imap://a:b@imap.club.example/INBOX",
            "https://a:b@imap.club.example",
            "imaps://imap.club.example/INBOX",
            "imaps://a@imap.club.example",
            "imaps://a:b%0d%0ac@imap.club.example",
            "nothing",
        ] {
            assert!(BounceMailbox::read(wrong).is_none(), "{wrong}");
        }
    }
}
