//! A mailing that is being written, as one of its recipients would read it. Nothing of it is kept.

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    Asked, Content, Sample,
    edit::look_up,
    fits::chosen,
    material::{self, LOOK},
    row,
    sample::write_mail,
};
use crate::{
    app::App,
    db::DbError,
    mail::{Text, template::Templates},
    order::{Condition, Kind, Order, OrderRow, Status, problem::Problems},
    renderings::Rendering,
    schema::orders,
    suppression::{AddressHash, AddressKey},
};

/// One recipient's mail, with how many they are.
#[derive(Debug, Clone)]
pub struct Example {
    /// Orders that are owed and have an address.
    pub orders: i64,
    /// The order that the mail is about; none if nobody gets one.
    pub order: Option<Order>,
    /// The mail, or why it cannot be written.
    pub mail: Result<Sample, String>,
}

/// What is read for it.
struct Read {
    orders: i64,
    first: Option<(Order, AddressHash)>,
}

/// Writes the mail of the first recipient, in the order of ids, of a mailing with this content. `of` is the
/// mailing that is being changed.
///
/// # Errors
/// The database's.
pub async fn example(
    app: &App,
    content: &Content,
    of: Option<Uuid>,
) -> Result<Asked<Example>, DbError> {
    let wanted = content.clone();
    let work = move |app: &App, _: &Rendering| {
        let read = (app.db).transaction_blocking(|connection| read(connection, &wanted, of));
        Ok(read.map(|read| read.map(|read| write(app, &wanted, read))))
    };
    Ok(match material::on_a_thread(app, LOOK, work).await {
        Ok(read) => match read? {
            Ok(example) => Asked::Done(example),
            Err(problems) => Asked::Invalid(problems),
        },
        Err(stopped) => Asked::Busy(stopped.to_string()),
    })
}

fn read(
    connection: &mut PgConnection,
    content: &Content,
    of: Option<Uuid>,
) -> QueryResult<Result<Read, Problems>> {
    let before = match of {
        Some(id) => row::read(connection, id)?,
        None => None,
    };
    let known = before.as_ref().map(|it| (it.id, &it.content.who));
    let mut who = content.who.clone();
    if let Some(problems) = look_up(connection, &mut who, known)? {
        return Ok(Err(problems));
    }
    let corrects = before.as_ref().and_then(|stored| stored.corrects);
    let fit = || -> Condition { Box::new(chosen(&who, corrects).and(gets_mail())) };
    let orders = orders::table.filter(fit()).count().get_result(connection)?;
    let first: Option<OrderRow> = orders::table
        .filter(fit())
        .order(orders::id)
        .select(OrderRow::as_select())
        .first(connection)
        .optional()?;
    let key = AddressKey::load(connection)?;
    let first = first.map(OrderRow::decode).transpose()?;
    let first = first.and_then(|order| {
        let hash = key.hash(order.email.as_ref()?.as_str());
        Some((order, hash))
    });
    Ok(Ok(Read { orders, first }))
}

/// That it is the shop's own, is owed, and somebody can be written to.
fn gets_mail() -> Condition {
    Box::new(
        orders::kind
            .eq(Kind::Billed)
            .and(orders::status.eq(Status::Open))
            .and(orders::email.is_not_null()),
    )
}

fn write(app: &App, content: &Content, read: Read) -> Example {
    let Some((order, hash)) = read.first else {
        return Example {
            orders: read.orders,
            order: None,
            mail: Err("nobody fits who owes something and has an address".to_owned()),
        };
    };
    let written = Templates::new(&content.subject, &content.body)
        .and_then(|templates| write_mail(app, &templates, &order, hash));
    let to = order.email.as_ref().map(|email| email.as_str().to_owned());
    Example {
        orders: read.orders,
        mail: written
            .map(|Text { subject, body }| Sample {
                to: to.unwrap_or_default(),
                subject,
                body,
            })
            .map_err(|why| why.to_string()),
        order: Some(order),
    }
}
