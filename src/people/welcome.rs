//! Coming in by a link: invited for the first time, or with a forgotten password.

use chrono::{DateTime, Utc};
use diesel::{Connection, prelude::*};

use super::{
    browser, doing,
    letter::{MailSetUp, send_link},
    session,
    throttle::{Full, Try, What},
    user::{self, tell},
};
use crate::{
    account_link::{self, Purpose},
    activity::Doing,
    config::Secret,
    db::{Db, DbError},
    schema::ops_users,
};

/// Whom a link lets in.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Their name.
    pub name: String,
    /// The address that they sign in with from now on.
    pub email: String,
    /// They have not been here yet.
    pub is_new: bool,
}

/// Whom a link lets in; nobody if it was used, is a day old, or never was. Changes nothing.
pub fn guest(
    connection: &mut PgConnection,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Guest>> {
    let Some((user, purpose)) = account_link::holder(connection, token, now)? else {
        return Ok(None);
    };
    let user = user::find(connection, user)?.filter(|user| user.disabled_at.is_none());
    Ok(user.map(|user| Guest {
        name: user.name,
        email: user.email,
        is_new: purpose == Purpose::Invitation,
    }))
}

/// Sets the password of whom the link lets in, and signs them in: every other session ends, and no other link
/// lets anybody in. `None`: the link is not good any more. In a transaction.
pub fn choose(
    connection: &mut PgConnection,
    token: &str,
    password_hash: &str,
    browser: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Secret, Secret)>> {
    let Some((id, _)) = account_link::holder(connection, token, now)? else {
        return Ok(None);
    };
    let user = user::find(connection, id)?.filter(|user| user.disabled_at.is_none());
    let Some(user) = user else {
        return Ok(None);
    };
    connection.transaction(|connection| {
        diesel::update(ops_users::table.find(id))
            .set(ops_users::password_hash.eq(password_hash))
            .execute(connection)?;
        account_link::withdraw(connection, id)?;
        session::end_all(connection, id)?;
        let session = session::begin(connection, id, now)?;
        let browser = browser::mark(connection, browser, id, now)?;
        let what = format!(
            "{} chose a password by a mailed link, and signed in",
            user.name
        );
        tell(connection, what, &doing(&user.name, now))?;
        Ok(Some((session, browser)))
    })
}

/// Mails a link to whoever has this address. The answer is the same whether anybody has; `false`: too many
/// were asked for from this address.
///
/// # Errors
/// The database's.
pub async fn forgotten(
    db: &Db,
    email: String,
    address: Option<String>,
    mail: MailSetUp,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let who = (email.clone(), address);
    let asked = db
        .run(move |c| Try::new(c, What::Forgotten, (&who.0, who.1.as_deref()), now))
        .await?;
    match asked.count(db, false).await? {
        Err(Full::Address) => return Ok(false),
        // They have several already, and nobody learns that they have.
        Err(Full::Account) => return Ok(true),
        Ok(_) => {}
    }
    db.transaction(move |connection| {
        let user = user::find_by_email(connection, &email)?;
        let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
            return Ok(());
        };
        let doing = Doing {
            actor: "sign-in page".to_owned(),
            at: now,
            note: None,
        };
        send_link(connection, &user, &mail, &doing)?;
        let what = format!("a new password was asked for, for {}", user.name);
        tell(connection, what, &doing)
    })
    .await?;
    Ok(true)
}
