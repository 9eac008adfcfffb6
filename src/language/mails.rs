//! The words of our own mails.

/// Templates with the holes of a mail, and a few plain words.
#[derive(Debug)]
pub struct Mails {
    /// The mail with an order's link.
    pub link_subject: &'static str,
    /// The same, while the checkout alone knows the amount.
    pub link_subject_unpriced: &'static str,
    /// Its text.
    pub link_body: &'static str,
    /// The one reminder.
    pub reminder_subject: &'static str,
    /// The same, while the checkout alone knows the amount.
    pub reminder_subject_unpriced: &'static str,
    /// Its text. It says that a fee is open, never that somebody began to pay: a scanner may have
    /// opened the link.
    pub reminder_body: &'static str,
    /// The one mail about a cart that was left.
    pub recovered_subject: &'static str,
    /// Its text; `[day]` is when the checkout was begun. No urgency: whoever left may have meant to.
    pub recovered_body: &'static str,
    /// How a day is written, for chrono.
    pub day: &'static str,
    /// Before the address for questions.
    pub questions: &'static str,
    /// Before the link to unsubscribe.
    pub no_more: &'static str,
    /// On Stripe's page, where a reminder may follow; at most 1,200 letters.
    pub notice: &'static str,
    /// On Stripe's page, where the last bank debit did not arrive.
    pub debit_failed: &'static str,
}
