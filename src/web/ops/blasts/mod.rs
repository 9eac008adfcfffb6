//! `/ops/blasts`: one mail to many, each with its own amount and link. The pages say *mailing*.

mod act;
mod approve;
mod before;
mod begun;
pub mod counted;
mod example;
mod file;
mod found;
mod list;
mod live;
mod look;
mod mails;
mod outcome;
mod progress;
mod recall;
mod show;
mod start;
mod typed;
mod watch;
mod words;
mod write;
mod wrong;

use actix_web::web::{self, ServiceConfig};

pub use self::live::Watched;
use super::at;

/// Where they are.
const PATH: &str = "/ops/blasts";

/// The pages.
pub fn pages(config: &mut ServiceConfig) {
    config
        .service(at("/blasts").get(list::show).done())
        .service(
            at("/blasts/new")
                .get(write::show_new)
                .post(write::create)
                .with(|resource| resource.app_data(web::PayloadConfig::new(write::LARGEST))),
        )
        .service(at("/blasts/{id}").get(show::show).done())
        .service(
            at("/blasts/{id}/change")
                .get(write::ask_change)
                .post(write::change)
                .with(|resource| resource.app_data(web::PayloadConfig::new(write::LARGEST))),
        )
        .service(at("/blasts/{id}/recipients").get(mails::show).done())
        .service(at("/blasts/{id}/recipients.csv").get(file::file).done())
        .service(
            at("/blasts/{id}/recipients/{order}")
                .get(mails::show_one)
                .done(),
        )
        .service(at("/blasts/{id}/stream").get(live::follow).done())
        .service(at("/blasts/{id}/test").post(act::test).done())
        .service(
            at("/blasts/{id}/approve")
                .get(approve::ask)
                .post(approve::approve)
                .done(),
        )
        .service(
            at("/blasts/{id}/start")
                .get(start::ask)
                .post(start::start)
                .done(),
        )
        .service(
            at("/blasts/{id}/pause")
                .get(act::ask_pause)
                .post(act::pause)
                .done(),
        )
        .service(
            at("/blasts/{id}/resume")
                .get(act::ask_resume)
                .post(act::resume)
                .done(),
        )
        .service(
            at("/blasts/{id}/cancel")
                .get(act::ask_cancel)
                .post(act::cancel)
                .done(),
        )
        .service(
            at("/blasts/{id}/recall")
                .get(recall::ask)
                .post(recall::recall)
                .with(|resource| resource.app_data(web::PayloadConfig::new(write::LARGEST))),
        )
        .service(
            at("/blasts/{id}/retry-failed")
                .get(act::ask_retry)
                .post(act::retry_failed)
                .done(),
        );
}
