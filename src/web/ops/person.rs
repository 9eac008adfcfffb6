//! One account, and what an admin can do about it. Nobody takes their own role or account away: so there is
//! an admin always.

use actix_web::{HttpResponse, web::Path};
use serde::{Deserialize, Serialize};

use super::{
    confirm::{Confirm, points},
    desk::{Desk, shown},
    form::Sent,
    guard::{Admin, doing},
    menu::Here,
    people_view::{Shown, picks},
    person_act::{Act, Offer, consequences, outcome},
    refusal::Refusal,
};
use crate::{
    people::{self, Change, MailSetUp, Person, User},
    token::Role,
};

#[derive(Serialize)]
struct Page {
    user: Shown,
    is_me: bool,
    acts: Vec<Offer>,
}

/// `GET /ops/people/{id}`
pub async fn show(
    Admin(person): Admin,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let user = user(&person, &desk, &id).await?;
    let acts = Act::about(&user).into_iter();
    let page = Page {
        user: Shown::of(&user, desk.site.zone),
        is_me: user.id == person.id,
        acts: acts.map(|act| act.offer(&user)).collect(),
    };
    desk.page(&person, Here::People, "person.html", &page).await
}

/// `GET /ops/people/{id}/{act}`: what will happen, and what will not.
pub async fn ask(
    Admin(person): Admin,
    desk: Desk,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (id, act) = path.into_inner();
    let (user, act) = asked(&person, &desk, &id, &act).await?;
    let back = format!("/ops/people/{}", user.id);
    let (question, happens, stays, button, keep) = consequences(act, &user);
    let page = Confirm {
        question,
        about: user.email.clone(),
        action: format!("{back}/{}", act.name()),
        back,
        crumb: user.name.clone(),
        happens: points(happens),
        stays: points(stays),
        roles: (act == Act::Role).then(|| picks(user.role)),
        grave: act == Act::Disable,
        button,
        keep,
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::People).await
}

#[derive(Deserialize)]
pub struct Picked {
    #[serde(default)]
    role: String,
}

/// `POST /ops/people/{id}/{act}`
pub async fn act(
    Admin(person): Admin,
    desk: Desk,
    path: Path<(String, String)>,
    sent: Sent<Picked>,
) -> Result<HttpResponse, Refusal> {
    let (id, act) = path.into_inner();
    let (user, act) = known(&person, &desk, &id, &act).await?;
    let (mail, doing) = (MailSetUp::of(&desk.app), doing(&person, &desk.app));
    let role = Role::from_name(&sent.fields.role).unwrap_or(user.role);
    let done = move |connection: &mut _| {
        let change = match act {
            Act::Link => None,
            Act::Role => Some(Change {
                role: Some(role),
                ..Change::default()
            }),
            Act::SignOut => Some(Change {
                signed_out: true,
                ..Change::default()
            }),
            Act::Disable | Act::Enable => Some(Change {
                disabled: Some(act == Act::Disable),
                ..Change::default()
            }),
        };
        let user = match change {
            Some(change) if people::leaves_no_admin(connection, user.id, &change)? => {
                return Ok(Err(Refused::LastAdmin));
            }
            Some(change) => people::change(connection, user.id, &change, &doing)?,
            None => people::find(connection, user.id)?,
        };
        let Some(user) = user else {
            return Ok(Err(Refused::NoUser));
        };
        if act == Act::Link {
            people::send_link(connection, &user, &mail, &doing)?;
        }
        Ok(Ok(outcome(act, &user)))
    };
    match desk.once(&person, sent.once, done).await? {
        Ok(pressed) => {
            desk.app.wake_mail.notify_one();
            Ok(shown(&pressed))
        }
        Err(Refused::NoUser) => Err(Refusal::no_page(&person)),
        Err(Refused::LastAdmin) => Err(Refusal::not_now(
            &person,
            "Nobody would be left who may do everything. Make somebody else an admin first.",
        )),
    }
}

/// Why nothing was changed.
enum Refused {
    NoUser,
    /// They are the only admin by now: another one was disabled meanwhile.
    LastAdmin,
}

/// The account and the act, if it can be done now.
async fn asked(person: &Person, desk: &Desk, id: &str, act: &str) -> Result<(User, Act), Refusal> {
    let (user, act) = known(person, desk, id, act).await?;
    if Act::about(&user).contains(&act) {
        Ok((user, act))
    } else {
        Err(Refusal::not_now(
            person,
            "The account does not stand as it did any more: look at it again.",
        ))
    }
}

/// The same, also where it was done already: a second press shows the first's outcome.
async fn known(person: &Person, desk: &Desk, id: &str, act: &str) -> Result<(User, Act), Refusal> {
    let act = Act::from_path(act).ok_or_else(|| Refusal::no_page(person))?;
    let user = user(person, desk, id).await?;
    if user.id == person.id {
        let why = "This is your own account: ask another admin. Your password and devices are under Your account.";
        return Err(Refusal::not_now(person, why));
    }
    Ok((user, act))
}

async fn user(person: &Person, desk: &Desk, id: &str) -> Result<User, Refusal> {
    let id = Desk::id(person, id)?;
    let user = desk.read(move |connection| people::find(connection, id));
    user.await?.ok_or_else(|| Refusal::no_page(person))
}
