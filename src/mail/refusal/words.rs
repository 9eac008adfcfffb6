//! What the words of a refusal say, where its codes leave it open: pure.

use super::{
    Fault, Ours, Reply,
    wordings::{GREYLISTING, MEANINGS},
};

/// What the words of a reply say, if they say it plainly.
pub(super) fn meaning(reply: &Reply<'_>) -> Option<Fault> {
    let said = reply.text.to_lowercase();
    let recipient = reply.recipient.to_lowercase();
    // An address can be made of any words.
    let without_recipient = match &*recipient {
        "" => said.clone(),
        address => said.replace(address, " "),
    };
    let words = plain(&without_recipient);
    if says(&words, GREYLISTING) {
        return (reply.code < 500).then_some(Fault::Later(None));
    }
    let told = MEANINGS
        .iter()
        .find_map(|(fault, patterns)| says(&words, patterns).then_some(*fault));
    told.or_else(|| {
        names_the_sender(&without_recipient, reply).then_some(Fault::Ours(Ours::Sender))
    })
}

/// Whether a text is about our address or our domain. Named together with the recipient, they say whose
/// mail it was and not whose fault it is; where the recipient shares them, they say nothing.
fn names_the_sender(text: &str, reply: &Reply<'_>) -> bool {
    let (sender, recipient) = (reply.sender.to_lowercase(), reply.recipient.to_lowercase());
    let domain = |address: &str| {
        address
            .rsplit_once('@')
            .map(|(_, domain)| domain.to_owned())
    };
    let is_with_recipient = !recipient.is_empty() && names(&reply.text.to_lowercase(), &recipient);
    if sender.is_empty() || sender == recipient || is_with_recipient {
        return false;
    }
    names(text, &sender)
        || domain(&sender) != domain(&recipient)
            && domain(&sender).is_some_and(|domain| names(text, &domain))
}

/// Whether a text names sender and recipient: whose mail it was, and not whose fault it is.
pub(super) fn names_both(reply: &Reply<'_>) -> bool {
    let text = reply.text.to_lowercase();
    let is_named = |address: &str| !address.is_empty() && names(&text, &address.to_lowercase());
    reply.sender != reply.recipient && is_named(reply.sender) && is_named(reply.recipient)
}

/// Whether `name` stands in the text as a whole: not as a part of a longer name, nor in a link.
fn names(text: &str, name: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + name.len()..].chars();
        let (next, beyond) = (after.next(), after.next());
        let goes_on = match next {
            // The end of a sentence.
            Some('.') => beyond.is_some_and(char::is_alphanumeric),
            next => next.is_some_and(inner),
        };
        !before.is_some_and(inner) && !goes_on
    })
}

/// Words with a blank before each, and nothing else.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.flat_map(|word| [" ", word]).collect()
}

fn says(words: &str, patterns: &str) -> bool {
    patterns.split(" | ").any(|pattern| has(words, pattern))
}

fn has(words: &str, pattern: &str) -> bool {
    let mut rest = words;
    pattern.split('*').all(|part| {
        // Words between two parts are whole ones; the last may be longer than the pattern.
        let part = format!(" {}", part.trim());
        match rest.find(&part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_written_as_texts_are_read() {
        let wordings = MEANINGS.iter().map(|(_, patterns)| *patterns);
        for pattern in wordings
            .chain([GREYLISTING])
            .flat_map(|all| all.split(" | "))
        {
            for part in pattern.split('*') {
                let plain = plain(&part.to_lowercase());
                assert_eq!(plain.trim_start(), part, "{pattern}");
                assert!(!part.is_empty(), "{pattern}");
            }
        }
    }

    #[test]
    fn a_pattern_begins_with_a_word_and_goes_over_gaps() {
        let words = plain("client host [192.0.2.1] blocked, using zen!");
        for found in ["client host", "host*blocked", "block", "client*zen"] {
            assert!(has(&words, found), "{found}");
        }
        for none in ["lient", "blocked*host", "host blocked", "zen*blocked"] {
            assert!(!has(&words, none), "{none}");
        }
    }

    #[test]
    fn a_name_is_a_whole_one() {
        for text in [
            "<club.example>: no",
            "from club.example.",
            "you@club.example, no",
            "club.example",
        ] {
            assert!(names(text, "club.example"), "{text}");
        }
        for text in [
            "mail.club.example says no",
            "myclub.example",
            "club.example.org",
            "https://club.example/why",
            "club.example-mail",
        ] {
            assert!(!names(text, "club.example"), "{text}");
        }
    }
}
