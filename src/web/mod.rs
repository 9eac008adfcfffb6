//! The web side: every route on one screen.

mod api;
mod blast_live;
mod body;
mod csv_file;
mod days;
mod event_stream;
mod health;
mod html;
pub mod leaving;
mod limit;
mod limits;
mod mail_hook;
mod methods;
mod moment;
mod ops;
pub mod order_view;
mod orders_file;
pub mod page;
mod pay;
mod recipients_file;
mod site;
mod unsubscribe;
mod visit;
pub mod waiting;
mod webhook;

use actix_web::{
    middleware::DefaultHeaders,
    web::{self, Data, ServiceConfig, route},
};

use self::{
    blast_live::BlastLive,
    body::Room,
    leaving::Leaving,
    limits::Limits,
    methods::at,
    ops::{Live, OpsSite},
    site::Site,
};
use crate::{app::App, db::Lane, inbox::Intake};

/// What the handlers share. Made once; every worker thread gets a clone. The routes of payers, the API and
/// `/readyz` each have an app with connections of their own.
#[derive(Clone)]
pub struct State {
    app: Data<App>,
    api: Data<App>,
    health: Data<App>,
    site: Data<Site>,
    intake: Data<Intake>,
    room: Data<Room>,
    limits: Data<Limits>,
    leaving: Data<Leaving>,
    ops: Data<OpsSite>,
    live: Data<Live>,
    blasts: Data<BlastLive>,
}

impl State {
    /// The state of one server.
    pub fn new(app: App, leaving: Leaving) -> Self {
        let site = Site::new(&app);
        Self {
            limits: Data::new(Limits::new(&app)),
            ops: Data::new(OpsSite::new(&app)),
            live: Data::new(Live::new(app.on(Lane::Api))),
            blasts: Data::new(BlastLive::new(app.on(Lane::Api))),
            api: Data::new(app.on(Lane::Api)),
            health: Data::new(app.on(Lane::Health)),
            app: Data::new(app.on(Lane::Payers)),
            site: Data::new(site),
            intake: Data::new(Intake::default()),
            room: Data::new(Room::default()),
            leaving: Data::new(leaving),
        }
    }

    /// What comes with every answer: a payer's page is nobody else's. It is not kept, not indexed,
    /// not framed, and it names no other site.
    pub fn headers(&self) -> DefaultHeaders {
        DefaultHeaders::new()
            .add(("Cache-Control", "no-store"))
            .add(("Referrer-Policy", "no-referrer"))
            .add(("X-Robots-Tag", "noindex, nofollow"))
            .add(("X-Content-Type-Options", "nosniff"))
            .add(("X-Frame-Options", "DENY"))
            .add(("Content-Security-Policy", self.site.policy()))
    }
}

/// Every route.
pub fn routes(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.configure(ops::routes(&state));
        config
            .app_data(state.app)
            .app_data(state.site)
            .app_data(state.intake)
            .app_data(state.room)
            .app_data(state.limits)
            .app_data(state.leaving)
            .app_data(state.blasts)
            .service(
                web::scope("/pay")
                    // Mail programs leave signs behind a link.
                    .service(
                        at("/{token}{slashes:/*}")
                            .head(pay::peek)
                            .get(pay::follow)
                            .post(pay::press)
                            .done(),
                    )
                    .service(
                        at("/{token}/return")
                            .head(pay::peek)
                            .get(pay::come_back)
                            .done(),
                    )
                    .default_service(route().to(pay::not_found)),
            )
            .service(
                at("/unsubscribe/{token}{slashes:/*}")
                    .head(unsubscribe::peek)
                    .get(unsubscribe::ask)
                    .post(unsubscribe::press)
                    .done(),
            )
            .service(at("/webhooks/stripe").post(webhook::receive).done())
            .service(
                at("/hooks/mail/{provider}/{secret}")
                    .post(mail_hook::receive)
                    .with({
                        let api = state.api.clone();
                        |resource| resource.app_data(api)
                    }),
            )
            .service(
                web::scope("/api/v1")
                    .app_data(state.api)
                    .configure(api::routes),
            )
            // What was never a version of it, too.
            .service(web::scope("/api").default_service(route().to(api::no_such_route)))
            .service(at("/healthz").get(health::alive).done())
            .service(
                at("/readyz")
                    .get(health::ready)
                    .with(|resource| resource.app_data(state.health)),
            )
            .service(at("/metrics").get(health::metrics).done())
            .default_service(route().to(pay::not_found));
    }
}
