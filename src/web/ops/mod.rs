//! The pages of the shop's people, under `/ops`: a cookie in place of a token, pages in place of JSON, and
//! the same functions beneath.
//!
//! [`guard`] stands before every path and sends strangers to the sign-in, whether the path exists or not. A
//! handler asks for a role by its argument's type, as in the API.

mod account;
mod activity;
mod api;
mod assets;
mod blasts;
mod case;
mod case_page;
mod case_view;
mod case_words;
mod cases;
mod confirm;
mod cookie;
mod desk;
mod dispute_words;
mod door;
mod event_row;
mod events;
mod follower;
mod form;
mod guard;
mod import;
mod line;
mod lists;
mod mail;
mod menu;
mod order;
mod orders;
mod people;
mod people_view;
mod performance;
mod person;
mod person_act;
mod plot;
mod prose;
mod refusal;
mod reminders;
mod said;
mod settings;
mod site;
mod span;
mod stream;
mod suppression_act;
mod suppressions;
mod today;
mod today_view;
mod todo;
mod todo_many;
mod tokens;
mod visit_words;
mod visits;
mod wanted;
mod welcome;
mod when;

use actix_web::{
    middleware::{DefaultHeaders, from_fn},
    web::{self, ServiceConfig, route},
};

pub use self::{cookie::is_of_the_house, site::OpsSite, stream::Live};
use super::{State, methods::at};

/// What the pages may do: nothing but what comes from here, and no word of it inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Bytes of a form: the longest has a few fields.
const LARGEST_FORM: usize = 64 * 1024;

/// Every page, and what all of them load.
pub fn routes(state: &State) -> impl FnOnce(&mut ServiceConfig) {
    let (site, app, live) = (state.ops.clone(), state.api.clone(), state.live.clone());
    move |config| {
        config.service(
            at("/assets/{hash}/{name}")
                .get(assets::serve)
                .with(|resource| resource.app_data(site.clone())),
        );
        config.service(
            web::scope("/ops")
                .app_data(site)
                .app_data(app)
                .app_data(live)
                .app_data(web::PayloadConfig::new(LARGEST_FORM))
                .wrap(from_fn(guard::only_people))
                .wrap(headers())
                .configure(pages)
                .default_service(route().to(refusal::no_such_page)),
        );
    }
}

fn pages(config: &mut ServiceConfig) {
    config
        .service(at("").get(today::show).done())
        // As people and bookmarks write it.
        .service(web::redirect("/", "/ops"))
        .service(at("/sign-in").get(door::show).post(door::sign_in).done())
        .service(at("/sign-out").post(door::sign_out).done())
        .service(
            at("/forgotten")
                .get(door::ask_address)
                .post(door::send_link)
                .done(),
        )
        .service(
            at("/welcome/{token}")
                .get(welcome::show)
                .post(welcome::choose)
                .done(),
        )
        .service(at("/account").get(account::show).done())
        .service(at("/account/password").post(account::send_link).done())
        .service(
            at("/account/sign-out-everywhere")
                .post(account::sign_out_everywhere)
                .done(),
        )
        .service(at("/orders").get(orders::show).done())
        .service(at("/orders.csv").get(orders::file).done())
        .service(
            at("/orders/new")
                .get(orders::show_new)
                .post(orders::create)
                .done(),
        )
        .service(at("/orders/paid").get(orders::show_paid).done())
        .service(
            at("/orders/cash")
                .get(orders::ask_cash)
                .post(orders::cash)
                .done(),
        )
        .service(
            at("/orders/send")
                .get(orders::ask_send)
                .post(orders::send)
                .done(),
        )
        .service(
            at("/orders/many/{id}")
                .get(orders::show_batch)
                .post(orders::go_on)
                .done(),
        )
        .service(at("/orders/{id}").get(order::page::show).done())
        .service(
            at("/orders/{id}/send")
                .get(order::ask_send)
                .post(order::send)
                .done(),
        )
        .service(
            at("/orders/{id}/change")
                .get(order::change::ask)
                .post(order::change::change)
                .done(),
        )
        .service(
            at("/orders/{id}/settle")
                .get(order::ask_settle)
                .post(order::settle)
                .done(),
        )
        .service(
            at("/orders/{id}/withdraw-link")
                .get(order::ask_withdraw)
                .post(order::withdraw)
                .done(),
        )
        .service(
            at("/orders/{id}/cancel")
                .get(order::ask_cancel)
                .post(order::cancel)
                .done(),
        )
        .service(
            at("/orders/{id}/refund")
                .get(order::refund::ask)
                .post(order::refund::make)
                .done(),
        )
        .service(
            at("/orders/{id}/ask-stripe")
                .get(order::ask_stripe)
                .post(order::do_ask_stripe)
                .done(),
        )
        .service(at("/import").get(import::show).post(import::hand_in).done())
        .service(at("/import/example.csv").get(import::example).done())
        .service(
            at("/import/{id}")
                .get(import::look)
                .post(import::take_in)
                .done(),
        )
        .service(at("/cases").get(cases::show).done())
        .service(at("/cases/{id}").get(case::show).done())
        .service(
            at("/cases/{id}/resolve")
                .get(case::ask)
                .post(case::act)
                .done(),
        )
        .configure(blasts::pages)
        .service(at("/activity").get(activity::show).done())
        .service(at("/activity/stream").get(stream::follow).done())
        .service(at("/activity/{id}/dismiss").post(activity::dismiss).done())
        .service(at("/mail").get(mail::show).done())
        .service(
            at("/mail/resume")
                .get(mail::ask_resume)
                .post(mail::resume)
                .done(),
        )
        .service(at("/mail/{id}").get(mail::show_one).done())
        .service(
            at("/mail/{id}/retry")
                .get(mail::ask_retry)
                .post(mail::retry)
                .done(),
        )
        .service(
            at("/mail/{id}/drop")
                .get(mail::ask_drop)
                .post(mail::drop_mail)
                .done(),
        )
        .service(at("/reminders").get(reminders::show).done())
        .service(at("/suppressions").get(suppressions::show).done())
        .service(
            at("/suppressions/add")
                .get(suppression_act::ask_add)
                .post(suppression_act::add)
                .done(),
        )
        .service(
            at("/suppressions/{hash}/lift")
                .get(suppression_act::ask_lift)
                .post(suppression_act::lift)
                .done(),
        )
        .service(at("/events").get(events::show).done())
        .service(at("/events/{id}/replay").post(events::replay).done())
        .service(at("/performance").get(performance::show).done())
        .service(at("/visits").get(visits::show).done())
        .service(at("/api").get(api::show).done())
        .service(at("/settings").get(settings::show).done())
        .service(at("/settings/notice").post(settings::save_notice).done())
        .service(
            at("/settings/retention")
                .get(settings::look_at_retention)
                .post(settings::save_retention)
                .done(),
        )
        .service(
            at("/settings/{switch}/{to}")
                .get(settings::ask)
                .post(settings::turn)
                .done(),
        )
        .service(at("/people").get(people::show).post(people::invite).done())
        .service(at("/people/tokens").post(tokens::make).done())
        .service(
            at("/people/tokens/{id}/revoke")
                .get(tokens::ask)
                .post(tokens::revoke)
                .done(),
        )
        .service(at("/people/{id}").get(person::show).done())
        .service(
            at("/people/{id}/{act}")
                .get(person::ask)
                .post(person::act)
                .done(),
        );
}

/// What comes with every page.
fn headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Cache-Control", "no-store"))
        .add(("Referrer-Policy", "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Content-Security-Policy", POLICY))
}
