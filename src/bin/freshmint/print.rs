//! What the commands print. Whoever reads it may stop early, as `head` does.

use std::{
    fmt,
    io::{self, Write},
    process,
};

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
    end_unless_read(writeln!(io::stdout(), "{what}"));
}

/// A text that has its own line ends.
pub fn text(what: &str) {
    let mut out = io::stdout();
    end_unless_read(out.write_all(what.as_bytes()).and_then(|()| out.flush()));
}

pub fn complaint(what: fmt::Arguments<'_>) {
    // There is no other place to say it in.
    let _ = writeln!(io::stderr(), "{what}");
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
