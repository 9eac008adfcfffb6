//! The few words of IMAP that are needed (RFC 3501). Nothing is marked as read but what we say.

mod bounded;

use std::{fmt, io};

use async_imap::{Client, error::Error as ImapError};
use futures::TryStreamExt;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;

use self::bounded::Bounded;
use crate::{
    config::BounceMailbox,
    foreign_text::{ForeignText, Limit},
    mail::{report::message, tls::connector},
};

/// Larger messages are no reports.
const LARGEST: u32 = 1024 * 1024;
/// Messages of one look: what is left is read by the next.
const MOST: usize = 10_000;

/// What is wrong with the mailbox, for people: its server's words, safe and bounded.
#[derive(Debug)]
pub struct Trouble(String);

impl Trouble {
    fn new(why: impl fmt::Display) -> Self {
        Self(ForeignText::new(&why.to_string(), Limit::SENTENCE).into())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ImapError> for Trouble {
    fn from(error: ImapError) -> Self {
        Self::new(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

/// An open mailbox.
pub struct Session {
    imap: async_imap::Session<Bounded>,
    validity: u32,
}

impl Session {
    /// Connects, logs in and opens the folder.
    pub async fn open(mailbox: &BounceMailbox) -> Result<Self, Trouble> {
        let stream = TcpStream::connect((mailbox.host.as_str(), mailbox.port)).await?;
        let stream = match mailbox.is_encrypted {
            true => Bounded::new(encrypt(&mailbox.host, stream).await?),
            false => Bounded::new(stream),
        };
        let mut client = Client::new(stream);
        client
            .read_response()
            .await?
            .ok_or_else(|| Trouble::new("it did not greet us"))?;
        let mut imap = client
            .login(&mailbox.user, mailbox.password.expose())
            .await
            .map_err(|(error, _)| Trouble::new(error))?;
        let folder = imap.select(&mailbox.folder).await?;
        Ok(Self {
            imap,
            validity: folder.uid_validity.unwrap_or_default(),
        })
    }

    /// What its ids are good for.
    pub fn validity(&self) -> i64 {
        self.validity.into()
    }

    /// The ids of messages that came after this one, oldest first.
    pub async fn after(&mut self, last: u32) -> Result<Vec<u32>, Trouble> {
        let next = last.saturating_add(1);
        // `n:*` names the last message, even if it is before n.
        let found = self.imap.uid_search(format!("UID {next}:*")).await?;
        let mut uids: Vec<u32> = found.into_iter().filter(|uid| *uid > last).collect();
        uids.sort_unstable();
        uids.truncate(MOST);
        Ok(uids)
    }

    /// Those of them that may be reports, by their type and size.
    pub async fn reports_among(&mut self, uids: &[u32]) -> Result<Vec<u32>, Trouble> {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else {
            return Ok(Vec::new());
        };
        let what = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE)])";
        let mut fetched = self.imap.uid_fetch(format!("{first}:{last}"), what).await?;
        let mut reports = Vec::new();
        while let Some(message) = fetched.try_next().await? {
            let head = String::from_utf8_lossy(message.header().unwrap_or_default());
            let is_small = message.size.is_none_or(|size| size <= LARGEST);
            if is_small && message::may_be_one(&head) {
                reports.extend(message.uid);
            }
        }
        reports.sort_unstable();
        Ok(reports)
    }

    /// One whole message; `None` if it is gone.
    pub async fn message(&mut self, uid: u32) -> Result<Option<Vec<u8>>, Trouble> {
        let mut fetched = self
            .imap
            .uid_fetch(uid.to_string(), "(UID BODY.PEEK[])")
            .await?;
        let mut found = None;
        while let Some(message) = fetched.try_next().await? {
            found = message.body().map(<[u8]>::to_vec).or(found);
        }
        Ok(found)
    }

    /// Marks a message as read.
    pub async fn is_read(&mut self, uid: u32) -> Result<(), Trouble> {
        let marked = self
            .imap
            .uid_store(uid.to_string(), "+FLAGS.SILENT (\\Seen)")
            .await?;
        marked.try_collect::<Vec<_>>().await?;
        Ok(())
    }

    /// Says farewell; whoever does not answer is left.
    pub async fn close(mut self) {
        let _ = self.imap.logout().await;
    }
}

async fn encrypt(
    host: &str,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Trouble> {
    let name = ServerName::try_from(host.to_owned()).map_err(Trouble::new)?;
    let connector = connector().map_err(Trouble::new)?;
    Ok(connector.connect(name, stream).await?)
}
