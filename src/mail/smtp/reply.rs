//! What a mail server's refusal means for the mail: pure.
//!
//! Reply codes are RFC 5321's, enhanced ones RFC 3463's: `5.1.1` is "no such mailbox".

/// Where in the hand-over the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The answer to MAIL.
    Sender,
    /// The answer to RCPT.
    Recipient,
    /// The answer to DATA.
    Data,
    /// The answer to the final dot.
    Message,
}

/// What follows from a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may be taken later.
    Later,
    /// This recipient will not get it.
    Bounce {
        /// And never any mail: there is no such address.
        no_such_address: bool,
    },
    /// It is about us, not about this mail.
    Ours,
}

/// Judges the reply `code` with its `text`.
pub(super) fn judge(stage: Stage, code: u16, text: &str) -> Refusal {
    let enhanced = enhanced(text);
    match code {
        // We must log in first, or differently (RFC 4954).
        530 | 534 | 535 | 538 => Refusal::Ours,
        500.. if stage == Stage::Sender => Refusal::Ours,
        // The sender's address is wrong, said at whatever moment.
        500.. if matches!(enhanced, Some((5, 1, 7 | 8))) => Refusal::Ours,
        500.. => Refusal::Bounce {
            no_such_address: matches!(enhanced, Some((5, 1, _))),
        },
        _ => Refusal::Later,
    }
}

/// `5.1.1 There is no such mailbox` begins with an enhanced status code.
fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text
        .split_whitespace()
        .next()?
        .splitn(3, '.')
        .map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::{Refusal::*, Stage::*, *};

    #[test]
    fn what_a_refusal_means_depends_on_where_it_came_and_what_it_says() {
        const GONE: Refusal = Bounce {
            no_such_address: true,
        };
        const BOUNCED: Refusal = Bounce {
            no_such_address: false,
        };
        for (stage, code, text, expected) in [
            (Recipient, 450, "4.2.0 greylisted", Later),
            (Sender, 451, "try again", Later),
            (Message, 452, "4.3.1 disk full", Later),
            (Data, 421, "4.3.2 closing", Later),
            (Recipient, 550, "5.1.1 no such user", GONE),
            (Recipient, 553, "5.1.3 bad address", GONE),
            (Message, 550, "5.1.10 null MX", GONE),
            (Recipient, 550, "no such user", BOUNCED),
            (Recipient, 552, "5.2.2 mailbox full", BOUNCED),
            (Data, 554, "5.5.1 no valid recipients", BOUNCED),
            (Message, 554, "5.7.1 looks like spam", BOUNCED),
            (Sender, 550, "5.7.1 not from you", Ours),
            (Sender, 552, "", Ours),
            (Recipient, 530, "5.7.0 log in first", Ours),
            (Recipient, 550, "5.1.8 sender's domain unknown", Ours),
            (Message, 535, "5.7.8 bad credentials", Ours),
        ] {
            assert_eq!(
                judge(stage, code, text),
                expected,
                "{stage:?} {code} {text}"
            );
        }
    }

    #[test]
    fn a_version_number_in_the_text_is_no_status_code() {
        assert_eq!(enhanced("5.1.1 gone"), Some((5, 1, 1)));
        for none in ["", "gone", "see 5.1.1", "5.1 gone", "5.1.x gone"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
