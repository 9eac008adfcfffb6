//! What is measured: the real service on a database of its own, with orders and events for it.

use diesel::{Connection, PgConnection};
use freshmint::{
    activity::Doing,
    app::App,
    blast,
    clock::Clock,
    config::{self, Secret},
    db,
    gateway::mint::{MintLine, MintParams},
    link::token::LinkKeys,
    order::{
        self, Created,
        draft::{Draft, NewOrder},
        mode::Mode,
    },
    random,
    serve::{self, Parts, Stop, Web},
    token::{self, Role},
};
use freshmint_fakes::{
    postgres::{Durability, PrivatePostgres},
    simulator::{self, Simulator},
};
use serde_json::json;
use stripe_webhook::Webhook;

use crate::{
    bare::{self, THREADS},
    load::Target,
};

const DATABASE: &str = "freshmint";
/// Who sends none is taken for a machine, and minted nothing.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A service, its database and its Stripe.
pub struct World {
    pub stripe: Simulator,
    /// The service's address.
    pub service: String,
    /// That of the servers that it is compared with, on the same database.
    pub bare: String,
    app: App,
    postgres: PrivatePostgres,
}

impl World {
    /// Starts everything. Nothing works off the inbox: only the taking in is measured.
    pub fn start(durability: Durability) -> Self {
        let postgres =
            PrivatePostgres::start_with(durability).unwrap_or_else(|error| panic!("{error}"));
        postgres.create_database(DATABASE).expect("a database");
        let stripe =
            Simulator::start(simulator::Settings::default()).expect("the simulator starts");
        let app = app(&postgres.url(DATABASE), &stripe);
        db::migrate(&Secret::new(postgres.url(DATABASE))).expect("the migrations apply");
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

    /// An operator's bearer token.
    pub fn token(&self) -> String {
        let now = self.app.clock.now();
        let added = self
            .app
            .db
            .run_blocking(|connection| token::add(connection, "bench", Role::Operator, now));
        added.expect("a token").expose().to_owned()
    }

    /// The id of a mailing to all orders, whose template is as costly as it may be.
    pub fn costly_mailing(&self) -> String {
        let draft: blast::Draft = serde_json::from_value(json!({
            "name": "bench",
            "subject": "The fee",
            "body": "{{ pay_url }}{% for i in range(300) %}{% if meta ~ lines == name|upper %}x{% endif %}{% endfor %}",
            "filter": {},
        }))
        .expect("a mailing's fields");
        let content = blast::Content::try_from(draft).unwrap_or_else(|why| panic!("{why:?}"));
        let doing = doing(&self.app);
        let created = (self.app.db)
            .transaction_blocking(|connection| blast::create(connection, &content, &doing));
        match created {
            Ok(blast::Asked::Done(blast)) => blast.id.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// Makes orders; tells where their pay links lead.
    pub fn orders(&self, name: &str, count: usize) -> Vec<Target> {
        let made = self.app.db.patient().transaction_blocking(|connection| {
            let one =
                |number| order::create(connection, &self.order(name, number), &doing(&self.app));
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

    fn order(&self, name: &str, number: usize) -> NewOrder {
        let draft: Draft = serde_json::from_value(json!({
            "reference": format!("{name}-{number}"),
            "email": format!("parent{number}@example.org"),
            "name": "Kim Miller",
            "currency": "eur",
            "lines": [{ "description": "Summer cup, U12", "unit_amount": 4500, "quantity": 1 }],
        }))
        .expect("an order's fields");
        NewOrder::try_from(draft).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Creations for the simulator alone: the call that a mint makes, each under its own key.
    pub fn creations(&self, count: usize) -> Vec<Target> {
        let now = self.app.clock.now();
        let params = MintParams {
            order_id: random::row_id(now),
            reference: "mint-1".to_owned(),
            customer_email: Some("parent@example.org".to_owned()),
            currency: "eur".to_owned(),
            lines: vec![MintLine::Inline {
                description: "Summer cup, U12".to_owned(),
                unit_amount: 4500,
                quantity: 1,
                recurring: None,
                tax_behavior: None,
            }],
            metadata: [].into(),
            locale: "auto".to_owned(),
            public_url: self.service.clone(),
            mode: Mode::Payment,
            automatic_tax: false,
            promotion_codes: false,
            also_asked: Vec::new(),
            livemode: false,
            link_version: 1,
            notice: None,
        };
        let body = params.body(
            random::row_id(now),
            &format!("{}/pay/x/return", self.service),
        );
        let one = |number| Target {
            path: "/v1/checkout/sessions".to_owned(),
            body: body.clone(),
            headers: vec![
                (
                    "Authorization",
                    format!("Bearer {}", simulator::Settings::default().secret_key),
                ),
                (
                    "Content-Type",
                    "application/x-www-form-urlencoded".to_owned(),
                ),
                ("Idempotency-Key", format!("bench-{number}")),
            ],
        };
        (0..count).map(one).collect()
    }

    /// Events for `path`, signed now, which is good for five minutes: each a payment's, with an id of
    /// its own and as long as a real one.
    pub fn events(&self, path: &str, name: &str, count: usize) -> Vec<Target> {
        let event = self.payment_event();
        let now = self.app.clock.now().timestamp();
        let secret = simulator::Settings::default().webhook_secret;
        let one = |number| {
            let mut event = event.clone();
            event["id"] = format!("evt_{name}_{number}").into();
            let body = event.to_string();
            let signature = Webhook::generate_test_header(&body, &secret, Some(now));
            Target {
                path: path.to_owned(),
                body,
                headers: vec![
                    ("Stripe-Signature", signature),
                    ("Content-Type", "application/json".to_owned()),
                ],
            }
        };
        (0..count).map(one).collect()
    }

    fn payment_event(&self) -> serde_json::Value {
        let session = self.stripe.open_foreign_session(json!({
            "mode": "payment",
            "success_url": "https://rovers.example.org/thanks",
            "customer_email": "parent@example.org",
            "line_items": [{ "quantity": 1, "price_data": {
                "currency": "eur", "unit_amount": 4500, "product_data": { "name": "Summer cup, U12" } } }],
        }));
        let session = session.expect("a session");
        let id = session["id"].as_str().expect("an id");
        self.stripe.pay(id).expect("a payment");
        let events = self.stripe.events();
        let completed = |event: &&serde_json::Value| event["type"] == "checkout.session.completed";
        events
            .iter()
            .rev()
            .find(completed)
            .expect("an event")
            .clone()
    }
}

fn app(database: &str, stripe: &Simulator) -> App {
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
    let settings = config::Service::from_values(values).unwrap_or_else(|error| panic!("{error}"));
    App::new(&settings, Clock::system()).expect("settings that work")
}

fn doing(app: &App) -> Doing {
    Doing {
        actor: "bench".to_owned(),
        at: app.clock.now(),
        note: None,
    }
}
