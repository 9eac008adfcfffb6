//! Reports that come into a mailbox, as most servers send them: read over IMAP, by one replica at a time.
//!
//! Whatever else lies there is left as it is, unread. A report that was taken is marked as read, and how far
//! the mailbox was read is a row of ours: a message is looked at once, whoever reads it meanwhile.

use std::time::Duration;

use diesel::prelude::*;
use tokio::time::timeout;

use crate::{
    app::App,
    chore::Turn,
    config::BounceMailbox,
    db::{DbError, clock_timestamp},
    mail::{
        imap::{Session, Trouble},
        report::message,
    },
    outbox::reported::{self, Outcome},
    schema::bounce_mailboxes as mailboxes,
};

const CHORE: &str = "bounces";
/// From one look to the next: a family that heard nothing can wait a minute longer.
const PAUSE: Duration = Duration::from_secs(60);
/// One look; what is left is read by the next. Well within the lease of a chore.
const TIME: Duration = Duration::from_secs(40);
/// Messages whose type is asked for at once.
const AT_ONCE: usize = 500;

/// Why a look came to no end.
enum Broken {
    Mailbox(Trouble),
    Database(DbError),
}

/// Reads what has come since the last look, if it is due.
///
/// # Errors
/// The database's. What is wrong with the mailbox is logged: nothing else depends on it.
pub async fn look_if_due(app: &App) -> Result<(), DbError> {
    let Some(mailbox) = app.bounce_mailbox.clone() else {
        return Ok(());
    };
    let Some(turn) = Turn::take(app, CHORE).await? else {
        return Ok(());
    };
    let read = timeout(TIME, read(app, &mailbox)).await;
    let given_back = turn.give_back(app, PAUSE).await;
    match read {
        Ok(Ok(())) | Err(_) => given_back,
        Ok(Err(Broken::Mailbox(trouble))) => {
            log::warn!("bounces: {mailbox} cannot be read: {trouble}");
            given_back
        }
        Ok(Err(Broken::Database(error))) => Err(error),
    }
}

/// Whether the mailbox lets us in.
///
/// # Errors
/// A sentence for people, without the password.
pub async fn lets_us_in(mailbox: &BounceMailbox) -> Result<(), String> {
    match timeout(TIME / 4, Session::open(mailbox)).await {
        Ok(Ok(session)) => {
            session.close().await;
            Ok(())
        }
        Ok(Err(trouble)) => Err(trouble.to_string()),
        Err(_) => Err("it did not answer in time".to_owned()),
    }
}

async fn read(app: &App, mailbox: &BounceMailbox) -> Result<(), Broken> {
    let name = mailbox.name();
    let mut session = Session::open(mailbox).await.map_err(Broken::Mailbox)?;
    let mut last = place(app, &name, session.validity())
        .await
        .map_err(Broken::Database)?;
    let uids = session.after(last).await.map_err(Broken::Mailbox)?;
    for uids in uids.chunks(AT_ONCE) {
        let reports = session.reports_among(uids).await.map_err(Broken::Mailbox)?;
        for uid in reports {
            if !take(app, &mut session, uid).await? {
                // It is looked at again next time, and so is what came after it.
                return Ok(());
            }
            // With each: a look may end at any of them, and the next goes on from there.
            last = uid;
            keep(app, &name, session.validity(), last).await?;
        }
        last = uids.last().copied().unwrap_or(last);
        keep(app, &name, session.validity(), last).await?;
    }
    session.close().await;
    Ok(())
}

/// Takes one message; tells whether it is dealt with.
async fn take(app: &App, session: &mut Session, uid: u32) -> Result<bool, Broken> {
    let Some(message) = session.message(uid).await.map_err(Broken::Mailbox)? else {
        return Ok(true);
    };
    let now = app.clock.now();
    let taken = app.db.run(move |connection| {
        let reports = message::read(&message);
        let taken = reports
            .iter()
            .map(|report| reported::take(connection, report, now));
        taken.collect::<Result<Vec<_>, _>>()
    });
    let taken = taken.await.map_err(Broken::Database)?;
    if taken.iter().any(|taken| taken.outcome == Outcome::InHand) {
        return Ok(false);
    }
    // About somebody else's mail: it is somebody else's to read.
    if taken.iter().any(|taken| taken.mail.is_some()) {
        session.is_read(uid).await.map_err(Broken::Mailbox)?;
    }
    Ok(true)
}

/// How far it was read. A mailbox that counts anew is read from its beginning (RFC 3501, 2.3.1.1).
async fn place(app: &App, name: &str, validity: i64) -> Result<u32, DbError> {
    let name = name.to_owned();
    let read = app.db.run(move |connection| {
        mailboxes::table
            .find(&name)
            .filter(mailboxes::uid_validity.eq(validity))
            .select(mailboxes::last_uid)
            .first::<i64>(connection)
            .optional()
    });
    let last = read.await?.unwrap_or_default();
    Ok(u32::try_from(last).unwrap_or_default())
}

async fn keep(app: &App, name: &str, validity: i64, last: u32) -> Result<(), Broken> {
    let name = name.to_owned();
    let kept = app.db.run(move |connection| {
        let place = (
            mailboxes::uid_validity.eq(validity),
            mailboxes::last_uid.eq(i64::from(last)),
            mailboxes::read_at.eq(clock_timestamp()),
        );
        diesel::insert_into(mailboxes::table)
            .values((mailboxes::name.eq(&name), place))
            .on_conflict(mailboxes::name)
            .do_update()
            .set(place)
            .execute(connection)
    });
    kept.await.map(drop).map_err(Broken::Database)
}
