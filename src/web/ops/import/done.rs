//! What came of a spreadsheet that was taken in.

use serde::Serialize;

use crate::{
    import::{Counts, kept::Kept},
    web::ops::{desk::Desk, line::named, when::When},
};

#[derive(Serialize)]
pub struct Done {
    title: String,
    file: String,
    by: String,
    at: When,
    counts: Counts,
    orders: String,
    write: String,
}

/// The page of one, if it is taken in.
pub fn done(desk: &Desk, kept: &Kept) -> Option<Done> {
    let (counts, name) = (kept.counts()?, kept.name.as_deref()?);
    let query: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    Some(Done {
        title: counts.in_words(),
        file: kept.file.clone(),
        by: named(kept.done_by.as_deref()?),
        at: When::of(kept.done_at?, desk.site.zone),
        orders: format!("/ops/orders?status=all&import={query}"),
        write: format!("/ops/blasts/new?import={query}"),
        counts,
    })
}
