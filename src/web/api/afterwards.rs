//! `/api/v1/blasts/{id}`, once it has gone: its recipients as a spreadsheet, what came to nothing, and a recall.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, Path},
};
use bytes::Bytes;
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
    spreadsheet::without_formula,
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
    let head = csv_of(&[COLUMNS.map(str::to_owned)]);
    let pages = stream::unfold((Some(first), turn), move |(recipients, turn)| {
        let app = app.clone();
        async move {
            let recipients = recipients?;
            let rows: Vec<_> = recipients
                .iter()
                .map(|it| it.recipient.cells(app.time_zone))
                .collect();
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
            Some((Ok(csv_of(&rows)), (next, turn)))
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"recipients.csv\"",
        ))
        .streaming(stream::iter([Ok(head)]).chain(pages)))
}

/// Recipients that are read at once.
const ROWS: i64 = 500;

/// The list cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the list cannot be read to its end")]
struct Cut;

/// Rows as CSV; none of their cells is a formula.
fn csv_of<const N: usize>(rows: &[[String; N]]) -> Bytes {
    let mut file = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.each_ref().map(|cell| without_formula(cell));
        // Into memory: nothing can go wrong.
        let _ = file.write_record(&cells);
    }
    file.into_inner().unwrap_or_default().into()
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
