//! Could they have paid without our noticing? Pure: only a fact may say no.

use chrono::{DateTime, TimeDelta, Utc};

/// Messages of Stripe that came within this time are lately: on most days a shop has some.
const LATELY: TimeDelta = TimeDelta::hours(24);

/// What is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signs {
    /// When Stripe's last message came.
    pub heard: Option<DateTime<Utc>>,
    /// Since when messages have been missing, if they have.
    pub silent_since: Option<DateTime<Utc>>,
    /// When Stripe was last asked, about this order or about all.
    pub asked: Option<DateTime<Utc>>,
    /// The order's payment pages.
    pub pages: Pages,
}

/// Where an order's payment pages stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pages {
    /// None was ever opened.
    #[default]
    None,
    /// One may still be paid.
    Open {
        /// Since when.
        since: DateTime<Utc>,
        /// Until when, if that is known.
        until: Option<DateTime<Utc>>,
    },
    /// The last one ended then; it had been opened before.
    Over {
        /// When it was opened.
        since: DateTime<Utc>,
        /// When it ended.
        at: DateTime<Utc>,
    },
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// No: there was never anything to pay with.
    NothingToPayWith,
    /// No: messages arrive, and Stripe was asked since the last page ended.
    No {
        /// When Stripe's last message came.
        heard: DateTime<Utc>,
        /// When Stripe was asked.
        asked: DateTime<Utc>,
    },
    /// Nobody can be sure.
    Unsure(Doubt),
}

/// Why nobody can be sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A payment page is open.
    PageOpen {
        /// Until when, if that is known.
        until: Option<DateTime<Utc>>,
        /// When Stripe was last asked since it was opened.
        asked: Option<DateTime<Utc>>,
    },
    /// Stripe's messages have been missing since then.
    Missing(DateTime<Utc>),
    /// No message has come lately; the last one, if there was any.
    Quiet(Option<DateTime<Utc>>),
    /// Stripe has not been asked since the last page ended.
    NotAsked {
        /// When it ended.
        ended: DateTime<Utc>,
    },
}

/// The answer to the question.
pub fn sure(signs: &Signs, now: DateTime<Utc>) -> Sure {
    let (since, ended) = match signs.pages {
        Pages::None => return Sure::NothingToPayWith,
        Pages::Open { since, until } => {
            let asked = signs.asked.filter(|asked| *asked >= since);
            return Sure::Unsure(Doubt::PageOpen { until, asked });
        }
        Pages::Over { since, at } => (since, at),
    };
    if let Some(silent) = signs.silent_since {
        return Sure::Unsure(Doubt::Missing(silent));
    }
    let is_lately = |heard: DateTime<Utc>| now - heard <= LATELY || heard >= since;
    let Some(heard) = signs.heard.filter(|heard| is_lately(*heard)) else {
        return Sure::Unsure(Doubt::Quiet(signs.heard));
    };
    match signs.asked.filter(|asked| *asked >= ended) {
        Some(asked) => Sure::No { heard, asked },
        None => Sure::Unsure(Doubt::NotAsked { ended }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    /// Opened at 100, over at 124; it is 200 now.
    fn over(heard: i64, asked: i64) -> Signs {
        Signs {
            heard: Some(at(heard)),
            silent_since: None,
            asked: Some(at(asked)),
            pages: Pages::Over {
                since: at(100),
                at: at(124),
            },
        }
    }

    fn said(signs: Signs) -> Sure {
        sure(&signs, at(200))
    }

    #[test]
    fn only_messages_that_arrive_and_a_question_since_the_end_say_no() {
        let no = |heard: i64, asked: i64| Sure::No {
            heard: at(heard),
            asked: at(asked),
        };
        assert_eq!(said(over(199, 124)), no(199, 124));
        // Nothing has happened at Stripe since the page that was left: the message of its end is enough.
        assert_eq!(said(over(124, 150)), no(124, 150));
        let ended = at(124);
        let not_asked = Sure::Unsure(Doubt::NotAsked { ended });
        assert_eq!(said(over(199, 123)), not_asked);
        let never = Signs {
            asked: None,
            ..over(199, 0)
        };
        assert_eq!(said(never), not_asked);
        assert_eq!(
            said(over(99, 150)),
            Sure::Unsure(Doubt::Quiet(Some(at(99))))
        );
        let silent = Signs {
            silent_since: Some(at(190)),
            ..over(199, 199)
        };
        assert_eq!(said(silent), Sure::Unsure(Doubt::Missing(at(190))));
    }

    #[test]
    fn while_a_page_is_open_they_may_pay_at_any_moment() {
        let open = Signs {
            pages: Pages::Open {
                since: at(190),
                until: Some(at(214)),
            },
            ..over(199, 199)
        };
        let until = Some(at(214));
        let asked = Some(at(199));
        assert_eq!(said(open), Sure::Unsure(Doubt::PageOpen { until, asked }));
        let before = Signs {
            asked: Some(at(189)),
            ..open
        };
        let asked = None;
        assert_eq!(said(before), Sure::Unsure(Doubt::PageOpen { until, asked }));
        assert_eq!(said(Signs::default()), Sure::NothingToPayWith);
    }
}
