//! Bodies of webhooks while they are in hand: counted in all, so that many at once do not fill the memory.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web::Payload};
use futures::StreamExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Larger bodies are refused; Stripe's events are some kilobytes.
const LARGEST: usize = 1024 * 1024;
/// Of all bodies that are being read and kept at one moment, in bytes.
const ROOM: usize = 64 * LARGEST;
/// A body that takes longer to arrive is broken off; Stripe sends it again.
const TIME: Duration = Duration::from_secs(10);

/// The room for bodies of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

/// A body, which takes up room until it is dropped.
pub struct Body {
    /// As it came.
    pub bytes: Vec<u8>,
    /// Its place in the room.
    pub taken: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// It broke off, or took too long.
    Broken,
    /// It is over a mebibyte.
    TooLarge,
    /// Other bodies take up all the room now.
    NoRoom,
}

impl Unread {
    /// The answer to whoever sent it.
    pub fn answer(self) -> HttpResponse {
        match self {
            Self::Broken => HttpResponse::BadRequest().body("the body broke off\n"),
            Self::TooLarge => HttpResponse::PayloadTooLarge().body("the body is over 1 MiB\n"),
            // Stripe sends it again, and so do mail providers.
            Self::NoRoom => {
                HttpResponse::ServiceUnavailable().body("too many at once; try again later\n")
            }
        }
    }
}

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM)))
    }
}

impl Room {
    /// Reads a body as it comes.
    ///
    /// # Errors
    /// [`Unread`]; what was read of it is gone.
    pub async fn read(&self, payload: Payload) -> Result<Body, Unread> {
        let read = timeout(TIME, self.read_all(payload));
        read.await.unwrap_or(Err(Unread::Broken))
    }

    /// Each piece takes its room when it is there, and not when it is announced: who announces much and
    /// sends nothing takes nothing from others.
    async fn read_all(&self, mut payload: Payload) -> Result<Body, Unread> {
        let (mut bytes, mut taken) = (Vec::new(), None::<OwnedSemaphorePermit>);
        while let Some(piece) = payload.next().await {
            let piece = piece.map_err(|_| Unread::Broken)?;
            if bytes.len() + piece.len() > LARGEST {
                return Err(Unread::TooLarge);
            }
            let more = self.take(piece.len())?;
            match &mut taken {
                Some(taken) => taken.merge(more),
                None => taken = Some(more),
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(Body { bytes, taken })
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Unread> {
        let count = u32::try_from(bytes).map_err(|_| Unread::TooLarge)?;
        let room = Arc::clone(&self.0);
        room.try_acquire_many_owned(count)
            .map_err(|_| Unread::NoRoom)
    }
}
