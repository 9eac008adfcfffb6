//! `/api/v1/blasts/{id}`, once it has gone: its recipients as a spreadsheet, what came to nothing, and a recall.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data, Path},
};
use futures::{StreamExt, stream};

use super::{
    blasts::{answer, done, parse_id},
    caller::{Costly, Operator, Viewer},
    input::Body,
    problem::Problem,
};
use crate::{
    app::App,
    blast::{self, Asked, COLUMNS, Recall, RecallDraft, RowsAsked},
    spreadsheet::written,
    web::csv_file::csv_file,
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
    let wanted = move |after| RowsAsked {
        after,
        limit: ROWS,
        mail: false,
    };
    let first = done(blast::recipients(&app, id, wanted(None)).await?)?;
    let head = Bytes::from(written(COLUMNS));
    let pages = stream::unfold((Some(first), turn), move |(recipients, turn)| {
        let app = app.clone();
        async move {
            let recipients = recipients?;
            let lines = recipients.iter().flat_map(|it| {
                let cells = it.recipient.cells(app.time_zone);
                written(cells.each_ref().map(String::as_str))
            });
            let lines: Vec<u8> = lines.collect();
            let next = match recipients.last() {
                Some(last) if i64::try_from(recipients.len()) == Ok(ROWS) => {
                    let after = Some(last.recipient.order_id);
                    match blast::recipients(&app, id, wanted(after)).await {
                        Ok(Asked::Done(next)) => Some(next),
                        // What was sent so far is no whole list: the connection ends in the middle.
                        _ => return Some((Err(Cut), (None, turn))),
                    }
                }
                _ => None,
            };
            Some((Ok(Bytes::from(lines)), (next, turn)))
        }
    });
    Ok(csv_file(
        "recipients.csv",
        stream::iter([Ok(head)]).chain(pages),
    ))
}

/// Recipients that are read at once.
const ROWS: i64 = 500;

/// The list cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the list cannot be read to its end")]
struct Cut;

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
