//! Writing a mailing, and changing it before it goes.

use std::collections::HashSet;

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{
    Asked, Blast, Content,
    draft::{ChangeDraft, Selection},
    record_blast,
    row::{self, BlastColumns},
    state::{Move, Wish},
    two, view,
};
use crate::{
    activity::Doing,
    order::{Kind, problem::Problems},
    random,
    schema::{blasts, orders},
};

/// Writes a mailing: a draft, of which nothing is sent.
pub fn create(
    connection: &mut PgConnection,
    content: &Content,
    doing: &Doing,
) -> QueryResult<Asked> {
    connection.transaction(|connection| {
        if let Some(problems) = unknown_references(connection, &content.selection)? {
            return Ok(Asked::Invalid(problems));
        }
        let id = insert(connection, content, None, doing)?;
        answer(connection, id)
    })
}

/// Writes a draft that has been checked; tells its id. `corrects` is the mailing that it makes good.
pub(super) fn insert(
    connection: &mut PgConnection,
    content: &Content,
    corrects: Option<Uuid>,
    doing: &Doing,
) -> QueryResult<Uuid> {
    let (id, key) = (
        random::row_id(doing.at),
        two::key_of(connection, &doing.actor)?,
    );
    diesel::insert_into(blasts::table)
        .values((
            blasts::id.eq(id),
            BlastColumns::new(content, &doing.actor, &key)?,
            blasts::created_at.eq(doing.at),
            blasts::corrects.eq(corrects),
        ))
        .execute(connection)?;
    record_blast(connection, id, &content.name, "written", doing)?;
    Ok(id)
}

/// Changes a mailing that has not been started. Its approval is void then, and whoever changed it is
/// its author: with four eyes, nobody approves their own words.
pub fn change(
    connection: &mut PgConnection,
    id: Uuid,
    draft: &ChangeDraft,
    doing: &Doing,
) -> QueryResult<Asked> {
    connection.transaction(|connection| {
        let Some(stored) = row::lock(connection, id)? else {
            return Ok(Asked::NoBlast);
        };
        let next = match stored.state.after(Wish::Change) {
            Move::To(next) => next,
            Move::Stay => return answer(connection, id),
            Move::Refuse(why) => return Ok(Asked::NotNow(format!("nothing was changed: {why}"))),
        };
        let content = match draft.clone().onto(&stored.content) {
            Ok(content) => content,
            Err(problems) => return Ok(Asked::Invalid(problems)),
        };
        if content == stored.content {
            return answer(connection, id);
        }
        if let Some(problems) = unknown_references(connection, &content.selection)? {
            return Ok(Asked::Invalid(problems));
        }
        let key = two::key_of(connection, &doing.actor)?;
        diesel::update(blasts::table.find(id))
            .set((
                BlastColumns::new(&content, &doing.actor, &key)?,
                blasts::state.eq(next),
            ))
            .execute(connection)?;
        row::void(connection, id, doing.at)?;
        record_blast(connection, id, &content.name, "changed", doing)?;
        answer(connection, id)
    })
}

/// The mailing as it is now.
pub(super) fn answer(connection: &mut PgConnection, id: Uuid) -> QueryResult<Asked> {
    let found: Option<Blast> = view::find(connection, id)?;
    Ok(found.map_or(Asked::NoBlast, Asked::Done))
}

/// What is wrong with the references that are selected: those that no bill has. A typing error is told
/// here, where somebody can mend it, and not found out by whoever misses a mail.
fn unknown_references(
    connection: &mut PgConnection,
    selection: &Selection,
) -> QueryResult<Option<Problems>> {
    let Selection::References(wanted) = selection else {
        return Ok(None);
    };
    let known: Vec<String> = orders::table
        .filter(orders::reference.eq_any(wanted))
        .filter(orders::kind.eq(Kind::Billed))
        .order(orders::reference)
        .select(orders::reference)
        .load(connection)?;
    let known: HashSet<String> = known.into_iter().collect();
    let unknown = wanted
        .iter()
        .filter(|reference| !known.contains(*reference));
    let unknown: Vec<&str> = unknown.map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(None);
    }
    let mut problems = Problems::default();
    problems.add(
        "references",
        format!("there is no order {}", unknown.join(", ")),
    );
    Ok(Some(problems))
}
