//! An address comes on the list, or off it: what that means, and to whom.

use actix_web::{
    HttpResponse,
    web::{Path, Query},
};
use diesel::PgConnection;
use serde::Deserialize;

use super::{
    confirm::{Confirm, Hidden, points},
    desk::{Desk, shown},
    form::Sent,
    guard::{Operator, doing},
    line::in_a_sentence,
    lists::COUNTED,
    menu::Here,
    refusal::Refusal,
    suppressions::{Asked, PATH, Typed, is_their_wish, page, warning, why},
    when::When,
};
use crate::{
    activity::{Doing, feed::count_in_words},
    order::email::{Email, EmailError},
    outbox::{self, Concerns},
    people::{Person, once::Outcome},
    suppression::{self, AddressHash, AddressKey, Cause, MANUAL, Reason, Suppression},
};

/// Letters of a remark; more than anybody writes into one line.
const LONGEST_NOTE: usize = 500;

/// An address, and a remark.
#[derive(Debug, Default, Deserialize)]
pub struct Named {
    #[serde(default)]
    email: String,
    #[serde(default)]
    note: String,
}

/// `GET /ops/suppressions/add`: what never mailing an address means.
pub async fn ask_add(
    Operator(person): Operator,
    desk: Desk,
    named: Query<Named>,
) -> Result<HttpResponse, Refusal> {
    let email = match Email::parse(&named.email) {
        Ok(email) => email,
        Err(EmailError::Empty) => {
            let said = "Type the address that gets no more mail.".to_owned();
            return wrong(&person, &desk, &named.email, said).await;
        }
        Err(error) => {
            return wrong(
                &person,
                &desk,
                &named.email,
                in_a_sentence(&error.to_string()),
            )
            .await;
        }
    };
    let address = email.clone();
    let (stands, concerns) = desk
        .read(move |connection| {
            let hash = AddressKey::load(connection)?.hash(address.as_str());
            let stands = suppression::find(connection, hash)?;
            let concerns = outbox::concerns(connection, hash, Some(address.as_str()), COUNTED)?;
            Ok((stands, concerns))
        })
        .await?;
    // What a mail server said gives way to what a person says.
    let by_a_server =
        |stands: &Suppression| Reason::from_name(&stands.reason) == Some(Reason::NoSuchAddress);
    if let Some(stands) = stands.filter(|stands| !by_a_server(stands)) {
        let since = When::of(stands.since, desk.site.zone).text;
        let said = format!(
            "It is on the list already, since {since}: {}.",
            why(&stands.reason)
        );
        return wrong(&person, &desk, &named.email, said).await;
    }
    let page = Confirm {
        question: format!("Never mail {}?", email.as_str()),
        back: PATH.to_owned(),
        crumb: "Do not mail".to_owned(),
        action: format!("{PATH}/add"),
        happens: before_add(concerns),
        stays: points(&[
            "They can still pay: each link goes on working.",
            "What they owe stays owed. Ask them another way.",
            "It can be taken back on this list.",
        ]),
        hidden: vec![Hidden {
            name: "email",
            value: email.as_str().to_owned(),
        }],
        note: "Why (may stay empty)",
        button: "Never mail them".to_owned(),
        keep: "Leave it",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Suppressions).await
}

fn before_add(concerns: Concerns) -> Vec<String> {
    let mut happens = points(&[
        "From now on this address gets no mail from us: no mailing, no link, no reminder.",
    ]);
    match concerns.waiting {
        0 => {}
        1 => happens.push("1 mail to it waits, and is not sent.".to_owned()),
        many => happens.push(format!(
            "{} mails to it wait, and are not sent.",
            count_in_words(many)
        )),
    }
    happens.push(owed(concerns.owed));
    happens
}

/// What an address owes.
fn owed(orders: i64) -> String {
    match orders {
        0 => "No order that is owed has this address.".to_owned(),
        1 => "1 order that is owed has this address.".to_owned(),
        many if many >= COUNTED => "99 and more orders that are owed have this address.".to_owned(),
        many => format!("{many} orders that are owed have this address."),
    }
}

async fn wrong(
    person: &Person,
    desk: &Desk,
    email: &str,
    why: String,
) -> Result<HttpResponse, Refusal> {
    let typed = Typed {
        email: email.to_owned(),
        error: Some(why),
    };
    page(person, desk, &Asked::default(), typed).await
}

/// `POST /ops/suppressions/add`
pub async fn add(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Named>,
) -> Result<HttpResponse, Refusal> {
    let Named { email, note } = sent.fields;
    let address = match Email::parse(&email) {
        Ok(address) => address,
        Err(error) => return wrong(&person, &desk, &email, format!("{error}.")).await,
    };
    let note: String = note.chars().filter(|letter| !letter.is_control()).collect();
    let note: String = note.trim().chars().take(LONGEST_NOTE).collect();
    let doing = Doing {
        note: Some(note).filter(|note| !note.is_empty()),
        ..doing(&person, &desk.app)
    };
    let cause = Cause {
        reason: MANUAL.to_owned(),
        doing,
    };
    let act = move |connection: &mut PgConnection| {
        let hash = AddressKey::load(connection)?.hash(address.as_str());
        let (_, is_new) = suppression::add(connection, hash, Some(address.as_str()), &cause)?;
        Ok(Ok::<_, ()>(Outcome {
            to: PATH.to_owned(),
            // Without the address: what came of a form is kept for a day, also of somebody who is erased.
            title: match is_new {
                true => "The address is not mailed any more".to_owned(),
                false => "The address is on the list already".to_owned(),
            },
            text: match is_new {
                true => "Nobody was written to. Their links go on working.".to_owned(),
                false => "Somebody was first. It stays as it was.".to_owned(),
            },
        }))
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(()) => Err(Refusal::no_page(&person)),
    }
}

/// `GET /ops/suppressions/{hash}/lift`: what mailing an address again means.
pub async fn ask_lift(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let hash = read_hash(&id).ok_or_else(|| Refusal::no_page(&person))?;
    let found = desk.read(move |connection| {
        let Some(row) = suppression::find(connection, hash)? else {
            return Ok(None);
        };
        let concerns = outbox::concerns(connection, hash, row.address.as_deref(), COUNTED)?;
        Ok(Some((row, concerns)))
    });
    let Some((row, concerns)) = found.await? else {
        return Err(Refusal::not_now(&person, GONE));
    };
    let named = name(&row);
    let page = Confirm {
        question: format!("Mail {named} again?"),
        about: format!(
            "On the list since {}: {}",
            When::of(row.since, desk.site.zone).text,
            why(&row.reason)
        ),
        back: PATH.to_owned(),
        crumb: "Do not mail".to_owned(),
        action: format!("{PATH}/{}/lift", id.as_str()),
        happens: before_lift(&row, concerns),
        stays: points(&[
            "Nothing is sent by this alone.",
            "Mails that were held back stay unsent: send the link from the order’s page, or write to all who owe.",
        ]),
        grave: is_their_wish(&row.reason),
        button: "Mail them again".to_owned(),
        keep: "Leave it on the list",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Suppressions).await
}

fn before_lift(row: &Suppression, concerns: Concerns) -> Vec<String> {
    let owed = match (concerns.owed, row.address.is_some()) {
        (0, false) => "The address itself was erased; what it owes cannot be told.".to_owned(),
        (orders, _) => owed(orders),
    };
    vec![
        "From now on mailings, links and reminders go to it again.".to_owned(),
        owed,
        warning(&row.reason).to_owned(),
    ]
}

const GONE: &str = "This address is not on the list any more: somebody has taken it off.";

/// `POST /ops/suppressions/{hash}/lift`
pub async fn lift(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<super::form::Nothing>,
) -> Result<HttpResponse, Refusal> {
    let hash = read_hash(&id).ok_or_else(|| Refusal::no_page(&person))?;
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut PgConnection| {
        Ok(match suppression::lift(connection, hash, &doing)? {
            false => Err(()),
            true => Ok(Outcome {
                to: PATH.to_owned(),
                title: "The address may be mailed again".to_owned(),
                text: "Nothing was sent by this.".to_owned(),
            }),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(()) => Err(Refusal::not_now(&person, GONE)),
    }
}

fn name(row: &Suppression) -> String {
    let erased = || "an address that was erased".to_owned();
    row.address.clone().unwrap_or_else(erased)
}

/// Addresses stand in no path: a path is in the logs of whatever is in between.
fn read_hash(hex: &str) -> Option<AddressHash> {
    AddressHash::from_column(&hex::decode(hex).ok()?)
}
