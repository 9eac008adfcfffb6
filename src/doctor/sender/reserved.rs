//! Domains that nobody looks up: those of examples, of tests and of one machine. Pure.

/// Top level domains that are nobody's (RFC 2606, RFC 6761, RFC 6762), and the one for networks of one's own.
const RESERVED: [&str; 6] = [
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "internal",
];
/// Domains of examples (RFC 2606, 3).
const EXAMPLES: [&str; 3] = ["com", "net", "org"];

/// Whether a domain has nothing in the DNS that could be asked for.
pub fn is_reserved(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_lowercase();
    let mut labels = domain.rsplit('.');
    let (last, before) = (labels.next().unwrap_or_default(), labels.next());
    let is_example = before == Some("example") && EXAMPLES.contains(&last);
    let is_address = domain.starts_with('[') || last.chars().all(|c| c.is_ascii_digit());
    // A name without a dot is a machine's of this network.
    before.is_none() || RESERVED.contains(&last) || is_example || is_address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_is_not_looked_up() {
        for reserved in [
            "rovers.example",
            "rovers.example.org",
            "EXAMPLE.com.",
            "club.test",
            "a.b.invalid",
            "localhost",
            "mail.localhost",
            "printer.local",
            "[192.0.2.1]",
            "192.0.2.1",
            "mailhost",
            "",
        ] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for real in ["example.de", "rovers.club", "test.de", "myexample.org"] {
            assert!(!is_reserved(real), "{real}");
        }
    }
}
