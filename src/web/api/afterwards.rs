//! `/api/v1/blasts/{id}`, once it has gone: its recipients as a spreadsheet, what came to nothing, and a recall.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use super::{
    blasts::{answer, parse_id},
    caller::{Costly, Operator, Viewer},
    input::Body,
    problem::Problem,
};
use crate::{
    app::App,
    blast::{self, Recall, RecallDraft},
    web::recipients_file::{NoFile, recipients_file},
};

/// `POST /blasts/{id}/retry-failed`
pub async fn retry_failed(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let doing = caller.doing(&app, None);
    answer(blast::retry_failed(&app, parse_id(&id)?, &doing).await?)
}

/// `GET /blasts/{id}/recipients.csv`: read and written page by page, so that thousands take no more memory than
/// some.
pub async fn recipients_csv(
    turn: Costly<Viewer>,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    match recipients_file(app, id, None, turn).await {
        Ok(file) => Ok(file),
        Err(NoFile::Database(error)) => Err(error.into()),
        Err(NoFile::NoBlast) => Err(Problem::not_found("mailing")),
        Err(NoFile::Busy(why)) => Err(Problem::busy(why)),
    }
}

/// `POST /blasts/{id}/recall`
pub async fn recall(
    caller: Operator,
    app: Data<App>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (id, draft) = (parse_id(&id)?, body.parse::<RecallDraft>()?);
    let recall = Recall::try_from(draft).map_err(Problem::invalid)?;
    let doing = caller.doing(&app, None);
    answer(blast::recall(&app, id, recall, &doing).await?)
}
