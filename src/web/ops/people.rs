//! Who may come in: accounts and tokens.

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};

use super::{
    desk::{BADGE, Desk, shown},
    form::Sent,
    guard::{Admin, doing},
    menu::Here,
    people_view::{Pick, Shown, picks},
    refusal::Refusal,
    tokens,
};
use crate::{
    order::{email::Email, text::Text},
    people::{self, MailSetUp, New, Person, once::Outcome},
    token::{self, Role},
};

#[derive(Serialize)]
struct Page {
    users: Vec<Shown>,
    roles: Vec<Pick>,
    tokens: Vec<tokens::Shown>,
    token_roles: Vec<Pick>,
    more_tokens: bool,
    typed: Typed,
    errors: Errors,
}

/// What was typed, kept where it was refused.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Typed {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub role: String,
    #[serde(default)]
    pub token_name: String,
    #[serde(default)]
    pub token_role: String,
}

/// What is wrong with it.
#[derive(Debug, Default, Serialize)]
pub struct Errors {
    pub name: Option<String>,
    pub email: Option<String>,
    pub token_name: Option<String>,
}

/// `GET /ops/people`
pub async fn show(Admin(person): Admin, desk: Desk) -> Result<HttpResponse, Refusal> {
    page(&person, &desk, Typed::default(), Errors::default()).await
}

/// The page, with what is wrong with a form.
pub async fn page(
    person: &Person,
    desk: &Desk,
    typed: Typed,
    errors: Errors,
) -> Result<HttpResponse, Refusal> {
    let (users, mut rows) = desk
        .read(|connection| {
            let users = people::all(connection)?;
            Ok((users, token::list(connection, None, tokens::MOST + 1)?))
        })
        .await?;
    let most = usize::try_from(tokens::MOST).unwrap_or(usize::MAX);
    let more_tokens = rows.len() > most;
    rows.truncate(most);
    let is_wrong = errors.name.is_some() || errors.email.is_some() || errors.token_name.is_some();
    let zone = desk.site.zone;
    let page = Page {
        users: users.iter().map(|user| Shown::of(user, zone)).collect(),
        roles: picks(role_of(&typed.role)),
        tokens: rows
            .iter()
            .map(|row| tokens::Shown::of(row, zone))
            .collect(),
        token_roles: picks(role_of(&typed.token_role)),
        more_tokens,
        typed,
        errors,
    };
    let status = match is_wrong {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let template = ("people.html", BADGE.to_owned());
    desk.page_following(person, Here::People, template, &page, status)
        .await
}

/// The role that was picked; the least if none was.
pub fn role_of(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::Viewer)
}

/// `POST /ops/people`
pub async fn invite(
    Admin(person): Admin,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let (once, typed) = (sent.once, sent.fields);
    let (name, email) = (Text::<100>::parse(&typed.name), Email::parse(&typed.email));
    let (name, email) = match (name, email) {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => {
            let errors = Errors {
                name: name.err().map(|error| format!("{error}.")),
                email: email.err().map(|error| format!("{error}.")),
                ..Errors::default()
            };
            return page(&person, &desk, typed, errors).await;
        }
    };
    let new = New {
        email,
        name,
        role: role_of(&typed.role),
        password_hash: None,
    };
    let (mail, doing) = (MailSetUp::of(&desk.app), doing(&person, &desk.app));
    let act = move |connection: &mut _| {
        let Some(user) = people::add(connection, &new, &doing)? else {
            return Ok(Err("Somebody has this address already.".to_owned()));
        };
        people::send_link(connection, &user, &mail, &doing)?;
        Ok(Ok(Outcome {
            to: "/ops/people".to_owned(),
            title: format!("{} was invited", user.name),
            text: "They are mailed a link to choose a password. It works once, for 24 hours."
                .to_owned(),
        }))
    };
    match desk.once(&person, once, act).await? {
        Ok(pressed) => {
            desk.app.wake_mail.notify_one();
            Ok(shown(&pressed))
        }
        Err(why) => {
            let errors = Errors {
                email: Some(why),
                ..Errors::default()
            };
            page(&person, &desk, typed, errors).await
        }
    }
}
