//! Why addresses are not written to, where the reason is one of ours.

use crate::column::column_enum;

column_enum! {
    /// A reason of ours. Whatever else is stored is a shop's own word.
    pub enum Reason {
        /// They said so themselves.
        Unsubscribed = "unsubscribed",
        /// A mail server does not know the address.
        NoSuchAddress = "no_such_address",
        /// They called a mail of ours spam, and their provider reported it.
        Complaint = "complaint",
        /// Somebody of the shop added it, and said no reason.
        Manual = "manual",
        /// It came with a file that said no reason.
        Imported = "imported",
    }
}
