//! What is measured: the real service on a database of its own, with orders for it.

use std::time::Duration;

use diesel::{Connection, PgConnection};
use freshmint::{
    activity::Doing,
    app::App,
    clock::Clock,
    config::{self, Secret},
    db,
    link::token::LinkKeys,
    order::{self, Created, draft::NewOrder, email::Email, text::Text},
    people::{self, New, session},
    random,
    serve::{self, Parts, Stop, Web},
    token::Role,
};
use freshmint_fakes::{
    postgres::{Durability, PrivatePostgres},
    simulator::{self, Simulator},
};

use crate::{
    bare::{self, THREADS},
    fill::{self, Size},
    given,
    load::{Driver, Load, Target},
};

const DATABASE: &str = "freshmint";
const CHECKOUT: &str = "https://checkout.stripe.com";
/// Opening sessions before anything is measured ends then.
const AT_MOST: Duration = Duration::from_secs(30);
/// Who sends none is taken for a machine, and minted nothing.
pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A service, its database and its Stripe.
pub struct World {
    pub stripe: Simulator,
    /// The service's address.
    pub service: String,
    /// That of the servers that it is compared with, on the same database.
    pub bare: String,
    pub app: App,
    postgres: PrivatePostgres,
}

impl World {
    /// Starts everything. Nothing works off the inbox: only the taking in is measured.
    pub fn start(durability: Durability) -> Self {
        Self::on(durability, &[], migrate)
    }

    /// The same with a mail server, to whom all mail is handed over at once.
    pub fn with_mail(durability: Durability, smtp_url: &str) -> Self {
        let mail = [
            ("SMTP_URL", smtp_url),
            ("MAIL_FROM", "treasurer@example.org"),
            ("MAIL_PER_SECOND", "100000"),
        ];
        Self::on(durability, &mail, migrate)
    }

    /// The same with many orders.
    pub fn filled(size: Size) -> Self {
        Self::on(Durability::ThrowAway, &[], |url| fill::fill(url, size))
    }

    fn on(durability: Durability, others: &[(&str, &str)], prepare: impl FnOnce(&str)) -> Self {
        let postgres =
            PrivatePostgres::start_with(durability).unwrap_or_else(|error| panic!("{error}"));
        postgres.create_database(DATABASE).expect("a database");
        prepare(&postgres.url(DATABASE));
        let stripe =
            Simulator::start(simulator::Settings::default()).expect("the simulator starts");
        // A payer is led to a page that is named as Stripe names them.
        stripe.set_origin(CHECKOUT);
        let app = app(&postgres.url(DATABASE), &stripe, others);
        let running = app.clone();
        let service = bare::listen(move |listener| {
            let web = Some(Web {
                listener,
                threads: THREADS,
            });
            serve::run(running, Parts { web, worker: false }, Stop::new())
        });
        Self {
            stripe,
            service,
            bare: bare::start(app.clone()),
            app,
            postgres,
        }
    }

    /// A connection past the service.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.postgres.url(DATABASE)).expect("the database answers")
    }

    /// Somebody who has signed in: the value of their cookie.
    pub fn sign_in(&self, role: Role) -> Secret {
        let signed_in = self.app.db.patient().transaction_blocking(|connection| {
            let new = New {
                email: Email::parse("bench@example.org").expect("an address"),
                name: Text::parse("Bench").expect("a name"),
                role,
                password_hash: Some("none".to_owned()),
            };
            let user = people::add(connection, &new, &self.doing())?.expect("a new account");
            session::begin(connection, user.id, self.app.clock.now())
        });
        signed_in.expect("the database answers")
    }

    /// Makes orders; tells where their pay links lead.
    pub fn orders(&self, name: &str, count: usize) -> Vec<Target> {
        let made = self.app.db.patient().transaction_blocking(|connection| {
            let one = |number| order::create(connection, &order(name, number), &self.doing());
            (0..count).map(one).collect::<Result<Vec<_>, _>>()
        });
        let path = |created| match created {
            Created::New(order) => Target {
                path: format!("/pay/{}", self.app.pay_token(&order)),
                headers: vec![("User-Agent", BROWSER.to_owned())],
                ..Target::default()
            },
            other => panic!("{other:?}"),
        };
        made.expect("the database answers")
            .into_iter()
            .map(path)
            .collect()
    }

    /// Opens a session for each of these orders. The built-in driver breaks off none.
    pub fn open_sessions(&self, orders: &[Target], connections: usize) {
        let before = self.stripe.creations();
        let load = Load::once(&self.service, orders, connections, AT_MOST);
        Driver::Ourselves.send(&load);
        let opened = self.stripe.creations() - before;
        assert_eq!(opened, orders.len(), "not all were minted");
    }

    /// Who does what a bench has to have done before.
    pub fn doing(&self) -> Doing {
        given::doing(&self.app)
    }
}

fn order(name: &str, number: usize) -> NewOrder {
    given::order(
        &format!("{name}-{number}"),
        &format!("parent{number}@example.org"),
    )
}

fn migrate(url: &str) {
    db::migrate(&Secret::new(url.to_owned())).expect("the migrations apply");
}

fn app(database: &str, stripe: &Simulator, others: &[(&str, &str)]) -> App {
    let simulated = simulator::Settings::default();
    let settings = [
        ("DATABASE_URL", database.to_owned()),
        ("PUBLIC_URL", "http://127.0.0.1:8080".to_owned()),
        ("LINK_KEYS", LinkKeys::generate(&mut random::generator())),
        ("STRIPE_SECRET_KEY", simulated.secret_key),
        ("STRIPE_API_BASE", stripe.url()),
        ("STRIPE_WEBHOOK_SECRETS", simulated.webhook_secret),
        ("SHOP_NAME", "Rovers Youth FC".to_owned()),
        ("SHOP_URL", "https://rovers.example.org".to_owned()),
    ];
    let values = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let values = values.chain(others.iter().copied());
    let settings = config::Service::from_values(values).unwrap_or_else(|error| panic!("{error}"));
    App::new(&settings, Clock::system()).expect("settings that work")
}
