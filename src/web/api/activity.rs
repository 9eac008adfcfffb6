//! `/api/v1/activity`: the log, and lines that are dealt with.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;

use super::{
    caller::{Operator, Viewer},
    input,
    page::{self, Asked},
    problem::Problem,
};
use crate::{
    activity::{
        self, Category, Dismissed, Level,
        feed::{self, Filter},
    },
    app::App,
};

#[derive(Deserialize)]
pub struct Wanted {
    category: Option<String>,
    level: Option<String>,
    order_id: Option<String>,
    q: Option<input::Wanted>,
    open: Option<String>,
}

impl Wanted {
    fn filter(self, before: Option<i64>) -> Result<Filter, Problem> {
        let categories = Category::ALL.map(Category::name);
        let category = self.category.as_deref();
        let category = category.map(|said| input::one_of("category", said, &categories));
        let level = self.level.as_deref();
        let level = level.map(|said| input::one_of("level", said, &Level::ALL.map(Level::name)));
        let order = self.order_id.as_deref();
        let open = self.open.as_deref();
        let open = open.map(|said| input::one_of("open", said, &["true", "false"]));
        Ok(Filter {
            categories: category
                .transpose()?
                .and_then(|name| Category::from_name(&name))
                .into_iter()
                .collect(),
            level: level.transpose()?.and_then(|name| Level::from_name(&name)),
            order: order.map(|said| input::id("order_id", said)).transpose()?,
            open: open.transpose()?.is_some_and(|said| said == "true"),
            q: self.q.map(String::from).filter(|q| !q.trim().is_empty()),
            until: None,
            before,
        })
    }
}

/// `GET /activity`
pub async fn list(
    _: Viewer,
    app: Data<App>,
    wanted: Query<Wanted>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let limit = asked.limit()?;
    let filter = wanted.into_inner().filter(asked.before()?)?;
    let lines = app
        .db
        .run(move |connection| feed::list(connection, &filter, limit + 1));
    Ok(page::answer(
        &lines.await?,
        limit,
        |line| line.id,
        |line| line,
    ))
}

/// `POST /activity/{id}/dismiss`
pub async fn dismiss(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id: i64 = id.parse().map_err(|_| Problem::not_found("line"))?;
    let doing = caller.doing(&app, None);
    let dismissed = app.db.run(move |connection| {
        let dismissed = activity::dismiss(connection, id, &doing)?;
        Ok((dismissed, feed::these(connection, &[id])?))
    });
    match dismissed.await? {
        (Dismissed::Done, lines) => Ok(HttpResponse::Ok().json(lines.first())),
        (Dismissed::NeedsNobody, _) => Err(Problem::conflict(
            "this line needs nobody; only one of the level attention can be dismissed",
        )),
        (Dismissed::NoLine, _) => Err(Problem::not_found("line")),
    }
}
