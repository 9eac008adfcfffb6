//! Taking mails on: look, connect, claim.

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use diesel::{PgConnection, QueryResult};
use futures::future::join_all;
use uuid::Uuid;

use super::{Courier, Round};
use crate::{
    db::DbError,
    mail::smtp::{Connection, Lease, Refused, SmtpServer},
    outbox::{
        claim::{
            Claimed, Inbox, Read, Ready, Seen, Taken, claim, look, read_ahead, release,
            take_plainly,
        },
        connecting::{add_fresh, still_standing},
        flow::Cause,
        pause,
        turn::{self, Look, Turn, Which},
    },
    random,
};

/// With more than half of the connections in use, the others wait so long for company, since a claim is a
/// transaction; what is slow then holds up none of them.
const GATHERED_FOR: Duration = Duration::from_millis(500);

impl Courier {
    /// Takes on what is due, as far as there are free connections.
    pub(super) async fn take_on(&mut self) -> Result<Round, DbError> {
        let lanes = self.app.mailer.connections;
        let Some((server, _)) = self.app.mailer.server.clone() else {
            return Ok(Round::Idle);
        };
        let free = lanes.saturating_sub(self.in_hand.len());
        if free == 0 || self.is_stopping() {
            return Ok(Round::Busy);
        }
        let gathered = self.taken_on.after(GATHERED_FOR).left();
        if free < lanes - lanes / 2 && !gathered.is_zero() {
            return Ok(Round::Wait(gathered));
        }
        let free = self.untold.room(free, lanes);
        let look = self.look(free).await?;
        match turn::next(&look, free) {
            Turn::Idle => {
                self.close_idle().await;
                Ok(Round::Idle)
            }
            Turn::Wait(seconds) => Ok(Round::Wait(Duration::from_secs_f64(seconds))),
            Turn::UsedUp => self.wait_for_the_allowance().await,
            Turn::Back => {
                self.app.db.run(pause::allowance_is_back).await?;
                Ok(Round::Busy)
            }
            Turn::Claim(which, wanted) => match self.connect(&server, wanted).await {
                // Asked to stop meanwhile.
                Ok(()) if self.connections.is_empty() => Ok(Round::Idle),
                Ok(()) => self.take(&look, (which, wanted)).await,
                Err(refused) => self.no_connection(refused).await,
            },
        }
    }

    async fn look(&self, free: usize) -> Result<Look, DbError> {
        let (most, app) = (i64::try_from(free).unwrap_or(1), self.app.clone());
        let look = self.app.db.run(move |c| look(c, &app, most)).await?;
        let is_paused = |paused: turn::Paused| paused.cause != Cause::Allowance;
        let is_paused = look.paused.is_some_and(is_paused);
        self.app.metrics.mail_paused.set(is_paused.into());
        Ok(look)
    }

    /// Has up to `wanted` connections ready, at least one unless the worker stops.
    async fn connect(&mut self, server: &SmtpServer, wanted: usize) -> Result<(), Refused> {
        self.connections = still_standing(mem::take(&mut self.connections)).await;
        let missing = wanted.saturating_sub(self.connections.len());
        let to = (server, self.app.mailer.domain.as_str());
        add_fresh(&mut self.connections, missing, to, &self.stopping).await
    }

    /// Takes mails that were read ahead, where each goes as it is and nothing is counted or tried out;
    /// what does not, one claim takes after the other.
    async fn take(&mut self, look: &Look, which: (Which, usize)) -> Result<Round, DbError> {
        let is_plain = which.0 == Which::Any
            && look.rate.is_none()
            && self.app.mailer.limits.is_none()
            && !self.refused
            && !self.alone.is_needed();
        if !is_plain {
            self.ahead.forget();
        } else if self.take_what_is_ahead().await? {
            return Ok(Round::Busy);
        }
        self.claim(which).await
    }

    /// Tells whether any mail was taken.
    async fn take_what_is_ahead(&mut self) -> Result<bool, DbError> {
        // What was read before it was looked at may lack what is to go first.
        let asked_for = self.ahead.begin_reading(self.app.mailer.connections);
        let app = self.app.clone();
        let read = self.app.db.run(move |c| read_ahead(c, &app, asked_for));
        let read = read.await;
        self.were_read(asked_for, read)?;
        if self.ahead.ready() == 0 {
            return Ok(false);
        }
        let (asked, answer) = self.ask_for_what_is_ahead();
        let taken = answer.await;
        Ok(self.were_taken(asked, taken)? > 0)
    }

    /// What the database refuses to read is left to a claim, which asks mail by mail if it has to.
    pub(super) fn were_read(
        &mut self,
        asked_for: usize,
        read: Result<Read, DbError>,
    ) -> Result<(), DbError> {
        match read {
            Ok(read) => self.ahead.were_read(read, asked_for),
            Err(error) if error.is_away() => return Err(error),
            Err(_) => self.ahead.forget(),
        }
        Ok(())
    }

    /// Asks for as many mails that were read ahead as there are connections.
    pub(super) fn ask_for_what_is_ahead(
        &self,
    ) -> (
        Asked,
        impl Future<Output = Result<Taken, DbError>> + Send + use<>,
    ) {
        let most = self.connections.len().min(self.ahead.ready());
        let asked = Asked {
            claim: random::row_id(self.app.clock.now()),
            // Begun before it is asked for, so that ours is never longer than the database's.
            lease: Lease::starting_now(self.app.mailer.lease),
            mails: self.ahead.next(most),
        };
        let inbox = match self.ahead.is_anything_pending() {
            true => Inbox::IsAsked,
            false => Inbox::IsEmpty,
        };
        let seen = asked.mails.iter().map(|ready| ready.seen.clone());
        let (claim, read): (_, Vec<Seen>) = (asked.claim, seen.collect());
        let (app, db) = (self.app.clone(), self.app.db.clone());
        let take =
            move |connection: &mut _| take_plainly(connection, &app, claim, (&read, most), inbox);
        let answer = async move { db.run(under(claim, take)).await };
        (asked, answer)
    }

    /// Hands over what was taken; tells how many.
    pub(super) fn were_taken(
        &mut self,
        asked: Asked,
        taken: Result<Taken, DbError>,
    ) -> Result<usize, DbError> {
        let taken = taken.inspect_err(|error| self.claim_failed(asked.claim, error))?;
        let mails = self.ahead.were_taken(asked.claim, asked.mails, &taken);
        let count = mails.len();
        self.hand_over(mails, asked.lease);
        Ok(count)
    }

    /// Claims in a transaction, in which every gate is asked.
    async fn claim(&mut self, (which, wanted): (Which, usize)) -> Result<Round, DbError> {
        let most = i64::try_from(wanted.min(self.connections.len())).unwrap_or(1);
        // Begun before it is asked for, so that ours is never longer than the database's.
        let lease = Lease::starting_now(self.app.mailer.lease);
        let id = random::row_id(self.app.clock.now());
        let app = self.app.clone();
        let needed = self.alone.is_needed() || mem::take(&mut self.refused);
        let alone = needed.then(|| self.alone.clone());
        let take = move |connection: &mut _| match &alone {
            None => Ok((claim(connection, &app, id, (which, most))?, Vec::new())),
            Some(alone) => alone.claim(connection, &app, id, (which, most)),
        };
        let claimed = self.app.db.run(under(id, take));
        let (claimed, spoilt): (Vec<Claimed>, Vec<Uuid>) = claimed
            .await
            .inspect_err(|error| self.claim_failed(id, error))?;
        self.alone.pass_over(spoilt);
        self.hand_over(claimed, lease);
        Ok(Round::Busy)
    }

    fn claim_failed(&mut self, claim: Uuid, error: &DbError) {
        self.ahead.forget();
        // One that was refused was undone.
        match error.is_away() {
            true => self.duties.unheard_of(claim),
            false => self.refused = true,
        }
    }

    async fn close_idle(&mut self) {
        let (idle, kept) = mem::take(&mut self.connections)
            .into_iter()
            .partition(Connection::is_idle);
        self.connections = kept;
        let idle: Vec<Connection> = idle;
        join_all(idle.into_iter().map(Connection::close)).await;
    }
}

/// What takes mails under a claim. Where it is repeated its connection died, perhaps after the commit: what it
/// took then goes back first.
fn under<T>(
    claim: Uuid,
    take: impl Fn(&mut PgConnection) -> QueryResult<T>,
) -> impl Fn(&mut PgConnection) -> QueryResult<T> {
    let again = AtomicBool::new(false);
    move |connection| {
        if again.swap(true, Ordering::SeqCst) {
            release(connection, claim)?;
        }
        take(connection)
    }
}

/// Mails that are asked for.
pub(super) struct Asked {
    claim: Uuid,
    lease: Lease,
    mails: Vec<Ready>,
}
