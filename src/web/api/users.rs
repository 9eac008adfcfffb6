//! `/api/v1/users`: people who sign in to the pages.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;

use super::{
    caller::Admin,
    input::{self, Body},
    page::{self, Asked},
    problem::Problem,
    tokens::known_role,
};
use crate::{
    app::App,
    order::{email::Email, problem::Problems, text::Text},
    password::Password,
    people::{self, Change, MailSetUp, New},
};

/// `GET /users`
pub async fn list(_: Admin, app: Data<App>, asked: Query<Asked>) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?;
    let list = move |connection: &mut _| people::list(connection, before, limit + 1);
    let users = app.db.run(list).await?;
    Ok(page::answer(&users, limit, |user| user.id, |user| user))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    email: String,
    name: String,
    role: String,
    password: Option<String>,
}

/// `POST /users`: with a password, or by a mailed invitation.
pub async fn add(caller: Admin, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let wanted: Wanted = body.parse()?;
    let mut problems = Problems::default();
    let email = problems.take("email", Email::parse(&wanted.email));
    let name = problems.take("name", Text::<100>::parse(&wanted.name));
    let role = problems.take("role", known_role(&wanted.role));
    let password = wanted.password.as_deref().map(Password::parse).transpose();
    let password = problems.take("password", password);
    let checked = email.zip(name).zip(role).zip(password);
    let (((email, name), role), password) = problems.or(checked).map_err(Problem::invalid)?;
    let new = New {
        email,
        name,
        role,
        password_hash: hash(&app, password).await?,
    };
    let doing = caller.doing(&app);
    let mail = MailSetUp::of(&app);
    let is_invited = new.password_hash.is_none();
    let add = move |connection: &mut _| {
        let user = people::add(connection, &new, &doing)?;
        if let Some(user) = user.as_ref().filter(|_| is_invited) {
            people::send_link(connection, user, &mail, &doing)?;
        }
        Ok(user)
    };
    let Some(user) = app.db.transaction(add).await? else {
        return Err(Problem::conflict(
            "somebody has this address already; PATCH changes their account",
        ));
    };
    app.wake_mail.notify_one();
    Ok(HttpResponse::Created().json(user))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    name: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
    password: Option<String>,
    signed_out: Option<bool>,
}

/// `PATCH /users/{email}`
pub async fn change(
    caller: Admin,
    app: Data<App>,
    email: Path<input::Wanted>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let changed: Changed = body.parse()?;
    let mut problems = Problems::default();
    let name = changed.name.as_deref().map(Text::<100>::parse).transpose();
    let name = problems.take("name", name);
    let role = changed.role.as_deref().map(known_role).transpose();
    let role = problems.take("role", role);
    let password = changed.password.as_deref().map(Password::parse).transpose();
    let password = problems.take("password", password);
    let checked = problems.or(name.zip(role).zip(password));
    let ((name, role), password) = checked.map_err(Problem::invalid)?;
    let change = Change {
        name,
        role,
        disabled: changed.disabled,
        password_hash: hash(&app, password).await?,
        signed_out: changed.signed_out == Some(true),
    };
    let (email, doing) = (String::from(email.into_inner()), caller.doing(&app));
    let done = app.db.transaction(move |connection| {
        match people::find_by_email(connection, &email)? {
            Some(user) if people::leaves_no_admin(connection, user.id, &change)? => {
                Ok(Err(Problem::conflict(
                    "nobody would be left who may do everything; make somebody else an admin first",
                )))
            }
            Some(user) => people::change(connection, user.id, &change, &doing).map(Ok),
            None => Ok(Ok(None)),
        }
    });
    match done.await?? {
        Some(user) => Ok(HttpResponse::Ok().json(user)),
        None => Err(Problem::not_found("user")),
    }
}

async fn hash(app: &App, password: Option<Password>) -> Result<Option<String>, Problem> {
    match password {
        Some(password) => {
            let hash = app.passwords.hash(password).await.map_err(Problem::busy)?;
            Ok(Some(hash))
        }
        None => Ok(None),
    }
}
