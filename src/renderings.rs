//! Rendering mailings: thousands of mails from a template that somebody wrote, on threads of their own.
//!
//! Neither the threads that answer payers nor those that ask the database for them are used, and few
//! mailings are rendered at once: a payer's click needs a processor, too. A rendering ends when its time
//! is over, or when nobody waits for it any more.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A long start and a preview beside it; each holds the orders of a mailing in memory.
const AT_ONCE: usize = 2;
/// How long a caller waits for its turn: most previews are done by then.
const WAIT: Duration = Duration::from_secs(2);
/// The template engine calls itself as deep as a template is; what is allowed there needs a tenth of it.
const STACK: usize = 8 << 20;

/// The turns of this process. Cheap to clone.
#[derive(Clone)]
pub struct Renderings(Arc<Semaphore>);

impl Default for Renderings {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Others have their turn.
    #[error("other mailings are being rendered; nothing has changed, try again in a moment")]
    Busy,
    /// The time is over.
    #[error(
        "to render its mails took longer than {} seconds; nothing has changed; try again, \
         with fewer orders or a simpler template", .0.as_secs()
    )]
    TooLong(Duration),
    /// The caller has gone.
    #[error("nobody waited for the mails to be rendered; nothing has changed")]
    Gone,
}

impl Renderings {
    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Stopped::Busy`] after `WAIT`.
    pub async fn turn(&self) -> Result<Turn, Stopped> {
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit }),
            Ok(Err(_)) | Err(_) => Err(Stopped::Busy),
        }
    }
}

/// The right to render one mailing.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Does `work` on a thread of its own, which asks [`Rendering::go_on`] between two mails. The turn
    /// ends with the work, not with the caller: a new one must not begin beside one that still runs.
    ///
    /// # Errors
    /// What `work` was stopped by.
    pub async fn run<T: Send + 'static>(
        self,
        time: Duration,
        work: impl FnOnce(&Rendering) -> Result<T, Stopped> + Send + 'static,
    ) -> Result<T, Stopped> {
        let gone = Gone::default();
        let rendering = Rendering {
            gone: Arc::clone(&gone.0),
            begun: Instant::now(),
            time,
        };
        let (done, result) = oneshot::channel();
        let work = move || {
            let _turn = self;
            let made = panic::catch_unwind(AssertUnwindSafe(|| work(&rendering)));
            // Whoever has gone does not want it.
            drop(done.send(made));
        };
        let thread = thread::Builder::new()
            .name("rendering".to_owned())
            .stack_size(STACK);
        if let Err(error) = thread.spawn(work) {
            log::error!("no thread to render a mailing: {error}");
            return Err(Stopped::Busy);
        }
        match result.await {
            Ok(Ok(made)) => made,
            Ok(Err(panic)) => panic::resume_unwind(panic),
            Err(_) => Err(Stopped::Gone),
        }
    }
}

/// Tells the thread that its caller has gone: dropped with the caller's future.
#[derive(Default)]
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// A rendering under way, seen from its thread.
#[derive(Debug)]
pub struct Rendering {
    gone: Arc<AtomicBool>,
    begun: Instant,
    time: Duration,
}

impl Rendering {
    /// Whether to go on.
    ///
    /// # Errors
    /// Why not; once it is an error it stays one.
    pub fn go_on(&self) -> Result<(), Stopped> {
        if self.gone.load(Relaxed) {
            Err(Stopped::Gone)
        } else if self.begun.elapsed() > self.time {
            Err(Stopped::TooLong(self.time))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn until_stopped(rendering: &Rendering) -> Result<(), Stopped> {
        loop {
            rendering.go_on()?;
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_stopped_and_says_so() {
        let turn = Renderings::default().turn().await.ok().unwrap();
        let time = Duration::from_millis(10);
        let stopped = turn.run(time, until_stopped).await;
        assert_eq!(stopped, Err(Stopped::TooLong(time)));
    }

    #[tokio::test]
    async fn work_whose_caller_has_gone_ends_and_gives_its_turn_back() {
        let renderings = Renderings::default();
        for _ in 0..AT_ONCE {
            let turn = renderings.turn().await.ok().unwrap();
            let caller = turn.run(LONG, until_stopped);
            let gone = tokio::time::timeout(Duration::from_millis(20), caller).await;
            assert!(gone.is_err(), "it went on until its caller had gone");
        }
        assert!(renderings.turn().await.is_ok(), "its turn has ended");
    }

    #[tokio::test]
    async fn beside_as_many_as_there_may_be_another_one_is_told_to_try_again() {
        let renderings = Renderings::default();
        let mut turns = Vec::new();
        for _ in 0..AT_ONCE {
            turns.push(renderings.turn().await.ok().unwrap());
        }
        assert_eq!(renderings.turn().await.err(), Some(Stopped::Busy));
        drop(turns);
        assert!(renderings.turn().await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_the_callers_and_gives_the_turn_back() {
        let renderings = Renderings::default();
        for _ in 0..=AT_ONCE {
            let turn = renderings.turn().await.ok().unwrap();
            let work = |_: &Rendering| -> Result<(), Stopped> { panic!("seen") };
            let caller = tokio::spawn(turn.run(LONG, work));
            assert!(caller.await.unwrap_err().is_panic());
        }
    }
}
