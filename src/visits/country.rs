//! A country, as a proxy tells it in a header.

/// Two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads the header. What is no code of two letters is no country, and neither is `XX`, which says that
    /// nobody knows.
    pub fn read(header: &[u8]) -> Option<Self> {
        let [first, second] = header.trim_ascii() else {
            return None;
        };
        let letters = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
        (letters.iter().all(u8::is_ascii_uppercase) && letters != *b"XX").then_some(Self(letters))
    }

    /// As it is written.
    pub fn code(self) -> String {
        self.0.into_iter().map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_are_a_country_and_nothing_else_is() {
        let read = |header: &[u8]| Country::read(header).map(Country::code);
        assert_eq!(read(b"IE").as_deref(), Some("IE"));
        assert_eq!(read(b" de ").as_deref(), Some("DE"));
        for none in ["", "X", "XX", "T1", "IRL", "I E", "Ã", "--", "<b"] {
            assert_eq!(read(none.as_bytes()), None, "{none}");
        }
    }
}
