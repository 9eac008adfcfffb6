//! Dutch, in the polite form.

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static DUTCH: Vocabulary = Vocabulary {
    code: "nl",
    money: MoneyStyle {
        group: '.',
        grouped_from: 4,
        point: ',',
        currency: CurrencyPlace::BeforeApart,
    },
    orders: Orders {
        unpriced: "het bedrag dat op de betaalpagina staat",
        unnamed: "Artikel zoals op de betaalpagina",
        colon: ": ",
        additions: " (zonder verzending, belastingen en kortingen, die de betaalpagina berekent)",
        every,
    },
    mails: Mails {
        link_subject: "{{ shop_name }}: {{ amount }} te betalen ({{ reference }})",
        link_subject_unpriced: "{{ shop_name }}: uw betaling ({{ reference }})",
        link_body: "\
Goedendag{% if name %} {{ name }}{% endif %},

dit staat bij ons open:

{{ lines }}

Te betalen: {{ amount }}
Referentie: {{ reference }}

U kunt hier betalen:

{{ pay_url }}

De link is voor u bedoeld en blijft geldig totdat alles is voldaan.
",
        reminder_subject: "{{ shop_name }}: {{ amount }} nog te betalen ({{ reference }})",
        reminder_subject_unpriced: "{{ shop_name }}: uw betaling staat nog open ({{ reference }})",
        reminder_body: "\
Goedendag{% if name %} {{ name }}{% endif %},

dit staat bij ons nog open:

{{ lines }}

Te betalen: {{ amount }}
Referentie: {{ reference }}

U kunt hier betalen:

{{ pay_url }}

Dit is de enige herinnering die wij sturen. Als u intussen hebt betaald, of \
als het op een andere manier is geregeld, hoeft u niets meer te doen.
",
        recovered_subject: "{{ shop_name }}: uw winkelwagen is er nog",
        recovered_body: "\
Goedendag{% if name %} {{ name }}{% endif %},

op [day] bent u bij {{ shop_name }} aan een bestelling begonnen die u niet \
hebt afgerond. Dit zat in uw winkelwagen:

{{ lines }}

Totaal: {{ amount }}[additions]

Als u het nog wilt, opent deze link een nieuwe betaalpagina met dezelfde \
inhoud:

{{ pay_url }}

Als u van gedachten bent veranderd, hoeft u niets te doen. Wij sturen dit \
bericht één keer, en geen ander over deze winkelwagen.
",
        day: "%d-%m-%Y",
        questions: "Vragen?",
        no_more: "Geen mail meer van ons op dit adres:",
        debit_failed: "Uw laatste bankbetaling is niet aangekomen, dus het bedrag staat nog open.",
        notice: "Als u de pagina verlaat zonder te betalen, sturen wij u één herinnering per e-mail, en niet meer.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Doorgaan naar betaling",
            note: "U betaalt op een beveiligde pagina van Stripe. Wij zien uw kaartnummer nooit.",
        },
        unsubscribe: Button {
            label: "Stuur mij geen mail meer",
            note: "Bent u hier per ongeluk, sluit dan gewoon deze pagina. Er verandert niets.",
        },
        try_again: "Nu opnieuw proberen",
        write_to: "Vragen? Schrijf naar",
        reach_us: "Vragen? U bereikt ons via",
        why: "Een bericht van ons",

        reference: "Referentie",
        paid_on: "Betaald op",
        owed: "Gevraagd bedrag",
        lines: "Waarvoor",
        description: "Omschrijving",
        amount: "Bedrag",
        total: "Totaal",

        pages: PageTexts {
            to_pay: Words {
                heading: "Uw betaling",
                sentences: &["Controleer wat er openstaat en ga dan verder naar de betaalpagina."],
                amount: "Te betalen",
            },
            replaced_with_due: Words {
                heading: "Deze link is vervangen",
                sentences: &[
                    "De link die u hebt geopend is niet meer actueel: wij hebben hem ingetrokken of u een nieuwere \
                 gestuurd. Er gaat niets verloren.",
                    "Dit is wat er vandaag openstaat. U kunt het hier meteen betalen.",
                ],
                amount: "Te betalen",
            },
            replaced_nothing_due: Words {
                heading: "Deze link wordt niet meer gebruikt",
                sentences: &[
                    "De link die u hebt geopend is niet meer actueel: wij hebben hem ingetrokken of u een nieuwere \
                 gestuurd.",
                    "U hoeft hier niets te betalen.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Nog niet betaald",
                sentences: &[
                    "Uw betaling is niet afgerond en er is niets afgeschreven.",
                    "U kunt nu betalen, of later met de link in uw mail. Die blijft geldig.",
                ],
                amount: "Nog open",
            },
            debit_failed: Words {
                heading: "Uw laatste bankbetaling is niet aangekomen",
                sentences: &[
                    "Uw bank heeft ons het geld niet gestuurd, dus het bedrag staat nog open.",
                    "U kunt nu betalen, desgewenst op een andere manier, of later met de link in uw mail.",
                ],
                amount: "Nog open",
            },
            processing: Words {
                heading: "Uw betaling wordt verwerkt",
                sentences: &[
                    "Uw bank stuurt ons het geld. Dat duurt meestal enkele werkdagen.",
                    "U hoeft verder niets te doen. Betaal alstublieft geen tweede keer.",
                ],
                amount: "Onderweg",
            },
            in_review: Words {
                heading: "Wij hebben uw betaling ontvangen en controleren deze",
                sentences: &[
                    "Deze komt niet helemaal overeen met wat wij hadden gevraagd. Daarom kijkt een van ons ernaar.",
                    "U hoeft verder niets te doen. Betaal alstublieft geen tweede keer.",
                ],
                amount: "Ontvangen",
            },
            just_paid: Words {
                heading: "Dank u, uw betaling is binnen",
                sentences: &["Alles is voldaan. U kunt deze pagina sluiten."],
                amount: "Betaald",
            },
            paid: Words {
                heading: "Al betaald, dank u",
                sentences: &["Wij hebben uw betaling. U hoeft verder niets te doen."],
                amount: "Betaald",
            },
            settled_offline: Words {
                heading: "Er is niets te betalen",
                sentences: &[
                    "Dit is rechtstreeks met ons geregeld, zonder onlinebetaling.",
                    "U hoeft verder niets te doen.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Uw betaling is terugbetaald",
                sentences: &[
                    "Het geld gaat terug langs dezelfde weg. Bij sommige banken duurt het tot tien werkdagen voordat u \
                 het ziet.",
                    "Er is niets te betalen.",
                ],
                amount: "Terugbetaald",
            },
            partly_refunded: Words {
                heading: "Een deel van uw betaling is terugbetaald",
                sentences: &[
                    "Het geld gaat terug langs dezelfde weg. Bij sommige banken duurt het tot tien werkdagen voordat u \
                 het ziet.",
                    "Er is niets te betalen.",
                ],
                amount: "Terugbetaald",
            },
            cancelled: Words {
                heading: "Dit betaalverzoek is geannuleerd",
                sentences: &[
                    "Er is niets te betalen.",
                    "Verrast dat u, neem dan contact met ons op en vermeld de referentie.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "Deze link is verlopen",
                sentences: &[
                    "Een winkelwagen die niet is betaald, bewaren wij niet langer dan nodig. Waar deze link naartoe leidde, \
                 is daarom verwijderd.",
                    "Er is hier niets te betalen. Hebt u nog belangstelling, dan kunt u opnieuw kiezen bij {shop_link}.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "Wij kunnen deze betaling niet vinden",
                sentences: &[
                    "Misschien is de link onderweg afgebroken. Open hem nog een keer vanuit de mail, of kopieer de hele \
                 link naar de adresbalk.",
                    "Helpt dat niet, neem dan contact met ons op. Wij kunnen u een nieuwe link sturen.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "Een ogenblik, alstublieft",
                sentences: &[
                    "Wij kunnen de betaaldienst op dit moment niet bereiken. Er gaat niets verloren, en deze pagina \
                 probeert het vanzelf opnieuw.",
                    "Hebt u zojuist betaald, betaal dan alstublieft geen tweede keer.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Wij kunnen uw betaling niet starten",
                sentences: &[
                    "De fout ligt bij ons, en wij weten ervan. Er is niets afgeschreven.",
                    "Neem contact met ons op en vermeld de referentie, of open de link later nog eens. Die blijft geldig.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Probeer het over een uur opnieuw",
                sentences: &[
                    "Deze betaling is het afgelopen uur heel vaak geopend. Daarom lassen wij een korte pauze in.",
                    "Er gaat niets verloren. De link in uw mail blijft geldig.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Wacht alstublieft een minuut",
                sentences: &[
                    "Via uw verbinding zijn veel links geopend die nergens naartoe leiden. Daarom lassen wij een korte pauze in.",
                    "Een volledige link blijft werken, ook nu. Open hem nog een keer vanuit de mail, of kopieer hem naar \
                 de adresbalk.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "Geen mail meer van ons?",
                sentences: &[
                    "Als u op de knop drukt, stuurt {shop} geen mail meer naar het adres waarop deze link is aangekomen.",
                    "Als er nog iets te betalen is, verandert dat niet, en de links in eerdere mails blijven werken.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "U krijgt geen mail meer van ons",
                sentences: &[
                    "{shop} stuurt geen mail meer naar het adres waarop deze link is aangekomen.",
                    "Als er nog iets te betalen is, verandert dat niet, en de links in eerdere mails blijven werken.",
                    "Wilt u weer van ons horen, neem dan contact met ons op.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "Dat is nog niet gelukt",
                sentences: &[
                    "De fout ligt bij ons. Wacht een ogenblik en druk nog een keer op de knop.",
                    "Lukt het dan nog niet, neem dan contact met ons op. Wij lossen het op.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "Deze link werkt niet",
                sentences: &[
                    "Misschien is hij onderweg afgebroken. Open hem nog een keer vanuit de mail, of kopieer de hele link \
                 naar de adresbalk.",
                    "Helpt dat niet, neem dan contact met ons op. Wij zorgen ervoor dat u geen mail meer krijgt.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "Inhoud",
            to_pay: Words {
                heading: "Uw winkelwagen",
                sentences: &[
                    "Dit zat erin. Als u het nog wilt, ga dan verder naar de betaalpagina.",
                ],
                amount: "Totaal",
            },
            replaced: Words {
                heading: "Deze link is vervangen",
                sentences: &[
                    "De link die u hebt geopend is niet meer actueel: wij hebben hem ingetrokken of u een nieuwere \
                 gestuurd. Er gaat niets verloren.",
                    "Dit zit vandaag in uw winkelwagen. Als u het nog wilt, kunt u hier meteen betalen.",
                ],
                amount: "Totaal",
            },
            not_yet_paid: Words {
                heading: "Uw winkelwagen is er nog",
                sentences: &[
                    "Uw betaling is niet afgerond en er is niets afgeschreven.",
                    "Als u de inhoud van uw winkelwagen nog wilt, kunt u nu betalen, of later met de link in uw mail.",
                ],
                amount: "Totaal",
            },
            debit_failed: Words {
                heading: "Uw laatste bankbetaling is niet aangekomen",
                sentences: &[
                    "Uw bank heeft ons het geld niet gestuurd, dus de aankoop is niet doorgegaan.",
                    "Als u de inhoud van uw winkelwagen nog wilt, kunt u nu betalen, desgewenst op een andere manier, of \
                 later met de link in uw mail.",
                ],
                amount: "Totaal",
            },
            cancelled: Words {
                heading: "Deze winkelwagen is gesloten",
                sentences: &[
                    "Er is niets te betalen.",
                    "Als u nog wilt hebben wat erin zat, kunt u opnieuw kiezen bij {shop_link}.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Wij kunnen uw betaling niet starten",
                sentences: &[
                    "De fout ligt bij ons, en wij weten ervan. Er is niets afgeschreven.",
                    "Neem contact met ons op, of open de link later nog eens. U kunt ook opnieuw kiezen bij {shop_link}.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &at.day().to_string(), "", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    let (one, many) = match interval {
        Interval::Day => ("elke dag", "dagen"),
        Interval::Week => ("elke week", "weken"),
        Interval::Month => ("elke maand", "maanden"),
        Interval::Year => ("elk jaar", "jaar"),
    };
    match count {
        1 => one.to_owned(),
        count => format!("elke {count} {many}"),
    }
}
