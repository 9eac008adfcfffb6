//! Starting a mailing: all its mails are queued at once, or none.

use std::sync::Arc;

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{
    Asked,
    approve::{RESTLESS, TRIES, own_words},
    edit::answer,
    material::{self, Material},
    not_before, pace,
    ready::{Mail, Ready, prepare},
    row::{self, Stored},
    state::{Move, State, Wish},
    tell,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    order::{self, Order},
    outbox::{self, Kind, Letter},
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
            row::void(connection, stored.id, doing.at)?;
            row::set_state(connection, stored.id, State::Draft)?;
            let name = &stored.content.name;
            tell(
                connection,
                stored.id,
                name,
                "changed since it was approved, so not started",
                doing,
            )?;
            return no(format!("{why}; look at a new preview and approve that"));
        }
    };
    queue(connection, app, material, mails, doing)?;
    sent_from_now_on(connection, app, &stored, next, doing)?;
    answer(connection, stored.id).map(Some)
}

fn queue(
    connection: &mut PgConnection,
    app: &App,
    material: &Material,
    ready: &[Mail],
    doing: &Doing,
) -> QueryResult<()> {
    let about: Vec<[&Order; 1]> = ready
        .iter()
        .map(|mail| [&material.orders[mail.order]])
        .collect();
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
                mails::state.eq("cancelled"),
                mails::skip_reason.eq(reason.name()),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn sent_from_now_on(
    connection: &mut PgConnection,
    app: &App,
    stored: &Stored,
    next: State,
    doing: &Doing,
) -> QueryResult<()> {
    let content = &stored.content;
    let rate = pace::rate(content.per_second, app.mailer.per_second);
    let from = not_before(content.send_at, doing.at);
    pace::spread(connection, stored.id, from, doing.at, rate)?;
    diesel::update(blasts::table.find(stored.id))
        .set((
            blasts::state.eq(next.name()),
            blasts::started_at.eq(doing.at),
        ))
        .execute(connection)?;
    tell(connection, stored.id, &content.name, "started", doing)
}
