//! Why all mail waits: the word of the pause's row.

use crate::{
    column::column_enum,
    mail::refusal::{Fault, Ours},
};

column_enum! {
    /// Why all mail waits.
    pub enum Cause {
        /// The server cannot be reached, or speaks no SMTP.
        Connection = "connection",
        /// No connection that can be trusted.
        Tls = "tls",
        /// Our log-in, or that there is none.
        LogIn = "log_in",
        /// The address that mails come from.
        Sender = "sender",
        /// That the server should carry mail for us to others.
        Relaying = "relaying",
        /// Somebody's list has our address on the network, our domain, our links.
        Reputation = "reputation",
        /// Something else that holds for every mail.
        SetUp = "set_up",
        /// One recipient after the other was refused with the same words.
        Streak = "streak",
        /// What the mail provider allows is used up, it says.
        Quota = "quota",
        /// `MAIL_PER_HOUR` or `MAIL_PER_DAY` is used up.
        Allowance = "allowance",
    }
}

impl Cause {
    /// The cause that a fault is, if all mail waits for it.
    pub fn of(fault: Fault) -> Option<Self> {
        match fault {
            Fault::Ours(ours) => Some(Self::of_ours(ours)),
            Fault::Quota(_) => Some(Self::Quota),
            Fault::Address { .. } | Fault::Mail | Fault::TooFast | Fault::Later(_) => None,
        }
    }

    /// The same, where no connection can be had: whatever the server says then is about us.
    pub fn of_no_connection(fault: Fault) -> Self {
        Self::of(fault).unwrap_or(Self::Connection)
    }

    /// The cause that something of ours is.
    pub fn of_ours(ours: Ours) -> Self {
        match ours {
            Ours::Connection => Self::Connection,
            Ours::Tls => Self::Tls,
            Ours::LogIn => Self::LogIn,
            Ours::Sender => Self::Sender,
            Ours::Relaying => Self::Relaying,
            Ours::Reputation => Self::Reputation,
            Ours::SetUp => Self::SetUp,
        }
    }

    /// Of two causes at once the higher one is kept, since it knows more of what may try: a quota is
    /// waited for, and a streak is tried at another domain.
    pub fn rank(self) -> u8 {
        match self {
            Self::Allowance => 0,
            Self::Connection | Self::Tls | Self::LogIn => 1,
            Self::Sender | Self::Relaying | Self::Reputation | Self::SetUp => 2,
            Self::Streak => 3,
            Self::Quota => 4,
        }
    }

    /// Whether any mail that is accepted shows that it is over, an alert or one to ourselves, too.
    pub fn is_before_any_mail(self) -> bool {
        self.rank() == 1
    }

    /// Whether a person can let mail go on: what the settings allow is no pause, and goes on waiting.
    pub fn ends_by_a_person(self) -> bool {
        self != Self::Allowance
    }

    /// Whether the refusal bounces once a person has let mail go on: it is said of a mail, and what is used
    /// up comes back by itself.
    pub fn bounces_after_all(self) -> bool {
        self.rank() > 1 && self != Self::Quota
    }
}
