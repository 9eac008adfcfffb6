//! Starting a mailing: all its mails are queued at once, or none.
//!
//! Its mails are rendered twice: first all of them, of which only the digests are kept and compared with
//! what was approved; then a batch at a time, while they are queued. Both times from the same
//! [`Material`], which does not change, so that they are the same mails.

use std::{collections::HashSet, time::Duration};

use diesel::{Connection, prelude::*, result::Error as QueryError};
use uuid::Uuid;

use super::{
    Asked,
    approve::{RESTLESS, TRIES, own_words},
    batch::{Batch, ReadyMail, Written},
    due::Turns,
    edit::answer,
    material::{self, Material},
    ready::{Ready, prepare},
    record_blast,
    row::{self, Stored},
    sample::write_mail,
    state::{Move, State, Wish},
    wave,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    mail::{
        self, Wave,
        template::{Templates, Unfillable},
    },
    order::{self, Order},
    outbox::{self, Kind, Letter},
    renderings::{Rendering, Stopped},
    schema::{blasts, outbox as mails},
};

/// How long a person waits for a start: that of twenty thousand mails must fit, with what the database
/// does for each.
const TIME: Duration = Duration::from_secs(120);

/// Queues the mails of a mailing that is approved as it is. Starting it again does nothing.
///
/// What is no longer what was approved (other words, amounts, addresses, another recipient) voids the
/// approval. Whoever has paid since does not: their mail is queued like the others, and the outbox
/// cancels it.
///
/// # Errors
/// The database's.
pub async fn start(app: &App, id: Uuid, doing: &Doing) -> Result<Asked, DbError> {
    for _ in 0..TRIES {
        let doing = doing.clone();
        let attempt = move |app: &App, material: &Material, rendering: &Rendering| {
            attempt(app, material, rendering, &doing)
        };
        match material::worked_out(app, id, TIME, attempt).await? {
            Ok((_, attempted)) => {
                if let Some(asked) = attempted? {
                    return Ok(asked);
                }
            }
            Err(not) => return Ok(not.into()),
        }
    }
    Ok(Asked::NotNow(RESTLESS.to_owned()))
}

/// All of it on the thread of the rendering: `None` if something has moved since the mailing was read.
fn attempt(
    app: &App,
    material: &Material,
    rendering: &Rendering,
    doing: &Doing,
) -> Result<Result<Option<Asked>, DbError>, Stopped> {
    let ready = prepare(app, material, rendering)?;
    let start = Start {
        app,
        material,
        rendering,
        doing,
    };
    // Twenty thousand mails are queued in one transaction.
    let begun =
        (app.db.patient()).transaction_blocking(|connection| start.begin(connection, &ready));
    if let Err(DbError::Query(QueryError::RollbackTransaction)) = &begun {
        rendering.go_on()?;
    }
    // Also where nobody waits for the answer any more: the mails are due.
    if let Ok(Some(_)) = &begun {
        app.wake_mail.notify_one();
    }
    Ok(begun)
}

/// A start under way.
#[derive(Clone, Copy)]
struct Start<'a> {
    app: &'a App,
    material: &'a Material,
    rendering: &'a Rendering,
    doing: &'a Doing,
}

impl Start<'_> {
    /// `None` if something has moved since the mailing was read.
    fn begin(self, connection: &mut PgConnection, ready: &Ready) -> QueryResult<Option<Asked>> {
        let Self {
            material, doing, ..
        } = self;
        let Some(stored) = row::lock(connection, material.stored.id)? else {
            return Ok(Some(Asked::NoBlast));
        };
        let no = |why: String| Ok(Some(Asked::NotNow(format!("it was not started: {why}"))));
        let next = match stored.state.after(Wish::Start) {
            Move::To(next) => next,
            Move::Stay => return answer(connection, stored.id).map(Some),
            Move::Refuse(why) => return no(why.to_owned()),
        };
        if stored.state != material.stored.state || !material.still_holds(connection, &stored)? {
            return Ok(None);
        }
        let Some(approval) = &material.approval else {
            return no("it has no valid approval; approve it again".to_owned());
        };
        if let Some(why) = own_words(connection, &stored, &approval.approver())? {
            return no(why);
        }
        let mails = match ready {
            Ok(mails) => mails,
            Err(why) => {
                void_approval(connection, &stored, doing)?;
                return no(format!("{why}; look at a new preview and approve that"));
            }
        };
        // A savepoint: if one of them cannot be written, none of them is queued.
        match connection.transaction(|connection| self.queue(connection, mails)) {
            Ok(()) => {}
            Err(NotQueued::Unfillable(why)) => {
                void_approval(connection, &stored, doing)?;
                return no(format!("{why}; look at a new preview and approve that"));
            }
            Err(NotQueued::Stopped) => return Err(QueryError::RollbackTransaction),
            Err(NotQueued::Query(error)) => return Err(error),
        }
        let wave = match self.first_wave(mails).is_empty() {
            true => Wave::Rest,
            false => Wave::First,
        };
        sent_from_now_on(connection, &stored, (next, wave), doing)?;
        answer(connection, stored.id).map(Some)
    }

    /// One mail for each order that was approved, written as they are queued: all at once they would
    /// fill the memory. Each is due at its turn from the first: to give out the turns afterwards would write
    /// every row twice.
    fn queue(self, connection: &mut PgConnection, ready: &[ReadyMail]) -> Result<(), NotQueued> {
        let Self {
            app,
            material,
            rendering,
            ..
        } = self;
        // The orders before the mails: everybody locks in this order.
        if let Some(remind) = material.stored.content.remind {
            let order = |mail: &ReadyMail| material.orders[mail.order].id;
            let ids: Vec<Uuid> = ready.iter().map(order).collect();
            order::set_remind(connection, &ids, remind)?;
        }
        let content = &material.stored.content;
        let templates = Templates::new(&content.subject, &content.body)?;
        let turns = || Turns::new(content, app.mailer.per_second, self.doing.at);
        let first_wave = self.first_wave(ready);
        let (mut first, mut rest) = (turns(), turns().behind(first_wave.len()));
        let mut batch = Batch::default();
        for mail in ready {
            rendering.go_on().map_err(|_| NotQueued::Stopped)?;
            let order = &material.orders[mail.order];
            let Some(hash) = material.hashes.get(&order.id) else {
                continue;
            };
            let is_first = first_wave.contains(&mail.order);
            let turns = if is_first { &mut first } else { &mut rest };
            let wave = match is_first {
                true => Wave::First,
                false => Wave::Rest,
            };
            // Whoever gets none takes no turn, and is of no wave.
            let goes = self.goes(mail);
            batch.add(Written {
                mail,
                text: write_mail(app, &templates, order, *hash)?,
                due_at: goes.then(|| turns.next()),
                wave: Some(wave).filter(|_| goes && !first_wave.is_empty()),
            });
            if batch.is_full() {
                self.queue_batch(connection, std::mem::take(&mut batch))?;
            }
        }
        self.queue_batch(connection, batch)?;
        Ok(())
    }

    /// Whether a mail goes as things stand.
    fn goes(self, mail: &ReadyMail) -> bool {
        let order = self.material.orders[mail.order].id;
        mail.ends.is_none() && !self.material.suppressed.contains(&order)
    }

    /// Which of them go first, by the place of their orders.
    fn first_wave(self, ready: &[ReadyMail]) -> HashSet<usize> {
        let going: Vec<&ReadyMail> = ready.iter().filter(|mail| self.goes(mail)).collect();
        let domain = |mail: &&ReadyMail| {
            let address = self.material.orders[mail.order].email.as_ref();
            outbox::domain_of(address.map_or("", |address| address.as_str()))
        };
        let domains: Vec<String> = going.iter().map(domain).collect();
        let chosen = wave::chosen(&domains, self.material.stored.content.first_wave);
        chosen.into_iter().map(|place| going[place].order).collect()
    }

    fn queue_batch(self, connection: &mut PgConnection, batch: Batch) -> QueryResult<()> {
        let Self {
            app,
            material,
            doing,
            ..
        } = self;
        let order = |written: &Written| [&material.orders[written.mail.order]];
        let about: Vec<[&Order; 1]> = batch.mails.iter().map(order).collect();
        let ready: Vec<&ReadyMail> = batch.mails.iter().map(|written| written.mail).collect();
        let waves: Vec<Option<Wave>> = batch.mails.iter().map(|written| written.wave).collect();
        let letters = batch.mails.into_iter().zip(&about);
        let letters = letters.filter_map(|(written, orders)| {
            let [order] = orders;
            Some(Letter {
                kind: Kind::Blast,
                blast_id: Some(material.stored.id),
                to: order.email.as_ref()?.as_str(),
                to_hash: *material.hashes.get(&order.id)?,
                text: Some(written.text),
                orders: orders.as_slice(),
                due_at: written.due_at,
            })
        });
        let letters: Vec<Letter> = letters.collect();
        let ids =
            outbox::queue_in_waves(connection, &app.mailer.domain, (&letters, &waves), doing.at)?;
        let ended = ids
            .iter()
            .zip(ready)
            .filter_map(|(id, mail)| Some(((*id)?, mail.ends?)));
        for (id, reason) in ended {
            diesel::update(mails::table.find(id))
                .set((
                    mails::state.eq(mail::State::Cancelled),
                    mails::skip_reason.eq(reason),
                ))
                .execute(connection)?;
        }
        Ok(())
    }
}

/// What was approved is not what would be sent: somebody has to look at it again.
fn void_approval(connection: &mut PgConnection, stored: &Stored, doing: &Doing) -> QueryResult<()> {
    row::void(connection, stored.id, doing.at)?;
    row::set_state(connection, stored.id, State::Draft)?;
    let what = "changed since it was approved, so not started";
    record_blast(connection, stored.id, &stored.content.name, what, doing)
}

/// Why no mail was queued.
enum NotQueued {
    /// A mail cannot be written.
    Unfillable(Unfillable),
    /// The time is over, or the caller has gone.
    Stopped,
    /// The database's words.
    Query(QueryError),
}

impl From<QueryError> for NotQueued {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<Unfillable> for NotQueued {
    fn from(why: Unfillable) -> Self {
        Self::Unfillable(why)
    }
}

/// Calls it started.
fn sent_from_now_on(
    connection: &mut PgConnection,
    stored: &Stored,
    (next, wave): (State, Wave),
    doing: &Doing,
) -> QueryResult<()> {
    diesel::update(blasts::table.find(stored.id))
        .set((
            blasts::state.eq(next),
            blasts::wave.eq(wave),
            blasts::started_at.eq(doing.at),
        ))
        .execute(connection)?;
    record_blast(
        connection,
        stored.id,
        &stored.content.name,
        "started",
        doing,
    )
}
