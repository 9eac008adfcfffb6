//! `/ops/activity`: the feed, and lines that are dealt with.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Path, Query},
};
use chrono::NaiveDate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{
    cookie::Cookies,
    desk::{BADGE, Desk, shown},
    form::{Nothing, Sent},
    guard::{Operator, Viewer, doing},
    line::{Day, Line, Reader},
    lists::{has_more, wants_row},
    menu::Here,
    refusal::Refusal,
    when::end_of,
};
use crate::{
    activity::{
        self, Category, Dismissed,
        feed::{self, Filter, Tab},
        live,
    },
    people::{Person, once::Outcome},
    settings,
    token::Role,
};

/// Lines of a page.
pub const PAGE: i64 = 50;
/// Letters of a search.
const LONGEST: usize = 200;

/// What the page is asked for. Whatever cannot be read is as if it had not been said.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    cursor: String,
}

impl Asked {
    pub fn tab(&self) -> Tab {
        Tab::from_name(&self.tab).unwrap_or(Tab::All)
    }

    fn category(&self) -> Option<Category> {
        Category::from_name(&self.category)
    }

    fn q(&self) -> String {
        let q = self.q.chars().filter(|letter| !letter.is_control());
        q.take(LONGEST).collect::<String>().trim().to_owned()
    }

    pub fn filter(&self, zone: chrono_tz::Tz) -> Filter {
        let day: Option<NaiveDate> = self.until.parse().ok();
        let q = self.q();
        Filter {
            categories: match self.category() {
                Some(category) => vec![category],
                None => self.tab().categories().to_vec(),
            },
            q: (!q.is_empty()).then_some(q),
            until: day.and_then(|day| end_of(day, zone)),
            before: self.cursor.parse().ok(),
            ..Filter::of(self.tab())
        }
    }

    /// The same page of another tab, or further on.
    fn with(&self, tab: Tab, cursor: Option<i64>) -> String {
        let (q, until) = (self.q(), &self.until);
        let mut said = vec![("tab", tab.name().to_owned())];
        said.extend((!q.is_empty()).then_some(("q", q)));
        said.extend(self.category().map(|is| ("category", is.name().to_owned())));
        said.extend((!until.is_empty()).then_some(("until", until.clone())));
        said.extend(cursor.map(|cursor| ("cursor", cursor.to_string())));
        let said = said.iter().map(|(name, value)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        });
        said.collect::<Vec<_>>().join("&")
    }
}

#[derive(Serialize)]
struct Page {
    kept_days: i32,
    tab: &'static str,
    tabs: Vec<TabLink>,
    q: String,
    until: String,
    categories: Vec<Choice>,
    days: Vec<Day>,
    empty: Empty,
    newest: Option<String>,
    older: Option<String>,
}

#[derive(Serialize)]
struct TabLink {
    name: &'static str,
    word: &'static str,
    href: String,
    here: bool,
}

#[derive(Serialize)]
struct Choice {
    name: &'static str,
    word: &'static str,
    here: bool,
}

#[derive(Serialize)]
struct Empty {
    mark: &'static str,
    text: &'static str,
    href: &'static str,
    link: &'static str,
}

/// `GET /ops/activity`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    asked: Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let filter = asked.filter(desk.site.zone);
    let read = filter.clone();
    let (settled, mut lines, kept_days) = desk
        .read(move |connection| {
            // Asked first: what is written meanwhile is read twice, and never missed.
            let settled = live::settled(connection)?;
            let lines = feed::list(connection, &read, PAGE + 1)?;
            Ok((settled, lines, settings::read(connection)?.activity_days))
        })
        .await?;
    let more = has_more(&mut lines, PAGE);
    let (tab, here) = (asked.tab(), |tab, cursor| {
        format!("/ops/activity?{}", asked.with(tab, cursor))
    });
    let last = lines.last().map(|line| line.id).filter(|_| more);
    let page = Page {
        kept_days,
        tab: tab.name(),
        tabs: tabs(&asked),
        q: asked.q(),
        until: asked
            .until
            .parse::<NaiveDate>()
            .map_or_else(|_| String::new(), |day| day.to_string()),
        categories: categories(asked.category()),
        days: reader(&desk, &person).days(&lines, desk.app.clock.now()),
        empty: empty(&filter),
        newest: filter.before.map(|_| here(tab, None)),
        older: last.map(|id| here(tab, Some(id))),
    };
    // Further back nothing new comes.
    let stream = match filter.before.is_some() || filter.until.is_some() {
        true => BADGE.to_owned(),
        false => format!(
            "/ops/activity/stream?{}&after={settled}",
            asked.with(tab, None)
        ),
    };
    let template = ("activity.html", stream);
    let status = actix_web::http::StatusCode::OK;
    desk.page_following(&person, Here::Activity, template, &page, status)
        .await
}

/// How this person reads lines: whoever may work is offered to deal with them.
pub fn reader(desk: &Desk, person: &Person) -> Reader {
    reader_of(&desk.request, desk.site.zone, person)
}

/// The same, of a request.
pub fn reader_of(request: &HttpRequest, zone: chrono_tz::Tz, person: &Person) -> Reader {
    Reader {
        zone,
        cookie: request.session().filter(|_| person.role >= Role::Operator),
    }
}

fn tabs(asked: &Asked) -> Vec<TabLink> {
    let tabs = Tab::ALL.map(|tab| TabLink {
        name: tab.name(),
        word: match tab {
            Tab::All => "All",
            Tab::Attention => "Needs somebody",
            Tab::Money => "Money",
            Tab::Mail => "Mail",
            Tab::System => "System",
        },
        href: format!("/ops/activity?tab={tab}"),
        here: tab == asked.tab(),
    });
    tabs.into()
}

fn categories(picked: Option<Category>) -> Vec<Choice> {
    let all = Category::ALL.map(|category| Choice {
        name: category.name(),
        word: match category {
            Category::Order => "Orders",
            Category::Checkout => "Payment pages",
            Category::Payment => "Payments",
            Category::Case => "Cases",
            Category::Mail => "Mail",
            Category::Reminder => "Reminders",
            Category::Blast => "Mailings",
            Category::Suppression => "Do not mail",
            Category::Webhook => "Stripe’s messages",
            Category::Settings => "Settings",
            Category::People => "People",
            Category::Retention => "What was deleted",
        },
        here: picked == Some(category),
    });
    all.into()
}

fn empty(filter: &Filter) -> Empty {
    if filter.q.is_some() || filter.until.is_some() {
        Empty {
            mark: "search",
            text: "No line has this in it. Words are found by their beginning, references and names in part.",
            href: "/ops/activity",
            link: "Show everything",
        }
    } else if filter.open {
        Empty {
            mark: "tick",
            text: "Nothing needs somebody.",
            href: "/ops/activity",
            link: "Show everything",
        }
    } else {
        Empty {
            mark: "feed",
            text: "Nothing of this kind has happened yet.",
            href: "",
            link: "",
        }
    }
}

/// `POST /ops/activity/{id}/dismiss`: the row again, where the page asked for that.
pub async fn dismiss(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let id: i64 = id.parse().map_err(|_| Refusal::no_page(&person))?;
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut _| {
        Ok(match activity::dismiss(connection, id, &doing)? {
            Dismissed::Done => Ok(Outcome {
                to: "/ops/activity?tab=attention".to_owned(),
                title: "Dealt with".to_owned(),
                text: "The line stays in the log, with your name. Nothing else was changed."
                    .to_owned(),
            }),
            refused => Err(refused),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Err(Dismissed::NeedsNobody) => Err(Refusal::not_now(&person, "This line needs nobody.")),
        Err(_) => Err(Refusal::no_page(&person)),
        Ok(_) if wants_row(&desk.request) => row(&person, &desk, id).await,
        Ok(pressed) => Ok(shown(&pressed)),
    }
}

async fn row(person: &Person, desk: &Desk, id: i64) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct Row {
        line: Line,
    }
    let entries = desk
        .read(move |connection| feed::these(connection, &[id]))
        .await?;
    let entry = entries.first().ok_or_else(|| Refusal::no_page(person))?;
    let line = reader(desk, person).line(entry);
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(desk.site.render("row.html", &Row { line })))
}
