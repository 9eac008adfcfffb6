//! Posts events to the webhook endpoint, signed as Stripe signs (docs.stripe.com/webhooks), and
//! repeats what was not answered by a 2xx.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use stripe_webhook::Webhook;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

use super::event::Delivery;
use super::post;
use super::shared::{Job, Shared};

/// Seconds before each try of an event; Stripe's are hours, a demo cannot wait for those.
const PAUSES: [u64; 6] = [0, 1, 2, 4, 8, 16];
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(20);
/// How often sessions are looked at whose time may be over.
const LOOK: Duration = Duration::from_secs(1);

/// # Errors
/// When the thread or its runtime cannot be had.
pub fn start(shared: Arc<Shared>, jobs: UnboundedReceiver<Job>) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let postman = Postman {
        shared,
        hands: Arc::new(Semaphore::new(AT_ONCE)),
    };
    std::thread::Builder::new()
        .name("stripe-simulator-post".to_owned())
        .spawn(move || runtime.block_on(postman.work(jobs)))
}

/// Body and `Stripe-Signature` of an event as it would be posted now.
pub fn sign(shared: &Shared, id: &str) -> Option<(String, String)> {
    let event = shared.with(|world, _| world.event(id).map(|event| event.to_json()))?;
    let body = format!("{event:#}");
    let now = shared.clock.now().timestamp();
    let signature =
        Webhook::generate_test_header(&body, &shared.settings.webhook_secret, Some(now));
    Some((body, signature))
}

#[derive(Clone)]
struct Postman {
    shared: Arc<Shared>,
    hands: Arc<Semaphore>,
}

/// Whether an event may be posted by itself now.
enum Standing {
    Go,
    Held,
    Over,
}

impl Postman {
    async fn work(self, mut jobs: UnboundedReceiver<Job>) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = look.tick() => self.shared.with(|_, _| ()),
                job = jobs.recv() => match job {
                    Some(Job::Post(id)) => {
                        tokio::spawn(self.clone().insist(id));
                    }
                    Some(Job::Once(id, reply)) => {
                        let postman = self.clone();
                        tokio::spawn(async move {
                            // Nobody waits any more when this fails.
                            let _ = reply.send(postman.post(&id).await);
                        });
                    }
                    Some(Job::Stop) | None => return,
                },
            }
        }
    }

    async fn insist(self, id: String) {
        for pause in PAUSES {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            match self.standing(&id) {
                Standing::Go => {}
                Standing::Held => return self.shared.with(|world, _| world.give_back(id)),
                Standing::Over => return,
            }
            match self.post(&id).await {
                Ok(200..300) => return,
                Ok(status) => log::info!("event {id} was answered with {status}"),
                Err(error) => log::info!("event {id} was not delivered: {error}"),
            }
        }
        self.shared
            .with(|world, _| world.set_delivery(&id, Delivery::Failed));
    }

    fn standing(&self, id: &str) -> Standing {
        self.shared.with(|world, _| {
            let pending = world
                .event(id)
                .is_some_and(|event| event.delivery == Delivery::Pending);
            match (pending, world.endpoint.held) {
                (false, _) => Standing::Over,
                (true, true) => Standing::Held,
                (true, false) => Standing::Go,
            }
        })
    }

    async fn post(&self, id: &str) -> Result<u16, String> {
        let url = self.shared.with(|world, _| world.endpoint.url.clone());
        let url = url.ok_or("the simulator has no webhook address")?;
        let _hand = self.hands.acquire().await.map_err(|e| e.to_string())?;
        let (body, signature) =
            sign(&self.shared, id).ok_or_else(|| format!("the simulator knows no {id}"))?;
        let headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            (
                "User-Agent",
                "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            ),
            ("Accept", "*/*; q=0.5, application/xml"),
            ("Stripe-Signature", signature.as_str()),
        ];
        let status = post::post(&url, &headers, &body, PATIENCE).await?;
        if (200..300).contains(&status) {
            self.shared
                .with(|world, _| world.set_delivery(id, Delivery::Delivered));
        }
        Ok(status)
    }
}
