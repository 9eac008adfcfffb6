//! How long things are kept: first what would be deleted.

use actix_web::{HttpResponse, http::StatusCode, web::Query};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        confirm::{Confirm, Hidden, points},
        desk::Desk,
        form::Sent,
        guard::Admin,
        menu::Here,
        refusal::Refusal,
    },
    Again, PATH, page, save_as_seen,
    words::so_many,
};
use crate::{
    people::{Person, once::Outcome},
    retention::{self, WouldGo},
    settings::{self, ACTIVITY_DAYS, CART_DAYS, Change, EVENTS_DAYS, Settings, VISITS_MONTHS},
};

/// The days, as they stand or were typed, and what is wrong with each.
#[derive(Debug, Default, Serialize)]
pub struct Days {
    carts: Field,
    activity: Field,
    events: Field,
    visits: Field,
}

#[derive(Debug, Default, Serialize)]
struct Field {
    text: String,
    error: Option<String>,
}

impl Days {
    pub fn of(settings: &Settings) -> Self {
        let field = |days: i32| Field {
            text: days.to_string(),
            error: None,
        };
        Self {
            carts: field(settings.recovered_orders_days),
            activity: field(settings.activity_days),
            events: field(settings.events_days),
            visits: field(settings.visits_months),
        }
    }
}

/// What was typed, and what stood there then.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    recovered_orders_days: String,
    #[serde(default)]
    activity_days: String,
    #[serde(default)]
    events_days: String,
    /// Left out by a page of an older version: it stays.
    visits_months: Option<String>,
    #[serde(default)]
    seen: String,
}

/// Days of carts, lines of the log and events; months of visits, where they were said.
type Four = (i32, i32, i32, Option<i32>);

impl Typed {
    fn check(&self) -> Result<Four, Box<Days>> {
        let read = |text: &str, of: &str, days: std::ops::RangeInclusive<i32>| {
            let number = text.trim().parse::<i32>().ok();
            let number = number.filter(|number| days.contains(number));
            let error = format!("A number of {of} from {} to {}.", days.start(), days.end());
            let field = Field {
                text: text.chars().take(20).collect(),
                error: number.is_none().then_some(error),
            };
            (number, field)
        };
        let (carts, first) = read(&self.recovered_orders_days, "days", CART_DAYS);
        let (activity, second) = read(&self.activity_days, "days", ACTIVITY_DAYS);
        let (events, third) = read(&self.events_days, "days", EVENTS_DAYS);
        let said = self.visits_months.as_deref();
        let (visits, fourth) = said
            .map(|said| read(said, "months", VISITS_MONTHS))
            .unwrap_or_default();
        match (carts, activity, events) {
            (Some(carts), Some(activity), Some(events)) if visits.is_some() == said.is_some() => {
                Ok((carts, activity, events, visits))
            }
            _ => Err(Box::new(Days {
                carts: first,
                activity: second,
                events: third,
                visits: fourth,
            })),
        }
    }

    /// What stood there when the page was made, as it was written into the form.
    fn seen(&self) -> Option<Four> {
        let mut days = self.seen.split(',').map(|days| days.parse().ok());
        let three = (days.next()??, days.next()??, days.next()??);
        Some((three.0, three.1, three.2, days.next().flatten()))
    }
}

/// `GET /ops/settings/retention`: what would be deleted with other days.
pub async fn look(
    Admin(person): Admin,
    desk: Desk,
    typed: Query<Typed>,
) -> Result<HttpResponse, Refusal> {
    let days = match typed.check() {
        Ok(days) => days,
        Err(days) => return wrong(&person, &desk, *days).await,
    };
    let (now, max_age) = (desk.app.clock.now(), desk.app.reminders.max_age);
    let (stand, goes) = desk
        .read(move |connection| {
            let stand = settings::read(connection)?;
            let wanted = with(&stand, days);
            let goes = retention::would_go(connection, &wanted, now, max_age)?;
            Ok((stand, goes))
        })
        .await?;
    let (carts, activity, events, months) = days;
    let visits = months.unwrap_or(stand.visits_months);
    let goes = what_goes(&goes);
    let mut happens = vec![match goes.is_empty() {
        true => "The next nightly run finds nothing to delete with these days.".to_owned(),
        false => format!("The next nightly run deletes {}.", goes.join(", ")),
    }];
    if !goes.is_empty() {
        happens.push("What is deleted cannot be brought back.".to_owned());
    }
    happens.extend(shortened(&stand, days));
    let seen = (
        stand.recovered_orders_days,
        stand.activity_days,
        stand.events_days,
        stand.visits_months,
    );
    let hidden = |name, value: String| Hidden { name, value };
    let page = Confirm {
        question: format!(
            "Keep carts {carts} days, Activity {activity} days, Stripe’s messages {events} days, counts of visits {visits} months?"
        ),
        back: PATH.to_owned(),
        crumb: "Settings".to_owned(),
        action: format!("{PATH}/retention"),
        happens,
        stays: points(&[
            "Your orders, what was paid for them, and cases stay: they are your books.",
            "The do-not-mail list stays.",
            "What needs somebody still stays: messages that failed, mails that wait.",
        ]),
        hidden: vec![
            hidden("recovered_orders_days", carts.to_string()),
            hidden("activity_days", activity.to_string()),
            hidden("events_days", events.to_string()),
            hidden("visits_months", visits.to_string()),
            hidden(
                "seen",
                format!("{},{},{},{}", seen.0, seen.1, seen.2, seen.3),
            ),
        ],
        grave: !goes.is_empty(),
        button: "Keep them so long".to_owned(),
        keep: "Leave it as it is",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Settings).await
}

fn with(stand: &Settings, (carts, activity, events, visits): Four) -> Settings {
    Settings {
        recovered_orders_days: carts,
        activity_days: activity,
        events_days: events,
        visits_months: visits.unwrap_or(stand.visits_months),
        ..stand.clone()
    }
}

/// What would go, without what there is none of.
fn what_goes(goes: &WouldGo) -> Vec<String> {
    let all = [
        (goes.carts, "cart", "carts"),
        (
            goes.orders,
            "order that restored one",
            "orders that restored one",
        ),
        (goes.activity, "line of Activity", "lines of Activity"),
        (goes.events, "message of Stripe’s", "messages of Stripe’s"),
        (goes.mails, "test mail or way in", "test mails and ways in"),
        (
            goes.visits,
            "day of counted visits",
            "days of counted visits",
        ),
    ];
    let some = all.into_iter().filter(|(count, ..)| count.count > 0);
    some.map(|(count, one, many)| so_many(count, one, many))
        .collect()
}

/// What is another number than now.
fn shortened(stand: &Settings, (carts, activity, events, visits): Four) -> Vec<String> {
    let all = [
        (
            "Carts of your shop’s checkout",
            stand.recovered_orders_days,
            carts,
        ),
        ("Lines of Activity", stand.activity_days, activity),
        ("Stripe’s messages", stand.events_days, events),
    ];
    let changed = all.into_iter().filter(|(_, was, is)| was != is);
    let mut said: Vec<String> = changed
        .map(|(what, was, is)| format!("{what}: {is} days from now on, until now {was}."))
        .collect();
    match visits.filter(|is| *is != stand.visits_months) {
        Some(0) => said.push("No visit is counted from now on.".to_owned()),
        Some(is) => said.push(format!(
            "Counts of visits: {is} months from now on, until now {}.",
            stand.visits_months
        )),
        None => {}
    }
    said
}

async fn wrong(person: &Person, desk: &Desk, days: Days) -> Result<HttpResponse, Refusal> {
    let again = Again {
        days: Some(days),
        status: Some(StatusCode::UNPROCESSABLE_ENTITY),
        ..Again::default()
    };
    page(person, desk, again).await
}

/// `POST /ops/settings/retention`
pub async fn save(
    Admin(person): Admin,
    desk: Desk,
    sent: Sent<Typed>,
) -> Result<HttpResponse, Refusal> {
    let typed = sent.fields;
    let days = match typed.check() {
        Ok(days) => days,
        Err(days) => return wrong(&person, &desk, *days).await,
    };
    let Some(seen) = typed.seen() else {
        return Err(Refusal::not_now(
            &person,
            "Look first at what would be deleted.",
        ));
    };
    let of = |(carts, activity, events, visits)| Change::kept(carts, activity, events, visits);
    let saved = Outcome {
        to: PATH.to_owned(),
        title: "How long things are kept is saved".to_owned(),
        text: "Nothing was deleted yet: the next nightly run does that.".to_owned(),
    };
    match save_as_seen(&person, &desk, sent.once, (of(seen), of(days)), saved).await? {
        Ok(saved) => Ok(saved),
        Err((stand, who)) => {
            let said = format!(
                "Somebody was first: carts are kept {} days now, lines of Activity {}, Stripe’s messages {}, counts of visits {} months.{who} Look again at what would be deleted.",
                stand.recovered_orders_days,
                stand.activity_days,
                stand.events_days,
                stand.visits_months
            );
            Err(Refusal::not_now(&person, &said))
        }
    }
}
