//! German, in the polite form.

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static GERMAN: Vocabulary = Vocabulary {
    code: "de",
    money: MoneyStyle {
        group: '.',
        grouped_from: 4,
        point: ',',
        currency: CurrencyPlace::Behind,
    },
    orders: Orders {
        unpriced: "die Summe, die auf der Bezahlseite steht",
        unnamed: "Posten laut Bezahlseite",
        colon: ": ",
        additions: " (ohne Versand, Steuern und Rabatte, die die Bezahlseite ausrechnet)",
        every,
    },
    mails: Mails {
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

Wenn Sie es noch möchten: Dieser Link öffnet eine neue Bezahlseite mit \
demselben Inhalt.

{{ pay_url }}

Wenn Sie es sich anders überlegt haben, müssen Sie nichts tun. Wir schicken \
diese Nachricht einmal und keine weitere zu diesem Warenkorb.
",
        day: "%d.%m.%Y",
        questions: "Fragen?",
        no_more: "Keine Mails mehr von uns an diese Adresse:",
        debit_failed: "Ihre letzte Bankzahlung ist nicht angekommen, der Betrag ist also noch offen.",
        notice: "Wenn Sie die Seite verlassen, ohne zu bezahlen, erinnern wir Sie einmal per E-Mail, danach nicht mehr.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Weiter zur Zahlung",
            note: "Sie bezahlen auf einer sicheren Seite von Stripe. Ihre Kartennummer sehen wir nie.",
        },
        unsubscribe: Button {
            label: "Keine Mails mehr schicken",
            note: "Falls Sie versehentlich hier sind, schließen Sie einfach diese Seite. Es ändert sich nichts.",
        },
        try_again: "Jetzt noch einmal versuchen",
        write_to: "Fragen? Schreiben Sie an",
        reach_us: "Fragen? Sie erreichen uns unter",
        why: "Unsere Nachricht dazu",

        reference: "Referenz",
        paid_on: "Bezahlt am",
        owed: "Geforderter Betrag",
        lines: "Wofür",
        description: "Beschreibung",
        amount: "Betrag",
        total: "Summe",

        pages: PageTexts {
            to_pay: Words {
                heading: "Ihre Zahlung",
                sentences: &[
                    "Bitte prüfen Sie, was offen ist, und gehen Sie dann weiter zur Zahlung.",
                ],
                amount: "Zu zahlen",
            },
            replaced_with_due: Words {
                heading: "Dieser Link wurde ersetzt",
                sentences: &[
                    "Der Link, den Sie geöffnet haben, ist nicht mehr aktuell: Wir haben ihn zurückgezogen oder Ihnen \
                 einen neueren geschickt. Es geht nichts verloren.",
                    "Das ist der Betrag, der heute offen ist. Sie können ihn gleich hier bezahlen.",
                ],
                amount: "Zu zahlen",
            },
            replaced_nothing_due: Words {
                heading: "Dieser Link wird nicht mehr verwendet",
                sentences: &[
                    "Der Link, den Sie geöffnet haben, ist nicht mehr aktuell: Wir haben ihn zurückgezogen oder Ihnen \
                 einen neueren geschickt.",
                    "Sie müssen hier nichts bezahlen.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Noch nicht bezahlt",
                sentences: &[
                    "Ihre Zahlung wurde nicht abgeschlossen, und es wurde nichts abgebucht.",
                    "Sie können jetzt bezahlen oder später über den Link in Ihrer Mail. Er bleibt gültig.",
                ],
                amount: "Noch offen",
            },
            debit_failed: Words {
                heading: "Ihre letzte Bankzahlung ist nicht angekommen",
                sentences: &[
                    "Ihre Bank hat uns das Geld nicht überwiesen, der Betrag ist also noch offen.",
                    "Sie können jetzt bezahlen, gern auf einem anderen Weg, oder später über den Link in Ihrer Mail.",
                ],
                amount: "Noch offen",
            },
            processing: Words {
                heading: "Ihre Zahlung wird bearbeitet",
                sentences: &[
                    "Ihre Bank überweist uns das Geld. Das dauert meist ein paar Werktage.",
                    "Sie müssen nichts weiter tun. Bitte zahlen Sie nicht ein zweites Mal.",
                ],
                amount: "Unterwegs",
            },
            in_review: Words {
                heading: "Wir haben Ihre Zahlung erhalten und prüfen sie",
                sentences: &[
                    "Sie passt nicht ganz zu dem geforderten Betrag. Deshalb sieht sie sich jemand von uns an.",
                    "Sie müssen nichts weiter tun. Bitte zahlen Sie nicht ein zweites Mal.",
                ],
                amount: "Erhalten",
            },
            just_paid: Words {
                heading: "Vielen Dank, Ihre Zahlung ist da",
                sentences: &["Damit ist alles erledigt. Sie können diese Seite schließen."],
                amount: "Bezahlt",
            },
            paid: Words {
                heading: "Schon bezahlt, vielen Dank",
                sentences: &["Wir haben Ihre Zahlung erhalten. Sie müssen nichts weiter tun."],
                amount: "Bezahlt",
            },
            settled_offline: Words {
                heading: "Es ist nichts zu zahlen",
                sentences: &[
                    "Das ist direkt mit uns geregelt worden, ohne Online-Zahlung.",
                    "Sie müssen nichts weiter tun.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Ihre Zahlung wurde erstattet",
                sentences: &[
                    "Das Geld geht auf demselben Weg zurück, auf dem es kam. Bei manchen Banken dauert es bis zu zehn \
                 Werktage, bis Sie es sehen.",
                    "Es ist nichts zu zahlen.",
                ],
                amount: "Erstattet",
            },
            partly_refunded: Words {
                heading: "Ein Teil Ihrer Zahlung wurde erstattet",
                sentences: &[
                    "Das Geld geht auf demselben Weg zurück, auf dem es kam. Bei manchen Banken dauert es bis zu zehn \
                 Werktage, bis Sie es sehen.",
                    "Es ist nichts zu zahlen.",
                ],
                amount: "Erstattet",
            },
            cancelled: Words {
                heading: "Dieser Betrag wurde storniert",
                sentences: &[
                    "Es ist nichts zu zahlen.",
                    "Falls Sie das überrascht, melden Sie sich bitte bei uns und nennen Sie die Referenz.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "Dieser Link ist abgelaufen",
                sentences: &[
                    "Einen Warenkorb, der nicht bezahlt wurde, bewahren wir nicht länger auf als nötig. Wohin dieser Link führte, \
                 ist deshalb gelöscht.",
                    "Es ist hier nichts zu zahlen. Falls Sie noch Interesse haben, wählen Sie bei {shop_link} gern neu aus.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "Wir finden diese Zahlung nicht",
                sentences: &[
                    "Vielleicht ist der Link auf dem Weg zu Ihnen abgeschnitten worden. Bitte öffnen Sie ihn noch einmal \
                 aus der Mail oder kopieren Sie den ganzen Link in die Adresszeile.",
                    "Falls das nicht hilft, melden Sie sich bitte bei uns. Wir schicken Ihnen gern einen neuen Link.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "Einen Moment, bitte",
                sentences: &[
                    "Wir erreichen den Zahlungsdienst gerade nicht. Es geht nichts verloren, und diese Seite versucht es \
                 von selbst noch einmal.",
                    "Falls Sie gerade bezahlt haben, zahlen Sie bitte nicht ein zweites Mal.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Wir können Ihre Zahlung nicht starten",
                sentences: &[
                    "Der Fehler liegt bei uns, und wir wissen davon. Es wurde nichts abgebucht.",
                    "Bitte melden Sie sich bei uns und nennen Sie die Referenz, oder öffnen Sie den Link später noch \
                 einmal. Er bleibt gültig.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Bitte in einer Stunde noch einmal",
                sentences: &[
                    "Diese Zahlung wurde in der letzten Stunde sehr oft geöffnet. Deshalb machen wir hier eine kurze Pause.",
                    "Es geht nichts verloren. Der Link in Ihrer Mail bleibt gültig.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Bitte in einer Minute noch einmal",
                sentences: &[
                    "Über Ihre Verbindung wurden viele Links geöffnet, die nirgendwohin führen. Deshalb machen wir hier eine kurze Pause.",
                    "Ein vollständiger Link funktioniert weiter, auch jetzt. Bitte öffnen Sie ihn noch einmal aus der Mail, oder kopieren Sie ihn in die Adresszeile.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "Keine Mails mehr von uns?",
                sentences: &[
                    "Mit dem Knopf bestellen Sie alle Mails von {shop} an die Adresse ab, an die dieser Link ging.",
                    "Falls noch etwas zu bezahlen ist, ändert sich daran nichts, und die Links in früheren Mails funktionieren weiter.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "Sie bekommen keine Mails mehr von uns",
                sentences: &[
                    "{shop} schickt keine Mails mehr an die Adresse, an die dieser Link ging.",
                    "Falls noch etwas zu bezahlen ist, ändert sich daran nichts, und die Links in früheren Mails funktionieren weiter.",
                    "Falls Sie wieder von uns hören möchten, melden Sie sich bitte bei uns.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "Das hat noch nicht geklappt",
                sentences: &[
                    "Der Fehler liegt bei uns. Bitte warten Sie einen Moment und drücken Sie den Knopf noch einmal.",
                    "Falls es dann immer noch nicht geht, melden Sie sich bitte bei uns. Wir kümmern uns darum.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "Dieser Link funktioniert nicht",
                sentences: &[
                    "Vielleicht ist er auf dem Weg zu Ihnen abgeschnitten worden. Bitte öffnen Sie ihn noch einmal aus der \
                 Mail oder kopieren Sie den ganzen Link in die Adresszeile.",
                    "Falls das nicht hilft, melden Sie sich bitte bei uns. Wir sorgen dafür, dass Sie keine Mails mehr \
                 bekommen.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "Inhalt",
            to_pay: Words {
                heading: "Ihr Warenkorb",
                sentences: &[
                    "Das war darin. Wenn Sie es noch möchten, gehen Sie weiter zur Zahlung.",
                ],
                amount: "Summe",
            },
            replaced: Words {
                heading: "Dieser Link wurde ersetzt",
                sentences: &[
                    "Der Link, den Sie geöffnet haben, ist nicht mehr aktuell: Wir haben ihn zurückgezogen oder Ihnen \
                 einen neueren geschickt. Es geht nichts verloren.",
                    "Das ist heute in Ihrem Warenkorb. Wenn Sie es noch möchten, können Sie gleich hier bezahlen.",
                ],
                amount: "Summe",
            },
            not_yet_paid: Words {
                heading: "Ihr Warenkorb ist noch da",
                sentences: &[
                    "Ihre Zahlung wurde nicht abgeschlossen, und es wurde nichts abgebucht.",
                    "Wenn Sie den Inhalt noch möchten, können Sie jetzt bezahlen oder später über den Link in Ihrer Mail.",
                ],
                amount: "Summe",
            },
            debit_failed: Words {
                heading: "Ihre letzte Bankzahlung ist nicht angekommen",
                sentences: &[
                    "Ihre Bank hat uns das Geld nicht überwiesen, der Kauf ist also nicht zustande gekommen.",
                    "Wenn Sie den Inhalt des Warenkorbs noch möchten, können Sie jetzt bezahlen, gern auf einem anderen Weg, \
                 oder später über den Link in Ihrer Mail.",
                ],
                amount: "Summe",
            },
            cancelled: Words {
                heading: "Dieser Warenkorb ist geschlossen",
                sentences: &[
                    "Es ist nichts zu zahlen.",
                    "Falls Sie noch Interesse haben, wählen Sie bei {shop_link} gern neu aus.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Wir können Ihre Zahlung nicht starten",
                sentences: &[
                    "Der Fehler liegt bei uns, und wir wissen davon. Es wurde nichts abgebucht.",
                    "Bitte melden Sie sich bei uns, oder öffnen Sie den Link später noch einmal. Sie können auch bei \
                 {shop_link} neu auswählen.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &format!("{}.", at.day()), "", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    let (one, many) = match interval {
        Interval::Day => ("jeden Tag", "Tage"),
        Interval::Week => ("jede Woche", "Wochen"),
        Interval::Month => ("jeden Monat", "Monate"),
        Interval::Year => ("jedes Jahr", "Jahre"),
    };
    match count {
        1 => one.to_owned(),
        count => format!("alle {count} {many}"),
    }
}
