//! The real service on a thread of its own, made as `freshmint serve` makes it.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    thread::{self, JoinHandle},
};

use freshmint::{
    app::App,
    config, db,
    link::token::LinkKeys,
    random,
    serve::{self, Parts, Stop, Web},
};

use freshmint_fakes::{mailbox::Mailbox, postgres::PrivatePostgres};

use crate::{club, environment, failure::Failure, nights, stripe::Stripe};

/// From a checkout's expiry to its reminder: an hour, where nobody stands by and watches.
pub const REMINDER_DELAY_SECONDS: u32 = 5;
/// What `freshmint serve` listens on, too.
const PORT: u16 = 8080;
const DATABASE: &str = "freshmint";

/// The running service. It ends with the value.
pub struct Service {
    pub app: App,
    /// `http://127.0.0.1:8080`, without a slash at the end.
    pub url: String,
    /// Its settings, as a file for a shell.
    pub environment: PathBuf,
    stop: Stop,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Service {
    /// Migrates an empty database on `postgres` and starts web and worker on it; mail goes to
    /// `mailbox`.
    pub fn start(
        postgres: &PrivatePostgres,
        stripe: &Stripe,
        mailbox: &Mailbox,
    ) -> Result<Self, Failure> {
        postgres.create_database(DATABASE).map_err(Failure::new)?;
        let (listener, url) = listen().map_err(|error| {
            Failure::new(format!(
                "The service found no port on 127.0.0.1 ({error}): end what takes them all, and start again."
            ))
        })?;
        let settings = settings(&postgres.url(DATABASE), &url, stripe, mailbox);
        let environment = environment::write(postgres.folder(), &settings).map_err(|error| {
            Failure::new(format!("The settings could not be written down: {error}."))
        })?;
        let values = settings.iter().map(|(name, value)| (*name, value.as_str()));
        let settings = config::Service::from_values(values).map_err(Failure::new)?;
        let app = App::new(&settings, stripe.clock()).map_err(Failure::new)?;
        db::migrate(settings.database.direct()).map_err(Failure::new)?;
        stripe.send_events_to(&url);

        let stop = Stop::new();
        let (running, until) = (app.clone(), stop.clone());
        let web = Some(Web {
            listener,
            threads: 2,
        });
        let parts = Parts { web, worker: true };
        let thread = thread::Builder::new()
            .name("freshmint".to_owned())
            .spawn(move || actix_web::rt::System::new().block_on(run(running, parts, until)))
            .map_err(|error| Failure::new(format!("The service did not start: {error}.")))?;
        Ok(Self {
            app,
            url,
            environment,
            stop,
            thread: Some(thread),
        })
    }

    /// Waits until Ctrl-C or SIGTERM ends it; it waits for those itself.
    pub fn wait(mut self) -> Result<(), Failure> {
        self.join()
    }

    fn join(&mut self) -> Result<(), Failure> {
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(Failure::new(format!("The service ended: {error}."))),
            Some(Err(_panic)) => Err(Failure::new(
                "The service panicked; what it said is above: please report it.",
            )),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.stop();
        if let Err(failure) = self.join() {
            eprintln!("{failure}");
        }
    }
}

/// The service, and the nights that its clock is set ahead by.
async fn run(app: App, parts: Parts, until: Stop) -> io::Result<()> {
    tokio::select! {
        ended = serve::run(app.clone(), parts, until) => ended,
        never = nights::pass(app) => match never {},
    }
}

/// The usual port, or any free one.
fn listen() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))
        .or_else(|_taken| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

fn settings(
    database: &str,
    url: &str,
    stripe: &Stripe,
    mailbox: &Mailbox,
) -> Vec<(&'static str, String)> {
    let link_keys = LinkKeys::generate(&mut random::generator());
    let mut settings = vec![
        ("DATABASE_URL", database.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("LINK_KEYS", link_keys),
        ("SHOP_NAME", club::NAME.to_owned()),
        ("SHOP_URL", "https://rovers.example.org".to_owned()),
        ("SUPPORT_EMAIL", club::TREASURER.to_owned()),
        ("DATABASE_DIRECT_URL", database.to_owned()),
        ("SMTP_URL", mailbox.smtp_url()),
        ("MAIL_FROM", format!("{} <{}>", club::NAME, club::TREASURER)),
        // A mail that the mailbox bounces is named by the envelope's sender too.
        (
            "MAIL_RETURN_PATH",
            "bounces+{id}@rovers.example.org".to_owned(),
        ),
        ("MAIL_PER_SECOND", "50".to_owned()),
        // Whoever forwards on this machine is believed: the pictures have people at many addresses.
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        // So that what the mailbox's switches do is seen while somebody looks.
        ("MAIL_RETRY_SECONDS", "5".to_owned()),
        ("MAIL_LEASE_SECONDS", "30".to_owned()),
        // A first wave of two seconds shows what one is.
        ("FIRST_WAVE_WAIT_SECONDS", "2".to_owned()),
        ("REMINDER_DELAY_SECONDS", REMINDER_DELAY_SECONDS.to_string()),
    ];
    settings.extend(stripe.service_settings());
    settings
}
