//! What orders are looked for.

use serde::Deserialize;
use uuid::Uuid;

use super::{input, problem::Problem};
use crate::{
    app::App,
    blast,
    listing::{Only, Search},
    order::{Kind, OrderFilter, Status},
};

/// The parameters of `GET /orders`.
#[derive(Deserialize)]
pub struct Wanted {
    status: Option<String>,
    email: Option<input::Wanted>,
    reference: Option<input::Wanted>,
    kind: Option<String>,
    blast: Option<input::Wanted>,
    stranded: Option<bool>,
    never_mailed: Option<bool>,
    came_back: Option<bool>,
    not_opened: Option<bool>,
    reminded: Option<bool>,
    import: Option<input::Wanted>,
    q: Option<input::Wanted>,
}

impl Wanted {
    /// What is looked for.
    ///
    /// # Errors
    /// 400 for a word that no filter has, and for a mailing that is not there.
    pub async fn search(self, app: &App) -> Result<Search, Problem> {
        let only = [
            (self.stranded, Only::Stranded),
            (self.never_mailed, Only::NeverMailed),
            (self.came_back, Only::CameBack),
            (self.not_opened, Only::NotOpened),
            (self.reminded, Only::Reminded),
        ];
        let only = only
            .into_iter()
            .filter(|(wanted, _)| wanted.unwrap_or(false));
        let only = only.map(|(_, only)| only).collect();
        let orders = OrderFilter {
            status: self.status.as_deref().map_or(Ok(None), known_status)?,
            email: self.email.map(String::from),
            reference: self.reference.map(String::from),
            kind: self.kind.as_deref().map_or(Ok(None), known_kind)?,
            blast: match self.blast {
                Some(said) => Some(known_blast(app, said.into()).await?),
                None => None,
            },
            import: self.import.map(String::from),
            q: self.q.map(known_part).transpose()?,
            ..OrderFilter::default()
        };
        Ok(Search { orders, only })
    }
}

/// Letters of a part at least: with fewer, an index of three letters each is of no use.
const LETTERS: usize = 3;

fn known_part(said: input::Wanted) -> Result<String, Problem> {
    let said = String::from(said).trim().to_owned();
    if said.chars().count() < LETTERS {
        return Err(Problem::unreadable("q needs at least three letters"));
    }
    Ok(said)
}

fn known_status(status: &str) -> Result<Option<Status>, Problem> {
    let status = input::one_of("status", status, &Status::ALL.map(Status::name))?;
    Ok(Status::from_name(&status))
}

fn known_kind(kind: &str) -> Result<Option<Kind>, Problem> {
    let kind = input::one_of("kind", kind, &Kind::ALL.map(Kind::name))?;
    Ok(Kind::from_name(&kind))
}

/// By its id, of which no list makes a fault, or by its name.
async fn known_blast(app: &App, said: String) -> Result<Uuid, Problem> {
    if let Ok(id) = said.parse() {
        return Ok(id);
    }
    let name = said.clone();
    let called = app
        .db
        .run(move |connection| blast::called(connection, &name));
    match called.await?[..] {
        [id] => Ok(id),
        [] => Err(Problem::unreadable(format!(
            "blast: there is no mailing {said}"
        ))),
        _ => Err(Problem::unreadable(format!(
            "blast: several mailings are named {said}: give the id"
        ))),
    }
}
