//! Terms of an SPF record (RFC 7208, 4.6.1). Pure.

/// What a record says of everybody whom it has not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Final {
    /// `+all`
    LetIn,
    /// `?all`, or nothing.
    Unsaid,
    /// `~all`
    Suspected,
    /// `-all`
    Refused,
}

/// One term, by what it means for whoever walks through a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term<'a> {
    /// It ends here.
    All(Final),
    /// Another record, of which whom it lets in counts. No name: it has letters to be put in.
    Include {
        /// Whose record.
        name: Option<&'a str>,
        /// Whom that lets in is let in.
        passes: bool,
    },
    /// Another record in place of this one.
    Redirect(Option<&'a str>),
    /// The receiver asks the DNS something else.
    Asks,
    /// It asks for nothing.
    Nothing,
}

/// The terms of a record behind its version; or the one that is none.
pub fn terms(text: &str) -> Result<Vec<Term<'_>>, &str> {
    let terms = text.split_ascii_whitespace();
    terms.map(|term| read(term).ok_or(term)).collect()
}

fn read(term: &str) -> Option<Term<'_>> {
    if let Some((name, value)) = modifier(term) {
        return match name.to_ascii_lowercase().as_str() {
            "redirect" => named(value).map(Term::Redirect),
            // An explanation is asked for when somebody is refused; what nobody knows is passed over.
            _ => Some(Term::Nothing),
        };
    }
    let (qualifier, mechanism) = match term.chars().next()? {
        qualifier @ ('+' | '-' | '~' | '?') => (qualifier, &term[1..]),
        _ => ('+', term),
    };
    let end = mechanism.find([':', '/']).unwrap_or(mechanism.len());
    let (name, rest) = mechanism.split_at(end);
    let of = rest.strip_prefix(':');
    match (name.to_ascii_lowercase().as_str(), of) {
        ("all", None) if rest.is_empty() => Some(Term::All(of_others(qualifier))),
        ("include", Some(domain)) => named(domain).map(|name| Term::Include {
            name,
            passes: qualifier == '+',
        }),
        ("exists", Some(domain)) => named(domain).map(|_| Term::Asks),
        ("a" | "mx" | "ptr", None) => Some(Term::Asks),
        ("a" | "mx" | "ptr", Some(domain)) => named(domain).map(|_| Term::Asks),
        ("ip4", Some(network)) => is_network::<core::net::Ipv4Addr>(network, 32),
        ("ip6", Some(network)) => is_network::<core::net::Ipv6Addr>(network, 128),
        _ => None,
    }
}

fn of_others(qualifier: char) -> Final {
    match qualifier {
        '-' => Final::Refused,
        '~' => Final::Suspected,
        '?' => Final::Unsaid,
        _ => Final::LetIn,
    }
}

/// `name=value`
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins && name.chars().all(is_name)).then_some((name, value))
}

/// A domain; within, `None` if letters have to be put in.
fn named(domain: &str) -> Option<Option<&str>> {
    let domain = domain.split('/').next().unwrap_or_default();
    let domain = domain.trim_end_matches('.');
    match domain {
        "" => None,
        domain if domain.contains('%') => Some(None),
        domain => Some(Some(domain)),
    }
}

fn is_network<T: core::str::FromStr>(network: &str, most: u8) -> Option<Term<'static>> {
    let (address, length) = network.split_once('/').unwrap_or((network, "0"));
    let is_length = length.parse::<u8>().is_ok_and(|length| length <= most);
    (address.parse::<T>().is_ok() && is_length).then_some(Term::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_term_is_known() {
        let include = |passes| Term::Include {
            name: Some("b.de"),
            passes,
        };
        for (text, term) in [
            ("all", Term::All(Final::LetIn)),
            ("+ALL", Term::All(Final::LetIn)),
            ("?all", Term::All(Final::Unsaid)),
            ("~all", Term::All(Final::Suspected)),
            ("-All", Term::All(Final::Refused)),
            ("include:b.de", include(true)),
            ("?Include:b.de.", include(false)),
            (
                "include:%{d}.b.de",
                Term::Include {
                    name: None,
                    passes: true,
                },
            ),
            ("redirect=b.de", Term::Redirect(Some("b.de"))),
            ("exp=why.b.de", Term::Nothing),
            ("x-of_ours=1", Term::Nothing),
            ("a", Term::Asks),
            ("mx/24", Term::Asks),
            ("-a:mail.b.de/24//64", Term::Asks),
            ("ptr", Term::Asks),
            ("exists:%{i}.b.de", Term::Asks),
            ("ip4:192.0.2.0/24", Term::Nothing),
            ("ip4:192.0.2.1", Term::Nothing),
            ("ip6:2001:db8::/32", Term::Nothing),
        ] {
            assert_eq!(terms(text), Ok(vec![term]), "{text}");
        }
    }

    #[test]
    fn what_is_no_term_is_told() {
        for wrong in [
            "include",
            "include:",
            "redirect=",
            "exists",
            "ip4",
            "ip4:192.0.2",
            "ip4:192.0.2.0/33",
            "ip6:192.0.2.0",
            "all:b.de",
            "--all",
            "b.de",
            "+",
        ] {
            let record = format!(" mx {wrong} -all");
            let expected = Err(wrong);
            assert_eq!(terms(&record), expected, "{wrong}");
        }
    }
}
