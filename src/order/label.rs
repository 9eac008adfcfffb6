//! What a list of something else says of an order.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::{Kind, Status};
use crate::schema::orders;

/// An order in a word or two.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct Label {
    /// Which.
    pub id: Uuid,
    /// The shop's name for it.
    pub reference: String,
    /// Who is asked to pay.
    pub name: Option<String>,
    /// What the shop asks for, or a cart.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
}

/// These orders, by their ids.
pub fn labels(
    connection: &mut PgConnection,
    ids: impl IntoIterator<Item = Uuid>,
) -> QueryResult<HashMap<Uuid, Label>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let labels: Vec<Label> = orders::table
        .filter(orders::id.eq_any(ids))
        .select(Label::as_select())
        .load(connection)?;
    Ok(labels.into_iter().map(|label| (label.id, label)).collect())
}
