//! Lines of the log as pages show them.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    form::Guard,
    when::{When, day, day_in_words},
};
use crate::activity::{Category, feed::Entry};

/// One line.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    id: i64,
    at: When,
    mark: &'static str,
    tone: &'static str,
    order: Option<String>,
    what: String,
    means: String,
    dealt: Option<String>,
    form: Option<Guard>,
}

/// The lines of one day.
#[derive(Debug, Clone, Serialize)]
pub struct Day {
    name: String,
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
            what: sentence(&entry.what),
            means: means(entry),
            dealt,
            form,
        }
    }

    /// Lines by their days, as they come.
    pub fn days(&self, entries: &[Entry], now: DateTime<Utc>) -> Vec<Day> {
        let today = day(now, self.zone);
        let mut days: Vec<Day> = Vec::new();
        for entry in entries {
            let name = day_in_words(day(entry.at, self.zone), today);
            let line = self.line(entry);
            match days.last_mut().filter(|day| day.name == name) {
                Some(day) => day.lines.push(line),
                None => days.push(Day {
                    name,
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

/// Who did it, and what they had to say.
fn means(entry: &Entry) -> String {
    let note = entry.detail["note"]
        .as_str()
        .filter(|note| !note.is_empty());
    let by = named(&entry.actor);
    match note {
        Some(note) => format!("{by}: “{note}”"),
        None => by,
    }
}

/// The name of somebody who is signed in, or whoever else did it.
fn named(actor: &str) -> String {
    match actor.split_once(':') {
        Some(("ops", name)) => name.to_owned(),
        Some(("api", name)) => format!("with the token {name}"),
        _ => sentence(actor),
    }
}

/// It begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
