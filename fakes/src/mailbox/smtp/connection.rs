//! One connection, in the clear or encrypted: lines come, replies go.

use std::{io, mem, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use super::{
    lines::{self, Line},
    reply::Reply,
};

trait Wire: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<W: AsyncRead + AsyncWrite + Send + Sync + Unpin> Wire for W {}

pub struct Connection {
    wire: BufReader<Box<dyn Wire>>,
    pub is_encrypted: bool,
}

impl Connection {
    /// # Errors
    /// When the connection is broken already.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        // A conversation of short lines is slow without it.
        stream.set_nodelay(true)?;
        Ok(Self {
            wire: BufReader::new(Box::new(stream)),
            is_encrypted: false,
        })
    }

    /// Does the server's part of the handshake.
    ///
    /// # Errors
    /// When it fails, and when something was sent before it: nobody knows who said that.
    pub async fn encrypt(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        if !self.wire.buffer().is_empty() {
            return Err(io::Error::other("there are commands before the handshake"));
        }
        let nowhere: Box<dyn Wire> = Box::new(tokio::io::empty());
        let clear = mem::replace(&mut self.wire, BufReader::new(nowhere)).into_inner();
        let acceptor = TlsAcceptor::from(Arc::clone(config));
        let encrypted: Box<dyn Wire> = Box::new(acceptor.accept(clear).await?);
        self.wire = BufReader::new(encrypted);
        self.is_encrypted = true;
        Ok(())
    }

    /// The next line, of which `keep` bytes are kept.
    ///
    /// # Errors
    /// When the client has left.
    pub async fn line(&mut self, keep: usize) -> io::Result<Line> {
        lines::read_line(&mut self.wire, keep).await
    }

    /// # Errors
    /// When the client has left.
    pub async fn say(&mut self, reply: &Reply) -> io::Result<()> {
        self.wire.write_all(&reply.to_bytes()).await?;
        self.wire.flush().await
    }

    /// Says this, and then letters without an end of line until the client has left. Tells how many
    /// bytes went out.
    pub async fn never_end(&mut self, beginning: &[u8]) -> usize {
        let mut said = 0;
        let mut next = beginning;
        while self.wire.write_all(next).await.is_ok() {
            said += next.len();
            next = &[b'x'; 4096];
        }
        said
    }

    /// Ends in good order.
    pub async fn close(mut self) {
        // The client may be faster.
        let _ = self.wire.shutdown().await;
    }

    /// Returns when the client has left; what it says until then is lost.
    pub async fn until_left(&mut self) {
        let mut lost = [0; 4096];
        while let Ok(1..) = self.wire.read(&mut lost).await {}
    }
}
