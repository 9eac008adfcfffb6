//! `/ops/blasts/{id}/recipients.csv`: what became of each mail, as a spreadsheet.

use actix_web::{HttpResponse, web::Path};

use super::found::{Refused, refusal};
use crate::web::{
    ops::{desk::Desk, guard::Viewer, refusal::Refusal},
    recipients_file::{NoFile, recipients_file},
};

/// `GET /ops/blasts/{id}/recipients.csv`
pub async fn file(
    Viewer(person): Viewer,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let id = Desk::id(&person, &id)?;
    match recipients_file(desk.app.clone(), id, Some(desk.site.zone), ()).await {
        Ok(file) => Ok(file),
        Err(NoFile::Database(error)) => Err(Refusal::database(&desk.site, &error)),
        Err(NoFile::NoBlast) => Err(refusal(&person, Refused::NoBlast)),
        Err(NoFile::Busy(why)) => Err(refusal(&person, Refused::Busy(why))),
    }
}
