//! Spanish, in the polite form.

use chrono::{DateTime, Datelike};
use chrono_tz::Tz;

use super::{
    CurrencyPlace, MoneyStyle, Vocabulary, dated,
    mails::Mails,
    orders::{Interval, Orders},
    pages::{Button, CartTexts, PageTexts, Pages, Words},
};

pub(super) static SPANISH: Vocabulary = Vocabulary {
    code: "es",
    money: MoneyStyle {
        group: '.',
        // Numbers of four digits stand without a group (Real Academia Española; CLDR says the same).
        grouped_from: 5,
        point: ',',
        currency: CurrencyPlace::Behind,
    },
    orders: Orders {
        unpriced: "la suma que aparece en la página de pago",
        unnamed: "Artículo según la página de pago",
        colon: ": ",
        additions: " (sin envío, impuestos ni descuentos, que calcula la página de pago)",
        every,
    },
    mails: Mails {
        link_subject: "{{ shop_name }}: {{ amount }} por pagar ({{ reference }})",
        link_subject_unpriced: "{{ shop_name }}: su pago ({{ reference }})",
        link_body: "\
Hola{% if name %}, {{ name }}{% endif %}:

Esto es lo que tiene pendiente con nosotros:

{{ lines }}

Importe pendiente: {{ amount }}
Referencia: {{ reference }}

Puede pagar aquí:

{{ pay_url }}

El enlace es para usted y sigue siendo válido hasta que todo esté saldado.
",
        reminder_subject: "{{ shop_name }}: {{ amount }} aún pendiente ({{ reference }})",
        reminder_subject_unpriced: "{{ shop_name }}: su pago sigue pendiente ({{ reference }})",
        reminder_body: "\
Hola{% if name %}, {{ name }}{% endif %}:

Esto sigue pendiente con nosotros:

{{ lines }}

Importe pendiente: {{ amount }}
Referencia: {{ reference }}

Puede pagar aquí:

{{ pay_url }}

Este es el único recordatorio que enviamos. Si entretanto ha pagado, o si \
se ha arreglado de otra manera, no tiene que hacer nada más.
",
        recovered_subject: "{{ shop_name }}: su carrito sigue aquí",
        recovered_body: "\
Hola{% if name %}, {{ name }}{% endif %}:

El [day] empezó una compra en {{ shop_name }} y no la terminó. Esto es lo \
que había en su carrito:

{{ lines }}

Total: {{ amount }}[additions]

Si todavía lo quiere, este enlace abre una nueva página de pago con el \
mismo contenido:

{{ pay_url }}

Si ha cambiado de idea, no tiene que hacer nada. Enviamos este mensaje una \
sola vez, y ninguno más sobre este carrito.
",
        day: "%d/%m/%Y",
        questions: "¿Preguntas?",
        no_more: "No recibir más correos nuestros en esta dirección:",
        debit_failed: "Su último pago bancario no ha llegado, así que el importe sigue pendiente.",
        notice: "Si sale de esta página sin pagar, le enviamos un único recordatorio por correo electrónico, y ninguno más.",
    },
    pages: Pages {
        when,

        pay: Button {
            label: "Continuar al pago",
            note: "Usted paga en una página segura de Stripe. Nunca vemos el número de su tarjeta.",
        },
        unsubscribe: Button {
            label: "No enviarme más correos",
            note: "Si ha llegado aquí por error, simplemente cierre esta página. No cambia nada.",
        },
        try_again: "Volver a intentarlo",
        write_to: "¿Preguntas? Escriba a",
        reach_us: "¿Preguntas? Puede contactarnos en",
        why: "Una nota nuestra",

        reference: "Referencia",
        paid_on: "Pagado el",
        owed: "Importe solicitado",
        lines: "Concepto",
        description: "Descripción",
        amount: "Importe",
        total: "Total",

        pages: PageTexts {
            to_pay: Words {
                heading: "Su pago",
                sentences: &[
                    "Compruebe lo que está pendiente y continúe después a la página de pago.",
                ],
                amount: "Importe pendiente",
            },
            replaced_with_due: Words {
                heading: "Este enlace ha sido sustituido",
                sentences: &[
                    "El enlace que ha abierto ya no está vigente: lo hemos retirado o le hemos enviado uno más reciente. \
                 No se ha perdido nada.",
                    "Esto es lo que está pendiente hoy. Puede pagarlo aquí mismo.",
                ],
                amount: "Importe pendiente",
            },
            replaced_nothing_due: Words {
                heading: "Este enlace ya no se utiliza",
                sentences: &[
                    "El enlace que ha abierto ya no está vigente: lo hemos retirado o le hemos enviado uno más reciente.",
                    "Aquí no tiene que pagar nada.",
                ],
                amount: "",
            },
            not_yet_paid: Words {
                heading: "Todavía no está pagado",
                sentences: &[
                    "Su pago no se ha completado y no se ha cobrado nada.",
                    "Puede pagar ahora o más tarde con el enlace de su correo. Sigue siendo válido.",
                ],
                amount: "Aún pendiente",
            },
            debit_failed: Words {
                heading: "Su último pago bancario no ha llegado",
                sentences: &[
                    "Su banco no nos ha enviado el dinero, así que el importe sigue pendiente.",
                    "Puede pagar ahora, de otra forma si lo prefiere, o más tarde con el enlace de su correo.",
                ],
                amount: "Aún pendiente",
            },
            processing: Words {
                heading: "Su pago se está procesando",
                sentences: &[
                    "Su banco nos está enviando el dinero. Suele tardar unos pocos días hábiles.",
                    "No tiene que hacer nada más. Por favor, no pague por segunda vez.",
                ],
                amount: "En camino",
            },
            in_review: Words {
                heading: "Hemos recibido su pago y lo estamos comprobando",
                sentences: &[
                    "No coincide del todo con lo que habíamos pedido, así que uno de nosotros lo va a revisar.",
                    "No tiene que hacer nada más. Por favor, no pague por segunda vez.",
                ],
                amount: "Recibido",
            },
            just_paid: Words {
                heading: "Gracias, su pago ha llegado",
                sentences: &["Todo está saldado. Puede cerrar esta página."],
                amount: "Pagado",
            },
            paid: Words {
                heading: "Ya está pagado, gracias",
                sentences: &["Tenemos su pago. No tiene que hacer nada más."],
                amount: "Pagado",
            },
            settled_offline: Words {
                heading: "No hay nada que pagar",
                sentences: &[
                    "Esto se ha arreglado directamente con nosotros, sin pago en línea.",
                    "No tiene que hacer nada más.",
                ],
                amount: "",
            },
            refunded: Words {
                heading: "Su pago ha sido reembolsado",
                sentences: &[
                    "El dinero vuelve por el mismo camino por el que vino. Con algunos bancos tarda hasta diez días \
                 hábiles en aparecer.",
                    "No hay nada que pagar.",
                ],
                amount: "Reembolsado",
            },
            partly_refunded: Words {
                heading: "Una parte de su pago ha sido reembolsada",
                sentences: &[
                    "El dinero vuelve por el mismo camino por el que vino. Con algunos bancos tarda hasta diez días \
                 hábiles en aparecer.",
                    "No hay nada que pagar.",
                ],
                amount: "Reembolsado",
            },
            cancelled: Words {
                heading: "Esta solicitud de pago se ha anulado",
                sentences: &[
                    "No hay nada que pagar.",
                    "Si le sorprende, póngase en contacto con nosotros e indique la referencia.",
                ],
                amount: "",
            },
            gone: Words {
                heading: "Este enlace ha caducado",
                sentences: &[
                    "No guardamos un carrito sin pagar más tiempo del necesario, por eso se ha borrado aquello a lo que \
                 llevaba este enlace.",
                    "Aquí no hay nada que pagar. Si todavía le interesa, puede volver a elegir en {shop_link}.",
                ],
                amount: "",
            },
            not_found: Words {
                heading: "No encontramos este pago",
                sentences: &[
                    "Es posible que el enlace se haya cortado por el camino. Ábralo de nuevo desde el correo o copie el \
                 enlace completo en la barra de direcciones.",
                    "Si eso no basta, póngase en contacto con nosotros. Podemos enviarle un enlace nuevo.",
                ],
                amount: "",
            },
            busy: Words {
                heading: "Un momento, por favor",
                sentences: &[
                    "Ahora mismo no podemos conectar con el servicio de pago. No se ha perdido nada, y esta página lo intenta \
                 de nuevo por sí misma.",
                    "Si acaba de pagar, por favor, no pague por segunda vez.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "No podemos iniciar su pago",
                sentences: &[
                    "El problema es nuestro y ya lo sabemos. No se ha cobrado nada.",
                    "Póngase en contacto con nosotros e indique la referencia, o abra el enlace más tarde. Sigue siendo \
                 válido.",
                ],
                amount: "",
            },
            too_many: Words {
                heading: "Vuelva a intentarlo dentro de una hora",
                sentences: &[
                    "Este pago se ha abierto muchas veces en la última hora, así que hacemos una pequeña pausa.",
                    "No se ha perdido nada. El enlace de su correo sigue siendo válido.",
                ],
                amount: "",
            },
            too_many_wrong: Words {
                heading: "Espere un minuto, por favor",
                sentences: &[
                    "Desde su conexión se han abierto muchos enlaces que no llevan a ninguna parte, así que hacemos una \
                 pequeña pausa.",
                    "Un enlace completo sigue funcionando, también ahora. Ábralo de nuevo desde el correo o cópielo en la \
                 barra de direcciones.",
                ],
                amount: "",
            },
            unsubscribe: Words {
                heading: "¿No quiere más correos nuestros?",
                sentences: &[
                    "Al pulsar el botón, {shop} deja de enviar correos a la dirección a la que llegó este enlace.",
                    "Si queda algo por pagar, eso no cambia, y los enlaces de correos anteriores siguen funcionando.",
                ],
                amount: "",
            },
            unsubscribed: Words {
                heading: "No recibirá más correos nuestros",
                sentences: &[
                    "{shop} ya no envía correos a la dirección a la que llegó este enlace.",
                    "Si queda algo por pagar, eso no cambia, y los enlaces de correos anteriores siguen funcionando.",
                    "Si quiere volver a recibirlos, póngase en contacto con nosotros.",
                ],
                amount: "",
            },
            not_yet_unsubscribed: Words {
                heading: "Todavía no ha funcionado",
                sentences: &[
                    "El problema es nuestro. Espere un momento y pulse el botón una vez más.",
                    "Si sigue sin funcionar, póngase en contacto con nosotros. Nos ocuparemos de ello.",
                ],
                amount: "",
            },
            unsubscribe_unknown: Words {
                heading: "Este enlace no funciona",
                sentences: &[
                    "Es posible que se haya cortado por el camino. Ábralo de nuevo desde el correo o copie el enlace \
                 completo en la barra de direcciones.",
                    "Si eso no basta, póngase en contacto con nosotros. Nos encargaremos de que no reciba más correos.",
                ],
                amount: "",
            },
        },

        cart: CartTexts {
            lines: "Contenido",
            to_pay: Words {
                heading: "Su carrito",
                sentences: &[
                    "Esto es lo que había en él. Si todavía lo quiere, continúe a la página de pago.",
                ],
                amount: "Total",
            },
            replaced: Words {
                heading: "Este enlace ha sido sustituido",
                sentences: &[
                    "El enlace que ha abierto ya no está vigente: lo hemos retirado o le hemos enviado uno más reciente. \
                 No se ha perdido nada.",
                    "Esto es lo que hay hoy en su carrito. Si todavía lo quiere, puede pagar aquí mismo.",
                ],
                amount: "Total",
            },
            not_yet_paid: Words {
                heading: "Su carrito sigue aquí",
                sentences: &[
                    "Su pago no se ha completado y no se ha cobrado nada.",
                    "Si todavía quiere lo que hay en su carrito, puede pagar ahora o más tarde con el enlace de su correo.",
                ],
                amount: "Total",
            },
            debit_failed: Words {
                heading: "Su último pago bancario no ha llegado",
                sentences: &[
                    "Su banco no nos ha enviado el dinero, así que la compra no se ha realizado.",
                    "Si todavía quiere lo que hay en su carrito, puede pagar ahora, de otra forma si lo prefiere, o más \
                 tarde con el enlace de su correo.",
                ],
                amount: "Total",
            },
            cancelled: Words {
                heading: "Este carrito está cerrado",
                sentences: &[
                    "No hay nada que pagar.",
                    "Si todavía quiere lo que había en él, puede volver a elegir en {shop_link}.",
                ],
                amount: "",
            },
            refused: Words {
                heading: "No podemos iniciar su pago",
                sentences: &[
                    "El problema es nuestro y ya lo sabemos. No se ha cobrado nada.",
                    "Póngase en contacto con nosotros, o abra el enlace más tarde. También puede volver a elegir en \
                 {shop_link}.",
                ],
                amount: "",
            },
        },
    },
};

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

fn when(at: DateTime<Tz>) -> String {
    dated(at, &at.day().to_string(), "de ", &MONTHS)
}

fn every(count: u32, interval: Interval) -> String {
    let (one, many) = match interval {
        Interval::Day => ("día", "días"),
        Interval::Week => ("semana", "semanas"),
        Interval::Month => ("mes", "meses"),
        Interval::Year => ("año", "años"),
    };
    match count {
        1 => format!("cada {one}"),
        count => format!("cada {count} {many}"),
    }
}
