//! English.

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static ENGLISH: Vocabulary = Vocabulary {
    code: "en",
    money: MoneyStyle {
        group: ',',
        grouped_from: 4,
        point: '.',
        currency: CurrencyPlace::Before,
    },
    orders: Orders {
        unpriced: "the sum shown at the checkout",
        unnamed: "Item as named at the checkout",
        colon: ": ",
        additions: " (without shipping, taxes and discounts, which the checkout works out)",
        every,
    },
    mails: Mails {
        link_subject: "{{ shop_name }}: {{ amount }} to pay ({{ reference }})",
        link_subject_unpriced: "{{ shop_name }}: your payment ({{ reference }})",
        link_body: "\
Hello{% if name %} {{ name }}{% endif %},

Here is what is due:

{{ lines }}

Amount due: {{ amount }}
Reference: {{ reference }}

You can pay here:

{{ pay_url }}

The link is meant for you and keeps working until this is settled.
",
        reminder_subject: "{{ shop_name }}: {{ amount }} still open ({{ reference }})",
        reminder_subject_unpriced: "{{ shop_name }}: your payment is still open ({{ reference }})",
        reminder_body: "\
Hello{% if name %} {{ name }}{% endif %},

This is still open:

{{ lines }}

Amount due: {{ amount }}
Reference: {{ reference }}

You can pay here:

{{ pay_url }}

This is the only reminder that we send. If you have paid in the \
meantime, or it is settled in another way, there is nothing more to do.
",
        recovered_subject: "{{ shop_name }}: your cart is still there",
        recovered_body: "\
Hello{% if name %} {{ name }}{% endif %},

On [day] you began a checkout with {{ shop_name }} and did not finish it. \
This is what was in your cart:

{{ lines }}

Total: {{ amount }}[additions]

If you still want it, this link puts the same things into a new checkout:

{{ pay_url }}

If you have changed your mind, there is nothing to do. We send this \
once, and no other mail about this cart.
",
        day: "%-d %B %Y",
        questions: "Questions?",
        no_more: "No more mail from us to this address:",
        debit_failed: "Your last bank payment did not arrive, so the amount is still open.",
        notice: "If you leave without paying, we send you one reminder by e-mail, and no more.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Continue to payment",
            note: "You pay on a secure page run by Stripe. We never see your card number.",
        },
        unsubscribe: Button {
            label: "Send me no more mail",
            note: "If you came here by mistake, just close this page. Nothing changes.",
        },
        try_again: "Try again now",
        write_to: "Questions? Write to",
        reach_us: "Questions? You can reach us at",
        why: "A note from us",

        reference: "Reference",
        paid_on: "Paid on",
        owed: "Amount asked for",
        lines: "What it is for",
        description: "Description",
        amount: "Amount",
        total: "Total",

        pages: PageTexts {
            to_pay: Words {
                heading: "Your payment",
                sentences: &["Please check what is due, then continue to the payment page."],
                amount: "Amount due",
            },
            replaced_with_due: Words {
                heading: "This link has been replaced",
                sentences: &[
                    "The link you opened is out of date: we withdrew it or sent a newer one. Nothing is lost.",
                    "This is what is due today. You can pay it right here.",
                ],
                amount: "Amount due",
            },
            replaced_nothing_due: Words {
                heading: "This link is no longer in use",
                sentences: &[
                    "The link you opened is out of date: we withdrew it or sent a newer one.",
                    "There is nothing for you to pay here.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Not paid yet",
                sentences: &[
                    "Your payment was not completed, and no money has been taken.",
                    "You can pay now, or later with the link in your mail. It keeps working.",
                ],
                amount: "Still open",
            },
            debit_failed: Words {
                heading: "Your last bank payment did not arrive",
                sentences: &[
                    "Your bank did not send us the money, so the amount is still open.",
                    "You can pay now, in another way if you like, or later with the link in your mail.",
                ],
                amount: "Still open",
            },
            processing: Words {
                heading: "Your payment is being processed",
                sentences: &[
                    "Your bank is sending us the money. That usually takes a few working days.",
                    "There is nothing more for you to do. Please do not pay a second time.",
                ],
                amount: "On its way",
            },
            in_review: Words {
                heading: "We have received your payment and are checking it",
                sentences: &[
                    "It does not quite match what we asked for, so one of us is going to look at it.",
                    "There is nothing more for you to do. Please do not pay a second time.",
                ],
                amount: "Received",
            },
            just_paid: Words {
                heading: "Thank you, your payment has arrived",
                sentences: &["Everything is settled. You can close this page."],
                amount: "Paid",
            },
            paid: Words {
                heading: "Already paid, thank you",
                sentences: &["We have your payment. There is nothing more for you to do."],
                amount: "Paid",
            },
            settled_offline: Words {
                heading: "There is nothing to pay",
                sentences: &[
                    "This has been settled with us directly, without an online payment.",
                    "There is nothing more for you to do.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Your payment has been refunded",
                sentences: &[
                    "The money goes back the way it came. With some banks it takes up to ten working days to appear.",
                    "There is nothing to pay.",
                ],
                amount: "Refunded",
            },
            partly_refunded: Words {
                heading: "Part of your payment has been refunded",
                sentences: &[
                    "The money goes back the way it came. With some banks it takes up to ten working days to appear.",
                    "There is nothing to pay.",
                ],
                amount: "Refunded",
            },
            cancelled: Words {
                heading: "This payment request was cancelled",
                sentences: &[
                    "There is nothing to pay.",
                    "If that comes as a surprise, please get in touch and mention the reference.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "This link has run out",
                sentences: &[
                    "We do not keep a cart that was not paid for longer than needed, so what this link led to has been deleted.",
                    "There is nothing to pay here. If you would still like to have it, you are welcome to choose it anew at {shop_link}.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "We cannot find this payment",
                sentences: &[
                    "The link may have been cut short on its way to you. Please open it from the mail once more, \
                 or copy the whole link into the address bar.",
                    "If that does not help, please get in touch. We can send you a new link.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "One moment, please",
                sentences: &[
                    "We cannot reach the payment service just now. Nothing is lost, and this page tries again by itself.",
                    "If you have just paid, please do not pay a second time.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "We cannot start your payment",
                sentences: &[
                    "The trouble is on our side, and we know about it. No money has been taken.",
                    "Please get in touch and mention the reference, or open the link again later. It keeps working.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Please try again in an hour",
                sentences: &[
                    "This payment has been opened very often within the last hour, so we are pausing it for a while.",
                    "Nothing is lost. The link in your mail keeps working.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Please wait a minute",
                sentences: &[
                    "Many links that do not lead anywhere have been opened from your connection, so we are pausing them for a while.",
                    "A whole link keeps working, also now. Please open it from the mail once more, or copy it into the address bar.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "No more mail from us?",
                sentences: &[
                    "Press the button, and {shop} sends no more mail to the address that this link came to.",
                    "If anything is still to be paid, that does not change, and the links in earlier mails keep working.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "You will get no more mail from us",
                sentences: &[
                    "{shop} sends no more mail to the address that this link came to.",
                    "If anything is still to be paid, that does not change, and the links in earlier mails keep working.",
                    "If you would like to hear from us again, please get in touch.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "That has not worked yet",
                sentences: &[
                    "The trouble is on our side. Please wait a moment and press the button once more.",
                    "If it still does not work, please get in touch. We will see to it.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "This link does not work",
                sentences: &[
                    "It may have been cut short on its way to you. Please open it from the mail once more, or copy the \
                 whole link into the address bar.",
                    "If that does not help, please get in touch. We will see to it that you get no more mail.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "What is in it",
            to_pay: Words {
                heading: "Your cart",
                sentences: &[
                    "This is what was in it. If you still want it, continue to the payment page.",
                ],
                amount: "Total",
            },
            replaced: Words {
                heading: "This link has been replaced",
                sentences: &[
                    "The link you opened is out of date: we withdrew it or sent a newer one. Nothing is lost.",
                    "This is what is in your cart today. If you still want it, you can pay right here.",
                ],
                amount: "Total",
            },
            not_yet_paid: Words {
                heading: "Your cart is still here",
                sentences: &[
                    "Your payment was not completed, and no money has been taken.",
                    "If you still want what is in your cart, you can pay now, or later with the link in your mail.",
                ],
                amount: "Total",
            },
            debit_failed: Words {
                heading: "Your last bank payment did not arrive",
                sentences: &[
                    "Your bank did not send us the money, so the purchase has not gone through.",
                    "If you still want what is in your cart, you can pay now, in another way if you like, or later with \
                 the link in your mail.",
                ],
                amount: "Total",
            },
            cancelled: Words {
                heading: "This cart is closed",
                sentences: &[
                    "There is nothing to pay.",
                    "If you would still like to have what was in it, you are welcome to choose it anew at {shop_link}.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "We cannot start your payment",
                sentences: &[
                    "The trouble is on our side, and we know about it. No money has been taken.",
                    "Please get in touch, or open the link again later. You can also choose anew at {shop_link}.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &at.day().to_string(), "", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    let name = match interval {
        Interval::Day => "day",
        Interval::Week => "week",
        Interval::Month => "month",
        Interval::Year => "year",
    };
    match count {
        1 => format!("every {name}"),
        count => format!("every {count} {name}s"),
    }
}
