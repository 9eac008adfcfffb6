//! Unsubscribes in one click, as a mail program's provider does for its user (RFC 8058): a POST
//! without cookies that follows no redirect.

use actix_web::{HttpResponse, web};
use reqwest::header::CONTENT_TYPE;

use super::{
    super::shared::{Shared, lock},
    post::{client, said},
    see_other,
    show::find,
};

pub async fn unsubscribe(number: web::Path<usize>, shared: web::Data<Shared>) -> HttpResponse {
    let url = find(&shared, *number).and_then(|mail| mail.unsubscribe_url());
    let Some(url) = url else {
        return HttpResponse::NotFound().body("this mail cannot be unsubscribed from in one click");
    };
    let answer = said(post(&url).await, "unsubscribe");
    lock(&shared.unsubscribed).insert(*number, answer);
    see_other(format!("/mail/{number}"))
}

async fn post(url: &str) -> reqwest::Result<reqwest::StatusCode> {
    let request = client()?
        .post(url)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    Ok(request.send().await?.status())
}
