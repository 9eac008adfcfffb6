//! A claim that the database has refused, asked again mail by mail: one that cannot be claimed, nor ended,
//! is set aside with the reason and keeps no other.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{Claimed, may_be_claimed, of_these, row, take_turns};
use crate::{
    activity::{self, Level},
    app::App,
    clock::Moment,
    db::from_now,
    foreign_text::{ForeignText, Limit},
    outbox::{State, history::line, turn::Which},
    schema::{outbox, outbox_orders},
};

/// How long a mail is set aside: somebody is told of it and may mend the database meanwhile.
const SET_ASIDE_FOR: Duration = Duration::from_secs(5 * 60);

/// Mails of which nothing at all can be written down, known to this process alone.
#[derive(Debug, Clone, Default)]
pub(in crate::outbox) struct Alone {
    passed_over: Vec<Uuid>,
    since: Option<Moment>,
}

impl Alone {
    /// Whether mails are claimed one by one as long as this lasts: some of those that come first would
    /// spoil every claim of several. After a while they are tried again.
    pub fn is_needed(&mut self) -> bool {
        if self
            .since
            .is_some_and(|since| since.after(SET_ASIDE_FOR) <= Moment::now())
        {
            *self = Self::default();
        }
        !self.passed_over.is_empty()
    }

    /// Passes over these from now on.
    pub fn pass_over(&mut self, mails: Vec<Uuid>) {
        if !mails.is_empty() {
            self.since.get_or_insert_with(Moment::now);
            self.passed_over.extend(mails);
        }
    }

    /// Claims as [`super::claim`] does, each mail in a savepoint of its own. Tells also those of which
    /// nothing can be written down.
    pub fn claim(
        &self,
        connection: &mut PgConnection,
        app: &App,
        claim: Uuid,
        (which, most): (Which, i64),
    ) -> QueryResult<(Vec<Claimed>, Vec<Uuid>)> {
        let now = app.clock.now();
        let beyond = i64::try_from(self.passed_over.len()).unwrap_or(0);
        connection.transaction(|connection| {
            if !take_turns(connection, most, app.mailer.per_second, which != Which::Any)? {
                return Ok((Vec::new(), Vec::new()));
            }
            let most = may_be_claimed(connection, app, (which, most))?;
            if most == 0 {
                return Ok((Vec::new(), Vec::new()));
            }
            let wanted = (which, most.saturating_add(beyond));
            let mut rows = row::lock(connection, &app.mailer.domain, wanted, now)?;
            rows.retain(|row| !self.passed_over.contains(&row.id));
            rows.truncate(usize::try_from(most).unwrap_or(1));
            let (mut claimed, mut spoilt) = (Vec::new(), Vec::new());
            for row in rows {
                let (id, kind) = (row.id, row.kind().map_or("unknown", |kind| kind.name()));
                let taken = connection.transaction(|c| of_these(c, app, claim, (which, vec![row])));
                match taken {
                    Ok(mails) => claimed.extend(mails),
                    Err(error) => {
                        let why = format!("the database refuses to have it claimed: {error}");
                        if set_aside(connection, (id, kind), &why, now).is_err() {
                            log::error!("mail {id} is passed over: {why}");
                            spoilt.push(id);
                        }
                    }
                }
            }
            Ok((claimed, spoilt))
        })
    }
}

/// Puts a mail off, with the reason. Somebody is told of it once for each reason.
fn set_aside(
    connection: &mut PgConnection,
    (mail, kind): (Uuid, &str),
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let why: String = ForeignText::new(why, Limit::SENTENCE).into();
    connection.transaction(|connection| {
        let row = outbox::table.find(mail);
        let is_news = row
            .filter(outbox::last_error.is_distinct_from(&why))
            .select(outbox::id)
            .first::<Uuid>(connection)
            .optional()?
            .is_some();
        diesel::update(row.filter(outbox::state.eq(State::Queued)))
            .set((
                outbox::last_error.eq(&why),
                outbox::claim_id.eq(None::<Uuid>),
                outbox::not_before.eq(from_now(SET_ASIDE_FOR)),
            ))
            .execute(connection)?;
        if !is_news {
            return Ok(());
        }
        let order: Option<Uuid> = outbox_orders::table
            .filter(outbox_orders::mail_id.eq(mail))
            .order(outbox_orders::order_id)
            .select(outbox_orders::order_id)
            .first(connection)
            .optional()?;
        let what = "a mail is set aside: the database refuses what is to be written of it";
        activity::record(
            connection,
            line((mail, kind), order, Level::Attention, what, now),
        )
    })
}
