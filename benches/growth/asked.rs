//! What is asked for in both databases. What is rare stands at the very beginning of both.

use std::time::{Duration, Instant};

use diesel::{PgConnection, QueryResult};
use freshmint::{
    activity::feed,
    alert, case, checkout, consumer,
    db::Lane,
    figures,
    inbox::{self, State},
    listing::{self, Only, Search},
    news::List,
    order::{self, Kind, OrderFilter, Status},
    outbox::{self, view},
    recovery, reminder, retention,
    settlement::{self, FoundBy, payments_of},
    suppression, timeline,
    visitor::Visitor,
};

use crate::world::World;

/// Turns of each, after one that is not counted: the middle one of them counts.
const TURNS: usize = 11;
/// Turns of what is slow, or the bench would take minutes.
const FEW_TURNS: usize = 3;
const SLOW: Duration = Duration::from_millis(200);
/// Rows of a page.
const PAGE: i64 = 51;

/// Something that is asked for, again and again.
pub struct Asked {
    pub name: &'static str,
    /// It counts rows, so that it grows with them.
    pub counts: bool,
    /// One turn; tells how long it took, without what prepared it.
    turn: fn(&World) -> Duration,
}

impl Asked {
    pub fn time(&self, world: &World) -> Duration {
        let first = (self.turn)(world);
        let turns = if first > SLOW { FEW_TURNS } else { TURNS };
        let mut took: Vec<Duration> = (0..turns).map(|_| (self.turn)(world)).collect();
        took.sort_unstable();
        took[turns / 2]
    }
}

const fn asked(name: &'static str, turn: fn(&World) -> Duration) -> Asked {
    let counts = false;
    Asked { name, counts, turn }
}

const fn counted(name: &'static str, turn: fn(&World) -> Duration) -> Asked {
    let counts = true;
    Asked { name, counts, turn }
}

pub const ASKED: [Asked; 39] = [
    asked("a click that mints", |world| {
        let order = world.fresh_order();
        timed(|| world.click(&order))
    }),
    asked("a click that hands a checkout out again", |world| {
        let order = world.fresh_order();
        world.click(&order);
        timed(|| world.click(&order))
    }),
    asked("a click on an order that is paid", |world| {
        let order = world.old_order();
        timed(|| world.click(&order))
    }),
    asked("a payment, settled", |world| {
        let session = world.paid_session();
        timed(|| world.wait(settlement::settle(&world.app, session, FoundBy::Webhook)))
    }),
    asked("a look for events, with none", |world| {
        timed(|| world.wait(consumer::work_off(&world.app)))
    }),
    asked("eight links, queued and sent", |world| {
        timed(|| world.send(8))
    }),
    asked("eight reminders, due and sent", |world| {
        let due = world.reminders(8);
        timed(|| world.carry(due))
    }),
    asked("an order's page, with its story", |world| {
        let id = world.old_order().id;
        let now = world.app.clock.now();
        on(world, move |connection| {
            payments_of(connection, &[id])?;
            timeline::order_timeline(connection, id, None, now)
        })
    }),
    asked("orders: all", |world| orders(world, OrderFilter::default())),
    asked("orders: kind, five of all", |world| {
        orders(
            world,
            OrderFilter {
                kind: Some(Kind::Recovered),
                ..OrderFilter::default()
            },
        )
    }),
    asked("orders: status, five of all", |world| {
        orders(
            world,
            OrderFilter {
                status: Some(Status::SettledOffline),
                ..OrderFilter::default()
            },
        )
    }),
    asked("orders: kind and status, none", |world| {
        let (kind, status) = (Some(Kind::Recovered), Some(Status::Paid));
        orders(
            world,
            OrderFilter {
                kind,
                status,
                ..OrderFilter::default()
            },
        )
    }),
    asked("orders: address", |world| {
        let email = Some("parent5@example.org".to_owned());
        orders(
            world,
            OrderFilter {
                email,
                ..OrderFilter::default()
            },
        )
    }),
    asked("orders: a small mailing", |world| {
        orders(
            world,
            OrderFilter {
                blast: Some(world.small_mailing),
                ..OrderFilter::default()
            },
        )
    }),
    asked("outbox: kind, five of all", |world| {
        mails(
            world,
            view::Filter {
                kind: Some(outbox::Kind::Test),
                ..view::Filter::default()
            },
        )
    }),
    asked("outbox: state, five of all", |world| {
        mails(
            world,
            view::Filter {
                state: Some(outbox::State::Bounced),
                ..view::Filter::default()
            },
        )
    }),
    asked("outbox: a small mailing", |world| {
        mails(
            world,
            view::Filter {
                blast: Some(world.small_mailing),
                ..view::Filter::default()
            },
        )
    }),
    asked("cases: kind, five of all", |world| {
        let kind = Some(case::Kind::Dispute);
        let filter = case::CaseFilter {
            kind,
            ..case::CaseFilter::default()
        };
        on(world, move |connection| {
            case::list(connection, &filter, PAGE)
        })
    }),
    asked("events: failed", |world| {
        on(world, |connection| {
            inbox::list(connection, Some(State::Failed), None, PAGE)
        })
    }),
    asked("reminders: reason, five of all", |world| {
        let reason = Some(reminder::rule::Reason::Suppressed);
        on(world, move |connection| {
            reminder::list(connection, None, None, reason, None, PAGE)
        })
    }),
    asked("suppressions", |world| {
        on(world, |connection| {
            suppression::list(connection, None, PAGE)
        })
    }),
    asked("gauges: the oldest mail and event", |world| {
        let now = world.app.clock.now();
        on(world, move |connection| {
            outbox::oldest_due(connection, now)?;
            inbox::oldest_pending(connection)
        })
    }),
    asked("the watch over causes of alerts", |world| {
        timed(|| world.wait(alert::work_off(&world.app)))
    }),
    asked("a prune with nothing to do", |world| {
        timed(|| world.wait(retention::prune(&world.app, "bench")))
    }),
    asked("feed: all", |world| feed(world, feed::Filter::default())),
    asked("feed: some categories", |world| {
        feed(world, feed::Filter::of(feed::Tab::Money))
    }),
    asked("feed: needs somebody, with its badge", |world| {
        let filter = feed::Filter::of(feed::Tab::Attention);
        on(world, move |connection| {
            feed::open_count(connection)?;
            feed::list(connection, &filter, PAGE)
        })
    }),
    asked("orders: stranded", |world| {
        let stranded_at = Some(world.app.clock.now());
        orders(
            world,
            OrderFilter {
                stranded_at,
                ..OrderFilter::default()
            },
        )
    }),
    asked("orders' page: owed, newest news first", |world| {
        page(world, Some(List::OWED), Search::default())
    }),
    asked("orders' page: all, a name that all have", |world| {
        page(world, None, with_part("kim miller"))
    }),
    asked("orders' page: all, an address that two have", |world| {
        page(world, None, with_part("parent5@"))
    }),
    asked("orders' page: nothing found", |world| {
        page(world, Some(List::OWED), with_part("nobody at all"))
    }),
    asked("orders' page: mail came back, five of all", |world| {
        page(world, None, with(Only::CameBack))
    }),
    asked("orders' page: link not opened", |world| {
        page(world, Some(List::OWED), with(Only::NotOpened))
    }),
    counted("what is owed in all", |world| {
        let filter = OrderFilter {
            kind: Some(Kind::Billed),
            status: Some(Status::Open),
            ..OrderFilter::default()
        };
        on(world, move |connection| order::sums(connection, &filter))
    }),
    counted("what stranded orders owe", |world| {
        let stranded_at = Some(world.app.clock.now());
        let filter = OrderFilter {
            stranded_at,
            ..OrderFilter::default()
        };
        on(world, move |connection| order::sums(connection, &filter))
    }),
    counted("figures for /metrics", |world| {
        timed(|| world.wait(figures::look(&world.app)))
    }),
    counted("figures of 30 days", |world| {
        let now = world.app.clock.now();
        on(world, move |connection| {
            recovery::figures(connection, 30, now)
        })
    }),
    asked("an import of 100 new orders", |world| {
        let file = world.file(100);
        timed(|| world.import(&file))
    }),
];

fn orders(world: &World, filter: OrderFilter) -> Duration {
    on(world, move |connection| {
        order::list(connection, &filter, PAGE)
    })
}

fn page(world: &World, list: Option<List>, search: Search) -> Duration {
    let now = world.app.clock.now();
    on(world, move |connection| {
        let filter = search.clone().filter(connection, now)?;
        // One that gives up has taken its patience, which is long enough to be seen.
        listing::page(connection, list, &filter, None, PAGE)
    })
}

fn with_part(said: &str) -> Search {
    Search {
        orders: OrderFilter {
            q: Some(said.to_owned()),
            ..OrderFilter::default()
        },
        ..Search::default()
    }
}

fn with(only: Only) -> Search {
    Search {
        only: vec![only],
        ..Search::default()
    }
}

fn feed(world: &World, filter: feed::Filter) -> Duration {
    on(world, move |connection| {
        feed::list(connection, &filter, PAGE)
    })
}

fn mails(world: &World, filter: view::Filter) -> Duration {
    on(world, move |connection| {
        view::list(connection, &filter, PAGE)
    })
}

fn on<T>(world: &World, ask: impl Fn(&mut PgConnection) -> QueryResult<T>) -> Duration {
    // As callers of the API ask, whose plans are made for their values; and with patience: what takes longer than a
    // caller waits is to be seen in the table.
    let db = world.app.on(Lane::Api).db.patient();
    timed(|| db.run_blocking(&ask).expect("the database answers"))
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

impl World {
    /// A person follows the order's link.
    fn click(&self, order: &order::Order) {
        let link = order.link();
        let clicked = checkout::click(&self.app, &link, Visitor::Person);
        let door = self.runtime.block_on(clicked);
        assert!(matches!(door.name(), "redirect" | "page"), "{door:?}");
    }
}
