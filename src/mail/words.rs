//! What a mail is, and where it and its mailing stand: the words of rows.

use crate::column::column_enum;

column_enum! {
    /// What a mail is.
    pub enum Kind {
        /// One of a mailing.
        Blast = "blast",
        /// One order's link, sent because somebody asked.
        Link = "link",
        /// The one reminder.
        Reminder = "reminder",
        /// A mailing's sample, to somebody of the shop.
        Test = "test",
        /// To the shop: something needs a person.
        Alert = "alert",
        /// What lets one of the shop's people in. Its row never has its words.
        Account = "account",
    }
}

impl Kind {
    /// Whether it goes to a payer, who can end all mail.
    pub fn is_to_a_payer(self) -> bool {
        match self {
            Self::Blast | Self::Link | Self::Reminder => true,
            Self::Test | Self::Alert | Self::Account => false,
        }
    }
}

impl Kind {
    /// Whether it goes before all other mail, and also while that waits: its reader sits there.
    pub fn goes_before_all(self) -> bool {
        match self {
            Self::Alert | Self::Account => true,
            Self::Blast | Self::Link | Self::Reminder | Self::Test => false,
        }
    }

    /// Those kinds, as a list of SQL literals: a partial index is used for no parameter.
    pub fn before_all() -> String {
        let kinds = Self::ALL.into_iter().filter(|kind| kind.goes_before_all());
        let literals = kinds.map(|kind| format!("'{kind}'"));
        literals.collect::<Vec<_>>().join(", ")
    }
}

column_enum! {
    /// Where a mail stands.
    pub enum State {
        /// It waits for its turn.
        Queued = "queued",
        /// A worker hands it over.
        Sending = "sending",
        /// A mail server took it.
        Sent = "sent",
        /// A mail server may have it; nobody can know.
        Unknown = "unknown",
        /// A mail server refused it for good.
        Bounced = "bounced",
        /// It was given up: no server took it in time, or it could not be sent.
        Failed = "failed",
        /// A gate or a person decided that it is not sent.
        Cancelled = "cancelled",
        /// Its address is not written to.
        Suppressed = "suppressed",
    }
}

impl State {
    /// Whether a person may send it again or drop it.
    pub fn is_open_to_people(self) -> bool {
        match self {
            Self::Queued | Self::Failed | Self::Bounced | Self::Unknown => true,
            Self::Sending | Self::Sent | Self::Cancelled | Self::Suppressed => false,
        }
    }

    /// Whether nobody knows if they have it, and somebody let it be: it was dropped after a server may have taken
    /// it, and none ever said that it had.
    pub fn was_let_be(self, handed_over: bool, accepted: bool) -> bool {
        self == Self::Cancelled && handed_over && !accepted
    }
}

column_enum! {
    /// Where a mailing stands. All but `done` are stored. Which state follows which is the mailings' own
    /// business; the outbox has to know which of them send.
    pub enum BlastState {
        /// Being written.
        Draft = "draft",
        /// Somebody has approved exactly what it says now.
        Approved = "approved",
        /// Its mails go out as they become due.
        Sending = "sending",
        /// Its mails wait.
        Paused = "paused",
        /// It was started, and no mail of it is waiting any more.
        Done = "done",
        /// What had not been sent never will be.
        Cancelled = "cancelled",
        /// It was sent and then explained away.
        Recalled = "recalled",
    }
}

column_enum! {
    /// Which mails of a mailing. A few go first; the rest is held until they have shown that all is well.
    pub enum Wave {
        /// Those that go first.
        First = "first",
        /// All others.
        Rest = "rest",
    }
}
