//! What the words of a refusal say, where its codes leave it open: pure.
//!
//! A pattern stands for words in lower case without punctuation; it begins where a word begins, and `*`
//! stands for anything between. The first that is found counts.

use super::{Fault, Ours, Quota, Reply};

/// What a recipient has decided or receives, in words that else would be read as ours.
const RECIPIENT: &[&str] = &[
    "resolver rst",
    "recipient s list",
    "by the recipient",
    "by recipient",
    "recipient s per hour",
    "recipient thread limit",
    "user you are trying to contact",
    "account that you tried to reach",
    "not authenticated by organization",
    "not authenticated for",
    "allowed senders list",
    "recipient does not accept",
    "recipient address rejected need",
];
const DAY: &[&str] = &[
    "daily*limit",
    "daily*quota",
    "daily*exceeded",
    "24 hour*limit",
    "24 hour*quota",
    "24 hours*exceeded",
    "limit*24 hour",
    "quota*24 hour",
    "exceeded*24 hour",
    "tageslimit",
    "täglich*limit",
    "limite*jour",
    "per day",
    "limit*today",
    "today*limit",
    "too many*today",
];
const HOUR: &[&str] = &[
    "per hour",
    "this hour",
    "hourly*limit",
    "hourly*quota",
    "limit*hour",
    "quota*hour",
    "exceeded*hour",
    "pro stunde",
    "stundenlimit",
    "stündlich*limit",
    "par heure",
];
const QUOTA: &[&str] = &[
    "sending limit",
    "sending quota",
    "submission quota",
    "relay quota",
    "message limit",
    "mail limit",
    "email limit",
    "message quota",
    "message count quota",
    "email quota exceeded",
    "sender*quota",
    "credits exceeded",
    "credit limit",
    "limit on the number of*messages",
    "maximum number of messages",
    "outgoing*limit",
    "outgoing*quota",
    "outbound*limit",
    "reached your*limit",
    "reached the*limit",
    "reached*sending",
    "exceeded your*limit",
    "exceeded your*quota",
    "monthly*limit",
    "monthly*quota",
    "recipient rate limit",
    "sendelimit",
    "versandlimit",
    "sender limit",
    "quota*sender",
    "quota*sending",
    "per month",
];
const TOO_FAST: &[&str] = &[
    "too much mail",
    "too many connections",
    "too many messages",
    "too many emails",
    "too many mails",
    "too many recipients from",
    "too many sessions",
    "too many smtp sessions",
    "too many login attempts",
    "too many auth",
    "too fast",
    "too quickly",
    "too frequent",
    "rate limit",
    "ratelimit",
    "rate exceeded",
    "sending rate",
    "message rate",
    "submission rate",
    "connection rate",
    "throttl",
    "slow down",
    "try again slower",
    "per second",
    "per minute",
    "thread limit",
    "connection limit",
    "peak smtp relay limit",
    "unexpected volume",
    "server busy",
    "zu viele",
    "zu schnell",
    "trop de",
    "concurrent",
    "rate overlimit",
    "too busy",
    "per connection",
    "per session",
];
const SENDER: &[&str] = &[
    "sender email address",
    "sender rejected",
    "sender denied",
    "sender refused",
    "sender verify",
    "sender verification",
    "sender domain",
    "sender s domain",
    "sender s address",
    "sender is not",
    "sender is invalid",
    "sender not allowed",
    "sender not permitted",
    "sender invalid",
    "sender unknown",
    "sender identity",
    "sender signature",
    "invalid sender",
    "unknown sender",
    "bad sender",
    "unverified sender",
    "unroutable sender",
    "not local sender",
    "from address",
    "from domain",
    "mail from*not",
    "mail from*rejected",
    "envelope from*not",
    "envelope sender*not",
    "return path*not",
    "not owned by",
    "to send as",
    "sendas",
    "send on behalf",
    "allowed to send from",
    "authorized to send from",
    "authorised to send from",
    "permitted to send from",
    "address is not verified",
    "address not verified",
    "domain is not verified",
    "domain not verified",
    "domain is unverified",
    "not a verified",
    "unregistered domain",
    "authentication checks",
    "authentication level",
    "sender policy framework",
    "spf",
    "dkim",
    "dmarc",
    "absender",
    "expéditeur",
    "sender address",
    "unauthorized sender",
    "unauthorised sender",
    "sending from*not",
    "not allowed to use",
    "mail from must",
];
const RELAYING: &[&str] = &[
    "relay access denied",
    "relay denied",
    "relay is denied",
    "relay prohibited",
    "relay not permitted",
    "relay not allowed",
    "relaying*denied",
    "relaying*not",
    "relaying prohibited",
    "relaying disallowed",
    "unable to relay",
    "cannot relay",
    "refused to relay",
    "not relay",
    "no relaying",
    "not permitted to relay",
    "not allowed to relay",
    "not configured to relay",
    "not an open relay",
    "don t relay",
    "credentials for relay",
    "list of allowed rcpthosts",
    "client host rejected access denied",
    "relay*nicht",
];
const TLS: &[&str] = &[
    "starttls",
    "tls*required",
    "requires*tls",
    "require tls",
    "must*tls",
    "encryption required",
    "encryption needed",
];
const LOG_IN: &[&str] = &[
    "authentication required",
    "authentication is required",
    "authentication needed",
    "authentication failed",
    "authentication failure",
    "authentication unsuccessful",
    "authentication credentials",
    "requires authentication",
    "smtp authentication",
    "smtp auth",
    "must authenticate",
    "please authenticate",
    "must be authenticated",
    "must be logged in",
    "must log in",
    "must login",
    "log in first",
    "login first",
    "auth first",
    "auth command first",
    "auth required",
    "not authenticated",
    "username and password",
    "invalid credentials",
    "bad credentials",
    "application specific password",
    "authentifizierung",
    "authentification",
    "not logged in",
    "please log in",
    "please login",
    "pop before smtp",
];
const SET_UP: &[&str] = &[
    "fully qualified hostname",
    "cannot find your",
    "reverse dns",
    "reverse lookup",
    "ptr record",
    "rdns",
    "client host rejected",
    "sandbox",
    "authorized recipients",
    "not subscribed",
    "not authorized to perform",
    "sending suspended",
    "sending paused",
    "sending*disabled",
    "mail sending denied",
    "outgoing mail*suspen",
    "outgoing mail*disabled",
    "your account*suspended",
    "your account*disabled",
    "your account*blocked",
    "your account*locked",
    "your account*activated",
    "account may not send",
    "account is pending",
    "domain*not allowed to send",
    "domain is disabled",
    "helo",
    "ehlo",
    "no reverse",
    "blocked from sending",
    "sending is blocked",
    "your subscription",
];
const REPUTATION: &[&str] = &[
    "blocked using",
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "spamhaus",
    "spamcop",
    "barracudacentral",
    "dnsbl",
    "rbl",
    "uribl",
    "surbl",
    "reputation",
    "client host*blocked",
    "your ip",
    "your network",
    "their network",
    "ip address*blocked",
    "ip address*listed",
    "ip*gesperrt",
    "sending ip",
    "sender ip",
    "banned sender",
    "spam abuse detected",
    "spam*from your",
    "user complaints",
    "messages from*weren t sent",
    "blocked see",
    "your host",
    "your server",
    "your mail server",
    "your domain",
    "spam source",
    "senderscore",
    "talosintelligence",
    "cloudmark",
    "abusix",
    "uceprotect",
    "sorbs",
    "dynamic ip",
];

/// In the order in which they are asked: limits first, since they are said of senders, too.
const MEANINGS: &[(Fault, &[&str])] = &[
    (Fault::Address { gone: false }, RECIPIENT),
    (Fault::Quota(Quota::Day), DAY),
    (Fault::Quota(Quota::Hour), HOUR),
    (Fault::Quota(Quota::Unsaid), QUOTA),
    (Fault::TooFast, TOO_FAST),
    (Fault::Ours(Ours::Sender), SENDER),
    (Fault::Ours(Ours::Relaying), RELAYING),
    (Fault::Ours(Ours::Tls), TLS),
    (Fault::Ours(Ours::LogIn), LOG_IN),
    (Fault::Ours(Ours::SetUp), SET_UP),
    (Fault::Ours(Ours::Reputation), REPUTATION),
];

/// Greylisting is about a sender that is new, and passes by itself: it is neither fast nor ours.
const GREYLISTING: &[&str] = &["greylist", "graylist", "grey list", "gray list"];

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
    if GREYLISTING.iter().any(|pattern| has(&words, pattern)) {
        return (reply.code < 500).then_some(Fault::Later(None));
    }
    let told = MEANINGS.iter().find_map(|(fault, patterns)| {
        let is_said = patterns.iter().any(|pattern| has(&words, pattern));
        is_said.then_some(*fault)
    });
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
        let patterns = MEANINGS.iter().flat_map(|(_, patterns)| *patterns);
        for pattern in patterns.chain(GREYLISTING) {
            for part in pattern.split('*') {
                let plain = plain(&part.to_lowercase());
                assert_eq!(plain.trim_start(), part, "{pattern}");
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
