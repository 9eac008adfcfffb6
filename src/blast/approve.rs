//! Approving a mailing: somebody says that exactly this shall be sent.

use std::sync::Arc;

use diesel::{
    prelude::*,
    sql_types::{Array, Bytea, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    Asked,
    edit::answer,
    material::{self, LOOK, Material},
    plan::Plan,
    recall, record_blast,
    row::{self, Stored},
    state::{Move, Wish},
    two::Hand,
    watch,
};
use crate::{
    activity::Doing,
    app::App,
    db::{DbError, prepared_sql},
    mail,
    renderings::Rendering,
    schema::blast_approvals,
    settings,
};

/// What changes while it is being looked at is looked at again, so often. A look at thousands of mails
/// takes seconds, and a person waits for the answer.
pub(super) const TRIES: usize = 5;
/// What is said when that was not enough.
pub(super) const RESTLESS: &str =
    "its orders change faster than it can be looked at; try again in a moment";
/// Rows of one statement: it has a copy of them.
const ROWS: usize = 10_000;

/// What somebody has seen in a preview, and approves.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The preview's hash.
    pub content_hash: String,
    /// The number of recipients, named by whoever approves another one than is expected.
    pub recipients: Option<usize>,
}

impl From<&str> for Seen {
    fn from(content_hash: &str) -> Self {
        Self {
            content_hash: content_hash.to_owned(),
            recipients: None,
        }
    }
}

/// Approves what a preview showed. The same a second time is no error.
///
/// # Errors
/// The database's.
pub async fn approve(app: &App, id: Uuid, seen: &Seen, doing: &Doing) -> Result<Asked, DbError> {
    for _ in 0..TRIES {
        let look = |app: &App, material: &Material, rendering: &Rendering| {
            Plan::new(&material.facts(&app.shop), || rendering.go_on())
        };
        let looked = match material::worked_out(app, id, LOOK, look).await? {
            Ok(looked) => looked,
            Err(not) => return Ok(not.into()),
        };
        let (looked, doing) = (Arc::new(looked), doing.clone());
        let seen = Seen {
            content_hash: seen.content_hash.trim().to_lowercase(),
            ..seen.clone()
        };
        let decide = move |connection: &mut PgConnection| {
            let (material, plan) = &*looked;
            decide(connection, material, plan, &seen, &doing)
        };
        if let Some(asked) = app.db.transaction(decide).await? {
            return Ok(asked);
        }
    }
    Ok(Asked::NotNow(RESTLESS.to_owned()))
}

/// `None` if something has moved since it was looked at.
fn decide(
    connection: &mut PgConnection,
    material: &Material,
    plan: &Plan,
    seen: &Seen,
    doing: &Doing,
) -> QueryResult<Option<Asked>> {
    let content_hash = seen.content_hash.as_str();
    let Some(stored) = row::lock(connection, material.stored.id)? else {
        return Ok(Some(Asked::NoBlast));
    };
    let no = |why: String| Ok(Some(Asked::NotNow(why)));
    let next = match stored.state.after(Wish::Approve) {
        Move::To(next) => next,
        Move::Stay => return answer(connection, stored.id).map(Some),
        Move::Refuse(why) => return no(format!("it cannot be approved: {why}")),
    };
    if !material.still_holds(connection, &stored)? {
        return Ok(None);
    }
    if let Some(why) = still_in_hand(connection, &stored)? {
        return no(format!("it cannot be approved yet: {why}"));
    }
    if let Some(why) = plan.objection() {
        return no(format!("it cannot be approved: {why}"));
    }
    if plan.content_hash(&stored.content) != content_hash {
        return no(
            "this is not what its preview shows now; look at a new preview and approve that"
                .to_owned(),
        );
    }
    let found = plan.recipients.len();
    if let Some(why) = stored.content.who.objection(found, seen.recipients) {
        return no(format!("it cannot be approved: {why}"));
    }
    let valid = material.approval.as_ref();
    if valid.is_some_and(|approval| approval.content_hash == content_hash) {
        return answer(connection, stored.id).map(Some);
    }
    let approver = Hand::of(connection, &doing.actor)?;
    if let Some(why) = own_words(connection, &stored, &approver)? {
        return no(why);
    }
    row::void(connection, stored.id, doing.at)?;
    keep(
        connection,
        stored.id,
        plan,
        content_hash,
        (&approver, doing),
    )?;
    row::set_state(connection, stored.id, next)?;
    record_blast(
        connection,
        stored.id,
        &stored.content.name,
        "approved",
        doing,
    )?;
    answer(connection, stored.id).map(Some)
}

/// Why a correction waits: who has the wrong mail is not known while a mail server is being given it, and a link
/// that is still to be withdrawn would be in the right mail, too.
fn still_in_hand(connection: &mut PgConnection, stored: &Stored) -> QueryResult<Option<String>> {
    let Some(recalled) = stored.corrects else {
        return Ok(None);
    };
    let of_it = "of the mailing that it corrects; look at it again in a minute";
    let mails = watch::in_states(connection, recalled, &[mail::State::Sending])?;
    if mails > 0 {
        let are = if mails == 1 { "mail is" } else { "mails are" };
        return Ok(Some(format!("{mails} {are} still in hand {of_it}")));
    }
    let links = recall::to_go(connection, recalled)?;
    let are = if links == 1 { "link is" } else { "links are" };
    Ok((links > 0).then(|| format!("{links} {are} still to be withdrawn {of_it}")))
}

/// Why whoever has this key may not approve this mailing, if that is so.
pub(super) fn own_words(
    connection: &mut PgConnection,
    stored: &Stored,
    approver: &Hand,
) -> QueryResult<Option<String>> {
    if !settings::read(connection)?.two_person_approval {
        return Ok(None);
    }
    let is_own = stored.author().may_be(approver);
    Ok(is_own.then(|| {
        format!(
            "{} wrote this mailing, and two_person_approval is on: somebody else must approve it",
            approver.shown
        )
    }))
}

/// Whether whoever acts as this may not approve a mailing since they wrote it; none: there is no such mailing.
pub fn is_ones_own(
    connection: &mut PgConnection,
    id: Uuid,
    actor: &str,
) -> QueryResult<Option<bool>> {
    let Some(stored) = row::read(connection, id)? else {
        return Ok(None);
    };
    let approver = Hand::of(connection, actor)?;
    Ok(Some(own_words(connection, &stored, &approver)?.is_some()))
}

fn keep(
    connection: &mut PgConnection,
    id: Uuid,
    plan: &Plan,
    content_hash: &str,
    (approver, doing): (&Hand, &Doing),
) -> QueryResult<()> {
    diesel::insert_into(blast_approvals::table)
        .values((
            blast_approvals::blast_id.eq(id),
            blast_approvals::content_hash.eq(content_hash),
            blast_approvals::approved_by.eq(&doing.actor),
            blast_approvals::approver_key.eq(&approver.key),
            blast_approvals::approved_at.eq(doing.at),
        ))
        .execute(connection)?;
    let recipients: Vec<_> = plan.recipients.iter().collect();
    for recipients in recipients.chunks(ROWS) {
        let orders: Vec<Uuid> = recipients.iter().map(|(order, _)| **order).collect();
        let digests: Vec<&[u8]> = recipients.iter().map(|(_, digest)| &digest.0[..]).collect();
        // Each column is one parameter: PostgreSQL reads one short statement for all of them.
        prepared_sql(
            "INSERT INTO blast_recipients (blast_id, order_id, digest) SELECT $1, * FROM unnest($2, $3)",
        )
        .bind::<SqlUuid, _>(id)
        .bind::<Array<SqlUuid>, _>(orders)
        .bind::<Array<Bytea>, _>(digests)
        .execute(connection)?;
    }
    Ok(())
}
