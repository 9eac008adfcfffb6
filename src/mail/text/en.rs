//! English.

use super::Words;

pub(super) static WORDS: Words = Words {
    link_subject: "{{ shop_name }}: {{ amount }} to pay ({{ reference }})",
    link_subject_unpriced: "{{ shop_name }}: your payment ({{ reference }})",
    link_body: "\
Hello{% if name %} {{ name }}{% endif %},

This is what is open with us:

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

This is still open with us:

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
};
