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
    settings::{self, ACTIVITY_DAYS, CART_DAYS, Change, EVENTS_DAYS, Settings},
};

/// The days, as they stand or were typed, and what is wrong with each.
#[derive(Debug, Default, Serialize)]
pub struct Days {
    carts: Field,
    activity: Field,
    events: Field,
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
    #[serde(default)]
    seen: String,
}

/// Days of carts, lines of the log and events.
type Three = (i32, i32, i32);

impl Typed {
    fn check(&self) -> Result<Three, Box<Days>> {
        let read = |text: &str, days: std::ops::RangeInclusive<i32>| {
            let number = text.trim().parse::<i32>().ok();
            let number = number.filter(|number| days.contains(number));
            let error = format!("A number of days from {} to {}.", days.start(), days.end());
            let field = Field {
                text: text.chars().take(20).collect(),
                error: number.is_none().then_some(error),
            };
            (number, field)
        };
        let (carts, first) = read(&self.recovered_orders_days, CART_DAYS);
        let (activity, second) = read(&self.activity_days, ACTIVITY_DAYS);
        let (events, third) = read(&self.events_days, EVENTS_DAYS);
        match (carts, activity, events) {
            (Some(carts), Some(activity), Some(events)) => Ok((carts, activity, events)),
            _ => Err(Box::new(Days {
                carts: first,
                activity: second,
                events: third,
            })),
        }
    }

    /// What stood there when the page was made, as it was written into the form.
    fn seen(&self) -> Option<Three> {
        let mut days = self.seen.split(',').map(|days| days.parse().ok());
        Some((days.next()??, days.next()??, days.next()??))
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
    let (carts, activity, events) = days;
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
    );
    let hidden = |name, value: String| Hidden { name, value };
    let page = Confirm {
        question: format!(
            "Keep carts {carts} days, Activity {activity} days, Stripe’s messages {events} days?"
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
            hidden("seen", format!("{},{},{}", seen.0, seen.1, seen.2)),
        ],
        grave: !goes.is_empty(),
        button: "Keep them so long".to_owned(),
        keep: "Leave it as it is",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Settings).await
}

fn with(stand: &Settings, (carts, activity, events): Three) -> Settings {
    Settings {
        recovered_orders_days: carts,
        activity_days: activity,
        events_days: events,
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
    ];
    let some = all.into_iter().filter(|(count, ..)| count.count > 0);
    some.map(|(count, one, many)| so_many(count, one, many))
        .collect()
}

/// What is another number than now.
fn shortened(stand: &Settings, (carts, activity, events): Three) -> Vec<String> {
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
    changed
        .map(|(what, was, is)| format!("{what}: {is} days from now on, until now {was}."))
        .collect()
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
        return Err(desk.not_now(&person, "Look first at what would be deleted."));
    };
    let of = |(carts, activity, events)| Change::days(carts, activity, events);
    let saved = Outcome {
        to: PATH.to_owned(),
        title: "How long things are kept is saved".to_owned(),
        text: "Nothing was deleted yet: the next nightly run does that.".to_owned(),
    };
    match save_as_seen(&person, &desk, sent.once, (of(seen), of(days)), saved).await? {
        Ok(saved) => Ok(saved),
        Err((stand, who)) => {
            let said = format!(
                "Somebody was first: carts are kept {} days now, lines of Activity {}, Stripe’s messages {}.{who} Look again at what would be deleted.",
                stand.recovered_orders_days, stand.activity_days, stand.events_days
            );
            Err(desk.not_now(&person, &said))
        }
    }
}
