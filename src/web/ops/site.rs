//! What every page is made with: templates, the shop's name, its time.

use chrono_tz::Tz;
use minijinja::{Environment, UndefinedBehavior, value::Serde};
use serde::Serialize;

use super::{assets::Assets, cookie::Jar, lists::grouped};
use crate::{app::App, web::html};

macro_rules! templates {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("templates/", $name)))),*]
    };
}

const TEMPLATES: &[(&str, &str)] = &templates![
    "icons.html",
    "parts.html",
    "base.html",
    "door.html",
    "line.html",
    "row.html",
    "lines.html",
    "account.html",
    "activity.html",
    "api.html",
    "blast-approve.html",
    "blast-example.html",
    "blast-look.html",
    "blast-mail.html",
    "blast-mails.html",
    "blast-progress.html",
    "blast-recall.html",
    "blast-rows.html",
    "blast-start.html",
    "blast-write.html",
    "blast.html",
    "blasts.html",
    "case.html",
    "case-confirm.html",
    "cases.html",
    "confirm.html",
    "event-row-alone.html",
    "event-row.html",
    "events.html",
    "first-day.html",
    "forgotten.html",
    "import-done.html",
    "import-look.html",
    "import.html",
    "mail-one.html",
    "mail-row-alone.html",
    "mail-row.html",
    "mail.html",
    "order-act.html",
    "order-change.html",
    "order-new.html",
    "order.html",
    "orders-batch.html",
    "orders-many.html",
    "orders-paid.html",
    "orders.html",
    "people.html",
    "performance.html",
    "person.html",
    "refused.html",
    "reminders.html",
    "said.html",
    "settings.html",
    "sign-in.html",
    "suppressions.html",
    "switch.html",
    "today.html",
    "token-made.html",
    "visits.html",
    "welcome.html"
];

/// Made once.
pub struct OpsSite {
    templates: Environment<'static>,
    pub shop: String,
    pub zone: Tz,
    pub assets: Assets,
    pub jar: Jar,
}

impl OpsSite {
    pub fn new(app: &App) -> Self {
        Self {
            templates: templates(),
            shop: app.shop.shop_name.clone(),
            zone: app.time_zone,
            assets: Assets::new(),
            jar: Jar {
                secure: app.public_url.scheme() == "https",
            },
        }
    }

    /// A page as HTML, escaped throughout. What a template cannot fill is a fault of ours: it is in the log,
    /// and the page says so.
    pub fn render(&self, template: &str, content: &impl Serialize) -> String {
        let rendered = self
            .templates
            .get_template(template)
            .and_then(|template| template.render(Serde(content)));
        match rendered {
            Ok(html) => html::with_slashes(&html),
            Err(error) => {
                log::error!("the page {template} cannot be written: {error:#}");
                "<!doctype html><title>Error</title><p>This page cannot be shown; the service’s log says why.</p>".to_owned()
            }
        }
    }

    /// A page of somebody who is not signed in.
    pub fn door(&self, template: &str, page: &impl Serialize) -> String {
        #[derive(Serialize)]
        struct Frame<'a> {
            shop: &'a str,
            assets: &'a Assets,
        }
        #[derive(Serialize)]
        struct Whole<'a, P> {
            frame: Frame<'a>,
            page: &'a P,
        }
        let frame = Frame {
            shop: &self.shop,
            assets: &self.assets,
        };
        self.render(template, &Whole { frame, page })
    }
}

fn templates() -> Environment<'static> {
    let mut templates = Environment::new();
    // A field that a page does not have is empty, and false where it is asked for.
    templates.set_undefined_behavior(UndefinedBehavior::Lenient);
    templates.add_filter("grouped", grouped);
    html::syntax()
        .build()
        .map(|syntax| templates.set_syntax(syntax))
        .and_then(|()| {
            TEMPLATES
                .iter()
                .copied()
                .try_for_each(|(name, source)| templates.add_template(name, source))
        })
        .expect("the embedded templates compile: every test loads them");
    templates
}
