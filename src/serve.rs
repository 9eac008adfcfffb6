//! The running service: web and worker until told to stop. Shutdown is a list.

use std::{io, net::TcpListener, time::Duration};

use actix_web::{App as Actix, HttpServer, dev::ServerHandle, middleware::from_fn};
use tokio::sync::watch;

use crate::{
    app::App,
    batches::{keep_writing, write_last},
    db::Lane,
    link_looks, performance, visits,
    web::{
        self,
        leaving::{self, Leaving},
    },
    worker,
};

/// Requests in hand have so long to finish: with the seconds in which callers are let go, and with the
/// worker's last batch, it stays under 26.
const GRACE_SECONDS: u64 = 18;
/// A proxy in front lets go of a kept connection first (nginx after 60 seconds): whoever closes what the
/// other one is about to use takes a request along.
const KEPT: Duration = Duration::from_secs(75);
/// Threads per web worker for work that blocks and is not the database's. For each connection there is one
/// more, so that no lane waits for another one's threads.
const OTHER_THREADS: usize = 8;

/// What runs in this process.
#[derive(Debug)]
pub struct Parts {
    /// The web side.
    pub web: Option<Web>,
    /// The worker.
    pub worker: bool,
}

/// The web side.
#[derive(Debug)]
pub struct Web {
    /// Where it listens.
    pub listener: TcpListener,
    /// On how many threads it answers.
    pub threads: usize,
}

/// Runs until SIGTERM or SIGINT, or until [`Stop::stop`].
///
/// # Errors
/// The listener's.
pub async fn run(app: App, parts: Parts, stop: Stop) -> io::Result<()> {
    let leaving = Leaving::default();
    let signals = actix_web::rt::spawn(on_signal(stop.clone(), leaving.clone()));
    let worker = parts.worker.then(|| {
        let work = worker::run(app.on(Lane::Worker), stop.watch());
        actix_web::rt::spawn(ending_all(stop.clone(), work))
    });
    let noting = app.on(Lane::Api);
    let written = actix_web::rt::spawn(write_what_is_noted(noting.clone(), stop.watch()));
    if let Some(Web { listener, threads }) = parts.web {
        let blocking = usize::try_from(app.connections).unwrap_or(0) + OTHER_THREADS;
        let state = web::State::new(app, leaving.clone());
        let door = listener.try_clone()?;
        let server = HttpServer::new(move || {
            Actix::new()
                .wrap(state.headers())
                .wrap(from_fn(web::waiting::handled_to_the_end))
                .wrap(from_fn(leaving::told))
                .configure(web::routes(state.clone()))
        })
        // A caller who has hung up is noticed.
        .h1_allow_half_closed(false)
        .keep_alive(KEPT)
        .workers(threads)
        .worker_max_blocking_threads(blocking)
        .shutdown_timeout(GRACE_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        actix_web::rt::spawn(stop_web(handle, door, leaving, stop.watch()));
        server.await?;
        // Without the web side nothing is left to be done here.
        stop.stop();
    }
    // A process without a web side is here until it is to stop.
    written.await.map_err(io::Error::other)?;
    // Nobody clicks any more.
    write_the_last(&noting).await;
    // Then the worker finishes its batch.
    let worked = match worker {
        Some(worker) => worker.await.map_err(io::Error::other)?,
        None => Ok(()),
    };
    signals.abort();
    worked
}

/// Each by itself: what one table's batch waits for keeps no other.
async fn write_what_is_noted(app: App, stop: watch::Receiver<bool>) {
    tokio::join!(
        keep_writing(
            async || link_looks::write(&app.link_looks, &app.db).await,
            stop.clone()
        ),
        keep_writing(
            async || visits::write(&app.visits, &app.db, app.clock.now()).await,
            stop.clone()
        ),
        keep_writing(async || write_figures(&app).await, stop),
    );
}

async fn write_the_last(app: &App) {
    tokio::join!(
        write_last(
            "looks at links",
            link_looks::write(&app.link_looks, &app.db)
        ),
        write_last(
            "visits",
            visits::write(&app.visits, &app.db, app.clock.now())
        ),
        write_last("figures", write_figures(app)),
    );
}

async fn write_figures(app: &App) {
    performance::write(&app.performance, &app.metrics, &app.db, app.clock.now()).await;
}

/// Works; when the work ends, however it ends, all else ends too. A service that looked alive and
/// had no worker would be noticed weeks later.
///
/// # Errors
/// The work broke down.
async fn ending_all(stop: Stop, work: impl Future<Output = ()> + 'static) -> io::Result<()> {
    let ended = actix_web::rt::spawn(work).await;
    stop.stop();
    ended.map_err(|_| io::Error::other("the worker broke down, the log says where"))
}

/// A switch that ends [`run`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// A switch that nobody has pressed.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the service: stop accepting, finish what is in hand.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits, on a thread of its own, until somebody ends the service.
    pub fn wait(&self) {
        let mut stop = self.watch();
        let stopped = async move { drop(stop.wait_for(|stopped| *stopped).await) };
        futures::executor::block_on(stopped);
    }

    fn watch(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

async fn stop_web(
    server: ServerHandle,
    door: TcpListener,
    leaving: Leaving,
    mut stop: watch::Receiver<bool>,
) {
    let _ = stop.wait_for(|stopped| *stopped).await;
    leaving.end_streams();
    if leaving.has_begun() {
        leaving.let_go(&server, &door).await;
    }
    server.stop(true).await;
}

/// SIGTERM is a restart's, in which callers are led elsewhere; SIGINT is somebody's at a terminal. Both are
/// heard from the call on, so that none ends a process that answers already.
fn on_signal(stop: Stop, leaving: Leaving) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    async move {
        let (Ok(mut term), Ok(mut int)) = heard else {
            log::error!(
                "signals cannot be waited for; stop the service with SIGKILL, nothing is lost by it"
            );
            return;
        };
        tokio::select! {
            _ = term.recv() => leaving.begin(),
            _ = int.recv() => {}
        }
        log::info!("stopping: finishing what is in hand");
        stop.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_worker_that_breaks_down_takes_the_service_with_it_and_says_so() {
        let stop = Stop::new();
        let ended = ending_all(stop.clone(), async { panic!("a fault of ours") }).await;
        let said = ended.unwrap_err().to_string();
        assert_eq!(said, "the worker broke down, the log says where");
        assert!(*stop.watch().borrow());
    }

    #[actix_web::test]
    async fn a_worker_that_was_told_to_stop_ends_well() {
        assert!(ending_all(Stop::new(), async {}).await.is_ok());
    }
}
