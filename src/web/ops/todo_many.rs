//! More of a kind: one row with a number, some names, and what it comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    prose::Prose,
    todo::{Reading, UNWRITTEN, Words, mark, tab},
};
use crate::{
    activity::feed::count_in_words,
    order::money::as_told,
    overview::{About, Open, thing::Thing},
};

/// Names in a sentence; of the others it is told how many they are.
const NAMED: usize = 3;

impl Reading<'_> {
    /// What is said of several lines of one kind.
    pub(super) fn many(&self, thing: Thing, lines: &[Open]) -> Words {
        let (mark, tone) = mark(thing);
        let n = count_in_words(i64::try_from(lines.len()).unwrap_or(i64::MAX));
        let title = |rest: &str| Prose::from(format!("{n} {rest}"));
        let orders = |rest| whose(lines).and(rest).and(together(lines));
        let names = || {
            let names = lines.iter().filter_map(|line| line.mailing.as_ref());
            listed(names.map(|(_, name)| Prose::of_name(name)).collect())
        };
        let (title, text, href, button) = match thing {
            Thing::Case => (
                title("payments do not add up"),
                whose(lines).and(". Each waits for somebody who decides."),
                "/ops/cases".to_owned(),
                self.or_look("Decide"),
            ),
            Thing::Money => (
                title("things happened to money that somebody should know"),
                whose(lines).and("."),
                tab(Some("payment")),
                "Look at them",
            ),
            Thing::Debit => (
                title("bank debits did not arrive"),
                orders(". Their links work again."),
                tab(Some("payment")),
                "Look at them",
            ),
            Thing::Bounced => (
                came_back(lines),
                orders(" have not heard of what they owe."),
                match lines.first().and_then(|line| line.mailing.as_ref()) {
                    Some((mailing, _)) => format!("/ops/orders?came_back=true&blast={mailing}"),
                    None => "/ops/orders?came_back=true".to_owned(),
                },
                self.or_look("Correct them"),
            ),
            Thing::GivenUp => (
                title("mails were given up: no mail server took them"),
                orders(" have not heard of what they owe."),
                "/ops/mail?state=failed".to_owned(),
                "Look at them",
            ),
            Thing::Unknown => (
                Prose::from(format!("We cannot tell whether {n} mails were sent")),
                whose(lines).and(
                    ". They are never sent again by themselves, so that nobody gets one twice.",
                ),
                "/ops/mail?state=unknown".to_owned(),
                "Look at them",
            ),
            Thing::Unwritten => (
                title("families still owe, and are not written to"),
                orders(".").and(" ").and(UNWRITTEN),
                tab(Some("suppression")),
                "Look at them",
            ),
            Thing::Refused => (
                title("orders: Stripe opens no payment page"),
                orders(". Whoever follows these links cannot pay."),
                tab(Some("checkout")),
                "Look at them",
            ),
            Thing::Approval => (
                title("mailings wait for an approval"),
                names().and(". ").and(self.approval()),
                "/ops/blasts".to_owned(),
                "Look at them",
            ),
            Thing::MailingPaused => (
                title("mailings are paused"),
                names().and(". What has not gone out waits, and is not lost."),
                "/ops/blasts".to_owned(),
                "Look at them",
            ),
            Thing::MailPaused => (
                Prose::from("No mail goes out"),
                Prose::from(format!(
                    "It has stopped {n} times. All of it waits, and is not lost."
                )),
                "/ops/mail".to_owned(),
                "See what is wrong",
            ),
            Thing::Event => (
                title("messages of Stripe could not be worked through"),
                Prose::from("Nothing is lost: they are kept."),
                "/ops/events?state=failed".to_owned(),
                "Look at them",
            ),
            Thing::Silence => (
                title("times we missed Stripe’s messages"),
                Prose::from("Payments are found all the same, up to a quarter of an hour late."),
                "/ops/events".to_owned(),
                "Look at it",
            ),
            Thing::Entry => (
                title("lines of the log need somebody"),
                Prose::from("They stay until somebody says that they are dealt with."),
                tab(None),
                "Look at them",
            ),
        };
        Words {
            mark,
            tone,
            title,
            text,
            href,
            button,
            press: None,
        }
    }
}

/// How many mails came back, of which mailing. A mail about several children has a line for each.
fn came_back(lines: &[Open]) -> Prose {
    let mails: BTreeSet<_> = lines.iter().map(|line| line.mail).collect();
    let n = count_in_words(i64::try_from(mails.len()).unwrap_or(i64::MAX));
    let mails = if mails.len() == 1 { "mail" } else { "mails" };
    let said = match lines.first().and_then(|line| line.mailing.as_ref()) {
        Some((_, name)) => Prose::from(format!("{n} {mails} of “"))
            .and_name(name)
            .and("”"),
        None => Prose::from(format!("{n} {mails}")),
    };
    said.and(" came back: the addresses take no mail")
}

/// Some names, each once, and how many there are beside.
fn whose(lines: &[Open]) -> Prose {
    let mut seen: Vec<&About> = Vec::new();
    for order in lines.iter().filter_map(|line| line.order.as_ref()) {
        if !seen.iter().any(|known| known.id == order.id) {
            seen.push(order);
        }
    }
    if seen.is_empty() {
        return Prose::from("About no order of ours");
    }
    let names = seen.iter().map(|order| match &order.name {
        Some(name) => Prose::of_name(name)
            .and(" (")
            .and_name(&order.reference)
            .and(")"),
        None => Prose::of_name(&order.reference),
    });
    listed(names.collect())
}

/// `A, B and 7 more`
fn listed(names: Vec<Prose>) -> Prose {
    let (all, mut said) = (names.len(), Prose::default());
    let shown = if all > NAMED + 1 { NAMED } else { all };
    for (at, name) in names.into_iter().take(shown).enumerate() {
        let between = match at {
            0 => "",
            _ if at + 1 == all => " and ",
            _ => ", ",
        };
        said = said.and(between).and(name);
    }
    if all > shown {
        said = said.and(format!(" and {} more", all - shown));
    }
    said
}

/// What the orders come to, each counted once: ` Together €90.00.`
fn together(lines: &[Open]) -> String {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    let mut seen = Vec::new();
    for order in lines.iter().filter_map(|line| line.order.as_ref()) {
        if let Some(amount) = order.amount.filter(|_| !seen.contains(&order.id)) {
            seen.push(order.id);
            let sum = sums.entry(&order.currency).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    if sums.is_empty() {
        return String::new();
    }
    let sums = sums
        .into_iter()
        .map(|(currency, sum)| as_told(sum, currency));
    format!(" Together {}.", sums.collect::<Vec<_>>().join(" and "))
}
