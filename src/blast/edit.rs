//! Writing a mailing, and changing it before it goes.

use std::collections::HashSet;

use diesel::{
    Connection,
    dsl::{exists, select},
    prelude::*,
};
use uuid::Uuid;

use super::{
    Asked, Blast, Content,
    draft::ChangeDraft,
    record_blast,
    row::{self, BlastColumns},
    state::{Move, Wish},
    trouble::named,
    two::Hand,
    view,
    who::Who,
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
        let mut content = content.clone();
        if let Some(problems) = look_up(connection, &mut content.who, None)? {
            return Ok(Asked::Invalid(problems));
        }
        let id = insert(connection, &content, None, doing)?;
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
    let (id, author) = (
        random::row_id(doing.at),
        Hand::of(connection, &doing.actor)?,
    );
    diesel::insert_into(blasts::table)
        .values((
            blasts::id.eq(id),
            BlastColumns::new(content, &author)?,
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
        let mut content = match draft.clone().onto(&stored.content) {
            Ok(content) => content,
            Err(problems) => return Ok(Asked::Invalid(problems)),
        };
        let before = &stored.content.who;
        if let Some(problems) = look_up(connection, &mut content.who, Some((id, before)))? {
            return Ok(Asked::Invalid(problems));
        }
        if content == stored.content {
            return answer(connection, id);
        }
        let author = Hand::of(connection, &doing.actor)?;
        diesel::update(blasts::table.find(id))
            .set((
                BlastColumns::new(&content, &author)?,
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

/// Looks up what somebody named, and tells what is not there: a typing error is told here, where somebody can
/// mend it, and not found out by whoever misses a mail. `before`: the mailing, and whom it was for.
pub(super) fn look_up(
    connection: &mut PgConnection,
    who: &mut Who,
    before: Option<(Uuid, &Who)>,
) -> QueryResult<Option<Problems>> {
    let mut problems = Problems::default();
    if before.is_none_or(|(_, before)| before.references().ne(who.references())) {
        unknown_references(connection, who, &mut problems)?;
    }
    let own = before.map(|(id, _)| id);
    named_mailing(
        connection,
        who,
        before.map(|(_, who)| who),
        own,
        &mut problems,
    )?;
    named_import(connection, who, before.map(|(_, who)| who), &mut problems)?;
    Ok(problems.or(Some(())).err())
}

/// Those that no bill has.
fn unknown_references(
    connection: &mut PgConnection,
    who: &Who,
    problems: &mut Problems,
) -> QueryResult<()> {
    let wanted: Vec<&String> = who.references().map(|(_, reference)| reference).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = orders::table
        .filter(orders::reference.eq_any(wanted))
        .filter(orders::kind.eq(Kind::Billed))
        .select(orders::reference)
        .load(connection)?;
    let known: HashSet<String> = known.into_iter().collect();
    for field in ["references", "exclude"] {
        let unknown = who
            .references()
            .filter(|(of, reference)| *of == field && !known.contains(*reference));
        let unknown: Vec<String> = unknown.map(|(_, reference)| reference.clone()).collect();
        if !unknown.is_empty() {
            problems.add(field, format!("there is no order {}", named(&unknown)));
        }
    }
    Ok(())
}

/// An import that no order has come with.
fn named_import(
    connection: &mut PgConnection,
    who: &Who,
    before: Option<&Who>,
    problems: &mut Problems,
) -> QueryResult<()> {
    let import = |who: &Who| who.filter()?.import.clone();
    let Some(said) = import(who).filter(|said| before.and_then(import).as_ref() != Some(said))
    else {
        return Ok(());
    };
    let theirs = orders::table.filter(orders::import.eq(&said));
    if !select(exists(theirs)).get_result::<bool>(connection)? {
        problems.add(
            "filter.import",
            format!("no order came with an import named {said}"),
        );
    }
    Ok(())
}

/// The mailing that a filter names: by its id, or by a name that one other mailing has. Looked up once, since
/// somebody may give the name to another one before the start.
fn named_mailing(
    connection: &mut PgConnection,
    who: &mut Who,
    before: Option<&Who>,
    own: Option<Uuid>,
    problems: &mut Problems,
) -> QueryResult<()> {
    let known = before.and_then(Who::filter).cloned();
    let Some(filter) = who.filter_mut() else {
        return Ok(());
    };
    let Some(said) = filter.blast.clone() else {
        filter.blast_id = None;
        return Ok(());
    };
    if let Some(known) = known.filter(|known| known.blast.as_ref() == Some(&said)) {
        filter.blast_id = known.blast_id;
        return Ok(());
    }
    let mut found = view::called(connection, &said)?;
    found.retain(|id| Some(*id) != own);
    match found[..] {
        [id] => filter.blast_id = Some(id),
        [] => problems.add("filter.blast", format!("there is no other mailing {said}")),
        _ => problems.add(
            "filter.blast",
            format!("several mailings are named {said}: give the id"),
        ),
    }
    Ok(())
}
