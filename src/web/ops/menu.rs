//! The menu: pages that are there, and that this role may open.

use serde::Serialize;

use crate::token::Role;

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Today,
    Orders,
    Cases,
    Blasts,
    Activity,
    Mail,
    Events,
    Reminders,
    Suppressions,
    Performance,
    Visits,
    Settings,
    People,
    /// A page that is not in the menu.
    Elsewhere,
}

struct Entry {
    here: Here,
    href: &'static str,
    mark: &'static str,
    word: &'static str,
    needs: Role,
}

/// Their names, and what is in each. A page is added by its line here.
const GROUPS: [(&str, &[Entry]); 4] = [
    (
        "Every day",
        &[
            Entry {
                here: Here::Today,
                href: "/ops",
                mark: "home",
                word: "Today",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Orders,
                href: "/ops/orders",
                mark: "orders",
                word: "Orders",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Blasts,
                href: "/ops/blasts",
                mark: "send",
                word: "Mailings",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Cases,
                href: "/ops/cases",
                mark: "scale",
                word: "Cases",
                needs: Role::Viewer,
            },
        ],
    ),
    (
        "Look up",
        &[
            Entry {
                here: Here::Activity,
                href: "/ops/activity",
                mark: "feed",
                word: "Activity",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Mail,
                href: "/ops/mail",
                mark: "mail",
                word: "Mail",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Reminders,
                href: "/ops/reminders",
                mark: "bell",
                word: "Reminders",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Suppressions,
                href: "/ops/suppressions",
                mark: "bell-off",
                word: "Do not mail",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Events,
                href: "/ops/events",
                mark: "zap",
                word: "Stripe’s messages",
                needs: Role::Viewer,
            },
        ],
    ),
    (
        "Figures",
        &[
            Entry {
                here: Here::Performance,
                href: "/ops/performance",
                mark: "chart",
                word: "Performance",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::Visits,
                href: "/ops/visits",
                mark: "eye",
                word: "Visits",
                needs: Role::Viewer,
            },
        ],
    ),
    (
        "Set up",
        &[
            Entry {
                here: Here::Settings,
                href: "/ops/settings",
                mark: "settings",
                word: "Settings",
                needs: Role::Viewer,
            },
            Entry {
                here: Here::People,
                href: "/ops/people",
                mark: "people",
                word: "People",
                needs: Role::Admin,
            },
        ],
    ),
];

/// Some links of the menu.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    name: &'static str,
    links: Vec<Link>,
}

/// One of them.
#[derive(Debug, Clone, Serialize)]
struct Link {
    href: &'static str,
    mark: &'static str,
    word: &'static str,
    here: bool,
}

/// The menu of somebody with this role.
pub fn menu(here: Here, role: Role) -> Vec<Group> {
    let groups = GROUPS.iter().map(|(name, entries)| Group {
        name,
        links: entries
            .iter()
            .filter(|entry| role >= entry.needs)
            .map(|entry| Link {
                href: entry.href,
                mark: entry.mark,
                word: entry.word,
                here: entry.here == here,
            })
            .collect(),
    });
    groups.filter(|group| !group.links.is_empty()).collect()
}
