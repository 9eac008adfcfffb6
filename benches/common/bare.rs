//! What the service is compared with: servers on the same threads that do one thing only.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header::LOCATION,
    web::{self, Bytes, Data, Path},
};
use freshmint::{
    app,
    inbox::{self, NewEvent, Source},
};

/// Threads that answer, of each server here and of the service.
pub const THREADS: usize = 2;
/// As `freshmint::serve` has it.
const DATABASE_THREADS: usize = 4;
/// As long as a real one.
const CHECKOUT: &str = "https://checkout.stripe.com/c/pay/cs_test_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9";

/// Runs what `serve` makes of a listener, for as long as this process lives; tells its address.
pub fn listen<F>(serve: impl FnOnce(TcpListener) -> F + Send + 'static) -> String
where
    F: Future<Output = io::Result<()>>,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || actix_web::rt::System::new().block_on(serve(listener)));
    format!("http://{address}")
}

/// The bare servers: `/redirect/{token}` answers at once, `/checked/{token}` reads the token before,
/// `/insert` keeps the body, one statement and one commit a request.
pub fn start(app: app::App) -> String {
    listen(move |listener| async move {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(app.clone()))
                .route("/redirect/{token}", web::get().to(redirect))
                .route("/checked/{token}", web::get().to(checked))
                .route("/insert", web::post().to(insert))
        });
        let server = server
            .workers(THREADS)
            .worker_max_blocking_threads(DATABASE_THREADS)
            .disable_signals();
        server.listen(listener)?.run().await
    })
}

async fn redirect(_token: Path<String>) -> HttpResponse {
    see_other()
}

async fn checked(token: Path<String>, app: Data<app::App>) -> HttpResponse {
    match app.keys.verify_pay(&token) {
        Ok(_) => see_other(),
        Err(_) => HttpResponse::NotFound().finish(),
    }
}

async fn insert(body: Bytes, app: Data<app::App>) -> HttpResponse {
    let event = [NewEvent::of(body.into(), Source::Webhook, app.clock.now())];
    let kept = app
        .db
        .run(move |connection| inbox::insert(connection, &event));
    match kept.await {
        Ok(_) => HttpResponse::Ok().finish(),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

fn see_other() -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, CHECKOUT))
        .finish()
}
