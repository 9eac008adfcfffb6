//! `freshmint orders list` and `show`.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use clap::Args;
use freshmint::{
    clock::Clock,
    config,
    db::Db,
    language::Language,
    link::{pay_url, token::LinkKeys},
    order::{
        self, CurrencySum, Kind, Order, OrderFilter,
        line::Line,
        money::{Money, as_told},
    },
    settlement::{Payment, payments_of},
    timeline::{self, Timeline},
    web::order_view::OrderView,
};
use serde::Serialize;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{Format, wanted::Wanted};
use crate::{
    Done, Failure,
    print::{self, shown},
};

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    wanted: Wanted,
    /// How many at most
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct Show {
    #[command(flatten)]
    database: config::Database,
    #[command(flatten)]
    links: config::Links,
    #[command(flatten)]
    time: config::Time,
    /// The order's reference
    reference: String,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl List {
    pub fn run(self) -> Done {
        let db = Db::for_command(&self.database);
        let filter = self.wanted.filter(&db)?;
        let (orders, payments) = read(&db, &filter, self.limit)?;
        let keys = self.links.keys()?;
        let sums = match self.wanted.stranded {
            true => db.run_blocking(|connection| order::sums(connection, &filter))?,
            false => Vec::new(),
        };
        if self.format == Format::Json {
            let views: Vec<_> = orders
                .iter()
                .map(|order| view(&keys, &self.links.public_url, order, &payments))
                .collect();
            let mut all = json!({ "data": views, "next_cursor": null });
            if self.wanted.stranded {
                let amounts = sums.iter().map(|sum| (&sum.currency, sum.amount));
                all["amounts"] = json!(amounts.collect::<BTreeMap<_, _>>());
            }
            return print::json(&all);
        }
        for order in &orders {
            say!(
                "{:<20} {:<18} {:>14}  {}{}",
                shown(&order.reference),
                order.state.name(),
                amount(order),
                whom(order),
                match order.kind {
                    Kind::Billed => "",
                    Kind::Recovered => "  (a cart, recovered)",
                }
            );
        }
        for sum in &sums {
            say!("{}", summed(sum));
        }
        Ok(())
    }
}

/// `18 orders, 1595.00 usd in all`
fn summed(sum: &CurrencySum) -> String {
    let orders = match sum.orders {
        1 => "1 order".to_owned(),
        several => format!("{several} orders"),
    };
    format!("{orders}, {} in all", as_told(sum.amount, &sum.currency))
}

impl Show {
    pub fn run(self) -> Done {
        let filter = OrderFilter {
            reference: Some(self.reference.clone()),
            ..OrderFilter::default()
        };
        let (orders, payments) = read(&Db::for_command(&self.database), &filter, 1)?;
        let order = orders.first();
        let order = order.ok_or_else(|| Failure::no_order(&self.reference))?;
        let keys = self.links.keys()?;
        let story = story(&self.database, order)?;
        if self.format == Format::Json {
            return print::json(&WithStory {
                order: view(&keys, &self.links.public_url, order, &payments),
                timeline: story,
            });
        }
        let zone = self.time.time_zone;
        print_order(order, &payments, zone);
        say!("link     {}", link(&keys, &self.links.public_url, order));
        print_story(&story, zone);
        Ok(())
    }
}

/// What it is, and what came, for people.
fn print_order(order: &Order, payments: &[Payment], zone: Tz) {
    let owed = order.owed();
    say!(
        "{}  {}  {}",
        shown(&order.reference),
        order.state.name(),
        owed.map_or_else(|| amount(order), |owed| owed.format(Language::ENGLISH))
    );
    if order.kind == Kind::Recovered {
        say!("kind     recovered: a cart that somebody left, and nobody owes");
    }
    say!("for      {}", whom(order));
    say!("since    {}", moment(order.created_at, zone));
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| written(line, order))
        .collect();
    let widths = lines.iter().map(|(what, _)| what.chars().count());
    let width = widths.max().unwrap_or(0);
    for (what, amount) in &lines {
        say!("line     {what:<width$}   {amount}");
    }
    for payment in payments {
        let money = as_told(payment.amount, &payment.currency);
        say!(
            "payment  {} {}, found by {} at {}",
            shown(money),
            payment.verdict,
            payment.found_by,
            moment(payment.at, zone)
        );
    }
}

/// `2 × Scarf`, and what the whole line comes to. A price of the catalogue has its id, until a checkout
/// has told its name.
fn written(line: &Line, order: &Order) -> (String, String) {
    let (quantity, what, minor) = match line {
        Line::Inline {
            description,
            quantity,
            ..
        } => (quantity, description.to_string(), line.total()),
        Line::Catalogue {
            quantity,
            seen: Some(seen),
            ..
        } => (quantity, seen.description.to_string(), Some(seen.amount)),
        Line::Catalogue {
            price,
            quantity,
            seen: None,
        } => (quantity, price.as_str().to_owned(), None),
    };
    let amount = minor.map(|minor| Money::new(minor, order.currency).format(Language::ENGLISH));
    let what = match quantity.get() {
        1 => what,
        several => format!("{several} × {what}"),
    };
    let what = shown(what);
    (
        what,
        amount.unwrap_or_else(|| "as the catalogue says".to_owned()),
    )
}

/// `2026-11-27T21:31:05+01:00`
fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone)
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An order as `show` prints it for programs.
#[derive(Serialize)]
struct WithStory<'a> {
    #[serde(flatten)]
    order: OrderView<'a>,
    timeline: Timeline,
}

fn story(database: &config::Database, order: &Order) -> Result<Timeline, Failure> {
    let (db, now) = (Db::for_command(database), Clock::system().now());
    let story =
        db.run_blocking(|connection| timeline::order_timeline(connection, order.id, None, now))?;
    story.ok_or_else(|| Failure::new("The order is gone."))
}

fn print_story(story: &Timeline, zone: Tz) {
    say!("");
    for entry in &story.data {
        let by = entry.actor.as_deref();
        say!(
            "{}  {:<8}  {}{}",
            moment(entry.at, zone),
            entry.category,
            shown(&entry.what),
            by.map(|by| format!(" ({})", shown(by))).unwrap_or_default()
        );
    }
    if let Some(next) = &story.next_step {
        say!("\nNext: {next}");
    }
}

fn read(db: &Db, filter: &OrderFilter, limit: i64) -> Result<(Vec<Order>, Vec<Payment>), Failure> {
    Ok(db.run_blocking(|connection| {
        let orders = order::list(connection, filter, limit)?;
        let ids: Vec<Uuid> = orders.iter().map(|order| order.id).collect();
        Ok((orders, payments_of(connection, &ids)?))
    })?)
}

fn view<'a>(
    keys: &LinkKeys,
    public_url: &Url,
    order: &'a Order,
    payments: &'a [Payment],
) -> OrderView<'a> {
    OrderView::new(order, link(keys, public_url, order), payments)
}

fn link(keys: &LinkKeys, public_url: &Url, order: &Order) -> String {
    pay_url(public_url, &keys.sign_pay(order.link()))
}

/// With its currency alone while only Stripe knows: catalogue prices before the first click.
fn amount(order: &Order) -> String {
    match order.owed() {
        Some(owed) => owed.to_string(),
        None => format!("unknown {}", order.currency),
    }
}

/// The person at the terminal asked for their own data, so it is shown in full.
fn whom(order: &Order) -> String {
    let email = order
        .email
        .as_ref()
        .map_or("no address", |email| email.as_str());
    match &order.name {
        Some(name) => shown(format!("{name} <{email}>")),
        None => shown(email),
    }
}
