//! Tokens: made, shown once, revoked.

use actix_web::{HttpResponse, web::Path};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    confirm::{Confirm, points},
    desk::{Desk, shown},
    form::{Nothing, Sent},
    guard::{Admin, doing},
    menu::Here,
    people::{Errors, Typed, page, role_of},
    people_view::may,
    refusal::Refusal,
    when::When,
};
use crate::{
    order::text::Text,
    people::{Person, once::Outcome},
    token::{self, Token},
};

/// Tokens that the page shows.
pub const MOST: i64 = 100;

/// A token in a list.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: String,
    name: String,
    role: &'static str,
    made: When,
    used: Option<When>,
}

impl Shown {
    pub fn of(token: &Token, zone: Tz) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            role: may(token.role),
            made: When::of(token.created_at, zone),
            used: token.last_used_at.map(|at| When::of(at, zone)),
        }
    }
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    may: String,
    token: &'a str,
}

/// `POST /ops/people/tokens`: its answer is the page with the token, which is kept nowhere. A second press makes
/// none, and is told what the first did.
pub async fn make(
    Admin(person): Admin,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let (once, typed) = (sent.once, sent.fields);
    let refused = |why: String| Errors {
        token_name: Some(why),
        ..Errors::default()
    };
    let name = match Text::<100>::parse(&typed.token_name) {
        Ok(name) => name,
        Err(error) => return page(&person, &desk, typed, refused(format!("{error}."))).await,
    };
    let (role, doing) = (role_of(&typed.token_role), doing(&person, &desk.app));
    let fresh = token::fresh();
    let (secret, called) = (fresh.clone(), name.clone());
    let act = move |connection: &mut _| {
        let made = token::issue_as(connection, &secret, called.as_str(), role, &doing)?;
        Ok(made.map(|token| made_once(&token)).ok_or(()))
    };
    match desk.once(&person, once, act).await? {
        Ok(pressed) if pressed.again => Ok(shown(&pressed)),
        Ok(_) => {
            let made = Made {
                name: name.as_str(),
                may: may(role).to_lowercase(),
                token: fresh.expose(),
            };
            desk.page(&person, Here::People, "token-made.html", &made)
                .await
        }
        Err(()) => {
            let why =
                "A token of this name stands already. Choose another name, or revoke it first.";
            page(&person, &desk, typed, refused(why.to_owned())).await
        }
    }
}

/// What a second press is told. The token itself stands in the answer to the first alone.
fn made_once(token: &Token) -> Outcome {
    Outcome {
        to: "/ops/people".to_owned(),
        title: format!("The token {} was made", token.name),
        text: "It was shown once, in the answer to the first press. If you have not copied it, revoke it below and make another one.".to_owned(),
    }
}

/// `GET /ops/people/tokens/{id}/revoke`
pub async fn ask(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let token = find(&person, &desk, &id).await?;
    let used = match token.last_used_at {
        Some(at) => format!("last used {}", When::of(at, desk.site.zone).text),
        None => "never used".to_owned(),
    };
    let page = Confirm {
        question: format!("Revoke the token {}?", token.name),
        about: format!("{} · {used}", may(token.role)),
        back: "/ops/people".to_owned(),
        crumb: "People".to_owned(),
        action: format!("/ops/people/tokens/{}/revoke", token.id),
        happens: points(&[
            "From now on no call gets in with it: the program that uses it stops working here.",
        ]),
        stays: points(&[
            "What was done with it stays, in the history too.",
            "It cannot be taken back; you would make a new token.",
        ]),
        grave: true,
        button: "Revoke the token".to_owned(),
        keep: "Keep it",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::People).await
}

/// `POST /ops/people/tokens/{id}/revoke`
pub async fn revoke(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let id = Desk::id(&person, &id)?;
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut _| {
        let Some(token) = token::by_id(connection, id)? else {
            return Ok(Err(()));
        };
        token::revoke(connection, &token.name, &doing)?;
        Ok(Ok(Outcome {
            to: "/ops/people".to_owned(),
            title: format!("The token {} is revoked", token.name),
            text: "No call gets in with it any more.".to_owned(),
        }))
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(()) => Err(Refusal::no_page(&person)),
    }
}

async fn find(person: &Person, desk: &Desk, id: &str) -> Result<Token, Refusal> {
    let id = Desk::id(person, id)?;
    let token = desk.read(move |connection| token::by_id(connection, id));
    token.await?.ok_or_else(|| Refusal::no_page(person))
}
