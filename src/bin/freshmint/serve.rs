//! `freshmint serve` and `freshmint work`.

use std::{net::TcpListener, thread::available_parallelism, time::Duration};

use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    serve::{Parts, Stop, Web, run},
};

use crate::{Done, Failure, block_on, print::count};

/// However long something takes, the process ends within 30 seconds of SIGTERM.
const LAST_MOMENT: Duration = Duration::from_secs(26);

#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    settings: config::Service,
    /// Web only: for further replicas beside one that works
    #[arg(long)]
    no_worker: bool,
    /// Apply pending migrations first
    #[arg(long)]
    migrate: bool,
}

#[derive(Args)]
pub struct Work {
    #[command(flatten)]
    settings: config::Service,
}

impl Serve {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        if self.migrate {
            freshmint::db::migrate(self.settings.database.direct())?;
        }
        refuse_pending(&app)?;
        let bind = self.settings.web.bind;
        let listener = TcpListener::bind(bind).map_err(|error| {
            Failure::new(format!(
                "BIND {bind} cannot be listened on ({error}): choose another address."
            ))
        })?;
        log::info!(
            "listening on http://{bind}, links begin with {}",
            app.public_url
        );
        let threads = available_parallelism().map_or(2, usize::from);
        go(
            app,
            Parts {
                web: Some(Web { listener, threads }),
                worker: !self.no_worker,
            },
        )
    }
}

impl Work {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        refuse_pending(&app)?;
        log::info!("working");
        go(
            app,
            Parts {
                web: None,
                worker: true,
            },
        )
    }
}

fn refuse_pending(app: &App) -> Done {
    let pending = app.db.run_blocking(freshmint::db::pending)?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "The database lacks {}: run freshmint migrate, or start with --migrate.",
        count(pending.len(), "migration", "migrations")
    )))
}

fn go(app: App, parts: Parts) -> Done {
    let stop = Stop::new();
    let watch = stop.clone();
    std::thread::spawn(move || {
        watch.wait();
        std::thread::sleep(LAST_MOMENT);
        // A thread that waits for a database which never answers cannot be ended in another way;
        // nothing is lost by it.
        log::warn!("something in hand did not end in time and is left to the next start");
        std::process::exit(0);
    });
    let ended = block_on(async {
        let ended = run(app, parts, stop).await;
        if ended.is_ok() {
            // All that was in hand has ended. A return would wait for threads that nobody waits for any
            // more: for a database that does not answer, or the address of a host.
            std::process::exit(0);
        }
        ended
    });
    ended.map_err(|error| Failure::new(format!("The service ended: {error}.")))
}
