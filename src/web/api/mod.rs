//! The API under `/api/v1`: bearer token, JSON, problems as RFC 9457.

mod activity;
mod afterwards;
mod blasts;
mod bounces;
mod caller;
mod cases;
mod events;
mod following;
mod imports;
mod input;
mod json;
mod openapi;
mod orders;
mod outbox;
mod page;
mod problem;
mod range;
mod refunds;
mod reminders;
mod search;
mod settings;
mod stats;
mod suppressions;
mod tokens;
mod users;

use actix_web::web::{ServiceConfig, route};

pub use self::{openapi::DOCUMENT, problem::no_such_route};

use super::methods::{Path, at};

/// Every route of the API.
pub fn routes(config: &mut ServiceConfig) {
    input::configure(config);
    config
        .service(api("/openapi.json").get(openapi::document).done())
        .service(api("/orders").post(orders::create).get(orders::list).done())
        .service(api("/orders.csv").get(orders::file).done())
        .service(
            api("/orders/{id}")
                .get(orders::show)
                .patch(orders::change)
                .done(),
        )
        .service(api("/orders/{id}/cancel").post(orders::cancel).done())
        .service(api("/orders/{id}/settle").post(orders::settle).done())
        .service(
            api("/orders/{id}/withdraw-link")
                .post(orders::withdraw_link)
                .done(),
        )
        .service(
            api("/orders/{id}/ask-stripe")
                .post(orders::ask_stripe)
                .done(),
        )
        .service(api("/orders/{id}/refund").post(refunds::make).done())
        .service(api("/orders/{id}/timeline").get(orders::timeline).done())
        .service(api("/orders/{id}/send").post(outbox::send).done())
        .service(
            api("/imports")
                .post(imports::take_in)
                .with(|resource| resource.app_data(imports::limit())),
        )
        .service(api("/outbox").get(outbox::list).done())
        .service(api("/outbox/resume").post(outbox::resume).done())
        .service(api("/outbox/{id}").get(outbox::show).done())
        .service(api("/outbox/{id}/retry").post(outbox::retry).done())
        .service(api("/outbox/{id}/drop").post(outbox::drop_mail).done())
        .service(api("/reminders").get(reminders::list).done())
        .service(
            api("/suppressions")
                .get(suppressions::list)
                .post(suppressions::add)
                .done(),
        )
        .service(
            api("/suppressions/{email}")
                .delete(suppressions::lift)
                .done(),
        )
        .service(api("/bounces").post(bounces::take).done())
        .service(api("/activity").get(activity::list).done())
        .service(api("/activity/{id}/dismiss").post(activity::dismiss).done())
        .service(api("/users").get(users::list).post(users::add).done())
        .service(api("/users/{email}").patch(users::change).done())
        .service(api("/tokens").get(tokens::list).post(tokens::add).done())
        .service(api("/tokens/{name}").delete(tokens::revoke).done())
        .service(
            api("/settings")
                .get(settings::show)
                .put(settings::change)
                .done(),
        )
        .service(api("/stats/recovery").get(stats::recovery).done())
        .service(api("/stats/funnel").get(stats::funnel).done())
        .service(api("/stats/visits").get(stats::visits).done())
        .service(api("/events").get(events::list).done())
        .service(api("/events/{id}/replay").post(events::replay).done())
        .service(api("/cases").get(cases::list).done())
        .service(api("/cases/{id}").get(cases::show).done())
        .service(api("/cases/{id}/resolve").post(cases::resolve).done())
        .service(api("/blasts").post(blasts::create).get(blasts::list).done())
        .service(
            api("/blasts/{id}")
                .get(blasts::show)
                .patch(blasts::change)
                .done(),
        )
        .service(
            api("/blasts/{id}/recipients")
                .get(blasts::recipients)
                .done(),
        )
        .service(
            api("/blasts/{id}/recipients.csv")
                .get(afterwards::recipients_csv)
                .done(),
        )
        .service(api("/blasts/{id}/stream").get(following::counts).done())
        .service(
            api("/blasts/{id}/retry-failed")
                .post(afterwards::retry_failed)
                .done(),
        )
        .service(api("/blasts/{id}/preview").post(blasts::preview).done())
        .service(api("/blasts/{id}/test").post(blasts::test).done())
        .service(api("/blasts/{id}/approve").post(blasts::approve).done())
        .service(api("/blasts/{id}/start").post(blasts::start).done())
        .service(api("/blasts/{id}/pause").post(blasts::pause).done())
        .service(api("/blasts/{id}/resume").post(blasts::resume).done())
        .service(api("/blasts/{id}/cancel").post(blasts::cancel).done())
        .service(api("/blasts/{id}/recall").post(afterwards::recall).done())
        .default_service(route().to(no_such_route));
}

/// A path of the API.
fn api(path: &str) -> Path {
    at(path).refused_by(problem::wrong_method)
}
