//! Starting a mailing: all its mails are queued at once, or none.

use std::sync::Arc;

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{
    Asked,
    approve::{RESTLESS, TRIES, own_words},
    control::spread,
    edit::answer,
    material::{self, Material},
    plan::Plan,
    record_blast,
    row::{self, Stored},
    sample::write_mail,
    state::{Move, State, Wish},
    trouble::NAMED,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    mail,
    mail::Text,
    order::{self, Order},
    outbox::{self, Kind, Letter},
    reminder::rule::{Reason, not_owed},
    schema::{blasts, outbox as mails},
};

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
        let Some(prepared) = material::worked_out(app, id, prepare).await? else {
            return Ok(Asked::NoBlast);
        };
        let (prepared, own, doing) = (Arc::new(prepared), app.clone(), doing.clone());
        let begin = move |connection: &mut PgConnection| {
            let (material, ready) = &*prepared;
            connection.transaction(|connection| begin(connection, &own, material, ready, &doing))
        };
        if let Some(asked) = app.db.run(begin).await? {
            app.wake_mail.notify_one();
            return Ok(asked);
        }
    }
    Ok(Asked::NotNow(RESTLESS.to_owned()))
}

/// `None` if something has moved since the mails were written.
fn begin(
    connection: &mut PgConnection,
    app: &App,
    material: &Material,
    ready: &Ready,
    doing: &Doing,
) -> QueryResult<Option<Asked>> {
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
    if let Some(why) = own_words(connection, &stored, &approval.approved_by)? {
        return no(why);
    }
    let mails = match ready {
        Ok(mails) => mails,
        Err(why) => {
            void_approval(connection, &stored, doing)?;
            return no(format!("{why}; look at a new preview and approve that"));
        }
    };
    queue(connection, app, material, mails, doing)?;
    sent_from_now_on(connection, app, &stored, next, doing)?;
    answer(connection, stored.id).map(Some)
}

/// What was approved is not what would be sent: somebody has to look at it again.
fn void_approval(connection: &mut PgConnection, stored: &Stored, doing: &Doing) -> QueryResult<()> {
    row::void(connection, stored.id, doing.at)?;
    row::set_state(connection, stored.id, State::Draft)?;
    let what = "changed since it was approved, so not started";
    record_blast(connection, stored.id, &stored.content.name, what, doing)
}

/// One mail for each order that was approved.
fn queue(
    connection: &mut PgConnection,
    app: &App,
    material: &Material,
    ready: &[ReadyMail],
    doing: &Doing,
) -> QueryResult<()> {
    let about: Vec<[&Order; 1]> = ready
        .iter()
        .map(|mail| [&material.orders[mail.order]])
        .collect();
    // The orders before the mails: everybody locks in this order.
    if let Some(remind) = material.stored.content.remind {
        let ids: Vec<Uuid> = about.iter().map(|[order]| order.id).collect();
        order::set_remind(connection, &ids, remind)?;
    }
    let letters = ready.iter().zip(&about).filter_map(|(mail, orders)| {
        let [order] = orders;
        Some(Letter {
            kind: Kind::Blast,
            blast_id: Some(material.stored.id),
            to: order.email.as_ref()?.as_str(),
            to_hash: *material.hashes.get(&order.id)?,
            text: Some(mail.text.clone()),
            orders: orders.as_slice(),
            due_at: None,
        })
    });
    let letters: Vec<Letter> = letters.collect();
    let ids = outbox::queue(connection, &app.mailer.domain, &letters, doing.at)?;
    for (id, reason) in ids
        .iter()
        .zip(ready)
        .filter_map(|(id, mail)| Some(((*id)?, mail.ends?)))
    {
        diesel::update(mails::table.find(id))
            .set((
                mails::state.eq(mail::State::Cancelled),
                mails::skip_reason.eq(reason),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Spreads the mails over the mailing's time, then calls it started.
fn sent_from_now_on(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    next: State,
    doing: &Doing,
) -> QueryResult<()> {
    spread(connection, app, stored, doing)?;
    diesel::update(blasts::table.find(stored.id))
        .set((blasts::state.eq(next), blasts::started_at.eq(doing.at)))
        .execute(connection)?;
    record_blast(
        connection,
        stored.id,
        &stored.content.name,
        "started",
        doing,
    )
}

/// The mails, or why they are not what was approved.
type Ready = Result<Vec<ReadyMail>, String>;

/// A mail that is ready to be queued.
#[derive(Debug)]
struct ReadyMail {
    /// Of which order, by its place in the material.
    order: usize,
    text: Text,
    /// It is not what was approved, but not owed either: it ends at once.
    ends: Option<Reason>,
}

/// Writes the mails of a mailing that is about to be started.
fn prepare(app: &App, material: &Material) -> Ready {
    // Only of what could be started: it takes its time.
    if material.stored.state != State::Approved {
        return Ok(Vec::new());
    }
    let facts = material.facts(&app.shop);
    let plan = Plan::new(&facts);
    let blocked = plan.objection().filter(|_| !plan.recipients.is_empty());
    if let Some(why) = blocked {
        return Err(why);
    }
    let changed = plan.changed(&facts);
    if !changed.is_empty() {
        return Err(not_as_approved(&changed));
    }
    let orders = material.orders.iter().enumerate();
    let approved = orders.filter(|(_, order)| material.approved.contains_key(&order.id));
    let mails = approved.filter_map(|(at, order)| {
        let hash = *material.hashes.get(&order.id)?;
        let mail = |text| ReadyMail {
            order: at,
            text,
            ends: ends_at_once(&plan, material, order),
        };
        Some(write_mail(app, material, order, hash).map(mail))
    });
    let mails: Result<Vec<ReadyMail>, _> = mails.collect();
    mails.map_err(|why| why.to_string())
}

fn not_as_approved(references: &[String]) -> String {
    let named = &references[..references.len().min(NAMED)];
    let more = match references.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = named.join(", ");
    format!("the mails for {named}{more} are not what was approved")
}

/// What is not owed is for the outbox to cancel: a bank debit may still fail. But if it is not what
/// was approved either, it must not go whatever happens.
fn ends_at_once(plan: &Plan, material: &Material, order: &Order) -> Option<Reason> {
    let as_approved = plan.not_owed.get(&order.id) == material.approved.get(&order.id);
    not_owed(order.state).filter(|_| !as_approved)
}
