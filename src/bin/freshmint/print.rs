//! What the commands print. Whoever reads it may stop early, as `head` does.
//!
//! Much of it was written by somebody else: cells of a file, what Stripe and mail servers said, what
//! stands in the database since an older version. Nothing of that is a command to the terminal: all that
//! is printed goes through `legible`, and a value that must stay in its line through [`shown`].

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    process,
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use freshmint::legible;
use serde::Serialize;
use serde_json::json;

use crate::{Done, Failure};

/// Prints a line on standard output. Where nobody reads on, the command ends, as others do.
macro_rules! say {
    ($($what:tt)*) => {
        $crate::print::line(format_args!($($what)*))
    };
}

/// Prints a line on standard error, if somebody reads it.
macro_rules! complain {
    ($($what:tt)*) => {
        $crate::print::complaint(format_args!($($what)*))
    };
}

pub fn line(what: fmt::Arguments<'_>) {
    end_unless_read(writeln!(io::stdout(), "{}", legible(what)));
}

/// For programs: what somebody asked for as JSON.
pub fn json(value: &impl Serialize) -> Done {
    say!(
        "{}",
        serde_json::to_string_pretty(value).map_err(Failure::new)?
    );
    Ok(())
}

/// The same of a list, as a page of the API.
pub fn json_list(rows: &impl Serialize) -> Done {
    json(&json!({ "data": rows, "next_cursor": null }))
}

/// `2026-11-27 20:31 UTC`
pub fn moment(at: DateTime<Utc>, zone: Tz) -> impl fmt::Display {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")
}

/// A file that has its own line ends: as it is, but for people.
pub fn file(content: &str) {
    let mut out = io::stdout();
    let written = if out.is_terminal() {
        out.write_all(legible::lines(content).as_bytes())
    } else {
        out.write_all(content.as_bytes())
    };
    end_unless_read(written.and_then(|()| out.flush()));
}

pub fn complaint(what: fmt::Arguments<'_>) {
    // There is no other place to say it in.
    let _ = writeln!(io::stderr(), "{}", legible(what));
}

fn legible(what: fmt::Arguments<'_>) -> String {
    legible::lines(&what.to_string())
}

/// A value of somebody else that stands in a line with others.
pub fn shown(value: impl fmt::Display) -> String {
    legible::one_line(&value.to_string())
}

/// `1 cart`, `2 carts`.
pub fn count(number: impl fmt::Display, one: &str, several: &str) -> String {
    let number = number.to_string();
    let what = if number == "1" { one } else { several };
    format!("{number} {what}")
}

fn end_unless_read(written: io::Result<()>) {
    let Err(error) = written else {
        return;
    };
    if error.kind() == io::ErrorKind::BrokenPipe {
        process::exit(0);
    }
    complain!("The output cannot be written: {error}.");
    process::exit(crate::FAILED.into());
}
