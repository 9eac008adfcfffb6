//! A Stripe simulator: an HTTP server on loopback that is as strict as Stripe for the few calls
//! that this service makes, with its state in memory and its own clock.
//!
//! It stands behind the wire: the product only ever knows its address. Stripe's own words on what
//! is imitated are named where it is done; the request schemas (`schema.json`) and the blank session
//! (`session.json`) are Stripe's own, reduced.

mod api;
mod auth;
mod catalogue;
mod clock;
mod connection;
mod console;
mod customer;
mod discount;
mod endpoints;
mod event;
mod expand;
mod faults;
mod fields;
mod foreign;
mod form;
mod idempotency;
mod ids;
mod journal;
mod lines;
mod lists;
mod money;
mod order;
mod pages;
mod payment;
mod post;
mod postman;
mod price;
mod refund;
mod refusal;
mod render;
mod request;
mod rules;
mod scenes;
mod schema;
mod session;
mod settings;
mod shared;
mod shipping;
mod templates;
mod ticket;
mod wire;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::mpsc;

pub use self::catalogue::{Coupon, PromotionCode, ShippingRate};
pub use self::event::API_VERSION;
pub use self::faults::{Call, Fault};
pub use self::journal::Asked;
pub use self::order::Order;
pub use self::price::Price;
pub use self::refund::RefundStatus;
pub use self::settings::Settings;
use self::shared::{Job, Shared, lock};
use self::wire::Server;

/// A running simulator; clones are the same one, which ends with the last of them.
#[derive(Clone)]
pub struct Simulator {
    running: Arc<Running>,
}

struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: Mutex<Option<Server>>,
    postman: Mutex<Option<JoinHandle<()>>>,
}

impl Simulator {
    /// Starts on threads of its own and returns when it listens.
    ///
    /// # Errors
    /// When the address is taken or threads cannot be had.
    pub fn start(settings: Settings) -> io::Result<Simulator> {
        let (jobs, inbox) = mpsc::unbounded_channel();
        let bind = settings.bind;
        let shared = Arc::new(Shared::new(settings, jobs));
        let server = wire::listen(bind, Arc::clone(&shared))?;
        let address = server.address;
        shared.with(|world, _| world.origin = format!("http://{address}"));
        let postman = postman::start(Arc::clone(&shared), inbox)?;
        Ok(Simulator {
            running: Arc::new(Running {
                shared,
                address,
                server: Mutex::new(Some(server)),
                postman: Mutex::new(Some(postman)),
            }),
        })
    }

    /// Closes every connection and refuses new ones. State, clock and deliveries go on.
    pub fn stop(&self) {
        self.running.stop();
    }

    /// Listens again on the same port, with everything as it was; nothing if it does already.
    ///
    /// # Errors
    /// When the port was taken meanwhile.
    pub fn restart(&self) -> io::Result<()> {
        let mut server = lock(&self.running.server);
        if server.is_none() {
            let shared = Arc::clone(&self.running.shared);
            *server = Some(wire::listen(self.running.address, shared)?);
        }
        Ok(())
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address)
    }

    /// The simulator's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared().clock.now()
    }

    /// Moves the clock; sessions whose time is over expire at once.
    pub fn advance(&self, by: chrono::Duration) {
        self.shared().clock.advance(by);
        self.shared().with(|_, _| ());
    }

    /// Sets the clock, which runs on from there.
    pub fn set_now(&self, to: DateTime<Utc>) {
        self.shared().clock.set(to);
        self.shared().with(|_, _| ());
    }

    /// The calls so far, oldest first, the last 20,000 of them.
    pub fn requests(&self) -> Vec<Asked> {
        lock(&self.shared().journal).lines()
    }

    /// Forgets the calls so far.
    pub fn clear_requests(&self) {
        lock(&self.shared().journal).clear();
    }

    /// TCP connections that carried at least one call; browsers' pages do not count.
    pub fn connections(&self) -> usize {
        self.shared().connections.load(Ordering::SeqCst)
    }

    /// Sessions that calls really made: no replays, no foreign ones.
    pub fn creations(&self) -> usize {
        self.shared().with(|world, _| world.creations)
    }

    /// Every session as Stripe renders it, oldest first.
    pub fn sessions(&self) -> Vec<Value> {
        self.shared().with(|world, _| {
            let sessions = world.sessions();
            sessions
                .map(|session| session.to_json(&world.origin))
                .collect()
        })
    }

    /// A session as Stripe renders it, if there is one of that id.
    pub fn session(&self, id: &str) -> Option<Value> {
        self.shared()
            .with(|world, _| Some(world.session(id)?.to_json(&world.origin)))
    }

    /// Adds a price to the account, or changes the one of that id.
    pub fn set_price(&self, price: Price) {
        self.shared()
            .with(|world, _| world.catalogue.set_price(price));
    }

    /// Adds a shipping rate to the account, or changes the one of that id; those that sessions
    /// made inline are among them.
    pub fn set_shipping_rate(&self, rate: ShippingRate) {
        self.shared()
            .with(|world, _| world.catalogue.set_shipping_rate(rate));
    }

    /// Adds a coupon to the account, or changes the one of that id.
    pub fn set_coupon(&self, coupon: Coupon) {
        self.shared()
            .with(|world, _| world.catalogue.set_coupon(coupon));
    }

    /// Adds a promotion code to the account, or changes the one of that id.
    pub fn set_promotion_code(&self, code: PromotionCode) {
        self.shared()
            .with(|world, _| world.catalogue.set_promotion_code(code));
    }

    /// Every call of the API takes at least this long.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.shared().latency) = latency;
    }

    /// Says from now on that its pages are at another origin, as Stripe's are; nobody finds them there.
    pub fn set_origin(&self, origin: &str) {
        self.shared()
            .with(|world, _| origin.clone_into(&mut world.origin));
    }

    /// Lets the next `times` calls of a kind meet a fault; `usize::MAX` is for ever. Faults are
    /// used up in the order of their injection.
    pub fn inject(&self, call: Call, fault: Fault, times: usize) {
        lock(&self.shared().faults).inject(call, fault, times);
    }

    /// Forgets every fault that is still to come.
    pub fn clear_faults(&self) {
        lock(&self.shared().faults).clear();
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.running.shared
    }
}

impl Running {
    fn stop(&self) {
        if let Some(server) = lock(&self.server).take() {
            server.stop();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        // When this cannot be sent, the postman has ended already.
        let _ = self.shared.jobs.send(Job::Stop);
        if let Some(postman) = lock(&self.postman).take()
            && postman.join().is_err()
        {
            log::error!("the simulator's postman panicked");
        }
    }
}
