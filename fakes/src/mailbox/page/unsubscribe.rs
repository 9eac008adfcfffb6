//! Unsubscribes in one click, as a mail program's provider does for its user (RFC 8058): a POST
//! without cookies that follows no redirect.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use tokio_rustls::rustls::crypto::ring;

use super::{
    super::shared::{Shared, lock},
    see_other,
    show::find,
};

const PATIENCE: Duration = Duration::from_secs(10);

pub async fn unsubscribe(number: web::Path<usize>, shared: web::Data<Shared>) -> HttpResponse {
    let url = find(&shared, *number).and_then(|mail| mail.unsubscribe_url());
    let Some(url) = url else {
        return HttpResponse::NotFound().body("this mail cannot be unsubscribed from in one click");
    };
    let answer = match post(&url).await {
        Ok(status) => format!("The answer was {status}."),
        Err(error) => {
            log::warn!("the mailbox could not unsubscribe: {error:?}");
            "There was no answer.".to_owned()
        }
    };
    lock(&shared.unsubscribed).insert(*number, answer);
    see_other(format!("/mail/{number}"))
}

async fn post(url: &str) -> reqwest::Result<reqwest::StatusCode> {
    // There is one already if the service runs in this process.
    let _ = ring::default_provider().install_default();
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()?;
    let request = client
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    Ok(request.send().await?.status())
}
