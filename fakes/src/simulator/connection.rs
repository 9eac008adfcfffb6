//! What the server knows of each TCP connection.

use std::net::TcpStream;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::rt::net::TcpStream as Accepted;

/// One accepted connection. Its socket is held a second time, since nothing else can close it
/// without an answer.
pub struct Connection {
    pub number: u64,
    carries_calls: AtomicBool,
    socket: Option<TcpStream>,
}

impl Connection {
    pub fn new(number: u64, io: &Accepted) -> Connection {
        let socket = io.as_fd().try_clone_to_owned().ok().map(TcpStream::from);
        Connection {
            number,
            carries_calls: AtomicBool::new(false),
            socket,
        }
    }

    /// True the first time.
    pub fn first_call(&self) -> bool {
        !self.carries_calls.swap(true, Ordering::SeqCst)
    }

    pub fn reset(&self) {
        if let Some(socket) = &self.socket {
            // It may be closed already, which is as good.
            let _ = socket.shutdown(std::net::Shutdown::Both);
        }
    }

    /// Returns when the client has left.
    pub async fn left(&self) {
        let watched = self.socket.as_ref().and_then(|socket| {
            let socket = socket.try_clone().ok()?;
            Accepted::from_std(socket).ok()
        });
        let Some(watched) = watched else {
            return std::future::pending().await;
        };
        while let Ok(1..) = watched.peek(&mut [0]).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
