//! What is measured on: a database of its own with orders in it, and a sink.

use std::time::Duration;

use diesel::Connection;
use freshmint::{
    app::App,
    clock::Clock,
    config::{self, Secret},
    db,
    link::token::LinkKeys,
    mail::{letter, message},
    order::{self, Created, draft::NewOrder},
    outbox::{self, Kind, Letter},
    random,
    suppression::AddressKey,
};
use freshmint_benches::{
    given::{self, doing},
    statements,
};
use freshmint_fakes::{
    mailbox::{self, Mailbox},
    postgres::{Durability, PrivatePostgres},
};

const DATABASE: &str = "freshmint";

/// What was sent.
pub struct Sent {
    pub mails: usize,
    pub statements: usize,
    took: Duration,
}

impl Sent {
    pub fn new(mails: usize, took: Duration, statements: usize) -> Self {
        Self {
            mails,
            statements,
            took,
        }
    }

    pub fn per_second(&self) -> f64 {
        self.mails as f64 / self.took.as_secs_f64()
    }
}

/// A service without its web side, its database and its mail server.
pub struct World {
    pub app: App,
    pub mailbox: Mailbox,
    pub connections: usize,
    /// A mail as the outbox makes it.
    pub message: Vec<u8>,
    mails: usize,
    _postgres: PrivatePostgres,
}

impl World {
    pub fn start(connections: usize, mails: usize) -> Self {
        let postgres =
            PrivatePostgres::start_with(Durability::Real).unwrap_or_else(|error| panic!("{error}"));
        postgres.create_database(DATABASE).expect("a database");
        let mailbox = Mailbox::start(mailbox::Settings::default()).expect("the sink starts");
        mailbox.keep_only_counts(true);
        // Before the first connection: every one of them counts.
        statements::count();
        let app = app(&postgres.url(DATABASE), &mailbox.smtp_url(), connections);
        db::migrate(&Secret::new(postgres.url(DATABASE))).expect("the migrations apply");
        let message = message(&app);
        Self {
            app,
            mailbox,
            connections,
            message,
            mails,
            _postgres: postgres,
        }
    }

    /// Queues a mail for each of so many orders.
    pub async fn queue(&self) {
        let app = &self.app;
        let orders: Vec<order::Order> = app
            .db
            .run_blocking(|connection| {
                connection.transaction(|connection| {
                    let one = |number| order::create(connection, &new_order(number), &doing(app));
                    (0..self.mails).map(one).collect::<Result<Vec<_>, _>>()
                })
            })
            .expect("the database answers")
            .into_iter()
            .map(|created| match created {
                Created::New(order) => order,
                other => panic!("{other:?}"),
            })
            .collect();
        let queued = app.db.run_blocking(|connection| {
            let key = AddressKey::load(connection)?;
            let about: Vec<[&order::Order; 1]> = orders.iter().map(|order| [order]).collect();
            let letters: Vec<Letter> = about
                .iter()
                .map(|about| {
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
                })
                .collect();
            connection.transaction(|connection| {
                outbox::queue(connection, &app.mailer.domain, &letters, app.clock.now())
            })
        });
        assert_eq!(queued.expect("the database answers").len(), self.mails);
    }
}

fn new_order(number: usize) -> NewOrder {
    given::order(
        &format!("mail-{number}"),
        &format!("parent{number}@example.org"),
    )
}

/// What lettre alone sends: the same words, headers and all.
fn message(app: &App) -> Vec<u8> {
    let created = app
        .db
        .run_blocking(|connection| order::create(connection, &new_order(usize::MAX), &doing(app)));
    let Ok(Created::New(order)) = created else {
        panic!("no order");
    };
    let key = app.db.run_blocking(AddressKey::load).expect("a key");
    let hash = key.hash("parent@example.org");
    let (_, from) = app.mailer.server.as_ref().expect("a server");
    let made = message::make(&message::Draft {
        from,
        reply_to: None,
        return_path: None,
        to: "parent@example.org",
        is_bulk: false,
        is_for_postmark: false,
        message_id: "<1@example.org>",
        text: &app.write(&order, hash, letter::link),
        unsubscribe_url: Some(&app.unsubscribe_url(hash, None)),
        now: app.clock.now(),
    });
    made.expect("a mail").bytes
}

fn app(database: &str, smtp: &str, connections: usize) -> App {
    let keys = LinkKeys::generate(&mut random::generator());
    let connections = connections.to_string();
    let settings = [
        ("DATABASE_URL", database),
        ("PUBLIC_URL", "https://pay.example.org"),
        ("LINK_KEYS", &keys),
        ("STRIPE_SECRET_KEY", "sk_test_bench"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_bench"),
        ("SHOP_NAME", "Rovers Youth FC"),
        ("SHOP_URL", "https://rovers.example.org"),
        ("SMTP_URL", smtp),
        ("MAIL_FROM", "treasurer@example.org"),
        ("MAIL_CONNECTIONS", &connections),
        ("MAIL_PER_SECOND", "100000"),
    ];
    let service = config::Service::from_values(settings).unwrap_or_else(|error| panic!("{error}"));
    App::new(&service, Clock::system()).expect("settings that work")
}
