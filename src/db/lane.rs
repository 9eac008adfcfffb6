//! Lanes: callers who never wait for each other's connections.

use super::{
    Db,
    connection::{Address, Plans},
    limits::Limits,
};
use crate::config::{self, FEWEST_CONNECTIONS};

/// Who works with the database, each with connections of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Clicks, the end of all mail, and Stripe's webhooks.
    Payers,
    /// The worker.
    Worker,
    /// `/readyz`.
    Health,
    /// The API and the pages of operators.
    Api,
}

/// The lanes of one process. Cheap to clone.
#[derive(Clone)]
pub struct Lanes {
    payers: Db,
    worker: Db,
    health: Db,
    api: Db,
}

impl Lanes {
    /// The lanes of a process with the connections that the settings allow.
    pub fn new(database: &config::Database) -> Self {
        let shares = Shares::of(database.database_pool_size);
        // A worker's statements are those that payers wait for, or look up a batch by its keys; a list's page is
        // a few rows of an index. What counts rows does so by an index, too.
        let lane =
            |size, plans| Db::with(Address::for_look_ups(database, Limits::USUAL, plans), size);
        Self {
            payers: lane(shares.payers, Plans::AreKept),
            worker: lane(shares.worker, Plans::AreKept),
            health: lane(shares.health, Plans::AsItComes),
            api: lane(shares.api, Plans::AsItComes),
        }
    }

    /// The connections of one lane.
    pub fn of(&self, lane: Lane) -> &Db {
        match lane {
            Lane::Payers => &self.payers,
            Lane::Worker => &self.worker,
            Lane::Health => &self.health,
            Lane::Api => &self.api,
        }
    }
}

/// How many connections each lane has.
#[derive(Debug, PartialEq, Eq)]
struct Shares {
    payers: u32,
    worker: u32,
    health: u32,
    api: u32,
}

impl Shares {
    /// Half for payers and webhooks, a quarter for the worker, one for `/readyz`, the rest for the API.
    fn of(all: u32) -> Self {
        let all = all.max(FEWEST_CONNECTIONS);
        let (payers, worker, health) = (all / 2, all / 4, 1);
        Self {
            payers,
            worker,
            health,
            api: all - payers - worker - health,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_has_a_connection_and_together_they_have_as_many_as_are_allowed() {
        let shares = |all| {
            let Shares {
                payers,
                worker,
                health,
                api,
            } = Shares::of(all);
            (payers, worker, health, api)
        };
        assert_eq!(shares(8), (4, 2, 1, 1));
        assert_eq!(shares(5), (2, 1, 1, 1));
        for all in FEWEST_CONNECTIONS..=1000 {
            let (payers, worker, health, api) = shares(all);
            assert_eq!(payers + worker + health + api, all);
            assert!(payers >= 2 && worker >= 1 && api >= 1, "{all}");
        }
    }
}
