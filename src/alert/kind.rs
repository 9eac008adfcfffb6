//! What alerts are about, and what comes before what. Pure.

use crate::column::column_enum;

column_enum! {
    /// What kind of thing needs somebody.
    pub enum Kind {
        /// Money that does not add up, until a person has decided.
        Case = "case",
        /// A dispute was lost, and its case is still open.
        LostDispute = "lost_dispute",
        /// A bank debit did not arrive, and nobody has paid since.
        Debit = "debit",
        /// No mail can be sent, all of it waits.
        Pause = "pause",
        /// Mails are due, and no worker takes them.
        Stuck = "stuck",
        /// Nobody can know whether a mail was sent.
        UnknownMail = "unknown_mail",
        /// A mail was given up, or cannot be sent as its row is.
        FailedMail = "failed_mail",
        /// A mail of a kind that this version does not know waits for a newer one.
        NewerMail = "newer_mail",
        /// A mailing has stopped itself.
        StoppedMailing = "stopped_mailing",
        /// Mails came back.
        Bounces = "bounces",
        /// Families open checkouts and do not pay.
        DeadLinks = "dead_links",
        /// Stripe opens no checkout for an order.
        RefusedCheckout = "refused_checkout",
        /// An event of Stripe cannot be acted on.
        FailedEvent = "failed_event",
        /// Stripe's webhooks do not reach us.
        SilentWebhook = "silent_webhook",
        /// What is done now and then has not been done for long.
        OverdueChore = "overdue_chore",
        /// A line of the log that needs somebody, and that nothing else here stands for.
        Entry = "entry",
    }
}

/// What is told before what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Told at once, whatever else is told.
    Money,
    /// Families do not get what they should.
    Mail,
    /// Everything else.
    Rest,
}

impl Rank {
    /// All of them, the first first.
    pub const ALL: [Self; 3] = [Self::Money, Self::Mail, Self::Rest];

    /// Its heading in a mail.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Money => "Money",
            Self::Mail => "Mail",
            Self::Rest => "Everything else",
        }
    }
}

impl Kind {
    /// Its rank.
    pub fn rank(self) -> Rank {
        match self {
            Self::Case | Self::LostDispute | Self::Debit => Rank::Money,
            Self::Pause
            | Self::Stuck
            | Self::UnknownMail
            | Self::FailedMail
            | Self::NewerMail
            | Self::StoppedMailing
            | Self::Bounces => Rank::Mail,
            Self::DeadLinks
            | Self::RefusedCheckout
            | Self::FailedEvent
            | Self::SilentWebhook
            | Self::OverdueChore
            | Self::Entry => Rank::Rest,
        }
    }

    /// Those of a rank.
    pub fn of_rank(rank: Rank) -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|kind| kind.rank() == rank).collect()
    }
}

column_enum! {
    /// Which end of a cause a message tells.
    pub enum State {
        /// It has begun.
        Begins = "begins",
        /// It is over.
        Over = "over",
    }
}

column_enum! {
    /// Which way a message goes.
    pub enum Channel {
        /// To `ALERT_EMAIL`.
        Mail = "mail",
        /// To `ALERT_URL`.
        Url = "url",
    }
}
