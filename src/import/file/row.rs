//! One record under the header's columns, each cell checked by itself.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{BadRow, Fault, columns::Columns};
use crate::{
    gateway::SessionId,
    import::prior_system,
    order::{
        currency::Currency,
        email::Email,
        line::{Quantity, QuantityError},
        locale::Locale,
        problem::Problems,
        text::{Description, Name, Reference, one_line},
    },
    spreadsheet::Record,
};

/// A line of an order. An empty cell of what is said once per order is `None`: another line may say
/// it. The amount waits for the currency.
pub(super) struct FileRow {
    pub(super) line: u64,
    pub(super) reference: Reference,
    pub(super) email: Option<Email>,
    pub(super) name: Option<Name>,
    pub(super) currency: Option<Currency>,
    pub(super) locale: Option<Locale>,
    pub(super) sessions: Option<Vec<SessionId>>,
    pub(super) paid_at: Option<DateTime<Utc>>,
    /// Keys and values, without the empty ones.
    pub(super) meta: Vec<(String, String)>,
    pub(super) description: Description,
    pub(super) amount: String,
    pub(super) quantity: Quantity,
}

impl Columns {
    /// Checks every cell of a record and lists all that is wrong with it. Nothing can have happened
    /// after `now`.
    pub(super) fn row(&self, record: Record, now: DateTime<Tz>) -> Result<FileRow, BadRow> {
        let reference = record
            .cells
            .get(self.reference)
            .filter(|cell| !cell.is_empty())
            .cloned();
        let bad = |faults| BadRow {
            line: record.line,
            reference,
            faults,
        };
        if let Some(wrong) = record.wrong {
            return Err(bad(vec![Fault::of_line(wrong)]));
        }
        if record.cells.len() != self.count {
            return Err(bad(vec![Fault::of_line(format!(
                "the line has {} cells and the header {}; put cells with a separator in them in quotation marks",
                record.cells.len(),
                self.count
            ))]));
        }
        self.check(&record, now)
            .map_err(|problems| bad(Fault::all(&problems)))
    }

    fn check(&self, record: &Record, now: DateTime<Tz>) -> Result<FileRow, Problems> {
        let mut problems = Problems::default();
        let cell = |at: usize| record.cells[at].as_str();
        let reference = problems.take("reference", Reference::parse(cell(self.reference)));
        let email = record.filled(self.email).map(Email::parse).transpose();
        let email = problems.take("email", email);
        let name = record.filled(self.name).map(Name::parse).transpose();
        let name = problems.take("name", name);
        let currency = record.filled(self.currency).map(Currency::parse);
        let currency = problems.take("currency", currency.transpose());
        let description = problems.take("description", Description::parse(cell(self.description)));
        let quantity = record.filled(self.quantity);
        let quantity = problems.take("quantity", quantity.map_or(Ok(Quantity::ONE), quantity_of));
        let locale = record.filled(self.locale).map(Locale::parse).transpose();
        let locale = problems.take("locale", locale);
        let sessions = record.filled(self.stripe_session_id);
        let sessions = sessions.map(prior_system::sessions).transpose();
        let sessions = problems.take("stripe_session_id", sessions);
        let paid_at = record.filled(self.paid_at);
        let paid_at = paid_at.map(|cell| prior_system::paid_at(cell, now));
        let paid_at = problems.take("paid_at", paid_at.transpose());
        let meta = self.meta(record, &mut problems);
        let row = (|| {
            Some(FileRow {
                line: record.line,
                reference: reference?,
                email: email?,
                name: name?,
                currency: currency?,
                locale: locale?,
                sessions: sessions?,
                paid_at: paid_at?,
                meta,
                description: description?,
                amount: cell(self.amount).to_owned(),
                quantity: quantity?,
            })
        })();
        problems.or(row)
    }

    fn meta(&self, record: &Record, problems: &mut Problems) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, at) in &self.meta {
            let Some(value) = record.filled(*at) else {
                continue;
            };
            if problems
                .take(&format!("meta.{key}"), one_line(value, 500))
                .is_some()
            {
                pairs.push((key.clone(), value.to_owned()));
            }
        }
        // Held for every line of the file until its orders are put together.
        pairs.shrink_to_fit();
        pairs
    }
}

fn quantity_of(cell: &str) -> Result<Quantity, QuantityError> {
    // Nobody counts so: it is the cents of an amount with a decimal comma and no quotation marks.
    if cell.starts_with('0') {
        return Err(QuantityError);
    }
    // No sign: `+2` is read by a spreadsheet as a formula, and by nobody else.
    if !cell.bytes().all(|b| b.is_ascii_digit()) {
        return Err(QuantityError);
    }
    Quantity::try_from(cell.parse::<i64>().map_err(|_| QuantityError)?)
}
