//! `/ops/blasts/{id}`: before its start every mail is looked at, then it is watched.

use actix_web::{HttpResponse, web::Path};

use super::{found::found, look, watch};
use crate::web::ops::{desk::Desk, guard::Viewer, refusal::Refusal};

/// `GET /ops/blasts/{id}`
pub async fn show(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let blast = found(&person, &desk, &id).await?;
    match blast.state.is_before_the_start() {
        true => look::show(&person, &desk, blast).await,
        false => watch::show(&person, &desk, blast).await,
    }
}
