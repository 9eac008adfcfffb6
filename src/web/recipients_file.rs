//! The recipients of a mailing as a file that is read and written page by page, so that thousands take no more
//! memory than some.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use chrono_tz::Tz;
use futures::{StreamExt, stream};
use uuid::Uuid;

use super::csv_file::csv_file;
use crate::{
    app::App,
    blast::{self, Asked, COLUMNS, RecipientRow, RowsAsked},
    db::DbError,
    spreadsheet::written,
};

/// Recipients that are read at once.
const ROWS: i64 = 500;

/// Why there is no file.
pub enum NoFile {
    /// There is no such mailing.
    NoBlast,
    /// Others are being looked at, or it took too long; a sentence says which.
    Busy(String),
    /// The database's words.
    Database(DbError),
}

impl From<DbError> for NoFile {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// The file, with the times of this zone, as people read them; `None`: UTC, for programs. `turn` is held until it is
/// written.
///
/// # Errors
/// Why there is none. What goes wrong later cuts the connection.
pub async fn recipients_file<T: 'static>(
    app: Data<App>,
    id: Uuid,
    zone: Option<Tz>,
    turn: T,
) -> Result<HttpResponse, NoFile> {
    let first = match blast::recipients(&app, id, behind(None)).await? {
        Asked::Done(first) => first,
        Asked::NotNow(why) | Asked::Busy(why) => return Err(NoFile::Busy(why)),
        Asked::Invalid(_) | Asked::Grounded(_) | Asked::NoBlast => return Err(NoFile::NoBlast),
    };
    let head = Bytes::from(written(COLUMNS));
    let pages = stream::unfold((Some(first), turn), move |(recipients, turn)| {
        let app = app.clone();
        async move {
            let recipients = recipients?;
            let lines = recipients.iter().flat_map(|it| {
                let cells = it.recipient.cells(zone);
                written(cells.each_ref().map(String::as_str))
            });
            let lines: Vec<u8> = lines.collect();
            Some(match next(&app, id, &recipients).await {
                Ok(next) => (Ok(Bytes::from(lines)), (next, turn)),
                Err(cut) => (Err(cut), (None, turn)),
            })
        }
    });
    Ok(csv_file(
        "recipients.csv",
        stream::iter([Ok(head)]).chain(pages),
    ))
}

fn behind(after: Option<Uuid>) -> RowsAsked {
    RowsAsked {
        after,
        limit: ROWS,
        mail: false,
        state: None,
    }
}

/// The rows behind these, if there may be more.
async fn next(
    app: &App,
    id: Uuid,
    rows: &[RecipientRow],
) -> Result<Option<Vec<RecipientRow>>, Cut> {
    let Some(last) = rows.last() else {
        return Ok(None);
    };
    if i64::try_from(rows.len()) != Ok(ROWS) {
        return Ok(None);
    }
    match blast::recipients(app, id, behind(Some(last.recipient.order_id))).await {
        Ok(Asked::Done(next)) => Ok(Some(next)),
        // What was sent so far is no whole list: the connection ends in the middle.
        _ => Err(Cut),
    }
}

/// The list cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("the list cannot be read to its end")]
struct Cut;
