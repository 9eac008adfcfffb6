//! The ways that are compared.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use freshmint::{
    db::Lane,
    mail::smtp::{Connection, HandOver, Lease},
    outbox::{Courier, Round},
};
use freshmint_benches::{profile, statements};
use futures::future::join_all;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor, address::Envelope,
    transport::smtp::PoolConfig,
};

use crate::world::{Sent, World};

/// A way to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// lettre's own transport with its pool.
    Pool,
    /// Our connections, without an outbox.
    Bare,
    /// Claimed, gated, handed over, written down.
    Outbox,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Pool, Way::Bare, Way::Outbox];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pool => "lettre alone, its own pool",
            Self::Bare => "our connections alone",
            Self::Outbox => "the outbox",
        }
    }

    pub async fn send(self, world: &World, at_most: Duration) -> Sent {
        match self {
            Self::Pool => pool(world, at_most).await,
            Self::Bare => bare(world, at_most).await,
            Self::Outbox => outbox(world, at_most).await,
        }
    }
}

/// Sends with as many at once as there are connections, until the time is over.
async fn at_once<F: Future<Output = ()>>(
    world: &World,
    at_most: Duration,
    lane: impl Fn(Instant) -> F,
) -> Duration {
    let began = Instant::now();
    join_all((0..world.connections).map(|_| lane(began + at_most))).await;
    began.elapsed()
}

async fn pool(world: &World, at_most: Duration) -> Sent {
    let transport: AsyncSmtpTransport<Tokio1Executor> =
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&world.mailbox.smtp_url())
            .expect("an address")
            .pool_config(PoolConfig::new().max_size(u32::try_from(world.connections).unwrap()))
            .build();
    let (from, to) = addresses();
    let envelope = Envelope::new(Some(from), vec![to]).expect("an envelope");
    let sent = AtomicUsize::new(0);
    let took = at_once(world, at_most, |until| {
        let (transport, envelope, sent) = (&transport, &envelope, &sent);
        async move {
            while Instant::now() < until {
                transport
                    .send_raw(envelope, &world.message)
                    .await
                    .expect("it is taken");
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
    .await;
    Sent::new(sent.into_inner(), took, 0)
}

async fn bare(world: &World, at_most: Duration) -> Sent {
    let (server, _) = world.app.mailer.server.clone().expect("a server");
    let (from, to) = addresses();
    let sent = AtomicUsize::new(0);
    let took = at_once(world, at_most, |until| {
        let (server, from, to, sent) = (&server, &from, &to, &sent);
        async move {
            let mut connection = Connection::open(server, "example.org").await.expect("one");
            while Instant::now() < until {
                let lease = Lease::starting_now(world.app.mailer.lease);
                let handed = connection.hand_over(from, to, &world.message, lease).await;
                assert!(matches!(handed, HandOver::Accepted(_)), "{handed:?}");
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
    .await;
    Sent::new(sent.into_inner(), took, 0)
}

async fn outbox(world: &World, at_most: Duration) -> Sent {
    world.queue().await;
    let sampling = profile::begin();
    let before = statements::so_far();
    // As a worker does it, with the worker's connections.
    let mut courier = Courier::new(world.app.on(Lane::Worker));
    let began = Instant::now();
    while began.elapsed() < at_most {
        match courier.round().await.expect("the database answers") {
            Round::Busy => {}
            Round::Wait(pause) => tokio::time::sleep(pause).await,
            Round::Idle => break,
        }
    }
    courier.stop().await.expect("the database answers");
    let took = began.elapsed();
    drop(sampling);
    let statements = statements::so_far() - before;
    Sent::new(world.mailbox.received(), took, statements)
}

fn addresses() -> (Address, Address) {
    let address = |text: &str| text.parse().expect("an address");
    (
        address("treasurer@example.org"),
        address("parent@example.org"),
    )
}
