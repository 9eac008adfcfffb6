//! DMARC: what receivers do with mail in the domain's name that is not from it (RFC 7489). Pure.

use super::{
    super::Finding,
    record::{Answer, LONGEST, NO_FIELDS, beginning_with, quoted, tag, tags, unheard},
};

const VERSION: &str = "v=DMARC1";
/// Names that are asked for: the domain's, and those of the domains above it.
const MOST_NAMES: usize = 5;

/// Where the record may be, the first first: the domain's own, or that of a domain above it.
pub fn names(domain: &str) -> Vec<String> {
    let labels: Vec<&str> = domain.trim_end_matches('.').split('.').collect();
    let above = (0..labels.len().saturating_sub(1)).map(|from| labels[from..].join("."));
    let names = above.map(|domain| format!("_dmarc.{domain}"));
    names.take(MOST_NAMES).collect()
}

/// How it stands, by the answers to [`names`] up to the first that has one. `domain` is the sender's.
pub fn judge(domain: &str, answers: &[(String, Answer)]) -> Finding {
    let publish = format!("publish the TXT record _dmarc.{domain}: \"{VERSION}; p=none\"");
    for (at, (name, answer)) in answers.iter().enumerate() {
        match answer {
            Answer::Unheard => {
                return unheard(name);
            }
            Answer::Nothing => {}
            Answer::Found(texts) => match beginning_with(texts, VERSION)[..] {
                [] => {}
                [record] => return of_record(name, record, at > 0),
                [..] => {
                    return Finding::Wrong(format!(
                        "{name} has several records, so that receivers read none: leave one"
                    ));
                }
            },
        }
    }
    Finding::Remark(format!(
        "{domain} has none, and large providers put bulk mail without it among the spam: {publish}"
    ))
}

/// Whether an answer has a record, so that no other name is asked for.
pub fn ends(answer: &Answer) -> bool {
    match answer {
        Answer::Found(texts) => !beginning_with(texts, VERSION).is_empty(),
        Answer::Nothing => false,
        Answer::Unheard => true,
    }
}

fn of_record(name: &str, record: &str, is_from_above: bool) -> Finding {
    let broken = |why: &str| {
        Finding::Wrong(format!(
            "{name} says {}, which receivers read as nothing: {why}",
            quoted(record)
        ))
    };
    if record.len() > LONGEST {
        return broken("it is too long");
    }
    if !record.starts_with(VERSION) {
        return broken("it has to begin with v=DMARC1, in these letters");
    }
    let Some(tags) = tags(record) else {
        return broken(NO_FIELDS);
    };
    let Some(for_all) = tag(&tags, "p") else {
        return broken("it needs p=none, p=quarantine or p=reject");
    };
    let policy = match tag(&tags, "sp") {
        Some(for_those_below) if is_from_above => for_those_below,
        _ => for_all,
    };
    match policy.to_lowercase().as_str() {
        "none" => Finding::Fine(format!(
            "{name} has p=none: receivers let mail through that only pretends to be yours; \
             p=quarantine sends it to the spam, once all of your own mail is signed"
        )),
        "quarantine" => Finding::Fine(format!(
            "{name} has p=quarantine: what only pretends to be yours is spam"
        )),
        "reject" => Finding::Fine(format!(
            "{name} has p=reject: what only pretends to be yours is refused"
        )),
        other => broken(&format!(
            "p is none, quarantine or reject, and not {}",
            quoted(other)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(records: &[&str]) -> Finding {
        let texts = records.iter().map(|text| (*text).to_owned()).collect();
        judge(
            "club.de",
            &[("_dmarc.club.de".to_owned(), Answer::Found(texts))],
        )
    }

    fn says(standing: Finding, is: fn(String) -> Finding, words: &str) {
        let (Finding::Fine(said) | Finding::Remark(said) | Finding::Wrong(said)) = &standing;
        assert!(said.contains(words), "{said}");
        assert_eq!(standing, is(said.clone()));
    }

    #[test]
    fn a_policy_is_said_in_words() {
        says(of(&["v=DMARC1; p=none"]), Finding::Fine, "p=none");
        says(
            of(&["v=DMARC1;p=Reject; rua=mailto:a@b.c"]),
            Finding::Fine,
            "is refused",
        );
        says(
            of(&["v=DMARC1; p=quarantine", "v=spf1 -all", "other"]),
            Finding::Fine,
            "is spam",
        );
    }

    #[test]
    fn what_receivers_read_as_nothing_is_broken() {
        for (record, why) in [
            ("v=DMARC1", "it needs p="),
            ("v=DMARC1; rua=mailto:a@b.c", "it needs p="),
            ("v=DMARC1; p=", "p is none, quarantine or reject"),
            ("v=DMARC1; p=nothing", "not \u{201c}nothing\u{201d}"),
            ("v=dmarc1; p=none", "in these letters"),
            ("v=DMARC1; p=none; p=reject", "each once"),
            ("v=DMARC1; none", "name=value"),
        ] {
            says(of(&[record]), Finding::Wrong, why);
        }
        says(
            of(&["v=DMARC1; p=none", "v=DMARC1; p=reject"]),
            Finding::Wrong,
            "several records",
        );
        let endless = format!("v=DMARC1; p=none; x={}", "y".repeat(LONGEST));
        let Finding::Wrong(said) = of(&[&endless]) else {
            panic!("it is too long");
        };
        assert!(said.len() < 500, "{said}");
    }

    #[test]
    fn a_missing_one_is_a_remark_with_the_record_to_publish() {
        for texts in [&[][..], &["v=DMARC10; p=none", "something"]] {
            let record = "_dmarc.club.de: \"v=DMARC1; p=none\"";
            says(of(texts), Finding::Remark, record);
        }
        let unheard = [("_dmarc.club.de".to_owned(), Answer::Unheard)];
        says(judge("club.de", &unheard), Finding::Remark, "no answer");
    }

    #[test]
    fn the_domain_above_speaks_for_those_below() {
        assert_eq!(
            names("cup.club.co.uk"),
            ["_dmarc.cup.club.co.uk", "_dmarc.club.co.uk", "_dmarc.co.uk"]
        );
        assert_eq!(names("a.b.c.d.e.f.g.h").len(), MOST_NAMES);
        let record = "v=DMARC1; p=reject; sp=none".to_owned();
        let above = [
            ("_dmarc.cup.club.de".to_owned(), Answer::Nothing),
            ("_dmarc.club.de".to_owned(), Answer::Found(vec![record])),
        ];
        says(
            judge("cup.club.de", &above),
            Finding::Fine,
            "_dmarc.club.de has p=none",
        );
        assert!(ends(&above[1].1) && !ends(&above[0].1) && ends(&Answer::Unheard));
    }
}
