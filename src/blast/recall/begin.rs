//! The moment from which on a mailing is recalled.

use diesel::{
    prelude::*,
    sql_types::{Text, Uuid as SqlUuid},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    activity::Doing,
    app::App,
    blast::{
        Asked, Content, Draft, control, edit,
        edit::answer,
        record_blast,
        row::{self, Stored},
        state::{Move, Wish},
        view,
    },
    db::DbError,
    mail,
    order::{NoteToPayers, problem::Problems},
    outbox::Kind,
    schema::blasts,
};

/// What somebody says about a mailing that should not have gone, not yet checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallDraft {
    /// What payers read who follow its links.
    pub note: Option<String>,
    /// The right mail, to those who have the wrong one.
    pub correction: Option<Correction>,
}

impl TryFrom<RecallDraft> for Recall {
    type Error = Problems;

    fn try_from(draft: RecallDraft) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let note = NoteToPayers::parse(&draft.note.unwrap_or_default());
        let correction = draft.correction;
        let recall = problems
            .take("note", note)
            .map(|note| Self { note, correction });
        problems.or(recall)
    }
}

/// The same, checked, but for the words of the correction.
#[derive(Debug, Clone)]
pub struct Recall {
    /// What payers read who follow its links.
    pub note: NoteToPayers,
    /// The right mail, to those who have the wrong one.
    pub correction: Option<Correction>,
}

/// The words of the right mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The subject's template.
    pub subject: Option<String>,
    /// The body's template.
    pub body: Option<String>,
}

/// Recalls a mailing: from now on nothing of it is sent, and its links are withdrawn. Asked again it changes
/// nothing.
///
/// # Errors
/// The database's.
pub async fn recall(app: &App, id: Uuid, wanted: Recall, doing: &Doing) -> Result<Asked, DbError> {
    let doing = doing.clone();
    let begin = move |connection: &mut PgConnection| begin(connection, id, &wanted, &doing);
    let asked = app.db.transaction(begin).await?;
    app.wake_blasts.notify_one();
    Ok(asked)
}

fn begin(
    connection: &mut PgConnection,
    id: Uuid,
    wanted: &Recall,
    doing: &Doing,
) -> QueryResult<Asked> {
    let Some(stored) = row::lock(connection, id)? else {
        return Ok(Asked::NoBlast);
    };
    let shown = view::find(connection, id)?.map_or(stored.state, |blast| blast.state);
    let next = match shown.after(Wish::Recall) {
        Move::To(_) if stored.started_at.is_none() => {
            let why = "it was never started, so there is nothing to recall";
            return Ok(Asked::NotNow(why.to_owned()));
        }
        Move::To(next) => next,
        Move::Stay => return answer(connection, id),
        Move::Refuse(why) => return Ok(Asked::NotNow(format!("it stays as it is: {why}"))),
    };
    let correction = match wanted.correction.as_ref().map(|it| it.content(&stored)) {
        Some(Err(problems)) => return Ok(Asked::Invalid(problems)),
        Some(Ok(content)) => Some(content),
        None => None,
    };
    row::set_state(connection, id, next)?;
    control::not_paused(connection, &stored, doing)?;
    diesel::update(blasts::table.find(id))
        .set((
            blasts::recall_note.eq(wanted.note.as_str()),
            blasts::recalled_at.eq(doing.at),
        ))
        .execute(connection)?;
    // The queue before the orders: what a courier has taken by now is in its hand, and is among them.
    control::give_up_queued(connection, id)?;
    write_down_orders(connection, id)?;
    let note = Doing {
        note: Some(wanted.note.as_str().to_owned()),
        ..doing.clone()
    };
    record_blast(connection, id, &stored.content.name, "recalled", &note)?;
    if let Some(content) = correction {
        edit::insert(connection, &content, Some(id), doing)?;
    }
    answer(connection, id)
}

/// Those whose mail a server has, may have, or is being given.
fn write_down_orders(connection: &mut PgConnection, id: Uuid) -> QueryResult<()> {
    diesel::sql_query(format!(
        "INSERT INTO blast_recalls (blast_id, order_id) \
         SELECT about.blast_id, about.order_id FROM outbox_orders about \
         JOIN outbox mail ON mail.id = about.mail_id \
         WHERE about.blast_id = $1 AND about.kind = $2 AND ({}) ON CONFLICT DO NOTHING",
        may_have_it()
    ))
    .bind::<SqlUuid, _>(id)
    .bind::<Text, _>(Kind::Blast)
    .execute(connection)
    .map(drop)
}

/// Whether somebody has this `mail`, or may.
pub(in crate::blast) fn may_have_it() -> String {
    let states = [
        mail::State::Sent,
        mail::State::Sending,
        mail::State::Unknown,
    ];
    let states = states.map(|state| format!("'{state}'")).join(", ");
    format!("mail.state IN ({states}) OR mail.handed_over")
}

impl Correction {
    /// As a mailing of its own. Whom it goes to is drawn whenever somebody looks: those who have the wrong one,
    /// and still owe.
    fn content(&self, of: &Stored) -> Result<Content, Problems> {
        let name: String = of.content.name.chars().take(LONGEST_NAME).collect();
        let draft = serde_json::json!({
            "name": format!("{name}: correction"),
            "subject": self.subject,
            "body": self.body,
            "filter": { "status": "open" },
            "per_second": of.content.per_second,
            "remind": of.content.remind,
        });
        let draft: Draft = serde_json::from_value(draft).map_err(|error| {
            let mut problems = Problems::default();
            problems.add("correction", error.to_string());
            problems
        })?;
        Content::try_from(draft)
    }
}

/// Letters of its name that are left for the correction's.
const LONGEST_NAME: usize = 108;
