//! Italian, in the polite form.

use chrono::DateTime;
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated, day_or_first,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static ITALIAN: Vocabulary = Vocabulary {
    code: "it",
    money: MoneyStyle {
        group: '.',
        grouped_from: 4,
        point: ',',
        currency: CurrencyPlace::Behind,
    },
    orders: Orders {
        unpriced: "la somma indicata nella pagina di pagamento",
        unnamed: "Articolo come indicato nella pagina di pagamento",
        colon: ": ",
        additions: " (senza spedizione, imposte e sconti, che calcola la pagina di pagamento)",
        every,
    },
    mails: Mails {
        link_subject: "{{ shop_name }}: {{ amount }} da pagare ({{ reference }})",
        link_subject_unpriced: "{{ shop_name }}: il suo pagamento ({{ reference }})",
        link_body: "\
Buongiorno{% if name %} {{ name }}{% endif %},

questo è quanto risulta da pagare:

{{ lines }}

Importo dovuto: {{ amount }}
Riferimento: {{ reference }}

Può pagare qui:

{{ pay_url }}

Il link è riservato a lei e resta valido finché tutto non è saldato.
",
        reminder_subject: "{{ shop_name }}: {{ amount }} ancora da pagare ({{ reference }})",
        reminder_subject_unpriced: "{{ shop_name }}: il suo pagamento è ancora in sospeso ({{ reference }})",
        reminder_body: "\
Buongiorno{% if name %} {{ name }}{% endif %},

questo risulta ancora da pagare:

{{ lines }}

Importo dovuto: {{ amount }}
Riferimento: {{ reference }}

Può pagare qui:

{{ pay_url }}

Questo è l'unico promemoria che inviamo. Se nel frattempo ha pagato, o se \
la cosa è stata sistemata in altro modo, non deve fare altro.
",
        recovered_subject: "{{ shop_name }}: il suo carrello è ancora qui",
        recovered_body: "\
Buongiorno{% if name %} {{ name }}{% endif %},

in data [day] ha iniziato un acquisto presso {{ shop_name }} e non lo ha \
concluso. Questo è quanto c'era nel suo carrello:

{{ lines }}

Totale: {{ amount }}[additions]

Se lo desidera ancora, questo link apre una nuova pagina di pagamento con \
lo stesso contenuto:

{{ pay_url }}

Se ha cambiato idea, non deve fare nulla. Inviamo questo messaggio una sola \
volta, e nessun altro su questo carrello.
",
        day: "%d/%m/%Y",
        questions: "Domande?",
        no_more: "Per non ricevere più nostre email a questo indirizzo:",
        debit_failed: "Il suo ultimo pagamento bancario non è arrivato, quindi l'importo è ancora da pagare.",
        notice: "Se lascia la pagina senza pagare, Le inviamo un solo promemoria per email, e nessun altro.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Continua al pagamento",
            note: "Il pagamento avviene su una pagina sicura di Stripe. Non vediamo mai il numero della sua carta.",
        },
        unsubscribe: Button {
            label: "Non inviatemi più email",
            note: "Se si trova qui per errore, chiuda semplicemente questa pagina. Non cambia nulla.",
        },
        try_again: "Riprova ora",
        write_to: "Domande? Scriva a",
        reach_us: "Domande? Può contattarci su",
        why: "Una nota da parte nostra",

        reference: "Riferimento",
        paid_on: "Data del pagamento",
        owed: "Importo richiesto",
        lines: "Dettaglio",
        description: "Descrizione",
        amount: "Importo",
        total: "Totale",

        pages: PageTexts {
            to_pay: Words {
                heading: "Il suo pagamento",
                sentences: &["Controlli quanto è dovuto, poi continui alla pagina di pagamento."],
                amount: "Importo dovuto",
            },
            replaced_with_due: Words {
                heading: "Questo link è stato sostituito",
                sentences: &[
                    "Il link che ha aperto non è più attuale: lo abbiamo ritirato o ne abbiamo inviato uno più recente. \
                 Nulla è andato perso.",
                    "Questo è quanto è dovuto oggi. Può pagarlo direttamente qui.",
                ],
                amount: "Importo dovuto",
            },
            replaced_nothing_due: Words {
                heading: "Questo link non è più in uso",
                sentences: &[
                    "Il link che ha aperto non è più attuale: lo abbiamo ritirato o ne abbiamo inviato uno più recente.",
                    "Qui non deve pagare nulla.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Non ancora pagato",
                sentences: &[
                    "Il pagamento non è stato concluso e non è stato addebitato nulla.",
                    "Può pagare ora, oppure più tardi con il link nella sua email. Resta valido.",
                ],
                amount: "Ancora da pagare",
            },
            debit_failed: Words {
                heading: "Il suo ultimo pagamento bancario non è arrivato",
                sentences: &[
                    "La sua banca non ci ha inviato il denaro, quindi l'importo è ancora da pagare.",
                    "Può pagare ora, se preferisce in un altro modo, oppure più tardi con il link nella sua email.",
                ],
                amount: "Ancora da pagare",
            },
            processing: Words {
                heading: "Il suo pagamento è in elaborazione",
                sentences: &[
                    "La sua banca ci sta inviando il denaro. Di solito servono alcuni giorni lavorativi.",
                    "Non deve fare altro. La preghiamo di non pagare una seconda volta.",
                ],
                amount: "In arrivo",
            },
            in_review: Words {
                heading: "Abbiamo ricevuto il suo pagamento e lo stiamo controllando",
                sentences: &[
                    "Non corrisponde del tutto a quanto avevamo richiesto, quindi uno di noi lo esaminerà.",
                    "Non deve fare altro. La preghiamo di non pagare una seconda volta.",
                ],
                amount: "Ricevuto",
            },
            just_paid: Words {
                heading: "Grazie, il suo pagamento è arrivato",
                sentences: &["È tutto saldato. Può chiudere questa pagina."],
                amount: "Pagato",
            },
            paid: Words {
                heading: "Già pagato, grazie",
                sentences: &["Abbiamo il suo pagamento. Non deve fare altro."],
                amount: "Pagato",
            },
            settled_offline: Words {
                heading: "Non c'è nulla da pagare",
                sentences: &[
                    "È stato sistemato direttamente con noi, senza un pagamento online.",
                    "Non deve fare altro.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Il suo pagamento è stato rimborsato",
                sentences: &[
                    "Il denaro torna per la stessa via da cui è arrivato. Con alcune banche servono fino a dieci giorni \
                 lavorativi prima che si veda.",
                    "Non c'è nulla da pagare.",
                ],
                amount: "Rimborsato",
            },
            partly_refunded: Words {
                heading: "Una parte del suo pagamento è stata rimborsata",
                sentences: &[
                    "Il denaro torna per la stessa via da cui è arrivato. Con alcune banche servono fino a dieci giorni \
                 lavorativi prima che si veda.",
                    "Non c'è nulla da pagare.",
                ],
                amount: "Rimborsato",
            },
            cancelled: Words {
                heading: "Questa richiesta di pagamento è stata annullata",
                sentences: &[
                    "Non c'è nulla da pagare.",
                    "Se questo La sorprende, ci contatti indicando il riferimento.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "Questo link è scaduto",
                sentences: &[
                    "Non conserviamo un carrello non pagato più a lungo del necessario. Ciò a cui portava questo link è \
                 stato quindi eliminato.",
                    "Qui non c'è nulla da pagare. Se Le interessa ancora, può scegliere di nuovo su {shop_link}.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "Non troviamo questo pagamento",
                sentences: &[
                    "Forse il link è stato troncato lungo il percorso. Lo apra ancora una volta dall'email, oppure copi \
                 l'intero link nella barra degli indirizzi.",
                    "Se non basta, ci contatti. Possiamo inviarLe un nuovo link.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "Un momento, per favore",
                sentences: &[
                    "In questo momento non riusciamo a raggiungere il servizio di pagamento. Nulla è andato perso, e questa \
                 pagina riprova da sola.",
                    "Se ha appena pagato, La preghiamo di non pagare una seconda volta.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Non possiamo avviare il suo pagamento",
                sentences: &[
                    "Il problema è nostro e ne siamo a conoscenza. Non è stato addebitato nulla.",
                    "Ci contatti indicando il riferimento, oppure apra di nuovo il link più tardi. Resta valido.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Riprovi tra un'ora",
                sentences: &[
                    "Questo pagamento è stato aperto molto spesso nell'ultima ora, quindi facciamo una breve pausa.",
                    "Nulla è andato perso. Il link nella sua email resta valido.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Attenda un minuto",
                sentences: &[
                    "Dalla sua connessione sono stati aperti molti link che non portano da nessuna parte, quindi facciamo \
                 una breve pausa.",
                    "Un link completo continua a funzionare, anche adesso. Lo apra ancora una volta dall'email, oppure lo \
                 copi nella barra degli indirizzi.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "Non vuole più nostre email?",
                sentences: &[
                    "Premendo il pulsante, {shop} non invia più email all'indirizzo a cui è arrivato questo link.",
                    "Se resta qualcosa da pagare, questo non cambia nulla, e i link nelle email precedenti continuano a \
                 funzionare.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "Non riceverà più nostre email",
                sentences: &[
                    "{shop} non invia più email all'indirizzo a cui è arrivato questo link.",
                    "Se resta qualcosa da pagare, questo non cambia nulla, e i link nelle email precedenti continuano a \
                 funzionare.",
                    "Se desidera riceverle di nuovo, ci contatti.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "Non ha ancora funzionato",
                sentences: &[
                    "Il problema è nostro. Attenda un momento e prema il pulsante ancora una volta.",
                    "Se continua a non funzionare, ci contatti. Ce ne occuperemo.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "Questo link non funziona",
                sentences: &[
                    "Forse è stato troncato lungo il percorso. Lo apra ancora una volta dall'email, oppure copi l'intero \
                 link nella barra degli indirizzi.",
                    "Se non basta, ci contatti. Faremo in modo che non riceva più email.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "Contenuto",
            to_pay: Words {
                heading: "Il suo carrello",
                sentences: &[
                    "Questo è quanto conteneva. Se lo desidera ancora, continui alla pagina di pagamento.",
                ],
                amount: "Totale",
            },
            replaced: Words {
                heading: "Questo link è stato sostituito",
                sentences: &[
                    "Il link che ha aperto non è più attuale: lo abbiamo ritirato o ne abbiamo inviato uno più recente. \
                 Nulla è andato perso.",
                    "Questo è quanto c'è oggi nel suo carrello. Se lo desidera ancora, può pagare direttamente qui.",
                ],
                amount: "Totale",
            },
            not_yet_paid: Words {
                heading: "Il suo carrello è ancora qui",
                sentences: &[
                    "Il pagamento non è stato concluso e non è stato addebitato nulla.",
                    "Se desidera ancora il contenuto del carrello, può pagare ora, oppure più tardi con il link nella sua \
                 email.",
                ],
                amount: "Totale",
            },
            debit_failed: Words {
                heading: "Il suo ultimo pagamento bancario non è arrivato",
                sentences: &[
                    "La sua banca non ci ha inviato il denaro, quindi l'acquisto non è andato a buon fine.",
                    "Se desidera ancora il contenuto del carrello, può pagare ora, se preferisce in un altro modo, oppure \
                 più tardi con il link nella sua email.",
                ],
                amount: "Totale",
            },
            cancelled: Words {
                heading: "Questo carrello è chiuso",
                sentences: &[
                    "Non c'è nulla da pagare.",
                    "Se desidera ancora quanto conteneva, può scegliere di nuovo su {shop_link}.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Non possiamo avviare il suo pagamento",
                sentences: &[
                    "Il problema è nostro e ne siamo a conoscenza. Non è stato addebitato nulla.",
                    "Ci contatti, oppure apra di nuovo il link più tardi. Può anche scegliere di nuovo su {shop_link}.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &day_or_first(at, "1º"), "", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    let (one, many) = match interval {
        Interval::Day => ("giorno", "giorni"),
        Interval::Week => ("settimana", "settimane"),
        Interval::Month => ("mese", "mesi"),
        Interval::Year => ("anno", "anni"),
    };
    match count {
        1 => format!("ogni {one}"),
        count => format!("ogni {count} {many}"),
    }
}
