//! The columns of a spreadsheet of orders, as its header names them.

use crate::{
    foreign_text::composed,
    import::compare::Said,
    order::metadata::{MAX_KEYS, Metadata},
    spreadsheet::{FileError, Header, quoted},
};

/// The columns that a file must have, in the order of the documentation.
pub(super) const REQUIRED: [&str; 6] = [
    "reference",
    "email",
    "name",
    "currency",
    "description",
    "amount",
];

/// The columns that it may have besides `meta.KEY`.
const OPTIONAL: [&str; 4] = ["quantity", "locale", "stripe_session_id", "paid_at"];

/// Where each column stands.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) reference: usize,
    pub(super) email: usize,
    pub(super) name: usize,
    pub(super) currency: usize,
    pub(super) description: usize,
    pub(super) amount: usize,
    pub(super) quantity: Option<usize>,
    pub(super) locale: Option<usize>,
    pub(super) stripe_session_id: Option<usize>,
    pub(super) paid_at: Option<usize>,
    /// Keys with their columns.
    pub(super) meta: Vec<(String, usize)>,
    /// How many cells a record must have.
    pub(super) count: usize,
}

impl Columns {
    /// Reads the header: names in any case, in any order.
    pub(super) fn read(header: &Header) -> Result<Self, FileError> {
        let place = |name: &str| header.place(&[name]);
        if header.place(&REQUIRED).is_none() {
            let sentence = format!(
                "the first line must name the columns: {}",
                REQUIRED.join(", ")
            );
            return Err(FileError::Columns(vec![sentence]));
        }
        let meta = meta_columns(header.cells());
        let problems = problems(header, &meta);
        if !problems.is_empty() {
            return Err(FileError::Columns(problems));
        }
        // A required column that is missing is among the problems.
        let required = |name| place(name).unwrap_or_default();
        Ok(Self {
            reference: required("reference"),
            email: required("email"),
            name: required("name"),
            currency: required("currency"),
            description: required("description"),
            amount: required("amount"),
            quantity: place("quantity"),
            locale: place("locale"),
            stripe_session_id: place("stripe_session_id"),
            paid_at: place("paid_at"),
            meta,
            count: header.cells().len(),
        })
    }
}

impl Columns {
    /// Which of the optional ones there are.
    pub(super) fn said(&self) -> Said {
        Said {
            locale: self.locale.is_some(),
            meta: self.meta.iter().map(|(key, _)| composed(key)).collect(),
        }
    }
}

/// The keys of the `meta.KEY` columns. Their case is kept: templates ask for them by it.
fn meta_columns(cells: &[String]) -> Vec<(String, usize)> {
    let key = |cell: &String| {
        let (prefix, key) = cell.split_at_checked(5)?;
        prefix
            .eq_ignore_ascii_case("meta.")
            .then(|| key.trim().to_owned())
    };
    cells
        .iter()
        .enumerate()
        .filter_map(|(at, cell)| Some((key(cell)?, at)))
        .collect()
}

fn columns<T>(names: &[T]) -> &'static str {
    match names {
        [_] => "column",
        _ => "columns",
    }
}

/// All that is wrong with the header, a sentence each.
fn problems(header: &Header, meta: &[(String, usize)]) -> Vec<String> {
    let mut problems = Vec::new();
    let missing: Vec<&str> = REQUIRED
        .into_iter()
        .filter(|name| header.place(&[name]).is_none())
        .collect();
    if !missing.is_empty() {
        problems.push(format!(
            "add the missing {} {}",
            columns(&missing),
            all_quoted(&missing)
        ));
    }
    let unknown = unknown(header, meta);
    if !unknown.is_empty() {
        problems.push(format!(
            "remove or rename the unknown {} {} (besides the required ones there may be {}, meta.KEY)",
            columns(&unknown),
            all_quoted(&unknown),
            OPTIONAL.join(", ")
        ));
    }
    let twice = header.repeated();
    if !twice.is_empty() {
        problems.push(format!(
            "keep one only of each column {}",
            all_quoted(&twice)
        ));
    }
    let unnamed = header.others(&[]).filter(|(_, cell)| cell.is_empty());
    problems
        .extend(unnamed.map(|(at, _)| format!("column {} has no name; name or delete it", at + 1)));
    for (key, at) in meta {
        if let Err(error) = Metadata::check_key(key) {
            problems.push(format!("column {}: {error}", quoted(&header.cells()[*at])));
        }
    }
    if meta.len() > MAX_KEYS {
        problems.push(format!(
            "keep at most {MAX_KEYS} columns meta.KEY, which is what Stripe leaves room for"
        ));
    }
    problems
}

fn unknown<'h>(header: &'h Header, meta: &[(String, usize)]) -> Vec<&'h str> {
    let known = [&REQUIRED[..], &OPTIONAL].concat();
    let is_meta = |at: usize| meta.iter().any(|(_, column)| *column == at);
    header
        .others(&known)
        .filter(|(at, cell)| !cell.is_empty() && !is_meta(*at))
        .map(|(_, cell)| cell)
        .collect()
}

fn all_quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Columns, String> {
        let cells = header
            .split(',')
            .map(|cell| cell.trim().to_owned())
            .collect();
        Columns::read(&Header::new(cells)).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_stand_in_any_order_and_case() {
        let columns =
            read("AMOUNT, Meta.Team ,Reference,email,name,Currency,description,quantity").unwrap();
        assert_eq!(
            (
                columns.amount,
                columns.reference,
                columns.quantity,
                columns.locale
            ),
            (0, 2, Some(7), None)
        );
        assert_eq!(columns.meta, [("Team".to_owned(), 1)]);
    }

    #[test]
    fn everything_that_is_wrong_with_the_header_is_said_at_once() {
        let problems =
            read("reference,email,name,Price,amount,amount,,meta.order_id,meta.").unwrap_err();
        for part in [
            "add the missing columns “currency”, “description”",
            "unknown column “Price”",
            "keep one only of each column “amount”",
            "column 7 has no name",
            "column “meta.order_id”: this key is set by Freshmint itself",
            "column “meta.”: the key must have",
        ] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
    }

    #[test]
    fn a_file_without_a_header_is_told_what_to_put_there_and_its_cells_are_not_repeated() {
        assert_eq!(
            read("U12,jane@example.org,Jane,EUR,Fee,45.00").unwrap_err(),
            "the first line must name the columns: reference, email, name, currency, description, amount"
        );
    }

    #[test]
    fn metadata_columns_that_differ_in_case_only_are_duplicates() {
        let header = "reference,email,name,currency,description,amount,meta.team,META.Team";
        assert!(read(header).unwrap_err().contains("“meta.team”"));
    }
}
