//! Lines of the log as pages show them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    form::Guard,
    orders::row,
    settings,
    wanted::{Wanted, wanted},
    when::{When, day, day_in_words},
};
use crate::{
    activity::{Category, feed::Entry},
    order::{Order, Status},
    outbox::{self, Kind},
    reminder::rule::Reason,
};

/// One line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    id: i64,
    at: When,
    mark: &'static str,
    tone: &'static str,
    order: Option<String>,
    /// Its order's page.
    href: Option<String>,
    what: String,
    means: String,
    /// In the words of Stripe or of the log, for whoever asks for help.
    code: Option<String>,
    /// While it needs somebody.
    wanted: Option<Wanted>,
    dealt: Option<String>,
    form: Option<Guard>,
    /// Of a line that comes to a page that stands already.
    day: Option<Heading>,
}

/// The heading of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// For the script, which puts lines under the heading of their day.
    date: String,
    /// `Friday, 27 November 2026`
    name: String,
    /// The same with *Today* or *Yesterday*.
    called: String,
}

/// The lines of one day.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    #[serde(flatten)]
    heading: Heading,
    lines: Vec<Line>,
}

/// How lines are shown to somebody.
#[derive(Debug, Clone)]
pub struct Reader {
    pub zone: Tz,
    /// What their forms are bound to, if they may deal with a line.
    pub cookie: Option<String>,
}

impl Reader {
    pub fn line(&self, entry: &Entry) -> Line {
        let category = Category::from_name(&entry.category);
        let is_open = entry.is_open();
        let by = entry.dismissed_by.as_deref().map(named);
        let dealt = by
            .zip(entry.dismissed_at)
            .map(|(by, at)| format!("Dealt with: {by}, {}", When::of(at, self.zone).text));
        let form = self.cookie.as_deref().filter(|_| is_open).map(Guard::of);
        Line {
            id: entry.id,
            at: When::of(entry.at, self.zone),
            mark: mark(category, is_open),
            tone: if is_open { "bad" } else { tone(category) },
            order: order(entry),
            href: entry.order_id.map(|order| format!("/ops/orders/{order}")),
            what: sentence(&what(entry)),
            means: means(entry),
            code: code(entry),
            wanted: is_open.then(|| wanted(category, &entry.detail)).flatten(),
            dealt,
            form,
            day: None,
        }
    }

    /// A line with its day, for a page that stands already.
    pub fn line_of_a_day(&self, entry: &Entry, now: DateTime<Utc>) -> Line {
        Line {
            day: Some(self.heading(entry, now)),
            ..self.line(entry)
        }
    }

    fn heading(&self, entry: &Entry, now: DateTime<Utc>) -> Heading {
        let is = day(entry.at, self.zone);
        Heading {
            date: is.to_string(),
            name: day_in_words(is, None),
            called: day_in_words(is, Some(day(now, self.zone))),
        }
    }

    /// Lines by their days, as they come.
    pub fn days(&self, entries: &[Entry], now: DateTime<Utc>) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        for entry in entries {
            let (heading, line) = (self.heading(entry, now), self.line(entry));
            match days.last_mut().filter(|day| day.heading == heading) {
                Some(day) => day.lines.push(line),
                None => days.push(Day {
                    heading,
                    lines: vec![line],
                }),
            }
        }
        days
    }
}

/// The icon of a category.
fn mark(category: Option<Category>, is_open: bool) -> &'static str {
    match category {
        _ if is_open && category.is_none() => "warn",
        Some(Category::Order) => "orders",
        Some(Category::Checkout) => "card",
        Some(Category::Payment) => "cash",
        Some(Category::Case) => "scale",
        Some(Category::Mail) => "mail",
        Some(Category::Reminder) => "bell",
        Some(Category::Blast) => "send",
        Some(Category::Suppression) => "bell-off",
        Some(Category::Webhook) => "zap",
        Some(Category::Settings) => "settings",
        Some(Category::People) => "people",
        Some(Category::Retention) => "clock",
        None => "info",
    }
}

fn tone(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Payment) => "good",
        _ => "",
    }
}

/// Whose order it is, with its reference.
fn order(entry: &Entry) -> Option<String> {
    match (&entry.name, &entry.reference) {
        (Some(name), Some(reference)) => Some(format!("{name} ({reference})")),
        (None, reference) => reference.clone(),
        (Some(name), None) => Some(name.clone()),
    }
}

/// What happened, in the words of pages where the log has those of the API.
fn what(entry: &Entry) -> String {
    let detail = |key: &str| entry.detail[key].as_str();
    let said = plain(&entry.what).map(str::to_owned);
    let said = said.or_else(|| match Category::from_name(&entry.category) {
        Some(Category::Webhook) => told_by_stripe(entry).map(str::to_owned),
        Some(Category::Reminder) => detail("reason")
            .and_then(Reason::from_name)
            .map(|reason| format!("no reminder: {}", in_words(reason))),
        Some(Category::Blast) => detail("reason").and_then(|_| without_advice(&entry.what)),
        Some(Category::Order) => detail("to").and_then(Status::from_name).map(moved),
        Some(Category::Mail) => detail("kind")
            .and_then(Kind::from_name)
            .and_then(|kind| mailed(&entry.what, kind)),
        Some(Category::Settings) => settings::words::changed(&entry.detail),
        _ => None,
    });
    said.unwrap_or_else(|| entry.what.clone())
}

/// What the log says to whoever uses the API, for whoever looks at pages.
fn told_by_stripe(entry: &Entry) -> Option<&'static str> {
    if entry.what.starts_with(FAILED) {
        Some("a message of Stripe could not be worked through")
    } else if entry.detail["silence"] == true {
        Some("Stripe’s messages did not reach us")
    } else {
        None
    }
}

const FAILED: &str = "an event of Stripe failed for good: ";

/// What of the log is only for whoever looks closer.
fn code(entry: &Entry) -> Option<String> {
    let said = entry
        .what
        .strip_prefix(FAILED)
        .map(|said| said.split_once(". GET ").map_or(said, |(which, _)| which));
    said.or_else(|| entry.what.strip_prefix("settings changed: "))
        .map(str::to_owned)
}

/// Why a mailing has stopped, without its last sentence: what to do by API or command.
pub fn without_advice(told: &str) -> Option<String> {
    let (fact, _) = told.rsplit_once(". ")?;
    Some(fact.replacen("open a checkout", "open a payment page", 1))
}

/// The words of pages for lines that the log always writes in the same words; nothing for others.
pub fn plain(what: &str) -> Option<&'static str> {
    Some(match what {
        "order created" => "the order came in",
        "order changed" => "what is owed, or whom we write to, was changed",
        "refunded at Stripe" => "money was given back",
        "a refund was asked for" => "Stripe was asked to give money back",
        "Stripe was asked about the order" => "Stripe was asked how the payment stands",
        "a bank debit did not arrive; the order can be paid again" => {
            "their bank did not pay; the link works again"
        }
        _ => return None,
    })
}

/// An order came to another state.
fn moved(to: Status) -> String {
    match to {
        Status::Open => "the order is owed again".to_owned(),
        Status::Processing => "a bank debit was begun".to_owned(),
        _ => format!("the order is now {}", row::in_words(to)),
    }
}

/// A mail's line ends with its kind.
fn mailed(what: &str, kind: Kind) -> Option<String> {
    let said = what.strip_suffix(kind.name())?.strip_suffix(": ")?;
    let said = match said {
        // That a server took it is not that somebody has it.
        outbox::SENT => "mail accepted",
        outbox::NOBODY_KNOWS => "we cannot tell whether a mail was sent",
        other => other,
    };
    let kind = match kind {
        Kind::Blast => "one of a mailing",
        Kind::Account => "a way in",
        Kind::Test => "a test of a mailing",
        Kind::Alert => "one to the shop",
        Kind::Link => "the order’s link",
        Kind::Reminder => "a reminder",
    };
    Some(format!("{said}: {kind}"))
}

/// Why there is no reminder, within a sentence.
pub fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Superseded => "the payment page was closed by us, or a newer one was opened",
        Reason::Paid => "it is paid",
        Reason::SettledOffline => "it is settled without Stripe",
        Reason::Cancelled => "it is cancelled",
        Reason::Processing => "money is on its way or being checked",
        Reason::AlreadyReminded => "they have had the one reminder",
        // Which of the two it was is known of the order's page alone.
        Reason::ReminderDisabled => "reminders are off, for this order or altogether",
        Reason::RecoveryDisabled => "reminders are off",
        Reason::NoEmail => "they left no e-mail",
        Reason::Suppressed => "they asked not to be mailed, or their address takes no mail",
        Reason::TooOld => "they left too long ago",
        Reason::RecentPurchase => "they have bought since",
        Reason::RecentlyReminded => "they had one within 7 days",
        Reason::TestMode => "it was a test",
        Reason::NoSession => "we know of no payment page",
        Reason::NotRestorable => "the cart cannot be brought back",
    }
}

/// The same of an order whose own switch is known.
pub fn in_words_of(order: &Order, reason: Reason) -> &'static str {
    match reason {
        Reason::ReminderDisabled if !order.remind => "reminders are off for this order",
        _ => in_words(reason),
    }
}

/// Who did it, and what they had to say.
fn means(entry: &Entry) -> String {
    let note = entry.detail["note"]
        .as_str()
        .filter(|note| !note.is_empty());
    let by = sentence(&named(&entry.actor));
    match note {
        Some(note) => format!("{by}: “{note}”"),
        None => by,
    }
}

/// The name of somebody who is signed in, or whoever else did it.
pub fn named(actor: &str) -> String {
    match actor.split_once(':') {
        Some(("ops", name)) => name.to_owned(),
        Some(("api", name)) => format!("the token {name}"),
        // By what way Stripe told us is for the log.
        _ => program(actor.split_once(", by ").map_or(actor, |(who, _)| who)),
    }
}

/// Who it is that has no name: one of our own parts, or somebody from outside.
fn program(actor: &str) -> String {
    match actor {
        "outbox" | "freshmint" | "recovery" | "sweep" => "Freshmint".to_owned(),
        "stripe" => "Stripe".to_owned(),
        "payer" => "whoever has the link".to_owned(),
        "mail server" => "the mail server".to_owned(),
        "sign-in page" => "the sign-in page".to_owned(),
        "command line" => "somebody at the command line".to_owned(),
        other => sentence(other),
    }
}

/// It begins with a capital letter.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// A reason of the domain as a sentence of a page.
pub fn in_a_sentence(why: &str) -> String {
    format!("{}.", sentence(why).trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_told_of_in_the_words_of_the_pages() {
        let said = |what: &str, kind| mailed(&format!("{what}: {kind}"), kind);
        assert_eq!(
            said("mail sent", Kind::Blast).as_deref(),
            Some("mail accepted: one of a mailing")
        );
        assert_eq!(
            said("mail came back", Kind::Link).as_deref(),
            Some("mail came back: the order’s link")
        );
        let unknown = "nobody can know whether a mail was sent; look, then retry or drop it";
        assert_eq!(
            said(unknown, Kind::Reminder).as_deref(),
            Some("we cannot tell whether a mail was sent: a reminder")
        );
        // A line that a newer version wrote otherwise stands as it is.
        assert_eq!(mailed("mail sent (link)", Kind::Link), None);
    }
}
