//! The mailbox's page, on a thread of its own.

mod bounce;
mod list;
mod post;
mod show;
mod switches;
mod templates;
mod unsubscribe;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, http::header, rt::System, web};

use super::shared::Shared;

/// The running page. It ends with the value.
pub struct Server {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a listener.
    ///
    /// # Errors
    /// When threads cannot be had.
    pub fn start(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("mailbox-page".to_owned())
            .spawn(move || {
                System::new().block_on(async move {
                    let server = match serve(listener, shared) {
                        Ok(server) => server,
                        Err(error) => {
                            let _ = tell.send(Err(error));
                            return;
                        }
                    };
                    let _ = tell.send(Ok(server.handle()));
                    if let Err(error) = server.await {
                        log::error!("the mailbox's page ended: {error}");
                    }
                });
            })?;
        Ok(Self {
            address,
            handle: told.recv().map_err(io::Error::other)??,
            thread: Some(thread),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The command is sent by the call itself; the future only waits for the end, as `join` does.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the mailbox's page panicked");
        }
    }
}

fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<actix_web::dev::Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&shared)))
            .route("/", web::get().to(list::list))
            .route("/switch", web::post().to(switches::switch))
            .route("/mail/{number}", web::get().to(show::show))
            .route("/mail/{number}/bounce", web::post().to(bounce::bounce))
            .route(
                "/mail/{number}/unsubscribe",
                web::post().to(unsubscribe::unsubscribe),
            )
    })
    .workers(1)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
}

fn see_other(path: String) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}
