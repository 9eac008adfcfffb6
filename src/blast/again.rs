//! Sending what came to nothing once more: mails that were given up, and those that came back where the order has
//! another address by now.
//!
//! Only what was approved goes: another address is the same mail, another amount is not.

use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Asked, Blast,
    due::Turns,
    edit::answer,
    plan::{self, Digest},
    record_blast,
    row::{self, Stored},
    sample::write_mail,
    state::{Move, Wish},
    view, watch,
};
use crate::{
    activity::{self, Cause, Doing},
    app::App,
    db::{DbError, clock_timestamp},
    mail::{self, template::Templates},
    order::{Order, OrderRow, state::State},
    outbox::{self, Kind},
    schema::{blast_recipients, blasts, orders, outbox as mails, outbox_orders},
    suppression::{AddressHash, AddressKey},
};

/// The JSON of what was sent once more.
#[derive(Debug, Clone, Serialize)]
pub struct Retried {
    /// The mailing as it is now.
    #[serde(flatten)]
    pub blast: Blast,
    /// So many mails are queued again.
    pub retried: usize,
    /// So many came to nothing and stay so: paid meanwhile, changed since the approval, or with no other address.
    pub left: usize,
}

/// A mail that came to nothing, as it stands.
type Row = (
    Uuid,
    mail::State,
    Option<String>,
    Vec<u8>,
    Vec<u8>,
    OrderRow,
);

/// Queues again what was given up, and what came back and has another address by now.
///
/// # Errors
/// The database's.
pub async fn retry_failed(app: &App, id: Uuid, doing: &Doing) -> Result<Asked<Retried>, DbError> {
    let (own, doing) = (app.clone(), doing.clone());
    let retry = move |connection: &mut PgConnection| retry(connection, &own, id, &doing);
    let asked = app.db.transaction(retry).await?;
    app.wake_mail.notify_one();
    Ok(asked)
}

fn retry(
    connection: &mut PgConnection,
    app: &App,
    id: Uuid,
    doing: &Doing,
) -> QueryResult<Asked<Retried>> {
    let Some(stored) = row::lock(connection, id)? else {
        return Ok(Asked::NoBlast);
    };
    let shown = view::find(connection, id)?.map_or(stored.state, |blast| blast.state);
    if let Move::Refuse(why) = shown.after(Wish::RetryFailed) {
        return Ok(Asked::NotNow(format!("nothing is sent again: {why}")));
    }
    let content = &stored.content;
    let Ok(templates) = Templates::new(&content.subject, &content.body) else {
        return Ok(Asked::NotNow("its words cannot be read".to_owned()));
    };
    let key = AddressKey::load(connection)?;
    let mut turns = Turns::new(content, app.mailer.per_second, doing.at);
    let (mut retried, mut left) = (0, 0);
    for row in came_to_nothing(connection, id)? {
        let again = Again::of(app, &templates, row, &key)?;
        match again {
            Some(again) => {
                again.queue(connection, app, &templates, &mut turns, doing)?;
                retried += 1;
            }
            None => left += 1,
        }
    }
    if retried > 0 {
        forget(connection, &stored)?;
        let what = format!("sends {retried} again that had come to nothing");
        record_blast(connection, id, &content.name, &what, doing)?;
        outbox::call_out(connection)?;
    }
    Ok(match answer(connection, id)? {
        Asked::Done(blast) => Asked::Done(Retried {
            blast,
            retried,
            left,
        }),
        _ => Asked::NoBlast,
    })
}

/// So many mails are tried out at most to tell how many would go.
const TRIED_OUT: i64 = 100;

/// How many mails [`retry_failed`] would queue again now; none where more than a hundred came to nothing, since to
/// try them all out takes its time.
pub fn could_go_again(
    connection: &mut PgConnection,
    app: &App,
    blast: &Blast,
) -> QueryResult<Option<usize>> {
    let came_to_nothing = blast.counts.failed + blast.counts.bounced;
    if came_to_nothing > TRIED_OUT {
        return Ok(None);
    }
    let templates = Templates::new(&blast.subject, &blast.body);
    let (Ok(templates), 1..) = (templates, came_to_nothing) else {
        return Ok(Some(0));
    };
    let key = AddressKey::load(connection)?;
    let found = of_no_avail(blast.id).load(connection)?;
    let mut goes = 0;
    for row in these(connection, &found)? {
        goes += usize::from(Again::of(app, &templates, row, &key)?.is_some());
    }
    Ok(Some(goes))
}

/// Locked, so that no person decides on one meanwhile.
fn came_to_nothing(connection: &mut PgConnection, id: Uuid) -> QueryResult<Vec<Row>> {
    let locked: Vec<Uuid> = of_no_avail(id).for_update().load(connection)?;
    these(connection, &locked)
}

/// Those that were given up, or came back.
#[diesel::dsl::auto_type(no_type_alias)]
fn of_no_avail(id: Uuid) -> _ {
    let kind: Kind = Kind::Blast;
    let states: [mail::State; 2] = [mail::State::Failed, mail::State::Bounced];
    mails::table
        .filter(mails::blast_id.eq(id))
        .filter(mails::kind.eq(kind))
        .filter(mails::state.eq_any(states))
        .order(mails::id)
        .select(mails::id)
}

fn these(connection: &mut PgConnection, ids: &[Uuid]) -> QueryResult<Vec<Row>> {
    mails::table
        .inner_join(outbox_orders::table.inner_join(orders::table))
        .inner_join(
            blast_recipients::table.on(blast_recipients::order_id
                .eq(outbox_orders::order_id)
                .and(blast_recipients::blast_id.nullable().eq(mails::blast_id))),
        )
        .filter(mails::id.eq_any(ids))
        .order(mails::id)
        .select((
            mails::id,
            mails::state,
            mails::address,
            mails::address_hash,
            blast_recipients::digest,
            OrderRow::as_select(),
        ))
        .load(connection)
}

/// A mail that is queued again.
struct Again {
    id: Uuid,
    order: Order,
    hash: AddressHash,
    came_back: bool,
}

impl Again {
    /// `None`: it is owed no more, there is no other address, or it is not what was approved.
    fn of(
        app: &App,
        templates: &Templates,
        (id, state, address, hash, approved, order): Row,
        key: &AddressKey,
    ) -> QueryResult<Option<Self>> {
        let order = order.decode()?;
        let (Some(email), Some(before)) = (&order.email, address) else {
            return Ok(None);
        };
        let today = key.hash(email.as_str());
        let came_back = state == mail::State::Bounced;
        let refused_there = came_back && today.0[..] == hash[..];
        if order.state != State::Open || refused_there {
            return Ok(None);
        }
        let as_approved = plan::digest_to(templates, &app.shop, &order, &before);
        let same = as_approved.is_some() && as_approved == Digest::from_column(&approved);
        Ok(same.then_some(Self {
            id,
            order,
            hash: today,
            came_back,
        }))
    }

    fn queue(
        self,
        connection: &mut PgConnection,
        app: &App,
        templates: &Templates,
        turns: &mut Turns,
        doing: &Doing,
    ) -> QueryResult<()> {
        let Ok(text) = write_mail(app, templates, &self.order, self.hash) else {
            return Ok(());
        };
        let email = self.order.email.as_ref().map(|email| email.as_str());
        // What its refusal would have meant for the address before is not written: as where a person retries one.
        diesel::update(mails::table.find(self.id))
            .set((
                (
                    mails::state.eq(mail::State::Queued),
                    mails::address.eq(email),
                    mails::address_hash.eq(&self.hash.0[..]),
                    mails::subject.eq(text.subject),
                    mails::body.eq(text.body),
                    mails::attempts.eq(0),
                    mails::claim_id.eq(None::<Uuid>),
                    mails::due_at.eq(turns.next()),
                ),
                (
                    mails::queued_at.eq(clock_timestamp()),
                    mails::not_before.eq(clock_timestamp()),
                    mails::refused_at.eq(None::<chrono::DateTime<chrono::Utc>>),
                    mails::address_gone.eq(false),
                    mails::streak.eq(None::<i64>),
                    mails::returned.eq(None::<String>),
                    mails::sent_at.eq(None::<chrono::DateTime<chrono::Utc>>),
                ),
            ))
            .execute(connection)?;
        if self.came_back {
            outbox::rename_mail(connection, self.id)?;
        }
        diesel::update(outbox_orders::table.find((self.id, self.order.id)))
            .set((
                outbox_orders::version.eq(self.order.version),
                outbox_orders::link_version.eq(self.order.link_version),
            ))
            .execute(connection)?;
        activity::over(connection, Cause::Mail(self.id), doing)
    }
}

/// What came back once and may come back again counts as new.
fn forget(connection: &mut PgConnection, stored: &Stored) -> QueryResult<()> {
    let bounced = watch::in_states(connection, stored.id, &[mail::State::Bounced])?;
    let handed_over = watch::handed_over(connection, stored.id)?;
    diesel::update(blasts::table.find(stored.id))
        .set((
            blasts::known_bounces.eq(stored.known.bounces.min(bounced)),
            blasts::known_handed_over.eq(stored.known.handed_over.min(handed_over)),
        ))
        .execute(connection)
        .map(drop)
}
