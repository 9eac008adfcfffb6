//! The list as a spreadsheet: `email, reason, note, since`, of which the first is required.

use std::cmp::Reverse;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;

use super::{Reason, Suppression};
use crate::{
    order::{email::Email, problem::Problems, text::Text},
    spreadsheet::{BadLine, FileError, Header, Record, Sheet, as_meant, quoted, without_formula},
    zone::begin_of,
};

const COLUMNS: [&str; 4] = ["email", "reason", "note", "since"];
/// Where a file does not say.
const REASON: &str = Reason::Imported.name();

/// Somebody who is not to be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub email: Email,
    /// `unsubscribed`, `manual`, or the shop's own word.
    pub reason: String,
    /// What somebody had to say about it.
    pub note: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The sound lines.
    pub entries: Vec<Entry>,
    /// The others, each with its reason.
    pub bad: Vec<BadLine>,
}

/// Reads a whole file: UTF-8, separated by comma or semicolon, the columns in any order. A line
/// without `since` means `now`, and none can mean later; days are those of its clocks.
///
/// # Errors
/// No line of it can be understood.
pub fn parse(bytes: &[u8], now: DateTime<Tz>) -> Result<Parsed, FileError> {
    let sheet = Sheet::open(bytes)?
        .ok_or_else(|| wrong("the first line must name the columns: email, reason, note, since"))?;
    let columns = Columns::read(sheet.header)?;
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    for record in sheet.records {
        match columns.entry(&record, now) {
            Ok(entry) => entries.push(entry),
            Err(reason) => bad.push(BadLine {
                line: record.line,
                reference: None,
                reason,
            }),
        }
    }
    Ok(Parsed { entries, bad })
}

fn wrong(sentence: impl ToString) -> FileError {
    FileError::Columns(vec![sentence.to_string()])
}

/// The columns of a file that has an address in each line.
struct Columns(Header);

impl Columns {
    fn read(header: Header) -> Result<Self, FileError> {
        if let Some((_, cell)) = header.others(&COLUMNS).next() {
            return Err(wrong(format!(
                "{} is no column of this list: remove or rename it (there may be email, reason, note, since)",
                quoted(cell)
            )));
        }
        if header.place(&["email"]).is_none() {
            return Err(wrong("add the missing column “email”"));
        }
        let repeated = header.repeated();
        match COLUMNS.into_iter().find(|name| repeated.contains(name)) {
            Some(name) => Err(wrong(format!("keep one only of the column “{name}”"))),
            None => Ok(Self(header)),
        }
    }

    fn entry(&self, record: &Record, now: DateTime<Tz>) -> Result<Entry, String> {
        if let Some(wrong) = &record.wrong {
            return Err(wrong.clone());
        }
        let (cells, columns) = (record.cells.len(), self.0.cells().len());
        if cells != columns {
            return Err(format!(
                "this line has {cells} cells, and the first one {columns}; put text with commas in quotation marks"
            ));
        }
        let cell = |name: &str| record.filled(self.0.place(&[name])).map(as_meant);
        let mut problems = Problems::default();
        let email = problems.take("email", Email::parse(cell("email").unwrap_or_default()));
        let reason = Text::<200>::parse(cell("reason").unwrap_or(REASON));
        let reason = problems.take("reason", reason);
        let note = cell("note").map(Text::<2_000>::parse).transpose();
        let note = problems.take("note", note);
        let since = cell("since").map_or(Ok(now.to_utc()), |cell| since(cell, now));
        let since = problems.take("since", since);
        let entry = (|| {
            Some(Entry {
                email: email?,
                reason: reason?.into(),
                note: note?.map(String::from),
                since: since?,
            })
        })();
        problems.or(entry).map_err(|problems| problems.to_string())
    }
}

/// RFC 3339, or a day, which is its beginning by the shop's clocks.
fn since(cell: &str, now: DateTime<Tz>) -> Result<DateTime<Utc>, &'static str> {
    let day = DateTime::parse_from_rfc3339(&format!("{cell}T00:00:00Z"));
    let since = day
        .map(|day| begin_of(day.date_naive(), now.timezone()))
        .or_else(|_| DateTime::parse_from_rfc3339(cell).map(|at| at.to_utc()))
        .map_err(|_| "write this as 2026-11-03 or 2026-11-03T18:05:00Z, or leave it empty")?;
    if since > now {
        return Err("this lies in the future");
    }
    Ok(since)
}

/// Writes the list as [`parse`] reads it, by these clocks, newest first, without the addresses that have been erased.
/// No cell of it is a formula; [`parse`] takes the apostrophes away again.
pub fn write(rows: &[Suppression], zone: Tz) -> String {
    let mut file = csv::Writer::from_writer(Vec::new());
    let mut rows: Vec<&Suppression> = rows.iter().collect();
    rows.sort_by_key(|row| (Reverse(row.since.timestamp()), row.address.clone()));
    let lines = rows.iter().filter_map(|row| {
        let since = row.since.with_timezone(&zone);
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let address = without_formula(row.address.as_deref()?);
        let note = without_formula(row.note.as_deref().unwrap_or_default());
        Some([address, without_formula(&row.reason), note, since])
    });
    // In memory, and every line has four cells: there is no error.
    let _ = file.write_record(COLUMNS);
    for line in lines {
        let _ = file.write_record(line);
    }
    String::from_utf8(file.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Tz> {
        let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().expect("a time");
        now.with_timezone(&Tz::Europe__Berlin)
    }

    fn read(text: &str) -> Result<Parsed, String> {
        parse(text.as_bytes(), now()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_stand_in_any_order_and_only_the_address_is_needed() {
        let parsed =
            read("Since;EMAIL;note\n2026-11-03;ann@example.org;\n;bo@example.org;by phone\n")
                .unwrap();
        let entry = |email: &str, note: Option<&str>, since: &str| Entry {
            email: Email::parse(email).unwrap(),
            reason: "imported".to_owned(),
            note: note.map(str::to_owned),
            since: since.parse().unwrap(),
        };
        let expected = [
            entry("ann@example.org", None, "2026-11-02T23:00:00Z"),
            entry("bo@example.org", Some("by phone"), "2026-11-21T12:00:00Z"),
        ];
        assert_eq!((parsed.entries, parsed.bad), (expected.to_vec(), vec![]));
    }

    #[test]
    fn every_bad_line_is_told_with_its_number_and_without_the_address() {
        let parsed = read(
            "email,reason,since\nno address,x,\n\nann@rovers.example,x\nbo@rovers.example,,2027-01-01\n\
             cy@rovers.example,,3.11.2026\n",
        )
        .unwrap();
        let told: Vec<u64> = parsed.bad.iter().map(|bad| bad.line).collect();
        assert_eq!((told, parsed.entries), (vec![2, 4, 5, 6], vec![]));
        assert!(parsed.bad[2].reason.contains("in the future"));
        assert!(!format!("{:?}", parsed.bad).contains("@rovers.example"));
    }

    #[test]
    fn a_file_with_other_columns_is_refused() {
        for (header, said) in [
            ("", "the first line must name"),
            ("reason", "“email”"),
            ("email,name", "“name”"),
            ("email,Email", "one only"),
        ] {
            let refused = read(header).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
