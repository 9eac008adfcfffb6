//! The worker: works off what the web side has kept, carries the mail, and does what is done now and then.

use std::{future, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use crate::{
    alert,
    app::{App, Wake},
    blast, bounce_mailbox,
    consumer::Consumer,
    db::{DbError, gather_statistics_at_start},
    figures, heartbeat, import, inbox,
    loops::{self, Loop, Loops},
    news,
    outbox::{self, Courier, Round},
    retention,
    sweep::{self, Look},
    watchdog,
};

/// Without a wake-up the inbox and the outbox are looked at this often: another replica may have
/// filled them, and some things wait for their time.
const POLL: Duration = Duration::from_secs(2);

/// So long is what became of mails still told at a stop; the whole process has 26 seconds.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// How often it is asked whether a chore is due.
const DUE: Duration = Duration::from_secs(20);

/// How often it is looked how long events have waited.
const AGE: Duration = Duration::from_secs(10);

/// How often figures are looked up: several statements, for whoever looks once a minute.
const FIGURES: Duration = Duration::from_secs(60);

/// At a stop an outcome that the database refuses is told for so long; one that it does not hear, until
/// the process ends.
const REFUSED_AT_A_STOP: Duration = Duration::from_secs(5);

/// Works until `stop` says so; what is in hand is finished first.
pub async fn run(app: App, stop: watch::Receiver<bool>) {
    app.metrics.worker_running.set(1);
    app.loops.begin();
    let stopped = || {
        let stopped = stop.clone();
        move || *stopped.borrow()
    };
    outbox::listen::start(&app, stopped());
    heartbeat::start(&app, loops::MINUTE, stopped());
    watchdog::start(&app, stopped());
    actix_web::rt::spawn(gather_statistics_at_start(app.db.clone()));
    let every = |pause, which| Work::new(which, pause, stop.clone(), app.loops.clone());
    let rest = |()| Next::Rest;
    let again = |more: bool| if more { Next::Again } else { Next::Rest };
    // Each its own loop: one that never turns again stops no other.
    tokio::join!(
        events(&app, every(POLL, Loop::Events).woken_by(&app.wake)),
        mails(&app, every(POLL, Loop::Mails).woken_by(&app.wake_mail)),
        every(POLL, Loop::Mailings)
            .woken_by(&app.wake_blasts)
            .repeat(async || blast::work_off(&app).await.map(again)),
        every(POLL, Loop::Alerts).repeat(async || alert::work_off(&app).await.map(|_| Next::Rest)),
        // Apart from it: a place that is slow holds up no mail.
        every(POLL, Loop::Calls).repeat(async || {
            Ok(if alert::call_out(&app).await? {
                Next::Again
            } else {
                Next::Rest
            })
        }),
        // Lists are as new as this.
        every(POLL, Loop::News).repeat(async || {
            Ok(if news::keep_up(&app).await? {
                Next::Again
            } else {
                Next::Rest
            })
        }),
        // What these have in hand is taken up by their next turn.
        every(DUE, Loop::FullSweep)
            .chore()
            .repeat(async || sweep::look_if_due(&app, Look::Full).await.map(rest)),
        every(DUE, Loop::Sweep)
            .chore()
            .repeat(async || sweep::look_if_due(&app, Look::Short).await.map(rest)),
        every(DUE, Loop::Prune)
            .chore()
            .repeat(async || retention::if_due(&app).await.map(rest)),
        every(DUE, Loop::Names)
            .chore()
            .repeat(async || inbox::unread::if_due(&app).await.map(rest)),
        every(DUE, Loop::Bounces)
            .chore()
            .repeat(async || bounce_mailbox::look_if_due(&app).await.map(rest)),
        every(FIGURES, Loop::Figures)
            .chore()
            .repeat(async || figures::look(&app).await.map(rest)),
        // They hold addresses, and nobody needs them after an hour.
        every(FIGURES, Loop::Spreadsheets)
            .chore()
            .repeat(async || import::kept::forget_old(&app).await.map(rest)),
    );
    app.loops.end();
    app.metrics.worker_running.set(0);
}

async fn events(app: &App, work: Work) {
    let (mut consumer, mut looked) = (Consumer::new(app.clone()), None);
    work.repeat(async || {
        if looked.is_none_or(|at: Instant| at.elapsed() > AGE) {
            let since = app.db.run(inbox::oldest_pending).await?;
            app.metrics.oldest_pending.is_since(since);
            looked = Some(Instant::now());
        }
        if consumer.round().await? == 0 {
            return Ok(Next::Rest);
        }
        // What follows from an event may be a mail.
        app.wake_mail.notify_one();
        Ok(Next::Again)
    })
    .await;
    consumer.stop().await;
}

async fn mails(app: &App, work: Work) {
    if app.mailer.server.is_none() {
        log::warn!("mail is off and waits in the outbox: set SMTP_URL and MAIL_FROM");
    }
    let mut courier = Courier::new(app.clone()).until(work.stop.clone());
    work.repeat(async || {
        Ok(match courier.round().await? {
            Round::Busy => Next::Again,
            Round::Idle => Next::Rest,
            Round::Wait(pause) => Next::RestFor(pause),
        })
    })
    .await;
    // Leases run out for what is not told by then: such a mail is `unknown`, and nobody sends it twice.
    if timeout(LAST_WORDS, told(&mut courier)).await.is_err() {
        log::error!(
            "what became of some mails is left untold: the database did not answer in time"
        );
    }
}

async fn told(courier: &mut Courier) {
    let asked = Instant::now();
    while let Err(error) = courier.stop().await {
        log::error!("what became of a mail cannot be written down yet: {error}");
        if !error.is_away() && asked.elapsed() > REFUSED_AT_A_STOP {
            break;
        }
        sleep(POLL / 4).await;
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
    which: Loop,
    /// How long it rests where nothing wakes it.
    pause: Duration,
    /// What ends a rest early.
    wake: Option<Wake>,
    stop: watch::Receiver<bool>,
    /// Of a chore: its turn is not finished when the worker stops, nor when this is over.
    lease: Option<Duration>,
    loops: Loops,
}

impl Work {
    fn new(which: Loop, pause: Duration, stop: watch::Receiver<bool>, loops: Loops) -> Self {
        Self {
            which,
            pause,
            wake: None,
            stop,
            lease: None,
            loops,
        }
    }

    fn woken_by(self, wake: &Wake) -> Self {
        Self {
            wake: Some(wake.clone()),
            ..self
        }
    }

    fn chore(self) -> Self {
        Self {
            lease: Some(loops::LEASE),
            ..self
        }
    }

    /// Takes turns until the worker stops. What the database has to say is logged, and is no reason
    /// to end: it may be back at the next turn.
    async fn repeat(mut self, mut turn: impl AsyncFnMut() -> Result<Next, DbError>) {
        while !*self.stop.borrow() {
            let turn = turn();
            let done = match self.lease {
                None => Some(turn.await),
                Some(lease) => tokio::select! {
                    done = timeout(lease, turn) => done.ok(),
                    _ = self.stop.changed() => return,
                },
            };
            if let Some(Ok(_)) = done {
                self.loops.turned(self.which);
            }
            let pause = match done {
                Some(Ok(Next::Again)) => continue,
                Some(Ok(Next::Rest)) => self.pause,
                Some(Ok(Next::RestFor(pause))) => pause.min(self.pause),
                Some(Err(error)) => {
                    error.log(self.which.module());
                    self.pause
                }
                None => {
                    log::error!("{}: a turn did not end within its lease", self.which.name());
                    self.pause
                }
            };
            tokio::select! {
                () = woken(self.wake.as_ref()) => {}
                () = sleep(pause) => {}
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

    use crate::{clock::Clock, metrics::Metrics};

    const NEVER: Duration = Duration::from_secs(3600);

    fn work(pause: Duration, stop: &watch::Sender<bool>) -> Work {
        let loops = Loops::new(Clock::system(), &Metrics::new());
        Work::new(Loop::Mails, pause, stop.subscribe(), loops)
    }

    #[actix_web::test]
    async fn an_error_and_a_rest_are_followed_by_the_next_turn_and_a_stop_by_none() {
        let stop = watch::Sender::new(false);
        let mut turns = 0;
        let work = work(Duration::from_millis(1), &stop);
        work.repeat(async || {
            turns += 1;
            match turns {
                1 => Err(DbError::Late),
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
        let work = work(NEVER, &stop).woken_by(&wake);
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
        for lease in [None, Some(NEVER)] {
            let stop = watch::Sender::new(false);
            let mut finished = false;
            let work = Work {
                lease,
                ..work(NEVER, &stop)
            };
            work.repeat(async || {
                stop.send_replace(true);
                tokio::time::sleep(Duration::from_millis(10)).await;
                finished = true;
                Ok(Next::Rest)
            })
            .await;
            assert_eq!(finished, lease.is_none());
        }
    }

    #[actix_web::test]
    async fn a_chores_turn_that_never_ends_is_left_when_its_lease_is_over_and_is_no_turn() {
        let stop = watch::Sender::new(false);
        let loops = Loops::new(Clock::system(), &Metrics::new());
        loops.begin();
        let mut turns = 0;
        let work = Work {
            lease: Some(Duration::from_millis(10)),
            loops: loops.clone(),
            ..work(Duration::from_millis(1), &stop)
        };
        work.repeat(async || {
            turns += 1;
            if turns > 2 {
                stop.send_replace(true);
            }
            future::pending().await
        })
        .await;
        assert_eq!(turns, 3);
        assert!(!loops.have_turned(NEVER));
    }
}
