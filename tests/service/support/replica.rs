//! The service inside the test's own process.

use std::{collections::BTreeMap, net::TcpListener, thread::JoinHandle};

use freshmint::{
    app::App,
    clock::Clock,
    config,
    serve::{Parts, Stop, Web, run},
};

use super::{cluster::Database, world::LINK_KEYS};
use crate::simulator::{self, Simulator};

/// A replica's web side, in this process, on threads of its own.
pub struct Replica {
    pub url: String,
    /// What it works with.
    pub app: App,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Replica {
    pub fn start(app: App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = Stop::new();
        let parts = Parts {
            web: Some(Web {
                listener,
                threads: 2,
            }),
            worker: false,
        };
        let until = stop.clone();
        let its = app.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new()
                .block_on(run(app, parts, until))
                .expect("the service runs");
        });
        Self {
            url,
            app: its,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The settings of a shop on this database and this Stripe.
pub fn settings(database: &Database, stripe: &Simulator) -> BTreeMap<String, String> {
    let simulated = simulator::Settings::default();
    let settings = [
        ("DATABASE_URL", database.url.as_str()),
        ("DATABASE_POOL_SIZE", "8"),
        // A port that nobody listens at, nor is given by the kernel: the start of a mailing asks there.
        ("PUBLIC_URL", "http://127.0.0.1:61199"),
        ("LINK_KEYS", LINK_KEYS),
        ("STRIPE_SECRET_KEY", &simulated.secret_key),
        ("STRIPE_API_BASE", &stripe.url()),
        ("STRIPE_WEBHOOK_SECRETS", &simulated.webhook_secret),
        ("SHOP_NAME", "Rovers Youth FC"),
        ("SHOP_URL", "https://rovers.example.org"),
        // Events wait until a test delivers them, so that no start need wait for one.
        ("PREFLIGHT_WAIT_SECONDS", "0"),
        ("SUPPORT_EMAIL", "treasurer@rovers.example.org"),
    ];
    settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The service of these settings.
pub fn app(settings: &BTreeMap<String, String>, clock: Clock) -> App {
    let values = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let service = config::Service::from_values(values).unwrap_or_else(|error| panic!("{error}"));
    App::new(&service, clock).expect("settings that work")
}
