//! A list of people, from a spreadsheet: a column `email`, and `session_id` where it is known.

use std::path::Path;

use freshmint::{order::email::Email, recovery::backfill::Wanted};

use crate::Failure;

/// A line of the file: its number, and what is wanted, or what is wrong with it.
pub type Line = (u64, Result<Wanted, String>);

/// Reads the file: UTF-8 with or without BOM, comma or semicolon.
pub fn read(path: &Path) -> Result<Vec<Line>, Failure> {
    let said = |what: String| Failure::new(format!("{}: {what}.", path.display()));
    let bytes = std::fs::read(path).map_err(|error| said(format!("it cannot be read: {error}")))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| said("it is not UTF-8; in Excel, save it as “CSV UTF-8”".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names = reader
        .headers()
        .map_err(|error| said(error.to_string()))?
        .clone();
    let column = |wanted: &[&str]| {
        names.iter().position(|name| {
            wanted
                .iter()
                .any(|wanted| name.eq_ignore_ascii_case(wanted))
        })
    };
    let email = column(&["email", "e-mail"]);
    let session = column(&["session_id", "stripe_session_id"]);
    if email.is_none() && session.is_none() {
        return Err(said("its first line must name a column email".to_owned()));
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| said(error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        let cell = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default();
        lines.push((number, wanted(cell(email), cell(session))));
    }
    Ok(lines)
}

fn wanted(email: &str, session: &str) -> Result<Wanted, String> {
    let plain = |id: &str| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match (email, session) {
        ("", "") => Err("neither an address nor a session".to_owned()),
        (_, id) if id.starts_with("cs_") && plain(id) => Ok(Wanted::Session(id.to_owned())),
        (address, "") => Email::parse(address)
            .map(|email| Wanted::Of(email.as_str().to_owned()))
            .map_err(|error| error.to_string()),
        _ => Err("session_id is no Checkout Session; it begins with cs_".to_owned()),
    }
}
