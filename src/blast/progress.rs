//! How far a mailing is, for whoever watches it go.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Blast, WaveOutcomes, lasts};
use crate::{
    mail::{Mailer, Wave},
    order::Status,
    schema::{blast_recipients, orders},
    suppression::{self, AddressHash, AddressKey},
};

/// Longer is not foretold.
const NEVER: f64 = 3.15e9;

/// The mails that a mailing sends first, and the wait after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstWave {
    /// What became of them.
    pub outcomes: WaveOutcomes,
    /// Until when the others wait; none while these have no outcome, or once the others go.
    pub until: Option<DateTime<Utc>>,
}

impl FirstWave {
    /// That of this mailing; none if all of its mails go at once.
    pub fn of(blast: &Blast, outcomes: WaveOutcomes, mailer: &Mailer) -> Option<Self> {
        let over_at = blast.wave_over_at;
        let until = over_at.and_then(|at| at.checked_add_signed(wait(mailer)));
        let is_there = blast.wave == Some(Wave::First) || outcomes.mails() > 0;
        is_there.then_some(Self { outcomes, until })
    }
}

/// The mails that were approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovedMails {
    /// So many go as things stand.
    pub going: i64,
    /// So many do not: paid meanwhile, or to addresses that are not written to.
    pub none: i64,
}

/// How many mails were approved, and how many of them go if it is started now.
pub fn approved_mails(connection: &mut PgConnection, id: Uuid) -> QueryResult<ApprovedMails> {
    let approved: Vec<(Status, Option<String>)> = blast_recipients::table
        .inner_join(orders::table)
        .filter(blast_recipients::blast_id.eq(id))
        .select((orders::status, orders::email))
        .load(connection)?;
    let key = AddressKey::load(connection)?;
    let owed = approved
        .iter()
        .filter(|(status, _)| *status == Status::Open);
    let owed = owed.filter_map(|(_, email)| Some(key.hash(email.as_ref()?)));
    let owed: Vec<AddressHash> = owed.collect();
    let listed = suppression::among(connection, owed.iter().copied())?;
    let is_written_to = |hash: &&AddressHash| !listed.contains(hash);
    let count = |mails: usize| i64::try_from(mails).unwrap_or(i64::MAX);
    let going = count(owed.iter().filter(is_written_to).count());
    Ok(ApprovedMails {
        going,
        none: count(approved.len()) - going,
    })
}

fn wait(mailer: &Mailer) -> TimeDelta {
    TimeDelta::from_std(mailer.first_wave_wait).unwrap_or(TimeDelta::MAX)
}

/// How long so many mails of a mailing take if nothing keeps them: at its pace, with what the mail provider allows,
/// and with the wait after the first of them.
pub fn time_left(
    mails: i64,
    per_second: Option<f64>,
    wave: Option<Wave>,
    mailer: &Mailer,
) -> Duration {
    let rest = lasts::seconds(mails, per_second, mailer);
    let wait = match wave {
        Some(Wave::First) => mailer.first_wave_wait.as_secs_f64(),
        Some(Wave::Rest) | None => 0.0,
    };
    Duration::from_secs_f64((rest + wait).clamp(0.0, NEVER))
}
