//! The days that a page of figures is about, as somebody typed them, in weeks or days.

use chrono::{Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::web::days;

/// Days at most, today with them.
const MOST: i64 = 366;
/// Days before this week's Monday that are looked back where nothing is said: eight weeks, of which the last is
/// not over.
const USUAL: u64 = 7 * 7;
/// More days are drawn as weeks.
const MOST_AS_DAYS: i64 = 92;

/// What was typed. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Typed {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    by: String,
}

/// Some days, the first and the last with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: NaiveDate,
    pub last: NaiveDate,
    weeks: bool,
    today: NaiveDate,
}

/// The same, for the form.
#[derive(Debug, Serialize)]
pub struct Shown {
    from: String,
    to: String,
    weeks: bool,
    /// `1 to 5 November 2026`
    words: String,
    /// It is what is shown where nothing is said.
    usual: bool,
    slot: &'static str,
}

impl Typed {
    pub fn span(&self, today: NaiveDate) -> Span {
        let read = |text: &str| {
            let day = text.trim().parse::<NaiveDate>().ok();
            day.filter(|day| days::is_known(*day))
        };
        let last = read(&self.to).unwrap_or(today);
        let monday = last.week(Weekday::Mon).first_day();
        let usual = monday.checked_sub_days(Days::new(USUAL)).unwrap_or(last);
        let first = read(&self.from).unwrap_or(usual);
        let (first, last) = (first.min(last), first.max(last));
        let longest = Days::new(MOST.unsigned_abs() - 1);
        let first = first.max(last.checked_sub_days(longest).unwrap_or(first));
        let long = (last - first).num_days() > MOST_AS_DAYS;
        let short = (last - first).num_days() < 14 && self.by.is_empty();
        Span {
            first,
            last,
            weeks: long || (self.by != "day" && !short),
            today,
        }
    }
}

impl Span {
    /// Each week (from Monday) or day of it.
    pub fn slots(self) -> Vec<NaiveDate> {
        let step = if self.weeks { 7 } else { 1 };
        let slots = std::iter::successors(Some(self.slot(self.first)), |slot| {
            slot.checked_add_days(Days::new(step))
        });
        slots.take_while(|slot| *slot <= self.last).collect()
    }

    /// The one that a day is in.
    pub fn slot(self, day: NaiveDate) -> NaiveDate {
        match self.weeks {
            true => day.week(Weekday::Mon).first_day(),
            false => day,
        }
    }

    /// `5 Oct`
    pub fn name(slot: NaiveDate) -> String {
        slot.format("%-d %b").to_string()
    }

    /// Whether a slot goes on.
    pub fn goes_on(self, slot: NaiveDate) -> bool {
        slot == self.slot(self.today)
    }

    fn is_usual(self) -> bool {
        let usual = Typed::default().span(self.today);
        (self.first, self.last) == (usual.first, usual.last)
    }

    pub fn shown(self) -> Shown {
        let end = self.last.format("%-d %B %Y").to_string();
        let same =
            |form: &str| self.first.format(form).to_string() == self.last.format(form).to_string();
        let words = match () {
            () if self.first == self.last => format!("on {end}"),
            () if same("%B %Y") => format!("between {} and {end}", self.first.format("%-d")),
            () if same("%Y") => format!("between {} and {end}", self.first.format("%-d %B")),
            () => format!("between {} and {end}", self.first.format("%-d %B %Y")),
        };
        Shown {
            from: self.first.to_string(),
            to: self.last.to_string(),
            weeks: self.weeks,
            words,
            usual: self.is_usual(),
            slot: if self.weeks { "Week of" } else { "Day" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str, by: &str) -> Span {
        let typed = Typed {
            from: from.to_owned(),
            to: to.to_owned(),
            by: by.to_owned(),
        };
        typed.span(day("2026-11-28"))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn eight_weeks_are_shown_and_the_last_is_marked() {
        let span = span("x", "", "week");
        let slots = span.slots();
        assert_eq!((slots.len(), slots[0]), (8, day("2026-10-05")));
        assert!(span.goes_on(day("2026-11-23")) && !span.goes_on(day("2026-11-16")));
        assert_eq!(Span::name(slots[0]), "5 Oct");
        assert!(span.shown().usual);
    }

    #[test]
    fn days_are_days_a_year_is_weeks_and_nothing_is_longer() {
        assert_eq!(span("2026-11-01", "2026-11-05", "day").slots().len(), 5);
        let turned = span("2026-11-05", "2026-11-01", "");
        assert_eq!((turned.first, turned.slots().len()), (day("2026-11-01"), 5));
        let year = span("1999-01-01", "", "day");
        assert_eq!((year.last - year.first).num_days(), MOST - 1);
        assert!(year.slots().len() < 55);
        assert_eq!(
            span("2026-11-01", "2026-11-05", "").shown().words,
            "between 1 and 5 November 2026"
        );
        assert!(!year.shown().usual);
    }
}
