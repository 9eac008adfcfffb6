//! A world of one test: database, Stripe, replicas of the service, and a clock that the test moves.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Output,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use freshmint::{
    activity::Doing,
    app::App,
    config::Secret,
    consumer, link_looks,
    mail::letter,
    order::{
        self, Created,
        draft::{Draft, NewOrder},
    },
    outbox::{self, Courier, Kind, Letter, Round},
    suppression::AddressKey,
    token::{self, Role},
};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    browser::{Answer, client, person, runtime, send},
    clock::WorldClock,
    cluster::Database,
    process::{self, Process},
    replica::{Replica, app, settings},
};
use crate::{
    mailbox::{self, Mail, Mailbox},
    simulator::{self, Simulator},
};

pub const LINK_KEYS: &str = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Everything one test needs.
pub struct World {
    pub stripe: Simulator,
    pub app: App,
    mailbox: Option<Mailbox>,
    settings: BTreeMap<String, String>,
    clock: WorldClock,
    replicas: Vec<Replica>,
    /// How many have been made.
    tokens: AtomicUsize,
    /// The last to be dropped: whatever else is here is connected to it.
    pub database: Database,
}

/// An order that a test has made.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: uuid::Uuid,
    pub reference: String,
    /// `/pay/{token}`
    pub path: String,
}

impl World {
    /// A shop with one replica. Events wait until the test delivers them.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The same, with other settings.
    pub fn with(changed: &[(&str, &str)]) -> Self {
        Self::on(Database::new(), changed)
    }

    /// A shop that sends its mail to a mailbox.
    pub fn with_mailbox(changed: &[(&str, &str)]) -> Self {
        Self::with_mailbox_on(Database::new(), mailbox::Settings::default(), changed)
    }

    /// The same, with a database and a mailbox of the test's choice.
    pub fn with_mailbox_on(
        database: Database,
        mailbox: mailbox::Settings,
        changed: &[(&str, &str)],
    ) -> Self {
        let mailbox = Mailbox::start(mailbox).expect("the mailbox starts");
        let url = mailbox.smtp_url();
        let mut settings = vec![
            ("SMTP_URL", url.as_str()),
            (
                "MAIL_FROM",
                "Rovers Youth FC <treasurer@rovers.example.org>",
            ),
            ("MAIL_PER_SECOND", "1000"),
            ("MAIL_RETRY_SECONDS", "1"),
        ];
        settings.extend(changed);
        let mut world = Self::on(database, &settings);
        world.mailbox = Some(mailbox);
        world
    }

    /// The same, on a database of the test's choice.
    pub fn on(database: Database, changed: &[(&str, &str)]) -> Self {
        let stripe =
            Simulator::start(simulator::Settings::default()).expect("the simulator starts");
        stripe.hold_deliveries(true);
        let mut settings = settings(&database, &stripe);
        settings.extend(
            changed
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let clock = WorldClock::default();
        let app = app(&settings, clock.clock());
        let mut world = Self {
            database,
            stripe,
            app,
            mailbox: None,
            settings,
            clock,
            replicas: Vec::new(),
            tokens: AtomicUsize::new(0),
        };
        world.add_replica();
        world
            .stripe
            .set_webhook_url(Some(format!("{}/webhooks/stripe", world.url())));
        world
    }

    /// Starts another replica of the web side, with its own pool; tells its number.
    pub fn add_replica(&mut self) -> usize {
        let app = app(&self.settings, self.clock.clock());
        self.replicas.push(Replica::start(app));
        self.replicas.len() - 1
    }

    /// What another replica works on, with its own pool.
    pub fn another_app(&self) -> App {
        app(&self.settings, self.clock.clock())
    }

    /// The first replica's address.
    pub fn url(&self) -> &str {
        self.replica(0)
    }

    pub fn replica(&self, number: usize) -> &str {
        &self.replicas[number].url
    }

    /// The settings as the real binary takes them.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// Runs a command of the real binary: exit code, standard output, standard error.
    pub fn command(&self, arguments: &[&str]) -> (i32, String, String) {
        self.command_with(&[], arguments)
    }

    /// The same, with other settings.
    pub fn command_with(
        &self,
        changed: &[(&str, &str)],
        arguments: &[&str],
    ) -> (i32, String, String) {
        let mut settings = self.settings.clone();
        settings.extend(
            changed
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        told(process::run(&settings, arguments))
    }

    /// The same, in a folder of the test's choice.
    pub fn command_in(&self, folder: &Path, arguments: &[&str]) -> (i32, String, String) {
        told(process::run_in(folder, &self.settings, arguments))
    }

    /// The same, with this on its standard input.
    pub fn command_reading(&self, input: &str, arguments: &[&str]) -> (i32, String, String) {
        told(process::run_reading(&self.settings, input, arguments))
    }

    /// The same, with nobody who reads what it says: the exit code, unless a signal ended it.
    pub fn command_unread(&self, arguments: &[&str]) -> Option<i32> {
        process::run_unread(&self.settings, arguments).code()
    }

    /// The real service as a process, to be killed.
    pub fn process(&self) -> Process {
        Process::serve(&self.settings, &[])
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// Time passes, for the service and for Stripe.
    pub fn pass(&self, time: Duration) {
        self.clock.pass(time);
        self.stripe.advance(time);
    }

    /// From now on no time passes for the service but what the test lets pass.
    pub fn stop_clock(&self) {
        self.clock.stop();
    }

    // -- orders --

    /// An order over 45.00 EUR.
    pub fn order(&self, reference: &str) -> Order {
        self.order_with(reference, json!({}))
    }

    /// An order with other fields than the usual ones.
    pub fn order_with(&self, reference: &str, fields: Value) -> Order {
        let mut body = json!({
            "reference": reference,
            "email": "parent@example.org",
            "name": "Kim Miller",
            "currency": "eur",
            "lines": [{ "description": "Summer cup, U12", "unit_amount": 4500, "quantity": 1 }],
        });
        if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), fields) {
            body.extend(fields);
        }
        let draft: Draft = serde_json::from_value(body).expect("an order's fields");
        let order = NewOrder::try_from(draft).unwrap_or_else(|problems| panic!("{problems:?}"));
        let doing = Doing {
            actor: "test".to_owned(),
            at: self.now(),
            note: None,
        };
        let created = self
            .app
            .db
            .run_blocking(|connection| order::create(connection, &order, &doing));
        match created.expect("the database answers") {
            Created::New(order) => Order {
                id: order.id,
                path: self.path(&order),
                reference: order.reference,
            },
            other => panic!("{other:?}"),
        }
    }

    fn path(&self, order: &order::Order) -> String {
        format!("/pay/{}", self.app.pay_token(order))
    }

    /// The order's status, as the database derives it.
    pub fn status(&self, order: &Order) -> String {
        self.text(&format!(
            "SELECT status AS text FROM orders WHERE id = '{}'",
            order.id
        ))
    }

    // -- somebody clicks --

    /// A person follows the order's link.
    pub fn click(&self, order: &Order) -> Answer {
        self.get(&order.path)
    }

    /// A person follows the link and is led to a checkout; tells the session's id.
    pub fn click_through(&self, order: &Order) -> String {
        let answer = self.click(order);
        assert_eq!(answer.status, 303, "{}", answer.body);
        session_in(answer.location())
    }

    /// Lets the first replica write what looks at links it has noted.
    pub fn write_looks(&self) {
        let app = &self.replicas[0].app;
        let write = link_looks::write(&app.link_looks, &app.db);
        // On the test's own threads: the replica goes on meanwhile.
        runtime().block_on(write);
    }

    /// What a replica works with.
    pub fn app_of(&self, number: usize) -> &App {
        &self.replicas[number].app
    }

    /// A person opens a path.
    pub fn get(&self, path: &str) -> Answer {
        runtime().block_on(send(person(Method::GET, &format!("{}{path}", self.url()))))
    }

    /// A person opens an address of any service.
    pub fn anybody_gets(url: &str) -> Answer {
        runtime().block_on(send(person(Method::GET, url)))
    }

    /// A person presses the button that posts to a path.
    pub fn press(&self, path: &str) -> Answer {
        runtime().block_on(send(person(Method::POST, &format!("{}{path}", self.url()))))
    }

    /// Anybody asks in any way.
    pub fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = client().request(method, format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        runtime().block_on(send(request))
    }

    /// Posts a body of any type.
    pub fn post_body(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = client().post(format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        runtime().block_on(send(request.body(body.to_owned())))
    }

    /// Calls the API with a token of this role.
    pub fn api(&self, role: Role, method: Method, path: &str, body: Option<Value>) -> Answer {
        let token = self.token(role);
        let mut request = client()
            .request(method, format!("{}/api/v1{path}", self.url()))
            .bearer_auth(token.expose());
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        runtime().block_on(send(request))
    }

    /// A fresh token of this role.
    pub fn token(&self, role: Role) -> Secret {
        // Names are taken once, by whichever thread asks.
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", role.name());
        let now = self.now();
        let added =
            (self.app.db).run_blocking(|connection| token::add(connection, &name, role, now));
        added.expect("a token")
    }

    // -- Stripe tells --

    /// Delivers every event so far, in the order in which they happened, and works them off.
    pub fn deliver(&self) {
        self.deliver_in(simulator::Order::AsHappened);
    }

    /// Delivers every event so far in some order, and works them off.
    pub fn deliver_in(&self, order: simulator::Order) {
        let statuses = self
            .stripe
            .deliver_all(order)
            .expect("the service takes them");
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        self.work_off();
    }

    /// Lets the worker do what there is to do.
    pub fn work_off(&self) {
        while runtime()
            .block_on(consumer::work_off(&self.app))
            .expect("the database answers")
            > 0
        {}
    }

    /// Posts a body to the webhook with this signature header.
    pub fn post_webhook(&self, body: impl Into<Vec<u8>>, signature: Option<&str>) -> Answer {
        let mut request = client()
            .post(format!("{}/webhooks/stripe", self.url()))
            .body(body.into());
        if let Some(signature) = signature {
            request = request.header("Stripe-Signature", signature);
        }
        runtime().block_on(send(request))
    }

    // -- mail --

    /// The mailbox that all mail goes to.
    pub fn mailbox(&self) -> &Mailbox {
        self.mailbox.as_ref().expect("a world with a mailbox")
    }

    /// Queues the mail with an order's link; tells the row's id.
    pub fn queue_link(&self, order: &Order) -> uuid::Uuid {
        let (app, id, now) = (&self.app, order.id, self.now());
        let queue = |connection: &mut PgConnection| {
            let order = order::find(connection, id)?.expect("the order");
            let address = order.email.as_ref().expect("an address").as_str();
            let to_hash = AddressKey::load(connection)?.hash(address);
            let letter = Letter {
                kind: Kind::Link,
                blast_id: None,
                to: address,
                to_hash,
                text: Some(app.write(&order, to_hash, letter::link)),
                orders: &[&order],
                due_at: None,
            };
            outbox::queue(connection, &app.mailer.domain, &[letter], now)
        };
        let queued = app
            .db
            .run_blocking(|connection| connection.transaction(queue));
        queued.expect("the database answers")[0].expect("it is queued")
    }

    /// Has a worker write the last news of orders, as far as there are any. Lines are read once no older
    /// transaction runs, and those of other tests on this server count: it waits for them, and not for ever.
    pub fn write_news(&self) {
        let unread = "activity line, order_news_read read \
             WHERE (line.xact::text::bigint, line.id) > (read.xact, read.line)";
        for _ in 0..500 {
            while runtime()
                .block_on(freshmint::news::keep_up(&self.app))
                .expect("the database answers")
            {}
            if self.count(unread) == 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// A courier as a worker has one, of a replica of its own.
    pub fn courier(&self) -> Courier {
        Courier::new(app(&self.settings, self.clock.clock()))
    }

    /// The same, of a replica whose clock is wrong.
    pub fn courier_ahead_by(&self, time: Duration) -> Courier {
        Courier::new(app(&self.settings, self.clock.ahead_by(time)))
    }

    /// Lets a worker carry what is due; tells what the mailbox got meanwhile.
    pub fn carry(&self) -> Vec<Mail> {
        self.carry_with(vec![self.courier()])
    }

    /// Lets these workers carry what is due, at the same time.
    pub fn carry_with(&self, couriers: Vec<Courier>) -> Vec<Mail> {
        let before = self.mailbox().mails().len();
        runtime().block_on(join_all(couriers.into_iter().map(carry)));
        self.mailbox().mails().split_off(before)
    }

    /// A checkout that somebody opened and did not finish: a day passes, and Stripe says so.
    pub fn abandon(&self, order: &Order) -> String {
        let session = self.click_through(order);
        self.pass(Duration::hours(24) + Duration::seconds(1));
        self.deliver();
        session
    }

    /// Where the mails stand, in the order in which they were queued.
    pub fn mail_states(&self) -> Vec<String> {
        self.texts("SELECT state AS text FROM outbox ORDER BY id")
    }

    // -- what is in the database --

    /// The one text that a query `SELECT … AS text` gives.
    pub fn text(&self, query: &str) -> String {
        self.texts(query).pop().unwrap_or_default()
    }

    /// Every text that a query `SELECT … AS text` gives.
    pub fn texts(&self, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let rows: Vec<Row> = sql_query(query)
            .load(&mut self.connection())
            .expect("a query");
        rows.into_iter().map(|row| row.text).collect()
    }

    /// How many rows a table (with conditions) has.
    pub fn count(&self, from: &str) -> usize {
        self.text(&format!("SELECT count(*)::text AS text FROM {from}"))
            .parse()
            .expect("a number")
    }

    pub fn execute(&self, statement: &str) -> usize {
        sql_query(statement)
            .execute(&mut self.connection())
            .expect("a statement")
    }

    fn connection(&self) -> PgConnection {
        self.database.connect()
    }

    /// What was asked of Stripe, a line a call.
    pub fn traffic(&self) -> Vec<String> {
        let requests = self.stripe.requests();
        requests
            .iter()
            .map(|asked| format!("{} {}", asked.method, asked.path))
            .collect()
    }

    /// How many sessions of an order can be paid at Stripe now.
    pub fn payable_sessions(&self, order: &Order) -> usize {
        let sessions = self.stripe.sessions();
        let payable = sessions.iter().filter(|session| {
            session["status"] == "open" && session["client_reference_id"] == order.id.to_string()
        });
        payable.count()
    }
}

/// Until nothing is due, or all of it has to wait.
async fn carry(mut courier: Courier) {
    loop {
        match courier.round().await.expect("the database answers") {
            Round::Busy => {}
            Round::Wait(pause) if pause < std::time::Duration::from_millis(200) => {
                tokio::time::sleep(pause).await;
            }
            Round::Idle | Round::Wait(_) => break,
        }
    }
    courier.stop().await.expect("the database answers");
}

/// The session's id in a checkout's address.
pub fn session_in(url: &str) -> String {
    let id = url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .split(['?', '#'])
        .next()
        .unwrap_or_default();
    assert!(id.starts_with("cs_"), "no session in {url}");
    id.to_owned()
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}
