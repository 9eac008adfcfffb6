//! Orders as a file that is written while it is read: some hundred orders are in memory, however many there are.

use actix_web::{
    HttpResponse,
    web::{Bytes, Data},
};
use futures::{StreamExt, stream};
use uuid::Uuid;

use super::csv_file::csv_file;
use crate::{
    app::App,
    db::DbError,
    listing::{self, Columns, Search},
    order::OrderFilter,
};

/// How a spreadsheet knows UTF-8 from what its country wrote before it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The file of what is looked for, newest first. What is there before the first byte decides whether it is an
/// answer at all; when the database goes away later, the connection is cut, so that nobody takes a part for the
/// whole.
///
/// # Errors
/// The database's, for the first orders.
pub async fn orders_file(
    app: Data<App>,
    search: Search,
    columns: Columns,
) -> Result<HttpResponse, DbError> {
    let now = app.clock.now();
    let filter = app
        .db
        .run(move |connection| search.clone().filter(connection, now))
        .await?;
    let mut first = match columns.zone {
        Some(_) => BYTE_ORDER_MARK.to_vec(),
        None => Vec::new(),
    };
    first.extend(listing::head(columns));
    let (lines, next) = chunk(&app, filter.clone(), columns).await?;
    first.extend(lines);
    let others = stream::try_unfold(next, move |next| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(before) = next else {
                return Ok::<_, DbError>(None);
            };
            let filter = OrderFilter {
                before: Some(before),
                ..filter
            };
            let (lines, next) = chunk(&app, filter, columns).await.inspect_err(|error| {
                error.log("orders.csv");
            })?;
            Ok(Some((Bytes::from(lines), next)))
        }
    });
    let first = stream::once(async { Ok(Bytes::from(first)) });
    Ok(csv_file("orders.csv", first.chain(others)))
}

/// Some lines, and the order behind which the next ones are, if there may be more.
async fn chunk(
    app: &Data<App>,
    filter: OrderFilter,
    columns: Columns,
) -> Result<(Vec<u8>, Option<Uuid>), DbError> {
    let (orders, next) = app
        .db
        .run(move |connection| listing::stretch(connection, &filter))
        .await?;
    let lines = orders.iter().flat_map(|order| {
        let pay_url = match columns.links {
            true => app.pay_url(order),
            false => String::new(),
        };
        listing::record(order, columns, &pay_url)
    });
    Ok((lines.collect(), next))
}
