//! DKIM: the key that signatures of our mails are checked with (RFC 6376, RFC 8463). Pure.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    super::Finding,
    record::{Answer, LONGEST, NO_FIELDS, tag, tags, unheard},
};

/// Bytes of an RSA key of 1024 bits as it is published, about; shorter ones are not looked at (RFC 8301, 3.2).
const SHORTEST_RSA: usize = 140;
/// Of 2048 bits, about: what one should have (RFC 8301, 3.2).
const GOOD_RSA: usize = 270;
/// Of an Ed25519 key, exactly.
const ED25519: usize = 32;

/// Where the key of a selector is.
pub fn name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// What is said where no selector is known: it cannot be found out from the outside.
pub fn unasked(domain: &str) -> Finding {
    Finding::Remark(format!(
        "not looked up: name the selector with --dkim-selector; it is s= in the DKIM-Signature of a mail that \
         arrived from {domain}. A mail without that header is not signed: docs/mail-servers.md"
    ))
}

/// How the key of a selector stands.
pub fn judge(name: &str, answer: &Answer) -> Finding {
    let texts = match answer {
        Answer::Unheard => return unheard(name),
        Answer::Nothing => return missing(name),
        Answer::Found(texts) => texts,
    };
    match texts.as_slice() {
        [] => missing(name),
        [record] => of_record(name, record),
        [..] => Finding::Wrong(format!(
            "{name} has several records, so that nobody knows which one counts: leave one"
        )),
    }
}

fn missing(name: &str) -> Finding {
    Finding::Wrong(format!(
        "{name} has no key: publish there, as a TXT record, what your mail provider or opendkim-genkey gives you, \
         \"v=DKIM1; k=rsa; p=…\""
    ))
}

fn of_record(name: &str, record: &str) -> Finding {
    let broken = |why: &str| Finding::Wrong(format!("{name} has no key that can be used: {why}"));
    let Some(tags) = tags(record).filter(|_| record.len() <= LONGEST) else {
        return broken(NO_FIELDS);
    };
    match tag(&tags, "v") {
        None => {}
        Some("DKIM1") if tags.first().is_some_and(|(name, _)| *name == "v") => {}
        Some(_) => return broken("it has to begin with v=DKIM1"),
    }
    let Some(key) = tag(&tags, "p") else {
        return broken("it has no p=, which is the key");
    };
    let key: String = key.chars().filter(|c| !c.is_whitespace()).collect();
    if key.is_empty() {
        return broken(
            "p= is empty, so that the key is withdrawn and signatures with it are void; publish a new one",
        );
    }
    let Ok(key) = STANDARD.decode(key) else {
        return broken("p= is no base64, perhaps since a part of it is missing");
    };
    let is_in_test = tag(&tags, "t").is_some_and(|t| t.split(':').any(|flag| flag.trim() == "y"));
    match (tag(&tags, "k").unwrap_or("rsa"), key.len()) {
        ("rsa", ..SHORTEST_RSA) => broken("it is shorter than 1024 bits; make one of 2048"),
        ("ed25519", length) if length != ED25519 => broken("an Ed25519 key has 32 bytes"),
        ("rsa" | "ed25519", _) if is_in_test => Finding::Remark(format!(
            "{name} has a key that is only tried (t=y), so that signatures may count for nothing: take t=y out"
        )),
        ("rsa", SHORTEST_RSA..GOOD_RSA) => Finding::Fine(format!(
            "{name} has a key; it is shorter than the 2048 bits that one has today"
        )),
        ("rsa" | "ed25519", _) => Finding::Fine(format!("{name} has a key")),
        _ => broken("k= is neither rsa nor ed25519"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(bytes: usize) -> String {
        STANDARD.encode(vec![7; bytes])
    }

    fn of(records: &[&str]) -> Finding {
        let texts = records.iter().map(|text| (*text).to_owned()).collect();
        judge("k1._domainkey.club.de", &Answer::Found(texts))
    }

    fn is_broken(record: &str, words: &str) {
        let Finding::Wrong(said) = of(&[record]) else {
            panic!("{record}: {:?}", of(&[record]));
        };
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn a_key_is_a_key_however_it_is_written() {
        let rsa = key(294);
        let (begin, end) = rsa.split_at(200);
        for record in [
            format!("v=DKIM1; k=rsa; p={rsa}"),
            format!("p={rsa}"),
            format!("v=DKIM1;t=s;p={begin} {end};"),
            format!("v=DKIM1; k=ed25519; p={}", key(32)),
        ] {
            assert!(matches!(of(&[&record]), Finding::Fine(_)), "{record}");
        }
        let short = of(&[&format!("v=DKIM1; p={}", key(162))]);
        assert!(matches!(short, Finding::Fine(said) if said.contains("2048 bits")));
        let tried = of(&[&format!("v=DKIM1; t=y:s; p={rsa}")]);
        assert!(matches!(tried, Finding::Remark(said) if said.contains("t=y")));
    }

    #[test]
    fn what_signs_nothing_is_broken() {
        is_broken("v=DKIM1; p=", "withdrawn");
        is_broken("v=DKIM1; k=rsa; p= ; t=s", "withdrawn");
        is_broken("v=DKIM1; k=rsa", "no p=");
        is_broken("v=DKIM1; p=MIIBIjANBg!", "no base64");
        is_broken(&format!("v=DKIM2; p={}", key(294)), "begin with v=DKIM1");
        is_broken(&format!("p={}; v=DKIM1", key(294)), "begin with v=DKIM1");
        is_broken(&format!("p={}", key(94)), "shorter than 1024");
        is_broken(&format!("k=ed25519; p={}", key(33)), "32 bytes");
        is_broken(&format!("k=dsa; p={}", key(294)), "neither rsa");
        is_broken("just a text", "name=value");
        is_broken(&format!("p={}", key(4 * LONGEST)), "name=value");
        assert!(matches!(of(&["p=", "p="]), Finding::Wrong(said) if said.contains("several")));
    }

    #[test]
    fn a_selector_that_was_named_has_to_be_there() {
        let name = name("k1", "club.de");
        assert_eq!(name, "k1._domainkey.club.de");
        assert!(matches!(judge(&name, &Answer::Nothing), Finding::Wrong(_)));
        assert!(matches!(judge(&name, &Answer::Unheard), Finding::Remark(_)));
        assert!(matches!(unasked("club.de"), Finding::Remark(_)));
    }
}
