//! A mailing's first mail, sent to somebody of the shop.

use diesel::{Connection, prelude::*};
use uuid::Uuid;

use super::{
    Asked,
    material::{self, Material},
    plan::{Plan, writable},
    preview::write,
    tell,
};
use crate::{
    activity::Doing,
    app::App,
    db::DbError,
    mail::Text,
    order::email::Email,
    outbox::{self, Kind, Letter, view::Mail},
    suppression::{self, AddressKey},
};

/// Queues the mail that the first recipient would get, to this address.
///
/// # Errors
/// The database's.
pub async fn test(app: &App, id: Uuid, to: &Email, doing: &Doing) -> Result<Asked<Mail>, DbError> {
    let (email, key) = (to.clone(), app.db.run(AddressKey::load).await?);
    let hash = key.hash(email.as_str());
    let first = move |app: &App, material: &Material| first(app, material, hash);
    let Some((material, first)) = material::worked_out(app, id, first).await? else {
        return Ok(Asked::NoBlast);
    };
    let text = match first {
        Ok(text) => text,
        Err(why) => return Ok(Asked::NotNow(format!("there is no mail to try: {why}"))),
    };
    let (domain, doing) = (app.mailer.domain.clone(), doing.clone());
    let queue = move |connection: &mut PgConnection| {
        connection.transaction(|connection| {
            if suppression::among(connection, [hash])?.contains(&hash) {
                let why = "this address is not written to; take it off the list, or choose another";
                return Ok(Asked::NotNow(why.to_owned()));
            }
            let letter = Letter {
                kind: Kind::Test,
                blast_id: Some(id),
                to: email.as_str(),
                to_hash: hash,
                text: Some(text.clone()),
                // Not the recipient's: their history must not say that they were written to.
                orders: &[],
                due_at: None,
            };
            let queued = outbox::queue(connection, &domain, &[letter], doing.at)?;
            tell(
                connection,
                id,
                &material.stored.content.name,
                "tried",
                &doing,
            )?;
            let mail = match queued[..] {
                [Some(mail)] => outbox::view::find(connection, mail)?,
                _ => None,
            };
            Ok(mail.map_or(Asked::NoBlast, Asked::Done))
        })
    };
    let asked = app.db.run(queue).await?;
    app.wake_mail.notify_one();
    Ok(asked)
}

/// The first mail that can be written. The link in it that ends all mail is the tester's own.
fn first(app: &App, material: &Material, tester: suppression::AddressHash) -> Result<Text, String> {
    let known = material.known(&app.shop);
    let Some(order) = writable(&known).next() else {
        return Err(Plan::of(&known).objection().unwrap_or_default());
    };
    let Text { subject, body } =
        write(app, material, order, tester).map_err(|why| why.to_string())?;
    Ok(Text {
        subject: format!("[Test] {subject}"),
        body,
    })
}
