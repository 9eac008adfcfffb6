//! When a mailing stops itself, and what it says then: pure.

use crate::column::column_enum;

column_enum! {
    /// Who or what has paused a mailing.
    pub enum PausedBy {
        /// Somebody wanted it.
        Person = "person",
        /// Mails of its first wave came back.
        WaveBounced = "wave_bounced",
        /// Nobody can know whether a mail of its first wave was sent.
        WaveUnknown = "wave_unknown",
        /// Too few of its first wave were accepted.
        WaveNotTaken = "wave_not_taken",
        /// Too many came back.
        Bounces = "bounces",
        /// Stripe opens no checkout for its orders.
        RefusedMints = "refused_mints",
    }
}

impl PausedBy {
    /// The mailing stopped itself: somebody has to look before it goes on.
    pub fn is_a_stop(self) -> bool {
        match self {
            Self::Person => false,
            Self::WaveBounced
            | Self::WaveUnknown
            | Self::WaveNotTaken
            | Self::Bounces
            | Self::RefusedMints => true,
        }
    }

    /// Those that are stops, as a list of SQL literals.
    pub fn stops() -> String {
        let stops = Self::ALL.into_iter().filter(|why| why.is_a_stop());
        let literals = stops.map(|why| format!("'{why}'"));
        literals.collect::<Vec<_>>().join(", ")
    }
}

/// So many mails have to come back at least: fewer are people's typing errors.
const BOUNCES: i64 = 5;
/// And of a hundred that were handed over so many: above that providers begin to refuse a sender.
const BOUNCES_OF_A_HUNDRED: i64 = 3;
/// Orders for which Stripe opens no checkout: one is about that order, several are about all of them.
const REFUSED_ORDERS: i64 = 3;
/// Within so many minutes.
pub(super) const REFUSED_WITHIN_MINUTES: i64 = 10;

/// Why a mailing stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    pub why: PausedBy,
    /// How many mails, or orders.
    pub count: i64,
    /// Of how many.
    pub of: i64,
}

/// Whether so many of those that were handed over may come back.
pub(super) fn bounces(bounced: i64, handed_over: i64) -> Option<Stop> {
    let too_many = bounced >= BOUNCES && bounced * 100 >= handed_over * BOUNCES_OF_A_HUNDRED;
    too_many.then_some(Stop {
        why: PausedBy::Bounces,
        count: bounced,
        of: handed_over,
    })
}

/// Whether fewer come back than a stop takes, however many were handed over.
pub(super) fn are_few(bounced: i64) -> bool {
    bounced < BOUNCES
}

/// Whether checkouts may be refused for so many of its orders.
pub(super) fn refused(orders: i64) -> Option<Stop> {
    (orders >= REFUSED_ORDERS).then_some(Stop {
        why: PausedBy::RefusedMints,
        count: orders,
        of: orders,
    })
}

impl Stop {
    /// What happened and what to do, for whoever looks.
    pub fn sentence(self) -> String {
        let Self { why, count, of } = self;
        let mails = if of == 1 { "mail" } else { "mails" };
        match why {
            PausedBy::Person => "Somebody paused it. Resume it to let it go on.".to_owned(),
            PausedBy::WaveBounced => format!(
                "{count} of the first {of} {mails} came back, so the others are held. See why in its recipients \
                 and mend the addresses; then resume it to send the rest, or cancel it."
            ),
            PausedBy::WaveUnknown => format!(
                "Nobody can know whether {count} of the first {of} {mails} went out, so the others are held. Ask \
                 the mail server, then retry or drop what is unknown; resume it to send the rest, or cancel it."
            ),
            PausedBy::WaveNotTaken => format!(
                "Only {count} of the first {of} {mails} were accepted, so the others are held. See what the mail \
                 servers say in its recipients; resume it to send the rest, or cancel it."
            ),
            PausedBy::Bounces => format!(
                "{count} of {of} {mails} came back, so it has stopped. See why in its recipients and mend the \
                 addresses; then resume it to go on, or cancel it."
            ),
            PausedBy::RefusedMints => format!(
                "Stripe refused to open a checkout for {count} of its orders within {REFUSED_WITHIN_MINUTES} \
                 minutes, so it has stopped. Open one of their links and see what Stripe's dashboard says; \
                 then resume it to go on, or recall it."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_that_are_three_of_a_hundred_are_too_many() {
        assert_eq!(bounces(4, 133), None, "3 %, and too few");
        assert_eq!(
            bounces(5, 166).map(|stop| (stop.count, stop.of)),
            Some((5, 166))
        );
        assert_eq!(bounces(5, 167), None, "less than 3 %");
        assert_eq!(bounces(6, 200).map(|stop| stop.count), Some(6));
        assert_eq!(bounces(6, 201), None);
        assert!(bounces(5, 5).is_some());
        assert!(are_few(4) && !are_few(5));
    }

    #[test]
    fn three_orders_without_a_checkout_are_too_many() {
        assert_eq!(refused(2), None);
        assert_eq!(refused(3).map(|stop| stop.count), Some(3));
    }

    #[test]
    fn every_sentence_says_what_happened_and_what_to_do() {
        let sentences = PausedBy::ALL.map(|why| {
            Stop {
                why,
                count: 3,
                of: 10,
            }
            .sentence()
        });
        insta::assert_snapshot!(sentences.join("\n"));
        let stops = PausedBy::ALL.into_iter().filter(|why| why.is_a_stop());
        assert_eq!(stops.count(), PausedBy::ALL.len() - 1);
    }
}
