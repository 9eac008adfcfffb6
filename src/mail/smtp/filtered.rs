//! A stream of which the library reads whole, clean replies and nothing else.
//!
//! It stands above whatever encrypts. No more is read from the server than the reply that is waited
//! for, and no more of that than [`Incoming`] takes.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::incoming::{Incoming, Unreadable};

/// Bytes that are read at once.
const CHUNK: usize = 4 * 1024;

/// What was heard of the reply that is waited for. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    incoming: Incoming,
    /// What came uncalled, so that nothing was written any more: its first line.
    uncalled: Option<Option<(u16, String)>>,
    /// We say good-bye ourselves, and not the library in between.
    farewell: bool,
}

impl Heard {
    /// Code and text of a reply that has begun and not ended, since the last command.
    pub fn begun(&self) -> Option<(u16, String)> {
        self.inner().incoming.begun()
    }

    /// Whether something was to be written and was not, since something had come uncalled: code and text
    /// of that, if they can be read.
    pub fn uncalled(&self) -> Option<Option<(u16, String)>> {
        self.inner().uncalled.clone()
    }

    /// From now on a QUIT may be written. The library says one after each error and waits for the answer,
    /// and what the server has refused would be lost in that.
    pub fn farewell(&self) {
        self.inner().farewell = true;
    }

    /// Notes what came uncalled; nothing where the connection has ended.
    fn came_uncalled(&self, bytes: &[u8]) {
        let line = bytes.split(|byte| *byte == b'\n').next();
        let mut incoming = Incoming::default();
        let first = line.and_then(|line| incoming.take(line).ok().and_then(|_| incoming.begun()));
        self.inner().uncalled.get_or_insert(first);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The filter over a stream.
#[derive(Debug)]
pub(super) struct Filtered<S> {
    stream: S,
    heard: Heard,
    /// What came and was not looked at yet: one chunk at most.
    unread: Vec<u8>,
    /// A reply to be passed on.
    ready: Vec<u8>,
    /// Nothing is read or written any more.
    unreadable: Option<Unreadable>,
}

impl<S> Filtered<S> {
    /// Over a stream of which nothing was read yet.
    pub fn new(stream: S, heard: Heard) -> Self {
        Self {
            stream,
            heard,
            unread: Vec::new(),
            ready: Vec::new(),
            unreadable: None,
        }
    }

    /// The same with a greeting that nobody sent, for whoever waits for one on a connection that was
    /// greeted already.
    #[must_use]
    pub fn greeted(mut self) -> Self {
        self.ready = b"220 \r\n".to_vec();
        self
    }

    /// The stream beneath. What was read of it already is gone.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> Filtered<S> {
    /// The next reply.
    ///
    /// # Errors
    /// When it cannot be read, and when the connection ends before it.
    pub async fn reply(&mut self) -> io::Result<String> {
        poll_fn(|context| self.poll_reply(context)).await?;
        match std::mem::take(&mut self.ready) {
            nothing if nothing.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            reply => String::from_utf8(reply).map_err(io::Error::other),
        }
    }

    /// Has a reply ready, unless the connection has ended.
    fn poll_reply(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.ready.is_empty() {
            if let Some(unreadable) = self.unreadable {
                return Poll::Ready(Err(invalid(unreadable)));
            }
            if self.unread.is_empty() {
                ready!(self.poll_chunk(context))?;
                if self.unread.is_empty() {
                    break;
                }
            }
            let taken = self.heard.inner().incoming.take(&self.unread);
            match taken {
                Ok((used, reply)) => {
                    self.unread.drain(..used);
                    self.ready = reply.map(String::into_bytes).unwrap_or_default();
                }
                Err(unreadable) => self.unreadable = Some(unreadable),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what has come; nothing if the connection has ended.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0; CHUNK];
        let mut chunk = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut chunk))?;
        self.unread.extend_from_slice(chunk.filled());
        Poll::Ready(Ok(()))
    }

    /// Whether anything has come that nobody asked for, an end of the connection too. Whatever is written
    /// next would be answered by that: a late reply to one mail would be the next one's outcome.
    fn has_come_uncalled(&mut self, context: &mut Context<'_>) -> bool {
        if self.unread.is_empty() && self.poll_chunk(context).is_pending() {
            return false;
        }
        self.heard.came_uncalled(&self.unread);
        true
    }
}

fn invalid(unreadable: Unreadable) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, unreadable)
}

impl<S: AsyncTokioStream> AsyncTokioStream for Filtered<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Filtered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_reply(context))?;
        let fits = self.ready.len().min(buffer.remaining());
        buffer.put_slice(&self.ready[..fits]);
        self.ready.drain(..fits);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Filtered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // What came before a command is no answer to it.
        if self.unreadable.is_none() && self.has_come_uncalled(context) {
            self.unreadable = Some(Unreadable::OutOfStep);
        }
        if let Some(unreadable) = self.unreadable {
            return Poll::Ready(Err(invalid(unreadable)));
        }
        if bytes.starts_with(b"QUIT\r\n") && !self.heard.inner().farewell {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    /// A server that says the same for ever, and counts what was read of it.
    struct Endless(&'static [u8], usize);

    impl AsyncRead for Endless {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let room = buffer.remaining();
            let said = self.0.iter().copied().cycle().skip(self.1 % self.0.len());
            let said: Vec<u8> = said.take(room).collect();
            buffer.put_slice(&said);
            self.1 += room;
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn of_a_server_that_never_ends_no_more_is_read_than_the_limit() {
        for (said, most, why) in [
            (b"x".as_slice(), 8 * 1024, Unreadable::Line),
            (b"250-x\r\n", 68 * 1024, Unreadable::Reply),
            (b"\0\xff\r\n", 4 * 1024, Unreadable::NoReply),
        ] {
            let mut filtered = Filtered::new(Endless(said, 0), Heard::default());
            for _ in 0..3 {
                let error = block_on(filtered.reply()).expect_err("it never ends");
                assert_eq!(error.to_string(), why.to_string());
            }
            assert!(filtered.into_inner().1 <= most, "{why}");
        }
    }

    #[test]
    fn what_came_before_a_command_does_not_answer_it() {
        let mut buffer = io::Cursor::new(b"250 a\r\n250 b\r\n".to_vec());
        let mut filtered = Filtered::new(&mut buffer, Heard::default());
        assert_eq!(block_on(filtered.reply()).expect("a reply"), "250 a\r\n");
        let written = poll_fn(|context| Pin::new(&mut filtered).poll_write(context, b"MAIL\r\n"));
        let error = block_on(written).expect_err("out of step");
        assert_eq!(error.to_string(), Unreadable::OutOfStep.to_string());
        assert!(block_on(filtered.reply()).is_err());
    }
}
