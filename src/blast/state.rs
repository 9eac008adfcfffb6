//! Where a mailing stands, and what can be done with it: one pure table.

pub use crate::mail::BlastState as State;

/// What somebody wants of a mailing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Other words, other recipients, another pace.
    Change,
    /// To say that this is what shall be sent.
    Approve,
    /// To queue its mails.
    Start,
    /// To hold what is queued.
    Pause,
    /// To go on.
    Resume,
    /// To give up what is queued.
    Cancel,
    /// To explain it away: it should not have gone.
    Recall,
    /// To send what came to nothing once more.
    RetryFailed,
}

/// What a wish does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It is done, and the mailing is in this state from now on.
    To(State),
    /// It was so already: asking twice does no harm.
    Stay,
    /// It cannot be done, and why.
    Refuse(&'static str),
}

impl State {
    /// What people see, of a mailing with so many mails still to go.
    pub fn shown(self, to_go: i64) -> Self {
        match self {
            Self::Sending if to_go == 0 => Self::Done,
            state => state,
        }
    }

    /// Whether nothing of it has been queued, nor was it given up.
    pub fn is_before_the_start(self) -> bool {
        matches!(self, Self::Draft | Self::Approved)
    }

    /// What `wish` does to a mailing in this state.
    pub fn after(self, wish: Wish) -> Move {
        use Move::{Refuse, Stay, To};
        const STARTED: &str = "it has been started; make a new mailing";
        const CANCELLED: &str = "it is cancelled; make a new mailing";
        const RECALLED: &str = "it is recalled; make a new mailing";
        const DONE: &str = "every mail of it has gone out already";
        match (self, wish) {
            (Self::Draft | Self::Approved, Wish::Change) => To(Self::Draft),
            (Self::Draft | Self::Approved, Wish::Approve) => To(Self::Approved),
            (Self::Draft, Wish::Start) => {
                Refuse("it is not approved; look at its preview, then approve it")
            }
            (Self::Approved, Wish::Start) => To(Self::Sending),
            (Self::Draft | Self::Approved, Wish::Pause | Wish::Resume) => {
                Refuse("it has not been started")
            }
            (Self::Draft | Self::Approved | Self::Sending | Self::Paused, Wish::Cancel) => {
                To(Self::Cancelled)
            }
            (Self::Sending | Self::Paused | Self::Done, Wish::Change | Wish::Approve) => {
                Refuse(STARTED)
            }
            (Self::Sending | Self::Paused | Self::Done, Wish::Start) => Stay,
            (Self::Sending, Wish::Pause) => To(Self::Paused),
            (Self::Paused, Wish::Pause) => Stay,
            (Self::Paused, Wish::Resume) => To(Self::Sending),
            (Self::Sending | Self::Done, Wish::Resume) => Stay,
            (Self::Done, Wish::Pause | Wish::Cancel) => Refuse(DONE),
            (Self::Draft | Self::Approved, Wish::Recall) => {
                Refuse("it has not been started, so nobody has it; cancel it")
            }
            (Self::Sending | Self::Paused | Self::Done | Self::Cancelled, Wish::Recall) => {
                To(Self::Recalled)
            }
            (Self::Recalled, Wish::Recall) => Stay,
            (Self::Draft | Self::Approved, Wish::RetryFailed) => Refuse("it has not been started"),
            (Self::Sending | Self::Done, Wish::RetryFailed) => To(Self::Sending),
            // They wait with the others.
            (Self::Paused, Wish::RetryFailed) => To(Self::Paused),
            (Self::Cancelled, Wish::Cancel) => Stay,
            (
                Self::Cancelled,
                Wish::Change
                | Wish::Approve
                | Wish::Start
                | Wish::Pause
                | Wish::Resume
                | Wish::RetryFailed,
            ) => Refuse(CANCELLED),
            (
                Self::Recalled,
                Wish::Change
                | Wish::Approve
                | Wish::Start
                | Wish::Pause
                | Wish::Resume
                | Wish::Cancel
                | Wish::RetryFailed,
            ) => Refuse(RECALLED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISHES: [Wish; 8] = [
        Wish::Change,
        Wish::Approve,
        Wish::Start,
        Wish::Pause,
        Wish::Resume,
        Wish::Cancel,
        Wish::Recall,
        Wish::RetryFailed,
    ];

    #[test]
    fn the_whole_table_reads_like_this() {
        let mut table = String::new();
        for state in State::ALL {
            for wish in WISHES {
                let after = match state.after(wish) {
                    Move::To(next) => format!("→ {}", next.name()),
                    Move::Stay => "as it is".to_owned(),
                    Move::Refuse(why) => format!("no: {why}"),
                };
                table += &format!("{:<9} {wish:<11?} {after}\n", state.name());
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn what_was_granted_is_no_error_a_second_time() {
        let repeatable = [
            Wish::Approve,
            Wish::Pause,
            Wish::Resume,
            Wish::Cancel,
            Wish::Recall,
        ];
        for state in State::ALL {
            for wish in repeatable.into_iter().chain([Wish::Start]) {
                if let Move::To(next) = state.after(wish) {
                    assert!(!matches!(next.after(wish), Move::Refuse(_)), "{wish:?}");
                }
            }
        }
    }

    #[test]
    fn a_mailing_is_done_when_nothing_of_it_waits() {
        assert_eq!(State::Sending.shown(0), State::Done);
        assert_eq!(State::Sending.shown(1), State::Sending);
        assert_eq!(State::Paused.shown(0), State::Paused);
        assert_eq!(State::from_name("sending"), Some(State::Sending));
        assert_eq!(State::from_name("lost"), None);
    }
}
