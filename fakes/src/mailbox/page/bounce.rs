//! Says of a mail that it came back, as a mail server does that has taken it and cannot deliver it: a report,
//! posted to where reports go.

use actix_web::{HttpResponse, web};
use reqwest::header::CONTENT_TYPE;

use super::{
    super::{
        report::{self, ReportsTo},
        shared::{Shared, lock},
    },
    post::{client, said},
    see_other,
    show::find,
};

pub async fn bounce(number: web::Path<usize>, shared: web::Data<Shared>) -> HttpResponse {
    let reports_to = lock(&shared.reports_to).clone();
    let Some((mail, reports_to)) = find(&shared, *number).zip(reports_to) else {
        return HttpResponse::NotFound().body("this mail cannot come back");
    };
    let answer = said(
        post(&reports_to, report::of(&mail)).await,
        "report that a mail came back",
    );
    lock(&shared.bounced).insert(*number, answer);
    see_other(format!("/mail/{number}"))
}

async fn post(to: &ReportsTo, report: String) -> reqwest::Result<reqwest::StatusCode> {
    let request = client()?
        .post(&to.url)
        .bearer_auth(&to.token)
        .header(CONTENT_TYPE, "message/rfc822")
        .body(report);
    Ok(request.send().await?.status())
}
