//! How far mailings are, for whoever watches them go: read for all of them at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use super::{
    counts::Counts,
    recall::Progress,
    state::State,
    view::{self, Blast},
    watch::wave_outcomes,
    wave::WaveOutcomes,
};
use crate::{
    mail::{Mailer, Wave},
    outbox::Waiting,
};

/// A mailing at one time, for a page.
#[derive(Debug, Clone)]
pub struct Facts {
    /// With why its mails wait, if that is not its own doing.
    pub blast: Blast,
    /// What became of its first mails.
    pub outcomes: WaveOutcomes,
    /// When it was read.
    pub now: DateTime<Utc>,
}

/// The JSON of how far a mailing is: its counts, and beside them what explains them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What became of its mails.
    #[serde(flatten)]
    pub counts: Counts,
    /// Where it stands.
    pub state: State,
    /// Which mails it sends, from its start on.
    pub wave: Option<Wave>,
    /// What has paused it, and what to do, as a sentence.
    pub paused_because: Option<String>,
    /// How far its recall is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<Progress>,
    /// Why its mails wait, if that is not its own doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// How far these mailings are; one that is not there is not among them. A handful of statements, and one for the
/// first mails of each that has been started.
pub fn facts(
    connection: &mut PgConnection,
    ids: &[Uuid],
    mailer: &Mailer,
    now: DateTime<Utc>,
) -> QueryResult<HashMap<Uuid, Facts>> {
    let mut blasts = view::these(connection, ids)?;
    view::add_waiting(connection, &mut blasts, mailer, now)?;
    let facts = blasts.into_iter().map(|blast| {
        let outcomes = match blast.wave {
            Some(_) => wave_outcomes(connection, blast.id)?,
            None => WaveOutcomes::default(),
        };
        let facts = Facts {
            blast,
            outcomes,
            now,
        };
        Ok((facts.blast.id, facts))
    });
    facts.collect()
}

impl From<&Blast> for Standing {
    fn from(blast: &Blast) -> Self {
        Self {
            counts: blast.counts,
            state: blast.state,
            wave: blast.wave,
            paused_because: blast.paused_because.clone(),
            recall: blast.recall.clone(),
            waiting: blast.waiting.clone(),
        }
    }
}
