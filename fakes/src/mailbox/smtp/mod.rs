//! The SMTP server, on a thread of its own.

mod body;
mod command;
mod connection;
mod conversation;
mod envelope;
mod hello;
mod lines;
mod login;
mod reply;
mod session;
mod strict;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{net, sync::oneshot};

use self::session::Session;
use super::shared::Shared;

/// After a connection that could not be accepted, for want of descriptors for example.
const BREATH: Duration = Duration::from_millis(50);

/// The running server. It ends with the value and closes every connection.
pub struct Server {
    pub address: SocketAddr,
    /// Nothing is ever sent; that it is gone tells the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a listener.
    ///
    /// # Errors
    /// When the thread or its runtime cannot be had.
    pub fn start(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("mailbox-smtp".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        result = serve(listener, shared) => {
                            if let Err(error) = result {
                                log::error!("the mailbox's server ended: {error}");
                            }
                        }
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the mailbox's server panicked");
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let listener = net::TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Session::run(stream, Arc::clone(&shared)));
            }
            Err(error) => {
                log::warn!("the mailbox could not accept a connection: {error}");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
