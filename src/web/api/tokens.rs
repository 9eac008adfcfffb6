//! `/api/v1/tokens`: who may call.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{
    caller::Admin,
    input::{self, Body},
    page::{self, Asked},
    problem::Problem,
};
use crate::{
    app::App,
    order::{problem::Problems, text::Text},
    token::{self, Role, Token},
};

/// `GET /tokens`
pub async fn list(_: Admin, app: Data<App>, asked: Query<Asked>) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let before = asked.before()?;
    let list = move |connection: &mut _| token::list(connection, before, limit + 1);
    let tokens = app.db.run(list).await?;
    Ok(page::answer(
        &tokens,
        limit,
        |token| token.id,
        |token| token,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    role: String,
}

/// A token that was just made, with what is shown this once.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(flatten)]
    row: &'a Token,
    token: &'a str,
}

/// `POST /tokens`
pub async fn add(caller: Admin, app: Data<App>, body: Body) -> Result<HttpResponse, Problem> {
    let New { name, role } = body.parse()?;
    let mut problems = Problems::default();
    let name = problems.take("name", Text::<100>::parse(&name));
    let role = problems.take("role", known_role(&role));
    let (name, role) = problems.or(name.zip(role)).map_err(Problem::invalid)?;
    let doing = caller.doing(&app);
    let issue = move |connection: &mut _| token::issue(connection, name.as_str(), role, &doing);
    let Some((secret, row)) = app.db.run(issue).await? else {
        return Err(Problem::conflict(
            "a token of this name stands already; choose another name, or revoke that one first",
        ));
    };
    let token = secret.expose();
    Ok(HttpResponse::Created().json(Made { row: &row, token }))
}

/// `DELETE /tokens/{name}`
pub async fn revoke(
    caller: Admin,
    app: Data<App>,
    name: Path<input::Wanted>,
) -> Result<HttpResponse, Problem> {
    let (name, doing) = (String::from(name.into_inner()), caller.doing(&app));
    let revoke = move |connection: &mut _| token::revoke(connection, &name, &doing);
    if app.db.run(revoke).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found("token"))
    }
}

/// The role of this name.
pub fn known_role(role: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::name).join(", ");
    Role::from_name(role).ok_or_else(|| format!("this must be one of {}", known()))
}
