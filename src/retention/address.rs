//! An address of a person who asks to be forgotten.

/// An address as a person gives it: in small letters, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not one e-mail address alone; it looks like name@example.org")]
pub struct NoAddress;

impl Address {
    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an address.
    ///
    /// # Errors
    /// [`NoAddress`], also for one with a name beside it, and for several.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let address = text.trim().to_lowercase();
        let odd = |text: &str| text.contains(|c: char| c.is_whitespace() || "<>,;:@".contains(c));
        match address.rsplit_once('@') {
            Some((name, host))
                if !name.is_empty()
                    && !host.is_empty()
                    && !odd(host)
                    && (name.starts_with('"') || !odd(name)) =>
            {
                Ok(Self(address))
            }
            _ => Err(NoAddress),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_taken_however_odd_and_nothing_beside_it() {
        for (text, read) in [
            (" Ann@Example.org ", "ann@example.org"),
            ("dot.@docomo.example", "dot.@docomo.example"),
            ("\"q q\"@example.org", "\"q q\"@example.org"),
            ("x@localhost", "x@localhost"),
            ("jürgen@müller.example", "jürgen@müller.example"),
        ] {
            assert_eq!(Address::parse(text), Ok(Address(read.to_owned())), "{text}");
        }
        for text in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "Ann <ann@example.org>",
            "<ann@example.org>",
            "ann@example.org,bo@example.org",
            "ann@example.org;bo",
            "ann@example.org bo@example.org",
            "mailto:ann@example.org",
        ] {
            assert_eq!(Address::parse(text), Err(NoAddress), "{text}");
        }
    }
}
