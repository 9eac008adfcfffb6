//! What a worker does next about mail that is due: pure.

use super::flow::Cause;

/// How things stand before anything is claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Mails that are due, counted as far as it matters.
    pub due: usize,
    /// An alert is due: it goes also while all other mail waits.
    pub alert_is_due: bool,
    /// A mail is due that a person asked for since the server was last asked in vain.
    pub asked_is_due: bool,
    /// All mail waits.
    pub paused: Option<Paused>,
    /// Seconds until the pace allows the next mail.
    pub turn: f64,
    /// Mails a second, if a server asked for fewer than the settings say.
    pub rate: Option<f64>,
    /// Mails that the settings still allow; none: as many as there are.
    pub allowance: Option<i64>,
}

/// All mail waits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paused {
    /// Why.
    pub cause: Cause,
    /// Seconds until one mail may try.
    pub seconds: f64,
    /// One tries already.
    pub is_tried: bool,
}

/// Which mails are claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Whatever is due, while no mail is paused.
    Any,
    /// Alerts.
    Alerts,
    /// One that a person asked for, though mail is paused.
    Asked,
    /// The one that tries whether mail goes on.
    Probe,
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// Nothing is due.
    Idle,
    /// So many seconds of waiting.
    Wait(f64),
    /// `MAIL_PER_HOUR` or `MAIL_PER_DAY` is used up.
    UsedUp,
    /// They allow mail again.
    Back,
    /// So many mails are claimed.
    Claim(Which, usize),
}

/// A wait for something that nobody knows the end of.
const LOOK_AGAIN: f64 = 2.0;

/// Decides what is done next; `free` is how many mails can be taken on.
pub fn next(look: &Look, free: usize) -> Turn {
    if look.due == 0 {
        return Turn::Idle;
    }
    if look.turn > 0.0 {
        return Turn::Wait(look.turn);
    }
    let allowed = look.allowance.is_none_or(|mails| mails > 0);
    match look.paused {
        None if allowed => Turn::Claim(Which::Any, most(look, free)),
        None if look.alert_is_due => Turn::Claim(Which::Alerts, 1),
        None => Turn::UsedUp,
        Some(paused) => while_paused(look, paused, allowed),
    }
}

fn most(look: &Look, free: usize) -> usize {
    let allowed = look
        .allowance
        .map_or(free, |mails| usize::try_from(mails).unwrap_or(0));
    // A server that counts is not served in bursts: what comes in a second goes at once, no more.
    let at_once = look.rate.map_or(free, |rate| {
        (1..free).take_while(|mails| (*mails as f64) < rate).count() + 1
    });
    look.due.min(free).min(allowed).min(at_once).max(1)
}

fn while_paused(look: &Look, paused: Paused, allowed: bool) -> Turn {
    let is_over = paused.seconds <= 0.0;
    let wait = Turn::Wait(if is_over { LOOK_AGAIN } else { paused.seconds });
    let alerts_pass = !paused.cause.is_before_any_mail();
    match paused.cause {
        Cause::Allowance if allowed => Turn::Back,
        Cause::Allowance if !look.alert_is_due && is_over => Turn::UsedUp,
        // Never past a quota, whoever asks for it.
        cause if cause != Cause::Quota && allowed && look.asked_is_due && !paused.is_tried => {
            Turn::Claim(Which::Asked, 1)
        }
        _ if look.alert_is_due && alerts_pass => Turn::Claim(Which::Alerts, 1),
        _ if !is_over || paused.is_tried => wait,
        _ if allowed => Turn::Claim(Which::Probe, 1),
        // Alerts do not wait for what the settings allow.
        _ if look.alert_is_due => Turn::Claim(Which::Alerts, 1),
        _ => wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: Look = Look {
        due: 9,
        alert_is_due: false,
        asked_is_due: false,
        paused: None,
        turn: 0.0,
        rate: None,
        allowance: None,
    };

    fn paused(cause: Cause, seconds: f64) -> Look {
        Look {
            paused: Some(Paused {
                cause,
                seconds,
                is_tried: false,
            }),
            ..DUE
        }
    }

    #[test]
    fn what_is_due_goes_as_far_as_pace_and_allowance_go() {
        assert_eq!(next(&Look { due: 0, ..DUE }, 4), Turn::Idle);
        assert_eq!(next(&Look { turn: 0.5, ..DUE }, 4), Turn::Wait(0.5));
        for (rate, allowance, most) in [
            (None, None, 4),
            (None, Some(2), 2),
            (Some(0.3), None, 1),
            (Some(1.0), None, 1),
            (Some(2.5), None, 3),
            (Some(100.0), Some(100), 4),
        ] {
            let look = Look {
                rate,
                allowance,
                ..DUE
            };
            assert_eq!(next(&look, 4), Turn::Claim(Which::Any, most), "{look:?}");
        }
    }

    #[test]
    fn what_is_used_up_keeps_all_but_alerts() {
        let used_up = Look {
            allowance: Some(-1),
            ..DUE
        };
        assert_eq!(next(&used_up, 4), Turn::UsedUp);
        let alert = Look {
            alert_is_due: true,
            asked_is_due: true,
            ..used_up.clone()
        };
        assert_eq!(next(&alert, 4), Turn::Claim(Which::Alerts, 1));
        let waits = Look {
            allowance: Some(0),
            ..paused(Cause::Allowance, 60.0)
        };
        assert_eq!(next(&waits, 4), Turn::Wait(60.0));
        assert_eq!(next(&paused(Cause::Allowance, 60.0), 4), Turn::Back);
        for cause in Cause::ALL {
            let look = Look {
                allowance: Some(0),
                asked_is_due: true,
                ..paused(cause, 0.0)
            };
            assert!(!matches!(next(&look, 4), Turn::Claim(..)), "{cause}");
            let alert = Look {
                alert_is_due: true,
                ..look
            };
            assert_eq!(next(&alert, 4), Turn::Claim(Which::Alerts, 1), "{cause}");
        }
    }

    #[test]
    fn while_mail_is_paused_one_tries_when_its_time_has_come() {
        for cause in Cause::ALL
            .into_iter()
            .filter(|cause| *cause != Cause::Allowance)
        {
            assert_eq!(next(&paused(cause, 9.0), 4), Turn::Wait(9.0), "{cause}");
            assert_eq!(
                next(&paused(cause, 0.0), 4),
                Turn::Claim(Which::Probe, 1),
                "{cause}"
            );
            let mut tried = paused(cause, 0.0);
            if let Some(paused) = &mut tried.paused {
                paused.is_tried = true;
            }
            tried.asked_is_due = true;
            assert_eq!(next(&tried, 4), Turn::Wait(LOOK_AGAIN), "{cause}");
        }
    }

    #[test]
    fn alerts_and_what_a_person_asks_for_go_meanwhile_but_never_past_a_quota() {
        for cause in Cause::ALL
            .into_iter()
            .filter(|cause| *cause != Cause::Allowance)
        {
            let alert = Look {
                alert_is_due: true,
                ..paused(cause, 9.0)
            };
            let expected = match cause.is_before_any_mail() {
                true => Turn::Wait(9.0),
                false => Turn::Claim(Which::Alerts, 1),
            };
            assert_eq!(next(&alert, 4), expected, "{cause}");
            let asked = Look {
                asked_is_due: true,
                ..paused(cause, 9.0)
            };
            let expected = match cause {
                Cause::Quota => Turn::Wait(9.0),
                _ => Turn::Claim(Which::Asked, 1),
            };
            assert_eq!(next(&asked, 4), expected, "{cause}");
        }
    }
}
