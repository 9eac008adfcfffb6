//! What is found while a plan is made, by references: pure.

use std::collections::{BTreeMap, BTreeSet};

use super::trouble::Trouble;
use crate::{mail::template::Unfillable, order::Order};

/// What was found on the way, by references.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub not_open: Vec<String>,
    pub no_address: Vec<String>,
    suppressed: Vec<String>,
    without_link: Vec<String>,
    without_key: BTreeMap<String, Vec<String>>,
    unfillable: BTreeMap<String, Vec<String>>,
    by_address: BTreeMap<String, Vec<String>>,
}

impl Findings {
    pub fn recipient(&mut self, order: &Order, suppressed: bool, has_link: bool) {
        let reference = || order.reference.clone();
        if !has_link {
            self.without_link.push(reference());
        }
        if suppressed {
            self.suppressed.push(reference());
        }
        if let Some(email) = &order.email {
            let of_address = self.by_address.entry(email.normalized()).or_default();
            of_address.push(reference());
        }
    }

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
