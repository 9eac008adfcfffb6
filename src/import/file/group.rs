//! Rows with one reference make one order, or none.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::{
    BadRow, Entry, Fault, Import,
    duplicates::{Sound, without_duplicates},
    row::FileRow,
};
use crate::{
    gateway::SessionId,
    import::{compare::Said, prior_system::PriorSystem},
    order::{
        amount::parse_decimal,
        currency::{Currency, CurrencyError},
        draft::NewOrder,
        email::Email,
        line::{Line, check_line_total},
        locale::Locale,
        metadata::Metadata,
        mode::Mode,
        text::{Name, Reference},
    },
};

/// The lines of a file by their references, in the order in which these first appear.
#[derive(Default)]
pub(super) struct Orders {
    places: HashMap<String, usize>,
    groups: Vec<Group>,
    /// Bad lines without a reference, which take no order with them.
    strays: Vec<BadRow>,
}

#[derive(Default)]
struct Group {
    rows: Vec<FileRow>,
    bad: Vec<BadRow>,
}

impl Orders {
    pub(super) fn add(&mut self, row: FileRow) {
        let rows = &mut self.group(row.reference.as_str()).rows;
        // Most orders have one line, and a list grows by four.
        if rows.is_empty() {
            rows.reserve_exact(1);
        }
        rows.push(row);
    }

    pub(super) fn add_bad(&mut self, bad: BadRow) {
        match &bad.reference {
            Some(reference) => self.group(&reference.clone()).bad.push(bad),
            None => self.strays.push(bad),
        }
    }

    fn group(&mut self, reference: &str) -> &mut Group {
        let next = self.groups.len();
        let place = *self.places.entry(reference.to_owned()).or_insert(next);
        if place == next {
            self.groups.push(Group::default());
        }
        &mut self.groups[place]
    }

    pub(super) fn finish(self, said: Said) -> Import {
        drop(self.places);
        let (mut orders, mut bad) = (Vec::with_capacity(self.groups.len()), self.strays);
        for group in self.groups {
            match group.finish() {
                Ok(order) => orders.push(order),
                Err(lines) => bad.extend(lines),
            }
        }
        let (mut orders, shared) = without_duplicates(orders);
        bad.extend(shared);
        orders.sort_by_key(|entry| entry.line);
        bad.sort_by_key(|bad| bad.line);
        Import { orders, bad, said }
    }
}

impl Group {
    /// The order with its first line, or all lines of the group as bad ones.
    fn finish(mut self) -> Result<Sound, Vec<BadRow>> {
        let rows = std::mem::take(&mut self.rows);
        let shared = SaidOnce::by(&rows);
        let mut reasons: Vec<Vec<Fault>> = rows.iter().map(|row| shared.conflicts(row)).collect();
        let mut lines = Vec::with_capacity(rows.len());
        for (row, reasons) in rows.iter().zip(&mut reasons) {
            match row.line(shared.currency) {
                Ok(line) => lines.push(line),
                Err(reason) => reasons.push(reason),
            }
        }
        let sound = self.bad.is_empty() && reasons.iter().all(Vec::is_empty);
        if let (true, Some(first)) = (sound, rows.first()) {
            match shared.order(&first.reference, lines) {
                Ok(order) => {
                    let entry = Entry {
                        line: first.line,
                        order,
                        prior: shared.prior(),
                    };
                    let says_sessions = shared.sessions.map_or(first.line, |(line, _)| line);
                    return Ok(Sound {
                        entry,
                        says_sessions,
                    });
                }
                Err(faults) => reasons[0].extend(faults),
            }
        }
        Err(self.refuse(&rows, reasons))
    }

    /// All lines, those that are bad by themselves with their reasons, the others with a pointer to
    /// the first of these.
    fn refuse(self, rows: &[FileRow], reasons: Vec<Vec<Fault>>) -> Vec<BadRow> {
        let guilty = rows
            .iter()
            .zip(&reasons)
            .filter(|(_, reasons)| !reasons.is_empty());
        let guilty = guilty
            .map(|(row, _)| row.line)
            .chain(self.bad.iter().map(|bad| bad.line))
            .min();
        let pointer = guilty.map_or_else(String::new, |line| {
            format!("left out because line {line} of the same order is bad; an order is imported whole or not at all")
        });
        let mut bad = self.bad;
        bad.extend(rows.iter().zip(reasons).map(|(row, reasons)| BadRow {
            line: row.line,
            reference: Some(row.reference.to_string()),
            faults: if reasons.is_empty() {
                vec![Fault::of_line(pointer.clone())]
            } else {
                reasons
            },
        }));
        bad
    }
}

impl FileRow {
    /// The line of the order: in its own currency, else in that which the order has said elsewhere.
    fn line(&self, said: Option<(u64, &Currency)>) -> Result<Line, Fault> {
        let currency = self.currency.or(said.map(|(_, currency)| *currency));
        let currency = currency.ok_or_else(|| Fault::of("currency", CurrencyError::Missing))?;
        let unit_amount =
            parse_decimal(&self.amount, currency).map_err(|error| Fault::of("amount", error))?;
        let line = Line::Inline {
            recurring: None,
            tax_behavior: None,
            description: self.description.clone(),
            unit_amount,
            quantity: self.quantity,
        };
        check_line_total(&line, currency).map_err(|reason| Fault::of("amount", reason))?;
        Ok(line)
    }
}

/// What an order says once, each with the line that says it first.
struct SaidOnce<'r> {
    email: Option<(u64, &'r Email)>,
    name: Option<(u64, &'r Name)>,
    currency: Option<(u64, &'r Currency)>,
    locale: Option<(u64, &'r Locale)>,
    sessions: Option<(u64, &'r Vec<SessionId>)>,
    paid_at: Option<(u64, &'r DateTime<Utc>)>,
    meta: BTreeMap<&'r str, (u64, &'r str)>,
}

impl<'r> SaidOnce<'r> {
    fn by(rows: &'r [FileRow]) -> Self {
        let mut meta = BTreeMap::new();
        for row in rows {
            for (key, value) in &row.meta {
                meta.entry(key.as_str())
                    .or_insert((row.line, value.as_str()));
            }
        }
        Self {
            email: first(rows, |row| row.email.as_ref()),
            name: first(rows, |row| row.name.as_ref()),
            currency: first(rows, |row| row.currency.as_ref()),
            locale: first(rows, |row| row.locale.as_ref()),
            sessions: first(rows, |row| row.sessions.as_ref()),
            paid_at: first(rows, |row| row.paid_at.as_ref()),
            meta,
        }
    }

    /// Where a row says otherwise than an earlier one. An empty cell says nothing.
    fn conflicts(&self, row: &FileRow) -> Vec<Fault> {
        let mut conflicts = vec![
            conflict("email", row.line, self.email, row.email.as_ref()),
            conflict("name", row.line, self.name, row.name.as_ref()),
            conflict("currency", row.line, self.currency, row.currency.as_ref()),
            conflict("locale", row.line, self.locale, row.locale.as_ref()),
            conflict(
                "stripe_session_id",
                row.line,
                self.sessions,
                row.sessions.as_ref(),
            ),
            conflict("paid_at", row.line, self.paid_at, row.paid_at.as_ref()),
        ];
        for (key, value) in &row.meta {
            let said = self.meta.get(key.as_str()).copied();
            conflicts.push(conflict(
                &format!("meta.{key}"),
                row.line,
                said,
                Some(value.as_str()),
            ));
        }
        conflicts.into_iter().flatten().collect()
    }

    fn prior(&self) -> PriorSystem {
        PriorSystem {
            sessions: self.sessions.map_or_else(Vec::new, |(_, ids)| ids.clone()),
            paid_at: self.paid_at.map(|(_, at)| *at),
        }
    }

    fn order(&self, reference: &Reference, lines: Vec<Line>) -> Result<NewOrder, Vec<Fault>> {
        let mut metadata = Metadata::default();
        for (key, (_, value)) in &self.meta {
            metadata
                .insert(key, value)
                .map_err(|error| vec![Fault::of(format!("meta.{key}"), error)])?;
        }
        let (_, currency) = self
            .currency
            .ok_or_else(|| vec![Fault::of("currency", CurrencyError::Missing)])?;
        let order = NewOrder {
            reference: reference.clone(),
            email: self.email.map(|(_, email)| email.clone()),
            name: self.name.map(|(_, name)| name.clone()),
            currency: *currency,
            lines,
            metadata,
            mode: Mode::Payment,
            locale: self
                .locale
                .map_or_else(Locale::default, |(_, locale)| *locale),
            remind: true,
            automatic_tax: false,
            promotion_codes: false,
        };
        order.checked().map_err(|problems| Fault::all(&problems))
    }
}

fn first<'r, T: ?Sized>(
    rows: &'r [FileRow],
    cell: fn(&'r FileRow) -> Option<&'r T>,
) -> Option<(u64, &'r T)> {
    rows.iter().find_map(|row| Some((row.line, cell(row)?)))
}

/// The sentence for a cell that differs from what its order said before. It names both lines and
/// repeats neither cell.
fn conflict<T: PartialEq + ?Sized>(
    column: &str,
    line: u64,
    said: Option<(u64, &T)>,
    cell: Option<&T>,
) -> Option<Fault> {
    let ((first, said), cell) = (said?, cell?);
    (said != cell).then(|| {
        Fault::of(column, format!("line {line} differs from line {first} of the same order; make them agree, or leave this cell empty"))
    })
}
