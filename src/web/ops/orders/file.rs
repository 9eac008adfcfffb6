//! `/ops/orders.csv`: what a list shows, as a spreadsheet.

use actix_web::HttpResponse;

use super::asked::Asked;
use crate::{
    listing::Columns,
    web::{
        ops::{desk::Desk, guard::Viewer, refusal::Refusal},
        orders_file::orders_file,
    },
};

/// `GET /ops/orders.csv`: in the shop's time, without links.
pub async fn file(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let asked = Asked::of(&person, &desk)?;
    let columns = Columns {
        zone: Some(desk.site.zone),
        links: false,
    };
    let file = orders_file(desk.app.clone(), asked.search(), columns).await;
    file.map_err(|error| Refusal::database(&desk.site, &error))
}
