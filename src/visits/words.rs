//! The words of a visit: what is counted, in closed lists, so that no caller makes a new row by a new word.

use crate::column::column_enum;

column_enum! {
    /// A page of payers.
    pub enum Page {
        /// The link in the mail.
        Pay = "pay",
        /// Back from the checkout.
        Return = "return",
        /// The end of all mail.
        Unsubscribe = "unsubscribe",
    }
}

column_enum! {
    /// How the link came to whoever opened it: by the newest mail with it that a mail server has, or may have.
    pub enum Source {
        /// A mailing.
        Blast = "blast",
        /// A reminder.
        Reminder = "reminder",
        /// A mail about this one order.
        Link = "link",
        /// No mail of ours: a letter, a message, a person's hand.
        Letter = "letter",
    }
}

column_enum! {
    /// Who came.
    pub enum Who {
        /// Somebody.
        Person = "person",
        /// A program that looks before, or in place of, a person.
        Machine = "machine",
    }
}

column_enum! {
    /// What is counted by itself.
    pub enum Dimension {
        /// Everything.
        All = "all",
        /// By [`Page`].
        Page = "page",
        /// By [`Source`].
        Source = "source",
        /// By the size of the device.
        Device = "device",
        /// By browser.
        Browser = "browser",
        /// By operating system.
        System = "system",
        /// By country, where a proxy tells it.
        Country = "country",
    }
}
