//! French, in the polite form.

use chrono::DateTime;
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated, day_or_first,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static FRENCH: Vocabulary = Vocabulary {
    code: "fr",
    money: MoneyStyle {
        // A narrow blank that no line breaks at (CLDR, French).
        group: '\u{202f}',
        grouped_from: 4,
        point: ',',
        currency: CurrencyPlace::Behind,
    },
    orders: Orders {
        unpriced: "la somme indiquée sur la page de paiement",
        unnamed: "Article selon la page de paiement",
        colon: "\u{a0}: ",
        additions: " (hors livraison, taxes et remises, que la page de paiement calcule)",
        every,
    },
    mails: Mails {
        link_subject: "{{ shop_name }} : {{ amount }} à payer ({{ reference }})",
        link_subject_unpriced: "{{ shop_name }} : votre paiement ({{ reference }})",
        link_body: "\
Bonjour{% if name %} {{ name }}{% endif %},

Voici ce qui reste à payer :

{{ lines }}

Montant dû : {{ amount }}
Référence : {{ reference }}

Vous pouvez payer ici :

{{ pay_url }}

Ce lien vous est destiné et reste valable jusqu'à ce que tout soit réglé.
",
        reminder_subject: "{{ shop_name }} : {{ amount }} encore à payer ({{ reference }})",
        reminder_subject_unpriced: "{{ shop_name }} : votre paiement est encore attendu ({{ reference }})",
        reminder_body: "\
Bonjour{% if name %} {{ name }}{% endif %},

Voici ce qui reste encore à payer :

{{ lines }}

Montant dû : {{ amount }}
Référence : {{ reference }}

Vous pouvez payer ici :

{{ pay_url }}

C'est le seul rappel que nous envoyons. Si vous avez payé entre-temps, ou \
si c'est réglé d'une autre façon, vous n'avez plus rien à faire.
",
        recovered_subject: "{{ shop_name }} : votre panier est toujours là",
        recovered_body: "\
Bonjour{% if name %} {{ name }}{% endif %},

Le [day], vous avez commencé une commande chez {{ shop_name }} sans la \
terminer. Voici ce que contenait votre panier :

{{ lines }}

Total : {{ amount }}[additions]

Si vous le souhaitez toujours, ce lien ouvre une nouvelle page de paiement \
avec le même contenu :

{{ pay_url }}

Si vous avez changé d'avis, vous n'avez rien à faire. Nous envoyons ce \
message une seule fois, et aucun autre au sujet de ce panier.
",
        day: "%d/%m/%Y",
        questions: "Des questions ?",
        no_more: "Ne plus recevoir de messages de notre part à cette adresse :",
        debit_failed: "Votre dernier paiement bancaire n'est pas arrivé, le montant reste donc à payer.",
        notice: "Si vous quittez cette page sans payer, nous vous envoyons un seul rappel par e-mail, et pas davantage.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Passer au paiement",
            note: "Vous payez sur une page sécurisée de Stripe. Nous ne voyons jamais votre numéro de carte.",
        },
        unsubscribe: Button {
            label: "Ne plus recevoir de messages",
            note: "Si vous êtes ici par erreur, fermez simplement cette page. Rien ne change.",
        },
        try_again: "Réessayer maintenant",
        write_to: "Des questions ? Écrivez à",
        reach_us: "Des questions ? Vous pouvez nous joindre sur",
        why: "Un mot de notre part",

        reference: "Référence",
        paid_on: "Payé le",
        owed: "Montant demandé",
        lines: "Détail",
        description: "Description",
        amount: "Montant",
        total: "Total",

        pages: PageTexts {
            to_pay: Words {
                heading: "Votre paiement",
                sentences: &[
                    "Veuillez vérifier ce qui est à payer, puis continuez vers la page de paiement.",
                ],
                amount: "Montant dû",
            },
            replaced_with_due: Words {
                heading: "Ce lien a été remplacé",
                sentences: &[
                    "Le lien que vous avez ouvert n'est plus à jour : nous l'avons retiré ou vous en avons envoyé un \
                 plus récent. Rien n'est perdu.",
                    "Voici ce qui est à payer aujourd'hui. Vous pouvez le payer ici même.",
                ],
                amount: "Montant dû",
            },
            replaced_nothing_due: Words {
                heading: "Ce lien n'est plus utilisé",
                sentences: &[
                    "Le lien que vous avez ouvert n'est plus à jour : nous l'avons retiré ou vous en avons envoyé un \
                 plus récent.",
                    "Vous n'avez rien à payer ici.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Pas encore payé",
                sentences: &[
                    "Votre paiement n'a pas été terminé, et rien n'a été débité.",
                    "Vous pouvez payer maintenant, ou plus tard avec le lien de votre message. Il reste valable.",
                ],
                amount: "Encore à payer",
            },
            debit_failed: Words {
                heading: "Votre dernier paiement bancaire n'est pas arrivé",
                sentences: &[
                    "Votre banque ne nous a pas envoyé l'argent, le montant reste donc à payer.",
                    "Vous pouvez payer maintenant, d'une autre façon si vous le souhaitez, ou plus tard avec le lien de \
                 votre message.",
                ],
                amount: "Encore à payer",
            },
            processing: Words {
                heading: "Votre paiement est en cours",
                sentences: &[
                    "Votre banque nous envoie l'argent. Cela prend en général quelques jours ouvrés.",
                    "Vous n'avez rien d'autre à faire. Merci de ne pas payer une seconde fois.",
                ],
                amount: "En cours",
            },
            in_review: Words {
                heading: "Nous avons reçu votre paiement et le vérifions",
                sentences: &[
                    "Il ne correspond pas tout à fait à ce que nous avions demandé. L'un de nous va donc l'examiner.",
                    "Vous n'avez rien d'autre à faire. Merci de ne pas payer une seconde fois.",
                ],
                amount: "Reçu",
            },
            just_paid: Words {
                heading: "Merci, votre paiement est arrivé",
                sentences: &["Tout est réglé. Vous pouvez fermer cette page."],
                amount: "Payé",
            },
            paid: Words {
                heading: "Déjà payé, merci",
                sentences: &["Nous avons votre paiement. Vous n'avez rien d'autre à faire."],
                amount: "Payé",
            },
            settled_offline: Words {
                heading: "Il n'y a rien à payer",
                sentences: &[
                    "Cela a été réglé directement avec nous, sans paiement en ligne.",
                    "Vous n'avez rien d'autre à faire.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Votre paiement a été remboursé",
                sentences: &[
                    "L'argent repart par le même chemin. Avec certaines banques, il faut jusqu'à dix jours ouvrés pour \
                 qu'il apparaisse.",
                    "Il n'y a rien à payer.",
                ],
                amount: "Remboursé",
            },
            partly_refunded: Words {
                heading: "Une partie de votre paiement a été remboursée",
                sentences: &[
                    "L'argent repart par le même chemin. Avec certaines banques, il faut jusqu'à dix jours ouvrés pour \
                 qu'il apparaisse.",
                    "Il n'y a rien à payer.",
                ],
                amount: "Remboursé",
            },
            cancelled: Words {
                heading: "Cette demande de paiement a été annulée",
                sentences: &[
                    "Il n'y a rien à payer.",
                    "Si cela vous surprend, contactez-nous en indiquant la référence.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "Ce lien a expiré",
                sentences: &[
                    "Nous ne gardons pas un panier non payé plus longtemps que nécessaire. Ce à quoi ce lien menait a \
                 donc été supprimé.",
                    "Il n'y a rien à payer ici. Si cela vous intéresse toujours, vous pouvez choisir à nouveau chez {shop_link}.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "Nous ne trouvons pas ce paiement",
                sentences: &[
                    "Le lien a peut-être été coupé en chemin. Ouvrez-le encore une fois depuis le message, ou copiez le \
                 lien complet dans la barre d'adresse.",
                    "Si cela ne suffit pas, contactez-nous. Nous pouvons vous envoyer un nouveau lien.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "Un instant, s'il vous plaît",
                sentences: &[
                    "Nous n'arrivons pas à joindre le service de paiement pour le moment. Rien n'est perdu, et cette page \
                 réessaie d'elle-même.",
                    "Si vous venez de payer, merci de ne pas payer une seconde fois.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Nous ne pouvons pas lancer votre paiement",
                sentences: &[
                    "Le problème vient de chez nous, et nous en sommes informés. Rien n'a été débité.",
                    "Contactez-nous en indiquant la référence, ou ouvrez le lien plus tard. Il reste valable.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Veuillez réessayer dans une heure",
                sentences: &[
                    "Ce paiement a été ouvert très souvent au cours de la dernière heure. Nous faisons donc une courte pause.",
                    "Rien n'est perdu. Le lien de votre message reste valable.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Veuillez attendre une minute",
                sentences: &[
                    "Beaucoup de liens qui ne mènent nulle part ont été ouverts depuis votre connexion. Nous faisons donc \
                 une courte pause.",
                    "Un lien complet continue de fonctionner, même maintenant. Ouvrez-le encore une fois depuis le message, \
                 ou copiez-le dans la barre d'adresse.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "Ne plus recevoir de messages ?",
                sentences: &[
                    "Si vous appuyez sur le bouton, {shop} n'envoie plus de messages à l'adresse où vous avez reçu ce lien.",
                    "Si quelque chose reste à payer, cela n'y change rien, et les liens des messages précédents continuent \
                 de fonctionner.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "Vous ne recevrez plus de messages de notre part",
                sentences: &[
                    "{shop} n'envoie plus de messages à l'adresse où vous avez reçu ce lien.",
                    "Si quelque chose reste à payer, cela n'y change rien, et les liens des messages précédents continuent \
                 de fonctionner.",
                    "Si vous souhaitez de nouveau recevoir nos messages, contactez-nous.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "Cela n'a pas encore fonctionné",
                sentences: &[
                    "Le problème vient de chez nous. Attendez un instant et appuyez encore une fois sur le bouton.",
                    "Si cela ne fonctionne toujours pas, contactez-nous. Nous nous en occuperons.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "Ce lien ne fonctionne pas",
                sentences: &[
                    "Il a peut-être été coupé en chemin. Ouvrez-le encore une fois depuis le message, ou copiez le lien \
                 complet dans la barre d'adresse.",
                    "Si cela ne suffit pas, contactez-nous. Nous veillerons à ce que vous ne receviez plus de messages.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "Contenu",
            to_pay: Words {
                heading: "Votre panier",
                sentences: &[
                    "Voici ce qu'il contenait. Si vous le souhaitez toujours, continuez vers la page de paiement.",
                ],
                amount: "Total",
            },
            replaced: Words {
                heading: "Ce lien a été remplacé",
                sentences: &[
                    "Le lien que vous avez ouvert n'est plus à jour : nous l'avons retiré ou vous en avons envoyé un \
                 plus récent. Rien n'est perdu.",
                    "Voici ce que contient votre panier aujourd'hui. Si vous le souhaitez toujours, vous pouvez payer ici même.",
                ],
                amount: "Total",
            },
            not_yet_paid: Words {
                heading: "Votre panier est toujours là",
                sentences: &[
                    "Votre paiement n'a pas été terminé, et rien n'a été débité.",
                    "Si vous souhaitez toujours ce que contient votre panier, vous pouvez payer maintenant, ou plus tard \
                 avec le lien de votre message.",
                ],
                amount: "Total",
            },
            debit_failed: Words {
                heading: "Votre dernier paiement bancaire n'est pas arrivé",
                sentences: &[
                    "Votre banque ne nous a pas envoyé l'argent, l'achat n'a donc pas eu lieu.",
                    "Si vous souhaitez toujours ce que contient votre panier, vous pouvez payer maintenant, d'une autre \
                 façon si vous le souhaitez, ou plus tard avec le lien de votre message.",
                ],
                amount: "Total",
            },
            cancelled: Words {
                heading: "Ce panier est fermé",
                sentences: &[
                    "Il n'y a rien à payer.",
                    "Si vous souhaitez toujours ce qu'il contenait, vous pouvez choisir à nouveau chez {shop_link}.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "Nous ne pouvons pas lancer votre paiement",
                sentences: &[
                    "Le problème vient de chez nous, et nous en sommes informés. Rien n'a été débité.",
                    "Contactez-nous, ou ouvrez le lien plus tard. Vous pouvez aussi choisir à nouveau chez {shop_link}.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &day_or_first(at, "1er"), "", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    // `toutes` before an interval that is feminine.
    let (one, all, many) = match interval {
        Interval::Day => ("chaque jour", "tous", "jours"),
        Interval::Week => ("chaque semaine", "toutes", "semaines"),
        Interval::Month => ("chaque mois", "tous", "mois"),
        Interval::Year => ("chaque année", "tous", "ans"),
    };
    match count {
        1 => one.to_owned(),
        count => format!("{all} les {count} {many}"),
    }
}
