//! The settings that are on or off.

use crate::column::column_enum;

use super::Settings;

column_enum! {
    /// A switch, by its key.
    pub enum Switch {
        /// Unfinished checkouts of other systems are followed up.
        Recovery = "recovery_enabled",
        /// An unfinished checkout of an order of ours leads to its one reminder.
        Reminders = "reminders_enabled",
        /// A paid session of another system is a case.
        OrphanCases = "orphan_cases",
        /// A mailing's author may not approve it.
        TwoPersonApproval = "two_person_approval",
    }
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self, settings: &Settings) -> bool {
        match self {
            Self::Recovery => settings.recovery_enabled,
            Self::Reminders => settings.reminders_enabled,
            Self::OrphanCases => settings.orphan_cases,
            Self::TwoPersonApproval => settings.two_person_approval,
        }
    }
}
