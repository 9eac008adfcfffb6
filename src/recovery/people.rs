//! People whose carts are wanted, from a spreadsheet: a column `email`, and `session_id` where it is
//! known. Other columns do no harm.

use super::backfill::Wanted;
use crate::{
    order::email::Email,
    spreadsheet::{FileError, Sheet},
};

const EMAIL: [&str; 2] = ["email", "e-mail"];
const SESSION: [&str; 2] = ["session_id", "stripe_session_id"];

/// A line of the file: its number, counted from 1, and what is wanted, or what is wrong with it.
pub type Line = (u64, Result<Wanted, String>);

/// Reads the file: UTF-8, separated by comma or semicolon.
///
/// # Errors
/// No line of it can be understood.
pub fn parse(bytes: &[u8]) -> Result<Vec<Line>, FileError> {
    let no_column = || {
        let sentence = "the first line must name a column email";
        FileError::Columns(vec![sentence.to_owned()])
    };
    let Sheet { header, records } = Sheet::open(bytes)?.ok_or_else(no_column)?;
    let (email, session) = (header.place(&EMAIL), header.place(&SESSION));
    if email.is_none() && session.is_none() {
        return Err(no_column());
    }
    let lines = records.map(|record| {
        let cell = |at| record.filled(at).unwrap_or_default();
        let wanted = match &record.wrong {
            Some(wrong) => Err(wrong.clone()),
            None => wanted(cell(email), cell(session)),
        };
        (record.line, wanted)
    });
    Ok(lines.collect())
}

fn wanted(email: &str, session: &str) -> Result<Wanted, String> {
    let plain = |id: &str| {
        id.len() <= 255
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match (email, session) {
        ("", "") => Err("neither an address nor a session".to_owned()),
        (_, id) if id.starts_with("cs_") && plain(id) => Ok(Wanted::Session(id.to_owned())),
        // As it is written: Stripe compares letter by letter.
        (address, "") => Email::parse(address)
            .map(|_| Wanted::Of(address.to_owned()))
            .map_err(|error| error.to_string()),
        _ => Err("session_id is no Checkout Session; it begins with cs_".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_enough_and_a_session_is_better() {
        let read = parse(
            b"Name;E-Mail;session_id\r\n\r\nAnn;Ann@Example.org;\r\nBo;;cs_test_1\r\nCy;cy;\r\n\
              Di;di@example.org;pi_1\r\n;;\r\n",
        );
        let of = |address: &str| Ok(Wanted::Of(address.to_owned()));
        let told = |text: &str| Err(text.to_owned());
        assert_eq!(
            read,
            Ok(vec![
                (3, of("Ann@Example.org")),
                (4, Ok(Wanted::Session("cs_test_1".to_owned()))),
                (5, told(&Email::parse("cy").unwrap_err().to_string())),
                (
                    6,
                    told("session_id is no Checkout Session; it begins with cs_")
                ),
            ])
        );
    }

    #[test]
    fn a_file_without_either_column_is_refused() {
        for file in ["", "name,phone\nAnn,1\n"] {
            let refused = parse(file.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains("column email"), "{refused}");
        }
    }
}
