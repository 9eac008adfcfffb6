//! The worker: works off what the web side has kept, carries the mail, and does what is done now and then.

use std::{future, time::Duration};

use tokio::sync::watch;

use crate::{
    alert::{
        self,
        away::{self, Memory},
    },
    app::{App, Wake},
    consumer,
    db::DbError,
    inbox,
    outbox::{self, Courier, Round},
    retention, sweep,
};

/// Without a wake-up the inbox and the outbox are looked at this often: another replica may have
/// filled them, and some things wait for their time.
const POLL: Duration = Duration::from_secs(2);

/// How often it is asked whether a chore is due.
const DUE: Duration = Duration::from_secs(20);

/// Works until `stop` says so; what is in hand is finished first.
pub async fn run(app: App, stop: watch::Receiver<bool>) {
    app.metrics.worker_running.set(1);
    let stopped = stop.clone();
    outbox::listen::start(&app, move || *stopped.borrow());
    let every = |pause, module| Work::new(module, pause, stop.clone());
    let rest = |()| Next::Rest;
    tokio::join!(
        every(POLL, "inbox")
            .woken_by(&app.wake)
            .repeat(async || events(&app).await),
        mails(&app, every(POLL, "outbox").woken_by(&app.wake_mail)),
        every(POLL, "alert").repeat(async || alert::work_off(&app).await.map(|_| Next::Rest)),
        // Apart from it: a place that is slow holds up no mail, and a database that is away no call.
        every(POLL, "alert").repeat(async || {
            Ok(if alert::call_out(&app).await? {
                Next::Again
            } else {
                Next::Rest
            })
        }),
        database_away(&app, every(POLL, "alert").left_at_a_stop()),
        // What these have in hand is taken up by their next turn.
        every(DUE, "sweep")
            .left_at_a_stop()
            .repeat(async || sweep::if_due(&app).await.map(rest)),
        every(DUE, "retention")
            .left_at_a_stop()
            .repeat(async || retention::if_due(&app).await.map(rest)),
        every(DUE, "inbox")
            .left_at_a_stop()
            .repeat(async || inbox::unread::if_due(&app).await.map(rest)),
    );
    app.metrics.worker_running.set(0);
}

async fn events(app: &App) -> Result<Next, DbError> {
    if consumer::work_off(app).await? == 0 {
        return Ok(Next::Rest);
    }
    // What follows from an event may be a mail.
    app.wake_mail.notify_one();
    Ok(Next::Again)
}

async fn database_away(app: &App, work: Work) {
    let mut memory = Memory::new(&away::DATABASE);
    work.repeat(async || {
        let is_away = away::database_is_away(app).await;
        memory.turn(app, is_away).await;
        Ok(Next::Rest)
    })
    .await;
}

async fn mails(app: &App, work: Work) {
    if app.mailer.server.is_none() {
        log::warn!("mail is off and waits in the outbox: set SMTP_URL and MAIL_FROM");
    }
    let mut courier = Courier::new(app.clone());
    work.repeat(async || {
        Ok(match courier.round().await? {
            Round::Busy => Next::Again,
            Round::Idle => Next::Rest,
            Round::Wait(pause) => Next::RestFor(pause),
        })
    })
    .await;
    while let Err(error) = courier.stop().await {
        log::error!("what became of a mail cannot be written down yet: {error}");
        tokio::time::sleep(POLL / 4).await;
    }
}

/// What follows a turn.
#[derive(Debug)]
enum Next {
    /// The next one at once: there may be more to do.
    Again,
    /// The usual pause.
    Rest,
    /// So long a pause, or the usual one if that is shorter.
    RestFor(Duration),
}

/// Work that is done again and again.
struct Work {
    /// Which module does it, for the log.
    module: &'static str,
    /// How long it rests where nothing wakes it.
    pause: Duration,
    /// What ends a rest early.
    wake: Option<Wake>,
    stop: watch::Receiver<bool>,
    /// A turn is not finished when the worker stops.
    is_left: bool,
}

impl Work {
    fn new(module: &'static str, pause: Duration, stop: watch::Receiver<bool>) -> Self {
        Self {
            module,
            pause,
            wake: None,
            stop,
            is_left: false,
        }
    }

    fn woken_by(self, wake: &Wake) -> Self {
        Self {
            wake: Some(wake.clone()),
            ..self
        }
    }

    fn left_at_a_stop(self) -> Self {
        Self {
            is_left: true,
            ..self
        }
    }

    /// Takes turns until the worker stops. What the database has to say is logged, and is no reason
    /// to end: it may be back at the next turn.
    async fn repeat(mut self, mut turn: impl AsyncFnMut() -> Result<Next, DbError>) {
        while !*self.stop.borrow() {
            let done = tokio::select! {
                done = turn() => done,
                _ = self.stop.changed(), if self.is_left => return,
            };
            let pause = match done {
                Ok(Next::Again) => continue,
                Ok(Next::Rest) => self.pause,
                Ok(Next::RestFor(pause)) => pause.min(self.pause),
                Err(error) => {
                    error.log(self.module);
                    self.pause
                }
            };
            tokio::select! {
                () = woken(self.wake.as_ref()) => {}
                () = tokio::time::sleep(pause) => {}
                _ = self.stop.changed() => {}
            }
        }
    }
}

async fn woken(wake: Option<&Wake>) {
    match wake {
        Some(wake) => wake.notified().await,
        None => future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);

    #[actix_web::test]
    async fn an_error_and_a_rest_are_followed_by_the_next_turn_and_a_stop_by_none() {
        let stop = watch::Sender::new(false);
        let mut turns = 0;
        let work = Work::new("test", Duration::from_millis(1), stop.subscribe());
        work.repeat(async || {
            turns += 1;
            match turns {
                1 => Err(DbError::Away),
                2 => Ok(Next::RestFor(NEVER)),
                3 => Ok(Next::Again),
                _ => {
                    stop.send_replace(true);
                    Ok(Next::Again)
                }
            }
        })
        .await;
        assert_eq!(turns, 4);
    }

    #[actix_web::test]
    async fn a_wake_up_ends_a_rest() {
        let (stop, wake) = (watch::Sender::new(false), Wake::default());
        let mut turns = 0;
        let work = Work::new("test", NEVER, stop.subscribe()).woken_by(&wake);
        work.repeat(async || {
            turns += 1;
            match turns {
                1 => wake.notify_one(),
                _ => drop(stop.send_replace(true)),
            }
            Ok(Next::Rest)
        })
        .await;
        assert_eq!(turns, 2);
    }

    #[actix_web::test]
    async fn a_turn_is_finished_at_a_stop_unless_it_may_be_left() {
        for is_left in [false, true] {
            let stop = watch::Sender::new(false);
            let mut finished = false;
            let work = Work {
                is_left,
                ..Work::new("test", NEVER, stop.subscribe())
            };
            work.repeat(async || {
                stop.send_replace(true);
                tokio::time::sleep(Duration::from_millis(10)).await;
                finished = true;
                Ok(Next::Rest)
            })
            .await;
            assert_eq!(finished, !is_left);
        }
    }
}
