//! Connections for the mails of a claim: as many as can be had soon.

use std::time::Duration;

use futures::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{sync::watch, time::sleep};

use crate::mail::smtp::{Connection, Refused, SmtpServer};

/// With one that stands the others are waited for no longer: most servers open all within a second, and
/// one connection that hangs must not hold up the rest.
const GRACE: Duration = Duration::from_secs(2);

/// Those of the kept connections that still stand; all are asked at once.
pub(super) async fn still_standing(kept: Vec<Connection>) -> Vec<Connection> {
    let asked = kept.into_iter().map(|mut connection| async move {
        let stands = connection.still_stands().await;
        stands.then_some(connection)
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Adds up to `missing` fresh ones to those that stand. Fewer will do: servers limit how many one client
/// may have. A worker that stops waits for none.
///
/// # Errors
/// Why there is none, where there is none at all.
pub(super) async fn add_fresh(
    standing: &mut Vec<Connection>,
    missing: usize,
    (server, hello): (&SmtpServer, &str),
    stop: &watch::Receiver<bool>,
) -> Result<(), Refused> {
    let mut opening: FuturesUnordered<_> = (0..missing)
        .map(|_| Connection::open(server, hello))
        .collect();
    let mut refused = None;
    loop {
        let opened = tokio::select! {
            opened = opening.next() => opened,
            () = sleep(GRACE), if !standing.is_empty() => None,
            () = stopped(stop) => None,
        };
        match opened {
            Some(Ok(connection)) => standing.push(connection),
            Some(Err(why)) => refused = Some(why),
            None => break,
        }
    }
    match refused {
        Some(why) if standing.is_empty() => Err(why),
        _ => Ok(()),
    }
}

/// Waits until the worker is asked to stop.
pub(super) async fn stopped(stop: &watch::Receiver<bool>) {
    let mut stop = stop.clone();
    // Nobody is left who could ask.
    if stop.wait_for(|stopped| *stopped).await.is_err() {
        std::future::pending().await
    }
}
