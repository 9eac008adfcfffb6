//! German.

use super::Words;

pub(super) static WORDS: Words = Words {
    link_subject: "{{ shop_name }}: {{ amount }} zu zahlen ({{ reference }})",
    link_subject_unpriced: "{{ shop_name }}: Ihre Zahlung ({{ reference }})",
    link_body: "\
Guten Tag{% if name %} {{ name }}{% endif %},

das ist bei uns offen:

{{ lines }}

Offener Betrag: {{ amount }}
Referenz: {{ reference }}

Hier können Sie bezahlen:

{{ pay_url }}

Der Link ist für Sie bestimmt und gilt, bis alles erledigt ist.
",
    reminder_subject: "{{ shop_name }}: {{ amount }} noch offen ({{ reference }})",
    reminder_subject_unpriced: "{{ shop_name }}: Ihre Zahlung ist noch offen ({{ reference }})",
    reminder_body: "\
Guten Tag{% if name %} {{ name }}{% endif %},

das ist bei uns noch offen:

{{ lines }}

Offener Betrag: {{ amount }}
Referenz: {{ reference }}

Hier können Sie bezahlen:

{{ pay_url }}

Das ist die einzige Erinnerung, die wir dazu schicken. Falls Sie \
inzwischen bezahlt haben oder es anders erledigt ist, brauchen Sie nichts \
mehr zu tun.
",
    recovered_subject: "{{ shop_name }}: Ihr Warenkorb ist noch da",
    recovered_body: "\
Guten Tag{% if name %} {{ name }}{% endif %},

am [day] haben Sie bei {{ shop_name }} einen Einkauf begonnen und nicht \
abgeschlossen. Das war in Ihrem Warenkorb:

{{ lines }}

Summe: {{ amount }}[additions]

Wenn Sie es noch möchten: Dieser Link legt dasselbe in eine neue Kasse.

{{ pay_url }}

Wenn Sie es sich anders überlegt haben, müssen Sie nichts tun. Wir schicken \
diese Nachricht einmal und keine weitere zu diesem Warenkorb.
",
    day: "%d.%m.%Y",
    questions: "Fragen?",
    no_more: "Keine Mails mehr von uns an diese Adresse:",
    debit_failed: "Ihre letzte Bankzahlung ist nicht angekommen, der Betrag ist also noch offen.",
    notice: "Wenn Sie die Seite verlassen, ohne zu bezahlen, erinnern wir Sie einmal per E-Mail, danach nicht mehr.",
};
