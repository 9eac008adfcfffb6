//! The worker: works off what the web side has kept, and carries the mail.

use std::time::Duration;

use tokio::sync::watch;

use crate::{
    alert,
    app::App,
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
    tokio::join!(
        events(app.clone(), stop.clone()),
        mails(app.clone(), stop.clone()),
        alerts(app.clone(), stop.clone()),
        sweeps(app.clone(), stop.clone()),
        prunes(app.clone(), stop.clone()),
        reads(app.clone(), stop.clone()),
    );
    app.metrics.worker_running.set(0);
}

async fn events(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match inbox::work_off(&app).await {
            Ok(0) => {}
            Ok(_) => {
                // What follows from an event may be a mail.
                app.wake_mail.notify_one();
                continue;
            }
            Err(error) => log::error!("the worker found no database: {error}"),
        }
        tokio::select! {
            _ = app.wake.notified() => {}
            _ = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sweeps(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            swept = sweep::if_due(&app) => {
                if let Err(error) = swept {
                    log::error!("the sweep found no database: {error}");
                }
            }
            // Whatever it had in hand is taken up by the next look.
            _ = stop.changed() => return,
        }
        tokio::select! {
            _ = tokio::time::sleep(DUE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn prunes(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            pruned = retention::if_due(&app) => {
                if let Err(error) = pruned {
                    log::error!("retention found no database: {error}");
                }
            }
            // Whatever it had not come to is pruned by the next run.
            _ = stop.changed() => return,
        }
        tokio::select! {
            _ = tokio::time::sleep(DUE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn reads(app: App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            read = inbox::unread::if_due(&app) => {
                if let Err(error) = read {
                    log::error!("events that nobody has read: {error}");
                }
            }
            // Whatever it had not come to is read in the next turn.
            _ = stop.changed() => return,
        }
        tokio::select! {
            _ = tokio::time::sleep(DUE) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn alerts(app: App, mut stop: watch::Receiver<bool>) {
    while app.alert_email.is_some() && !*stop.borrow() {
        if let Err(error) = alert::work_off(&app).await {
            log::error!("the alerts found no database: {error}");
        }
        tokio::select! {
            _ = tokio::time::sleep(POLL) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn mails(app: App, mut stop: watch::Receiver<bool>) {
    if app.mailer.server.is_none() {
        log::warn!("mail is off and waits in the outbox: set SMTP_URL and MAIL_FROM");
    }
    let mut courier = Courier::new(app.clone());
    while !*stop.borrow() {
        let pause = match courier.round().await {
            Ok(Round::Busy) => continue,
            Ok(Round::Idle) => POLL,
            Ok(Round::Wait(pause)) => pause.min(POLL),
            Err(error) => {
                log::error!("the outbox found no database: {error}");
                POLL
            }
        };
        tokio::select! {
            _ = app.wake_mail.notified() => {}
            _ = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
    while let Err(error) = courier.stop().await {
        log::error!("what became of a mail cannot be written down yet: {error}");
        tokio::time::sleep(POLL / 4).await;
    }
}
