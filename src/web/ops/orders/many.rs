//! `/ops/orders/cash`, `/ops/orders/send`: what would happen to the orders that were picked, and that it does.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    row::{self, Row},
    sum,
};
use crate::{
    activity::Note,
    app::App,
    batch::{self, Act, Fit, MOST, Why},
    link::without_keys,
    listing,
    mail::{Text, letter},
    order::Order,
    people::{Person, once::Outcome},
    suppression::AddressKey,
    web::ops::{
        desk::{BADGE, Desk, shown},
        form::Sent,
        guard::{Operator, doing},
        menu::Here,
        order::act::CART,
        refusal::Refusal,
    },
};

#[derive(Serialize)]
struct Page {
    act: &'static str,
    question: String,
    lead: String,
    button: String,
    /// The ids, for the form.
    orders: String,
    rows: Vec<Row>,
    left_out: Vec<LeftOut>,
    happens: Vec<String>,
    stays: Vec<String>,
    letter: Option<Letter>,
    note: String,
    note_is_wrong: Option<String>,
}

/// An order that it does not fit.
#[derive(Serialize)]
struct LeftOut {
    who: String,
    reference: String,
    why: String,
}

/// One of the mails, whole.
#[derive(Serialize)]
struct Letter {
    who: String,
    to: String,
    subject: String,
    body: String,
}

/// `GET /ops/orders/cash`
pub async fn ask_cash(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    ask(&person, &desk, Act::Cash).await
}

/// `GET /ops/orders/send`
pub async fn ask_send(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    ask(&person, &desk, Act::Send).await
}

#[derive(Debug, Deserialize)]
pub struct Picked {
    #[serde(default)]
    orders: String,
    #[serde(default)]
    note: String,
}

/// `POST /ops/orders/cash`
pub async fn cash(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Picked>,
) -> Result<HttpResponse, Refusal> {
    act(&person, &desk, Act::Cash, sent).await
}

/// `POST /ops/orders/send`
pub async fn send(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Picked>,
) -> Result<HttpResponse, Refusal> {
    act(&person, &desk, Act::Send, sent).await
}

async fn ask(person: &Person, desk: &Desk, act: Act) -> Result<HttpResponse, Refusal> {
    let ids = picked(&desk.request);
    show(person, desk, (act, ids), String::new(), None).await
}

async fn show(
    person: &Person,
    desk: &Desk,
    (act, ids): (Act, Vec<Uuid>),
    note: String,
    note_is_wrong: Option<String>,
) -> Result<HttpResponse, Refusal> {
    if ids.len() > MOST {
        let why = format!("At most {MOST} orders are taken at once: pick fewer.");
        return Err(Refusal::not_now(person, &why));
    }
    let (now, app) = (desk.app.clock.now(), desk.app.clone());
    let (fits, letter) = desk
        .read(move |connection| {
            let mut orders = listing::these(connection, &ids)?;
            orders.sort_by(|one, other| one.reference.cmp(&other.reference));
            let fits = batch::fits(connection, act, orders, now)?;
            let first = fits.iter().find(|(_, why)| why.is_none());
            let letter = match (act, first) {
                (Act::Send, Some((order, _))) => {
                    let key = AddressKey::load(connection)?;
                    written(&app, &key, order)
                }
                _ => None,
            };
            Ok((fits, letter))
        })
        .await?;
    let status = match note_is_wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = Page {
        note,
        note_is_wrong,
        letter,
        ..Page::new(act, &fits)
    };
    let template = ("orders-many.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, &page, status)
        .await
}

async fn act(
    person: &Person,
    desk: &Desk,
    act: Act,
    sent: Sent<Picked>,
) -> Result<HttpResponse, Refusal> {
    let ids: Vec<Uuid> = ids(sent.fields.orders.split(','));
    let note = sent.fields.note.trim().to_owned();
    let kept = match note.is_empty() {
        true => None,
        false => match Note::parse(&note) {
            Ok(note) => Some(String::from(note)),
            Err(why) => {
                return show(person, desk, (act, ids), note, Some(format!("{why}."))).await;
            }
        },
    };
    if ids.is_empty() || ids.len() > MOST {
        return Err(Refusal::not_now(
            person,
            "No order was picked, or too many at once.",
        ));
    }
    let mut doing = doing(person, &desk.app);
    doing.note = kept;
    let begin = move |connection: &mut _| {
        let orders = listing::these(connection, &ids)?;
        let fits = batch::fits(connection, act, orders, doing.at)?;
        let fitting = fits.iter().filter(|(_, why)| why.is_none());
        let fitting: Vec<Uuid> = fitting.map(|(order, _)| order.id).collect();
        if fitting.is_empty() {
            return Ok(Err(()));
        }
        let id = batch::begin(connection, act, &fitting, &doing)?;
        Ok(Ok(Outcome {
            to: format!("/ops/orders/many/{id}"),
            title: title(act, fitting.len()),
            text: "What came of each stands below.".to_owned(),
        }))
    };
    match desk.once(person, sent.once, begin).await? {
        Err(()) => Err(Refusal::not_now(
            person,
            "It fits none of these orders any more: look at them again.",
        )),
        Ok(pressed) => {
            // Also at the second press: the first may have died on the way.
            let id = pressed.outcome.to.rsplit('/').next();
            if let Some(id) = id.and_then(|id| id.parse().ok()) {
                let worked = batch::work_off(&desk.app, id).await;
                worked.map_err(|error| Refusal::database(&desk.site, &error))?;
            }
            Ok(shown(&pressed))
        }
    }
}

/// `Cash for 12 orders`
pub fn title(act: Act, count: usize) -> String {
    let orders = sum::orders(count);
    match act {
        Act::Cash => format!("Cash for {orders}"),
        Act::Send => format!("The link for {orders}"),
    }
}

/// The orders that a list's rows were picked of.
pub fn picked(request: &HttpRequest) -> Vec<Uuid> {
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let orders = query.filter(|(name, _)| name == "order");
    let orders: Vec<String> = orders.map(|(_, id)| id.into_owned()).collect();
    ids(orders.iter().map(String::as_str))
}

/// Each once.
fn ids<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Uuid> {
    let ids: BTreeSet<Uuid> = texts.filter_map(|text| text.trim().parse().ok()).collect();
    ids.into_iter().collect()
}

fn written(app: &App, key: &AddressKey, order: &Order) -> Option<Letter> {
    let email = order.email.as_ref()?.as_str();
    let Text { subject, body } = app.write(order, key.hash(email), letter::link);
    Some(Letter {
        who: row::who(order).to_owned(),
        to: email.to_owned(),
        subject,
        // Their key stands on the page of their own order alone.
        body: without_keys(&body, &app.public_url),
    })
}

impl Page {
    fn new(act: Act, fits: &[Fit]) -> Self {
        let fitting = || {
            let those = fits.iter().filter(|(_, why)| why.is_none());
            those.map(|(order, _)| order)
        };
        let rows: Vec<Row> = fitting().map(Row::of).collect();
        let (count, sums) = (rows.len(), sum::in_words(&sum::of(fitting())));
        let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
        let left_out = fits.iter().filter_map(|(order, why)| {
            Some(LeftOut {
                who: row::who(order).to_owned(),
                reference: order.reference.clone(),
                why: in_words((*why)?).to_owned(),
            })
        });
        let (orders, mails) = (sum::orders(count), mails(count));
        let (question, lead, button, happens, stays) = match act {
            Act::Cash => (
                format!("Take cash for {orders}?"),
                sums,
                format!("Take cash for {orders}"),
                vec![
                    "Each counts as settled from now on; its link says that there is nothing to pay.".to_owned(),
                    "A payment page that is open is closed first. Whoever has paid on it meanwhile is left out.".to_owned(),
                ],
                vec![
                    "Nobody gets a mail.".to_owned(),
                    "Whoever pays by Stripe all the same is told to you, and you can give it back.".to_owned(),
                    "It cannot be taken back: for whoever owes after all, you would make a new order.".to_owned(),
                ],
            ),
            Act::Send => (
                format!("Mail {} their link?", families(count)),
                format!("{mails}, one for each order, as soon as it is their turn."),
                format!("Send {mails}"),
                vec![match count {
                    1 => "The mail below goes out.".to_owned(),
                    _ => format!("{mails} like the one below go out."),
                }],
                vec![
                    "The links stay the same: older mails keep working.".to_owned(),
                    "Nothing that is owed changes.".to_owned(),
                ],
            ),
        };
        Self {
            act: act.name(),
            question,
            lead,
            button,
            orders: ids.join(","),
            left_out: left_out.collect(),
            rows,
            happens,
            stays,
            letter: None,
            note: String::new(),
            note_is_wrong: None,
        }
    }
}

/// `24 mails`
fn mails(count: usize) -> String {
    match count {
        1 => "1 mail".to_owned(),
        count => format!("{count} mails"),
    }
}

fn families(count: usize) -> String {
    match count {
        1 => "1 family".to_owned(),
        count => format!("{count} families"),
    }
}

fn in_words(why: Why) -> &'static str {
    match why {
        Why::Settling(why) => why,
        Why::NotOwed => "nothing is owed, or money is on its way",
        Why::Cart => CART,
        Why::NoAddress => "it has no e-mail",
        Why::DoNotMail => "its e-mail is on the list of those not to be mailed",
        Why::OnItsWay => "a mail with its link is on its way already",
    }
}
