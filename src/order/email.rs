//! An e-mail address that never reaches a log by accident.

use std::fmt;

use serde::Serialize;

use crate::foreign_text::is_blank;

/// The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_LENGTH: usize = 254;

/// A deliverable address: local part, `@`, a domain with a dot, ASCII. `Debug` and `Display` show
/// `j…@example.org`; [`Email::as_str`] and serde give the address itself.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is no address. None of them repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// An empty text; an order without an address has none at all.
    #[error("this is empty; leave it out if there is no address")]
    Empty,
    /// Not of the form `name@example.org`.
    #[error("this is not an e-mail address; write one like name@example.org, and nothing else")]
    NotAnAddress,
    /// A letter outside ASCII, which Stripe and many mail servers refuse.
    #[error(
        "Stripe takes ASCII letters only in an address; write an international domain as xn--…"
    )]
    NotAscii,
    /// Mail programs on the way take it for an option or a command.
    #[error("an address that begins with - or | is not written to; is it a typing error?")]
    Command,
    /// More than 254 characters.
    #[error("this address is longer than the 254 characters that mail servers take")]
    TooLong,
}

impl Email {
    /// Trims and checks. Stricter than RFC 5322 where Stripe is: no quoted local part, no address
    /// literal (`[192.0.2.1]`), no domain without a dot.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(EmailError::TooLong);
        }
        // Asked before ASCII: “müller at example” lacks more than ASCII letters.
        let address: lettre::Address = text.parse().map_err(|_| EmailError::NotAnAddress)?;
        if !text.is_ascii() {
            return Err(EmailError::NotAscii);
        }
        let top_level = address
            .domain()
            .rsplit_once('.')
            .map_or("", |(_, label)| label);
        if !top_level.starts_with(|c: char| c.is_ascii_alphabetic())
            || address.user().starts_with('"')
        {
            return Err(EmailError::NotAnAddress);
        }
        if text.starts_with(['-', '|']) {
            return Err(EmailError::Command);
        }
        Ok(Self(text.to_owned()))
    }

    /// An address from a row: it was checked when it came, by the rules of that day. `None` for an empty
    /// text.
    pub fn stored(text: String) -> Option<Self> {
        (!text.is_empty()).then_some(Self(text))
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that addresses are compared in: lower case.
    pub fn normalized(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        let first = self.0.chars().next().unwrap_or_default();
        write!(f, "{first}…@{domain}")
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_program_takes_for_a_command_is_refused_and_read_from_old_rows() {
        for text in ["-f@example.org", "|cat@example.org", "--x@example.org"] {
            assert_eq!(Email::parse(text), Err(EmailError::Command), "{text}");
            assert_eq!(Email::stored(text.to_owned()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn ordinary_addresses_are_taken_as_they_are_written() {
        for text in [
            "j@example.org",
            "Jane.O'Neil+u12@mail.example.co.uk",
            "a_b-c@xn--mller-kva.de",
            "1@2.example",
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(
            Email::parse(" j@example.org\n").unwrap().as_str(),
            "j@example.org"
        );
    }

    #[test]
    fn whatever_cannot_be_delivered_or_stripe_refuses_is_refused() {
        let cases = [
            ("", EmailError::Empty),
            ("jane", EmailError::NotAnAddress),
            ("jane@", EmailError::NotAnAddress),
            ("@example.org", EmailError::NotAnAddress),
            ("jane@localhost", EmailError::NotAnAddress),
            ("jane@192.0.2.1", EmailError::NotAnAddress),
            ("jane@[192.0.2.1]", EmailError::NotAnAddress),
            ("\"jane doe\"@example.org", EmailError::NotAnAddress),
            ("Jane <jane@example.org>", EmailError::NotAnAddress),
            (
                "jane@example.org, joe@example.org",
                EmailError::NotAnAddress,
            ),
            ("jane@example.org;joe@example.org", EmailError::NotAnAddress),
            (
                "jane@example.org\r\nBcc: joe@example.org",
                EmailError::NotAnAddress,
            ),
            ("jane@joe@example.org", EmailError::NotAnAddress),
            ("jane..doe@example.org", EmailError::NotAnAddress),
            ("jane@example..org", EmailError::NotAnAddress),
            ("jane@example.org.", EmailError::NotAnAddress),
            ("jäne@example.org", EmailError::NotAscii),
            ("jane@müller.example", EmailError::NotAscii),
        ];
        for (text, error) in cases {
            assert_eq!(Email::parse(text), Err(error), "{text}");
        }
        let long = format!("jane@{}example.org", "a.".repeat(125));
        assert_eq!(Email::parse(&long), Err(EmailError::TooLong));
    }

    #[test]
    fn logs_see_the_first_letter_and_the_domain_only() {
        let email = Email::parse("Jane.Miller@example.org").unwrap();
        assert_eq!(
            format!("{email} {email:?}"),
            "J…@example.org J…@example.org"
        );
        assert_eq!(format!("{:?}", Some(email)), "Some(J…@example.org)");
    }

    #[test]
    fn addresses_are_compared_in_lower_case_and_json_has_the_real_one() {
        let email = Email::parse("Jane@Example.ORG").unwrap();
        assert_eq!(email.normalized(), "jane@example.org");
        assert_eq!(
            serde_json::to_string(&email).unwrap(),
            r#""Jane@Example.ORG""#
        );
    }
}
