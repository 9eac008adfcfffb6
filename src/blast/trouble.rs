//! What is wrong with a mailing: found while its plan is made, and told in sentences for whoever
//! wrote it. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{mail::template::Unfillable, order::Order};

/// So many references are named, as fit into a sentence; of the others it is told how many they are.
pub(super) const NAMED: usize = 20;

/// Something that is not as it should be. Orders are named by their references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No order's mail can be written; the sentence says why.
    Template(String),
    /// Mails without the pay link.
    NoPayLink(Vec<String>),
    /// Mails whose pay link runs into other letters: a mail program makes one link of both, which leads nowhere.
    BrokenPayLink(Vec<String>),
    /// No order is selected, or none of them gets a mail.
    Nobody {
        /// Whether any was selected.
        selected: usize,
    },
    /// The template asks for a key that these orders do not have.
    NoKey(String, Vec<String>),
    /// The mails of these orders cannot be written, and why.
    Unfillable(String, Vec<String>),
    /// These are not owed, or not any more.
    NotOpen(Vec<String>),
    /// These have nobody to write to.
    NoAddress(Vec<String>),
    /// These have an address that is not written to.
    Suppressed(Vec<String>),
    /// Each of these groups has one address, which gets a mail for each order.
    OneAddress(Vec<Vec<String>>),
}

impl Trouble {
    /// Whether nothing can be approved as long as it is there.
    pub fn blocks(&self) -> bool {
        match self {
            Self::Template(_) | Self::NoPayLink(_) | Self::Nobody { .. } => true,
            Self::BrokenPayLink(_)
            | Self::NoKey(..)
            | Self::Unfillable(..)
            | Self::NotOpen(_)
            | Self::NoAddress(_)
            | Self::Suppressed(_)
            | Self::OneAddress(_) => false,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(why) => f.write_str(why),
            Self::NoPayLink(orders) if orders.is_empty() => {
                f.write_str("the body has no {{ pay_url }}, so nobody could pay; put it in")
            }
            Self::NoPayLink(orders) => write!(
                f,
                "the mails for {} have no pay link: put {{{{ pay_url }}}} where every mail has it",
                named(orders)
            ),
            Self::BrokenPayLink(orders) => write!(
                f,
                "the pay link runs into other letters, and leads nowhere, in the mails for {}: \
                 put {{{{ pay_url }}}} on a line of its own",
                named(orders)
            ),
            Self::Nobody { selected: 0 } => {
                f.write_str("nobody is selected: no order fits; choose others")
            }
            Self::Nobody { selected } => write!(
                f,
                "nobody would get this mail, though {selected} {} selected",
                if *selected == 1 {
                    "order is"
                } else {
                    "orders are"
                }
            ),
            Self::NoKey(key, orders) => write!(
                f,
                "meta.{key} is missing in {}, which therefore get no mail",
                named(orders)
            ),
            Self::Unfillable(why, orders) => write!(f, "no mail for {}: {why}", named(orders)),
            Self::NotOpen(orders) => write!(f, "not open, so no mail: {}", named(orders)),
            Self::NoAddress(orders) => {
                write!(f, "no e-mail address, so no mail: {}", named(orders))
            }
            Self::Suppressed(orders) => write!(
                f,
                "the address is on the do-not-mail list, so it gets no mail: {}",
                named(orders)
            ),
            Self::OneAddress(groups) => {
                let groups: Vec<String> = groups
                    .iter()
                    .map(|orders| format!("{} share an address: {}", orders.len(), named(orders)))
                    .collect();
                let listed = listed(&groups, "; ", "addresses");
                write!(f, "{listed}, with a mail for each")
            }
        }
    }
}

pub(super) fn named(references: &[String]) -> String {
    listed(references, ", ", "orders")
}

pub(super) fn listed(texts: &[String], separator: &str, what: &str) -> String {
    let shown = texts.len().min(NAMED);
    let mut list = texts[..shown].join(separator);
    if texts.len() > shown {
        list += &format!("{separator}and {} more {what}", texts.len() - shown);
    }
    list
}

/// Whether a mail has the link to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PayLink {
    /// It has, and each stands by itself.
    Whole,
    /// One runs into other letters.
    Broken,
    /// It has none.
    Missing,
}

impl PayLink {
    /// How `url` stands in `body`. A mail program takes all for a link up to a blank, a bracket or a quotation
    /// mark; signs at its end are forgiven by the page that it leads to, letters are not.
    pub fn of(body: &str, url: &str) -> Self {
        let mut link = Self::Missing;
        for (at, _) in body.match_indices(url) {
            let (before, after) = (&body[..at], &body[at + url.len()..]);
            let ends = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"');
            let more = after.split(ends).next().unwrap_or_default();
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            if more.contains(is_part) || before.ends_with(is_part) {
                return Self::Broken;
            }
            link = Self::Whole;
        }
        link
    }
}

/// What is found while a plan is made, by references.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub not_open: Vec<String>,
    pub no_address: Vec<String>,
    suppressed: Vec<String>,
    without_link: Vec<String>,
    with_broken_link: Vec<String>,
    without_key: BTreeMap<String, Vec<String>>,
    unfillable: BTreeMap<String, Vec<String>>,
    by_address: BTreeMap<String, Vec<String>>,
}

impl Findings {
    /// Notes somebody who gets a mail.
    pub fn recipient(&mut self, order: &Order, suppressed: bool, link: PayLink) {
        let reference = || order.reference.clone();
        match link {
            PayLink::Whole => {}
            PayLink::Broken => self.with_broken_link.push(reference()),
            PayLink::Missing => self.without_link.push(reference()),
        }
        if suppressed {
            self.suppressed.push(reference());
        }
        if let Some(email) = &order.email {
            let of_address = self.by_address.entry(email.normalized()).or_default();
            of_address.push(reference());
        }
    }

    /// Notes an order whose mail cannot be written.
    pub fn unfillable(&mut self, order: &Order, names: &BTreeSet<String>, why: &Unfillable) {
        let keys = names.iter().filter_map(|name| name.strip_prefix("meta."));
        let missing: Vec<&str> = keys
            .filter(|key| !order.metadata.contains_key(*key))
            .collect();
        for key in &missing {
            let without = self.without_key.entry((*key).to_owned()).or_default();
            without.push(order.reference.clone());
        }
        if missing.is_empty() {
            let unfillable = self.unfillable.entry(why.to_string()).or_default();
            unfillable.push(order.reference.clone());
        }
    }

    /// All of it as troubles, the worst first.
    pub fn troubles(
        self,
        selected: usize,
        recipients: usize,
        names: &BTreeSet<String>,
    ) -> Vec<Trouble> {
        let mut troubles = Vec::new();
        if !names.contains("pay_url") {
            troubles.push(Trouble::NoPayLink(Vec::new()));
        } else if !self.without_link.is_empty() {
            troubles.push(Trouble::NoPayLink(self.without_link));
        }
        troubles.extend(some(self.with_broken_link).map(Trouble::BrokenPayLink));
        if recipients == 0 {
            troubles.push(Trouble::Nobody { selected });
        }
        let without_key = self.without_key.into_iter();
        troubles.extend(without_key.map(|(key, orders)| Trouble::NoKey(key, orders)));
        let unfillable = self.unfillable.into_iter();
        troubles.extend(unfillable.map(|(why, orders)| Trouble::Unfillable(why, orders)));
        troubles.extend(some(self.not_open).map(Trouble::NotOpen));
        troubles.extend(some(self.no_address).map(Trouble::NoAddress));
        troubles.extend(some(self.suppressed).map(Trouble::Suppressed));
        let several = self
            .by_address
            .into_values()
            .filter(|orders| orders.len() > 1);
        troubles.extend(some(several.collect()).map(Trouble::OneAddress));
        troubles
    }
}

/// The list, if there is anything in it.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("CUP-{n}")).collect()
    }

    #[test]
    fn a_link_that_runs_into_letters_leads_nowhere() {
        let of = |body: &str| {
            PayLink::of(
                &body.replace('U', "https://pay.invalid/a1"),
                "https://pay.invalid/a1",
            )
        };
        for whole in [
            "U",
            "pay: U.",
            "(U), soon",
            "<U>now",
            "\"U\"",
            "[pay](U)\nor U!",
            "U\u{a0}now",
        ] {
            assert_eq!(of(whole), PayLink::Whole, "{whole}");
        }
        for broken in [
            "Unow",
            "payU",
            "UU",
            "U_",
            "U-",
            "U.Thanks",
            "U and Unow",
            "Uä",
            "U/x",
        ] {
            assert_eq!(of(broken), PayLink::Broken, "{broken}");
        }
        assert_eq!(of("pay"), PayLink::Missing);
    }

    #[test]
    fn every_sentence_names_what_to_look_at() {
        let troubles = [
            Trouble::NoPayLink(Vec::new()),
            Trouble::NoPayLink(orders(2)),
            Trouble::BrokenPayLink(orders(2)),
            Trouble::Nobody { selected: 0 },
            Trouble::Nobody { selected: 1 },
            Trouble::Nobody { selected: 3 },
            Trouble::NoKey("team".to_owned(), orders(1)),
            Trouble::Unfillable("the body, line 2 cannot be filled".to_owned(), orders(1)),
            Trouble::NotOpen(orders(3)),
            Trouble::NoAddress(orders(22)),
            Trouble::Suppressed(orders(1)),
            Trouble::OneAddress(vec![orders(2), orders(3)]),
        ];
        let sentences = troubles.map(|trouble| {
            let blocks = if trouble.blocks() { "! " } else { "  " };
            format!("{blocks}{trouble}")
        });
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
