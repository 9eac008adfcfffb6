//! The web side: every route on one screen.

mod api;
mod body;
mod health;
pub mod order_view;
pub mod page;
mod pay;
mod site;
mod unsubscribe;
pub mod waiting;
mod webhook;

use actix_web::{
    middleware::DefaultHeaders,
    web::{self, Data, ServiceConfig, get, head, post, route},
};

use self::{body::Room, site::Site};
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
}

impl State {
    /// The state of one server.
    pub fn new(app: App) -> Self {
        let site = Site::new(&app);
        Self {
            api: Data::new(app.on(Lane::Api)),
            health: Data::new(app.on(Lane::Health)),
            app: Data::new(app.on(Lane::Payers)),
            site: Data::new(site),
            intake: Data::new(Intake::default()),
            room: Data::new(Room::default()),
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
        config
            .app_data(state.app)
            .app_data(state.site)
            .app_data(state.intake)
            .app_data(state.room)
            .service(
                web::scope("/pay")
                    .service(
                        web::resource("/{token}")
                            .route(get().to(pay::follow))
                            .route(post().to(pay::press))
                            .route(head().to(pay::peek))
                            .default_service(route().to(pay::other_method)),
                    )
                    .service(
                        web::resource("/{token}/return")
                            .route(get().to(pay::come_back))
                            .route(head().to(pay::peek))
                            .default_service(route().to(pay::other_method)),
                    )
                    .default_service(route().to(pay::not_found)),
            )
            .service(
                web::resource("/unsubscribe/{token}")
                    .route(get().to(unsubscribe::ask))
                    .route(post().to(unsubscribe::press))
                    .route(head().to(unsubscribe::peek))
                    .default_service(route().to(pay::other_method)),
            )
            .route("/webhooks/stripe", post().to(webhook::receive))
            .service(
                web::scope("/api/v1")
                    .app_data(state.api)
                    .configure(api::routes),
            )
            .route("/healthz", get().to(health::alive))
            .service(
                web::resource("/readyz")
                    .app_data(state.health)
                    .route(get().to(health::ready)),
            )
            .route("/metrics", get().to(health::metrics))
            .default_service(route().to(pay::not_found));
    }
}
