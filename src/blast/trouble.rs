//! What a preview warns of: sentences for whoever wrote the mailing.

use std::fmt;

/// So many references are named; of the others it is told how many they are.
const NAMED: usize = 20;

/// Something that is not as it should be. Orders are named by their references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No order's mail can be written; the sentence says why.
    Template(String),
    /// Mails without the pay link.
    NoPayLink(Vec<String>),
    /// No order is selected, or none of them gets a mail.
    Nobody {
        /// Whether any was selected.
        selected: usize,
    },
    /// The template asks for a key that these orders do not have.
    NoKey(String, Vec<String>),
    /// The mails of these orders cannot be written, and why.
    Unfillable(String, Vec<String>),
    /// These are not owed, or not any more.
    NotOpen(Vec<String>),
    /// These have nobody to write to.
    NoAddress(Vec<String>),
    /// These have an address that is not written to.
    Suppressed(Vec<String>),
    /// Each of these groups has one address, which gets a mail for each order.
    OneAddress(Vec<Vec<String>>),
}

impl Trouble {
    /// Whether nothing can be approved as long as it is there.
    pub fn blocks(&self) -> bool {
        match self {
            Self::Template(_) | Self::NoPayLink(_) | Self::Nobody { .. } => true,
            Self::NoKey(..)
            | Self::Unfillable(..)
            | Self::NotOpen(_)
            | Self::NoAddress(_)
            | Self::Suppressed(_)
            | Self::OneAddress(_) => false,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(why) => f.write_str(why),
            Self::NoPayLink(orders) if orders.is_empty() => {
                f.write_str("the body has no {{ pay_url }}, so nobody could pay; put it in")
            }
            Self::NoPayLink(orders) => write!(
                f,
                "the mails for {} have no pay link: put {{{{ pay_url }}}} where every mail has it",
                named(orders)
            ),
            Self::Nobody { selected: 0 } => {
                f.write_str("nobody is selected: no order fits; choose others")
            }
            Self::Nobody { selected } => write!(
                f,
                "nobody would get this mail, though {selected} {} selected",
                if *selected == 1 {
                    "order is"
                } else {
                    "orders are"
                }
            ),
            Self::NoKey(key, orders) => write!(
                f,
                "meta.{key} is missing in {}, which therefore get no mail",
                named(orders)
            ),
            Self::Unfillable(why, orders) => write!(f, "no mail for {}: {why}", named(orders)),
            Self::NotOpen(orders) => write!(f, "not open, so no mail: {}", named(orders)),
            Self::NoAddress(orders) => {
                write!(f, "no e-mail address, so no mail: {}", named(orders))
            }
            Self::Suppressed(orders) => write!(
                f,
                "the address is not written to, so the mail will be suppressed: {}",
                named(orders)
            ),
            Self::OneAddress(groups) => {
                let groups: Vec<String> = groups
                    .iter()
                    .map(|orders| format!("{} mails for {}", orders.len(), named(orders)))
                    .collect();
                let listed = listed(&groups, "; ", "addresses");
                write!(f, "several mails go to one address: {listed}")
            }
        }
    }
}

fn named(references: &[String]) -> String {
    listed(references, ", ", "orders")
}

fn listed(texts: &[String], separator: &str, what: &str) -> String {
    let shown = texts.len().min(NAMED);
    let mut list = texts[..shown].join(separator);
    if texts.len() > shown {
        list += &format!("{separator}and {} more {what}", texts.len() - shown);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(count: usize) -> Vec<String> {
        (1..=count).map(|n| format!("CUP-{n}")).collect()
    }

    #[test]
    fn every_sentence_names_what_to_look_at() {
        let troubles = [
            Trouble::NoPayLink(Vec::new()),
            Trouble::NoPayLink(orders(2)),
            Trouble::Nobody { selected: 0 },
            Trouble::Nobody { selected: 1 },
            Trouble::Nobody { selected: 3 },
            Trouble::NoKey("team".to_owned(), orders(1)),
            Trouble::Unfillable("the body, line 2 cannot be filled".to_owned(), orders(1)),
            Trouble::NotOpen(orders(3)),
            Trouble::NoAddress(orders(22)),
            Trouble::Suppressed(orders(1)),
            Trouble::OneAddress(vec![orders(2), orders(3)]),
        ];
        let sentences = troubles.map(|trouble| {
            let blocks = if trouble.blocks() { "! " } else { "  " };
            format!("{blocks}{trouble}")
        });
        insta::assert_snapshot!(sentences.join("\n"));
    }
}
