//! The HTTP server on its own thread.

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::rt::net::TcpStream as Accepted;
use actix_web::{App, HttpServer, web};

use super::connection::Connection;
use super::shared::Shared;
use super::{api, console, foreign, pages};

const WORKERS: usize = 2;
/// Longer than a client keeps a connection, so that it is never the server that closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(600);

pub struct Server {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

/// Listens, and returns once it does.
///
/// # Errors
/// When the address cannot be had.
pub fn listen(bind: SocketAddr, shared: Arc<Shared>) -> io::Result<Server> {
    let (tell, told) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("stripe-simulator".to_owned())
        .spawn(move || {
            System::new().block_on(async move {
                let started = serve(bind, shared);
                let running = match started {
                    Ok((address, running)) => {
                        let _ = tell.send(Ok((address, running.handle())));
                        running
                    }
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                if let Err(error) = running.await {
                    log::error!("the simulator's server ended: {error}");
                }
            });
        })?;
    let (address, handle) = told.recv().map_err(io::Error::other)??;
    Ok(Server {
        address,
        handle,
        thread,
    })
}

impl Server {
    /// Closes everything at once, calls that are not answered too.
    pub fn stop(self) {
        // The command is sent by the call itself; the future only waits for the end, as `join` does.
        drop(self.handle.stop(false));
        if self.thread.join().is_err() {
            log::error!("the simulator's server panicked");
        }
    }
}

fn serve(
    bind: SocketAddr,
    shared: Arc<Shared>,
) -> io::Result<(SocketAddr, actix_web::dev::Server)> {
    let counting = Arc::clone(&shared);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&shared)))
            .configure(console::routes)
            .configure(foreign::routes)
            .configure(pages::routes)
            .default_service(web::to(api::call))
    })
    .on_connect(move |io: &dyn Any, data| {
        if let Some(io) = io.downcast_ref::<Accepted>() {
            let number = counting.accepted.fetch_add(1, Ordering::SeqCst) + 1;
            data.insert(Connection::new(number, io));
        }
    })
    .workers(WORKERS)
    .backlog(4096)
    .tcp_nodelay(true)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(Duration::ZERO)
    .disable_signals()
    .bind(bind)?;
    let address = server.addrs().first().copied();
    let address = address.ok_or_else(|| io::Error::other("no address was bound"))?;
    Ok((address, server.run()))
}
