//! Mails that are read ahead: which come next, and that every gate lets them through as they are.
//!
//! Nothing is taken by reading, so a worker that dies with mails read ahead holds none of them. What was
//! read is taken in one statement ([`take_plainly`](super::take_plainly)), which looks again whether it
//! still stands.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    time::Duration,
};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Claimed, candidate::Candidate, facts::ClaimFacts, plain::Taken, row};
use crate::{
    app::App,
    clock::Moment,
    inbox::MailToPayer,
    outbox::{
        Kind,
        gate::{Ruling, rule_on},
    },
};

/// What was read is taken within so long: what is to go before others, an alert or what a person asks
/// for, is not seen before it is read anew.
const GOOD_FOR: Duration = Duration::from_millis(500);

/// Mails that are read at once, at most: a mail has some kilobytes.
const MOST: usize = 128;

/// A mail that goes as it is.
#[derive(Debug, Clone)]
pub(in crate::outbox) struct Ready {
    mail: Claimed,
    /// What is compared with its rows when it is taken.
    pub seen: Seen,
}

/// What was seen of a mail's rows.
#[derive(Debug, Clone)]
pub(in crate::outbox) struct Seen {
    /// The mail's own row.
    pub id: Uuid,
    /// Says which versions of its rows were read.
    pub version: String,
    /// What the inbox is asked about it once more, if it goes to a payer.
    pub to_payer: Option<MailToPayer>,
}

/// What was read ahead.
#[derive(Debug, Default)]
pub(in crate::outbox) struct Read {
    /// The next mails that go as they are.
    pub mails: Vec<Ready>,
    /// Something lies in the inbox that mail may have to wait for.
    pub is_anything_pending: bool,
}

/// Mails that were read ahead and are not taken yet, in the order in which they go.
#[derive(Debug, Default)]
pub(in crate::outbox) struct Ahead {
    mails: VecDeque<Ready>,
    read_at: Option<Moment>,
    /// So many were asked for, and came: there are more.
    is_full: bool,
    /// How many are read the next time, beside as many as there are connections.
    deeper: usize,
    /// Taken while the next ones are read, which may tell of them once more.
    taken_meanwhile: HashSet<Uuid>,
    /// The pace or a pause asks for a closer look, or something has come into the inbox.
    is_held: bool,
    /// Something lay in the inbox when these were read.
    is_anything_pending: bool,
}

impl Ahead {
    /// How many may be taken now.
    pub fn ready(&self) -> usize {
        let is_good = |read: Moment| read.after(GOOD_FOR) > Moment::now();
        match self.read_at {
            Some(read) if !self.is_held && is_good(read) => self.mails.len(),
            _ => 0,
        }
    }

    /// Whether it is time to read the next ones, so that nobody waits for them.
    pub fn is_low(&self) -> bool {
        self.is_full && !self.is_held && self.mails.len() <= self.deeper / 2
    }

    /// How many are read next: more and more while all of them are used up in time.
    pub fn begin_reading(&mut self, connections: usize) -> usize {
        self.taken_meanwhile.clear();
        self.deeper = match self.ready() > 0 || (self.is_full && self.mails.is_empty()) {
            true => (self.deeper * 2).clamp(connections, MOST),
            false => connections,
        };
        (self.deeper + connections).min(MOST)
    }

    /// These come next, of as many as were asked for.
    pub fn were_read(&mut self, read: Read, asked_for: usize) {
        self.is_full = read.mails.len() == asked_for;
        self.is_anything_pending = read.is_anything_pending;
        let taken = mem::take(&mut self.taken_meanwhile);
        let others = read
            .mails
            .into_iter()
            .filter(|it| !taken.contains(&it.mail.id));
        self.mails = others.collect();
        self.read_at = Some(Moment::now());
        self.is_held = false;
    }

    /// Whether the inbox is asked about each of them when they are taken.
    pub fn is_anything_pending(&self) -> bool {
        self.is_anything_pending
    }

    /// The next few: twice as many as are wanted, since another replica may have taken some of them.
    pub fn next(&self, wanted: usize) -> Vec<Ready> {
        self.mails.iter().take(wanted * 2).cloned().collect()
    }

    /// Of those that were `asked` for these were taken under a claim; gives them. What came before them
    /// has changed, or is gone. The mails are those that were asked for, whatever was read meanwhile: what
    /// is taken must be handed over.
    pub fn were_taken(&mut self, claim: Uuid, asked: Vec<Ready>, taken: &Taken) -> Vec<Claimed> {
        self.is_held = !taken.had_a_turn;
        if taken.had_a_turn && taken.mails.is_empty() {
            self.mails.clear();
        }
        let (mut claimed, mut gone) = (Vec::new(), HashSet::new());
        for ready in asked {
            if claimed.len() == taken.mails.len() {
                break;
            }
            gone.insert(ready.mail.id);
            if let Some(counted_at) = taken.counted_at(ready.mail.id) {
                claimed.push(Claimed {
                    claim,
                    counted_at,
                    ..ready.mail
                });
            }
        }
        self.mails.retain(|it| !gone.contains(&it.mail.id));
        self.taken_meanwhile.extend(gone);
        claimed
    }

    /// Nothing that was read counts any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// Reads which mails come next, up to the first that does not simply go as it is: what is to be ended,
/// written or asked about more closely is left to a claim in a transaction, [`claim`](super::claim), and
/// so is what a payment in the inbox holds back, which waits then and is in nobody's way.
pub(in crate::outbox) fn read_ahead(
    connection: &mut PgConnection,
    app: &App,
    most: usize,
) -> QueryResult<Read> {
    let now = app.clock.now();
    let rows = row::read(connection, most, now)?.into_iter();
    let candidates: Vec<Candidate> = rows
        .map_while(|row| row.read().ok())
        .take_while(|mail| mail.kind != Kind::Reminder)
        .collect();
    if candidates.is_empty() {
        return Ok(Read::default());
    }
    let facts = ClaimFacts::load(connection, &candidates, now)?;
    let mails = candidates.into_iter();
    Ok(Read {
        mails: mails
            .map_while(|it| as_it_is(it, app, &facts, now))
            .collect(),
        is_anything_pending: facts.is_anything_pending(),
    })
}

/// The mail, if it goes as it is to the address that it was queued for.
fn as_it_is(
    mut mail: Candidate,
    app: &App,
    facts: &ClaimFacts,
    now: DateTime<Utc>,
) -> Option<Ready> {
    let (orders, asked) = facts.of(&mail, app, now);
    if rule_on(&asked) != Ruling::Send || mail.address(&orders) != mail.address {
        return None;
    }
    let text = mail.text.take()?;
    let seen = Seen {
        id: mail.id,
        version: mem::take(&mut mail.version),
        to_payer: facts.to_payer(mail.id),
    };
    Some(Ready {
        mail: mail.claimed(Uuid::nil(), &orders, text),
        seen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mail::Text, suppression::AddressHash};

    fn ready(id: u128) -> Ready {
        let mail = Claimed {
            id: Uuid::from_u128(id),
            claim: Uuid::nil(),
            kind: Kind::Test,
            address: "a@b.example".to_owned(),
            address_hash: AddressHash([0; 16]),
            text: Text {
                subject: "x".to_owned(),
                body: "x".to_owned(),
            },
            message_id: "<1@b.example>".to_owned(),
            attempts: 1,
            orders: Vec::new(),
            returned: None,
            counted_at: DateTime::UNIX_EPOCH,
            passed_a_pause: false,
        };
        let seen = Seen {
            id: mail.id,
            version: "1".to_owned(),
            to_payer: None,
        };
        Ready { mail, seen }
    }

    fn read(mails: Vec<Ready>) -> Read {
        Read {
            mails,
            is_anything_pending: false,
        }
    }

    fn taken(ids: &[u128]) -> Taken {
        let mails = ids
            .iter()
            .map(|id| (Uuid::from_u128(*id), DateTime::UNIX_EPOCH));
        Taken {
            had_a_turn: true,
            mails: mails.collect(),
        }
    }

    fn ids(mails: &[Claimed]) -> Vec<u128> {
        mails.iter().map(|mail| mail.id.as_u128()).collect()
    }

    #[test]
    fn what_is_taken_is_handed_over_whatever_was_read_meanwhile() {
        let mut ahead = Ahead::default();
        ahead.were_read(read(vec![ready(1), ready(2), ready(3)]), 3);
        let asked = ahead.next(1);
        // Read when the database had given out the first one already, and its answer was on its way.
        ahead.begin_reading(1);
        ahead.were_read(read(vec![ready(2), ready(3)]), 3);
        let claimed = ahead.were_taken(Uuid::nil(), asked, &taken(&[1]));
        assert_eq!((ids(&claimed), ahead.ready()), (vec![1], 2));
        // Read before that, and answered after it.
        ahead.begin_reading(1);
        let asked = ahead.next(1);
        ahead.were_taken(Uuid::nil(), asked, &taken(&[2]));
        ahead.were_read(read(vec![ready(2), ready(3)]), 2);
        assert_eq!(ahead.ready(), 1);
    }

    #[test]
    fn what_another_replica_took_is_passed_over_and_without_a_turn_all_wait() {
        let mut ahead = Ahead::default();
        ahead.were_read(read(vec![ready(1), ready(2), ready(3)]), 3);
        let claimed = ahead.were_taken(Uuid::nil(), ahead.next(2), &taken(&[2]));
        assert_eq!((ids(&claimed), ahead.ready()), (vec![2], 1));
        ahead.were_taken(Uuid::nil(), ahead.next(1), &Taken::default());
        assert_eq!(ahead.ready(), 0);
        ahead.were_read(read(vec![ready(3)]), 1);
        assert_eq!(ahead.ready(), 1);
    }
}
