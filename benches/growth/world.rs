//! One database with so many orders, and a service on it without its web side.

use std::{
    cell::Cell,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use diesel::{QueryDsl, RunQueryDsl};
use freshmint::{
    app::App,
    checkout,
    clock::Clock,
    config,
    gateway::Session,
    import::{
        self, Came, Taken, Way,
        file::{self, Import},
    },
    link::token::LinkKeys,
    mail::letter,
    order::{self, Created, Order, draft::NewOrder},
    outbox::{self, Courier, Kind, Letter, Round},
    random,
    schema::blasts,
    settlement::{self, FoundBy},
    suppression::AddressKey,
    visitor::Visitor,
};
use freshmint_benches::{
    fill::{self, Size},
    given::{self, doing},
};
use freshmint_fakes::{
    mailbox::{self, Mailbox},
    postgres::PrivatePostgres,
    simulator::{self, Simulator},
};
use tokio::{runtime::Runtime, time::Instant};
use uuid::Uuid;

const DATABASE: &str = "freshmint";
/// Lines of the log for each order.
const LINES: usize = 2;

/// A service, its database, its Stripe and its mail server.
pub struct World {
    pub app: App,
    pub runtime: Runtime,
    /// One to twenty, the oldest.
    pub small_mailing: Uuid,
    stripe: Simulator,
    mailbox: Mailbox,
    /// Milliseconds by which the service's clock is ahead.
    ahead: Arc<AtomicI64>,
    numbers: Cell<usize>,
    _postgres: PrivatePostgres,
}

impl World {
    pub fn start(orders: usize) -> Self {
        let postgres = PrivatePostgres::start().unwrap_or_else(|error| panic!("{error}"));
        postgres.create_database(DATABASE).expect("a database");
        let lines = LINES;
        fill::fill(&postgres.url(DATABASE), Size { orders, lines });
        let stripe =
            Simulator::start(simulator::Settings::default()).expect("the simulator starts");
        let mailbox = Mailbox::start(mailbox::Settings::default()).expect("the mailbox starts");
        mailbox.keep_only_counts(true);
        let ahead = Arc::new(AtomicI64::new(0));
        let app = app(
            &postgres.url(DATABASE),
            &stripe,
            &mailbox,
            Arc::clone(&ahead),
        );
        let oldest = app.db.run_blocking(|connection| {
            let ids = blasts::table.order(blasts::id).select(blasts::id);
            ids.first(connection)
        });
        Self {
            small_mailing: oldest.expect("a mailing"),
            runtime: Runtime::new().expect("threads"),
            app,
            stripe,
            mailbox,
            ahead,
            numbers: Cell::new(0),
            _postgres: postgres,
        }
    }

    /// What somebody waits for, who has it from the database or from Stripe.
    pub fn wait<T, E: std::fmt::Debug>(&self, future: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(future).expect("nobody is away")
    }

    /// One more order, open.
    pub fn fresh_order(&self) -> Order {
        let order = new_order(&self.name());
        let doing = doing(&self.app);
        let created =
            (self.app.db).run_blocking(|connection| order::create(connection, &order, &doing));
        match created.expect("the database answers") {
            Created::New(order) => order,
            other => panic!("{other:?}"),
        }
    }

    /// One that was there, from the first thousand, and is paid: each time another.
    pub fn old_order(&self) -> Order {
        let number = self.next() % 90 * 10 + 31;
        let reference = format!("CUP-{number}");
        let found = (self.app.db)
            .run_blocking(|connection| order::find_by_reference(connection, &reference));
        found.expect("the database answers").expect("an old order")
    }

    /// What Stripe tells of the checkout of one more order.
    fn session(&self, order: &Order, happens: impl FnOnce(&str)) -> Session {
        let link = order.link();
        let clicked = checkout::click(&self.app, &link, Visitor::Person);
        let checkout::Door::Redirect(url) = self.runtime.block_on(clicked) else {
            panic!("no checkout");
        };
        let id = url.rsplit('/').next().unwrap_or_default();
        let id = id.split(['?', '#']).next().unwrap_or_default();
        happens(id);
        let deadline = Instant::now() + Duration::from_secs(10);
        let read = self.app.stripe.read(id, deadline);
        self.runtime.block_on(read).expect("Stripe answers")
    }

    /// That it was paid, of one more order.
    pub fn paid_session(&self) -> Session {
        self.session(&self.fresh_order(), |id| {
            self.stripe.pay(id).expect("it can be paid")
        })
    }

    /// Checkouts that so many people did not finish: their reminders are due; tells how many.
    pub fn reminders(&self, count: usize) -> usize {
        for _ in 0..count {
            let expired = self.session(&self.fresh_order(), |id| {
                self.stripe.expire(id).expect("it can expire");
            });
            self.wait(settlement::settle(&self.app, expired, FoundBy::Webhook));
        }
        // The shortest wait that there is.
        self.ahead.fetch_add(1_100, Ordering::Relaxed);
        count
    }

    /// Queues the links of so many orders and sends them.
    pub fn send(&self, count: usize) {
        let orders: Vec<Order> = (0..count).map(|_| self.old_order()).collect();
        let app = &self.app;
        let queued = app.db.transaction_blocking(|connection| {
            let key = AddressKey::load(connection)?;
            let about: Vec<[&Order; 1]> = orders.iter().map(|order| [order]).collect();
            let letters = about.iter().map(|about| {
                let to = about[0].email.as_ref().expect("an address").as_str();
                let to_hash = key.hash(to);
                Letter {
                    kind: Kind::Link,
                    blast_id: None,
                    to,
                    to_hash,
                    text: Some(app.write(about[0], to_hash, letter::link)),
                    orders: about,
                    due_at: None,
                }
            });
            let letters: Vec<Letter> = letters.collect();
            outbox::queue(connection, &app.mailer.domain, &letters, app.clock.now())
        });
        queued.expect("the database answers");
        self.carry(0);
    }

    /// Sends what is due, which is so many at least.
    pub fn carry(&self, at_least: usize) {
        let before = self.mailbox.received();
        let mut courier = Courier::new(self.app.clone());
        self.wait(async {
            loop {
                match courier.round().await? {
                    Round::Busy => {}
                    Round::Wait(pause) if pause < Duration::from_millis(200) => {
                        tokio::time::sleep(pause).await;
                    }
                    Round::Idle | Round::Wait(_) => return courier.stop().await,
                }
            }
        });
        assert!(self.mailbox.received() >= before + at_least, "all were due");
    }

    /// A spreadsheet of so many new orders, read.
    pub fn file(&self, orders: usize) -> Import {
        let name = self.name();
        let mut text = "reference,email,name,currency,description,amount,meta.import\n".to_owned();
        for line in 0..orders {
            text.push_str(&format!(
                "{name}-{line},a{line}@example.org,Kim,EUR,Fee,45.00,{name}\n"
            ));
        }
        let parsed = file::parse(text.as_bytes(), self.app.local_now()).expect("a spreadsheet");
        assert!(parsed.bad.is_empty(), "{:?}", parsed.bad);
        parsed
    }

    pub fn import(&self, file: &Import) {
        let doing = doing(&self.app);
        let came = self.app.db.patient().run_blocking(|connection| {
            let what = ("growth.csv", file, Way::Add);
            import::whole(connection, what, &doing, false, |_| true, |_| {})
        });
        let Ok(Came::Kept(report)) = came else {
            panic!("it was not taken in: {came:?}");
        };
        let mut taken = report.taken.iter();
        assert!(
            taken.all(|taken| matches!(taken, Taken::New(_))),
            "{:?}",
            report.taken
        );
    }

    fn name(&self) -> String {
        format!("growth-{}", self.next())
    }

    fn next(&self) -> usize {
        self.numbers.replace(self.numbers.get() + 1)
    }
}

fn new_order(name: &str) -> NewOrder {
    given::order(name, &format!("{name}@example.org"))
}

fn app(database: &str, stripe: &Simulator, mailbox: &Mailbox, ahead: Arc<AtomicI64>) -> App {
    let keys = LinkKeys::generate(&mut random::generator());
    let simulated = simulator::Settings::default();
    let settings = [
        ("DATABASE_URL", database),
        ("PUBLIC_URL", "https://pay.example.org"),
        ("LINK_KEYS", &keys),
        ("STRIPE_SECRET_KEY", &simulated.secret_key),
        ("STRIPE_API_BASE", &stripe.url()),
        ("STRIPE_WEBHOOK_SECRETS", &simulated.webhook_secret),
        ("SHOP_NAME", "Rovers Youth FC"),
        ("SHOP_URL", "https://rovers.example.org"),
        ("SMTP_URL", &mailbox.smtp_url()),
        ("MAIL_FROM", "treasurer@example.org"),
        ("MAIL_PER_SECOND", "100000"),
        ("REMINDER_DELAY_SECONDS", "1"),
        ("ALERT_EMAIL", "ops@example.org"),
    ];
    let service = config::Service::from_values(settings).unwrap_or_else(|error| panic!("{error}"));
    let system = Clock::system();
    let now = move || system.now() + chrono::Duration::milliseconds(ahead.load(Ordering::Relaxed));
    App::new(&service, Clock::from_fn(now)).expect("settings that work")
}
