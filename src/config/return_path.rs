//! The envelope's sender: where a mail that comes back goes.

use std::str::FromStr;

use lettre::Address;

/// Stands for what names the mail.
const ID: &str = "{id}";

/// `bounces@club.example`, or `bounces+{id}@club.example`, which names the mail in it (VERP): a server that
/// sends it back without its headers still says which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The address of the mail with this Message-ID. Its part before the `@` is 16 random bytes, so that
    /// nobody else can name the mail.
    pub fn of(&self, message_id: &str) -> Option<Address> {
        let id = message_id.trim_start_matches('<');
        let id = id.split('@').next().unwrap_or_default();
        self.0.replace(ID, id).parse().ok()
    }

    /// Whose servers such a mail comes back to.
    pub fn domain(&self) -> &str {
        let domain = self.0.rsplit_once('@');
        domain.map_or("", |(_, domain)| domain)
    }
}

impl FromStr for ReturnPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (local, _) = text.rsplit_once('@').unwrap_or_default();
        let example = text.replace(ID, &"0".repeat(32));
        let is_address = example.parse::<Address>().is_ok() && !example.contains(['{', '}']);
        if !is_address || text.matches(ID).count() != local.matches(ID).count() {
            return Err(
                "it must be an e-mail address, such as bounces@club.example or bounces+{id}@club.example",
            );
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_mail_where_it_is_asked_to() {
        let sender = |path: &str| {
            let path: ReturnPath = path.parse().unwrap();
            path.of("<00112233445566778899aabbccddeeff@club.example>")
                .unwrap()
                .to_string()
        };
        assert_eq!(
            sender(" bounces+{id}@club.example "),
            "bounces+00112233445566778899aabbccddeeff@club.example"
        );
        assert_eq!(sender("bounces@club.example"), "bounces@club.example");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "",
            "bounces",
            "b+{id}",
            "b@{id}.example",
            "b+{mail}@club.example",
            "a b@c.d",
        ] {
            assert!(wrong.parse::<ReturnPath>().is_err(), "{wrong}");
        }
    }
}
