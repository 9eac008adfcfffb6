//! Signing in: a try is counted, the password is looked at, a session begins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{
    browser, doing, session,
    throttle::{Try, What, take_back},
    user::{self, tell},
};
use crate::{
    config::Secret,
    db::{Db, DbError},
    password::Passwords,
    schema::ops_users,
};

/// Somebody who wants in.
#[derive(Clone)]
pub struct Attempt {
    /// The address, as it was typed.
    pub email: String,
    /// The password, as it was typed.
    pub password: String,
    /// The caller's address, if callers can be told apart.
    pub address: Option<String>,
    /// What the browser was given when it last signed in.
    pub browser: Option<String>,
    /// The session that it has, which ends.
    pub session: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub enum Entered {
    /// They are in: the cookies of their session and of their browser.
    In(Secret, Secret),
    /// The two do not belong together, nobody has this address, or the account is disabled: nobody is told
    /// which.
    Wrong,
    /// Too many were wrong.
    TooMany,
    /// Too many sign in at this moment.
    Busy,
}

/// Signs somebody in.
///
/// # Errors
/// The database's.
pub async fn sign_in(
    db: &Db,
    passwords: &Passwords,
    attempt: Attempt,
    now: DateTime<Utc>,
) -> Result<Entered, DbError> {
    let asked = attempt.clone();
    let (account, attempted) = db.run(move |c| look(c, &asked, now)).await?;
    let is_known = account.as_ref().is_some_and(|account| account.is_known);
    let Ok(counted) = attempted.count(db, is_known).await? else {
        return Ok(Entered::TooMany);
    };
    let kept = account.as_ref().and_then(|account| account.hash.clone());
    let right = passwords.is_right(attempt.password.clone(), kept);
    let (account, right) = match (account, right.await) {
        (account, Ok(right)) => (account, right),
        (_, Err(_)) => {
            db.run(move |c| take_back(c, counted)).await?;
            return Ok(Entered::Busy);
        }
    };
    let Some(account) = account.filter(|_| right) else {
        return Ok(Entered::Wrong);
    };
    let entered = db.transaction(move |c| enter(c, &account, &attempt, counted, now));
    Ok(match entered.await? {
        Some((session, browser)) => Entered::In(session, browser),
        None => Entered::Wrong,
    })
}

/// An account that somebody wants in to.
struct Account {
    id: Uuid,
    name: String,
    hash: Option<String>,
    is_known: bool,
}

fn look(
    connection: &mut PgConnection,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> QueryResult<(Option<Account>, Try)> {
    let who = (attempt.email.as_str(), attempt.address.as_deref());
    let attempted = Try::new(connection, What::Password, who, now)?;
    let user = user::find_by_email(connection, &attempt.email)?;
    let Some(user) = user.filter(|user| user.disabled_at.is_none()) else {
        return Ok((None, attempted));
    };
    let hash = ops_users::table
        .find(user.id)
        .select(ops_users::password_hash)
        .first(connection)?;
    let is_known = match &attempt.browser {
        Some(mark) => browser::is_known(connection, mark, user.id)?,
        None => false,
    };
    let account = Account {
        id: user.id,
        name: user.name,
        hash,
        is_known,
    };
    Ok((Some(account), attempted))
}

/// The password was right. `None`: the account was disabled, or has another one, while it was looked at.
fn enter(
    connection: &mut PgConnection,
    account: &Account,
    attempt: &Attempt,
    counted: i64,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Secret, Secret)>> {
    let same = ops_users::table
        .find(account.id)
        .filter(ops_users::disabled_at.is_null())
        .filter(ops_users::password_hash.is_not_distinct_from(&account.hash))
        .select(ops_users::id)
        .for_update();
    if same.first::<Uuid>(connection).optional()?.is_none() {
        return Ok(None);
    }
    take_back(connection, counted)?;
    if let Some(before) = &attempt.session {
        session::end(connection, before)?;
    }
    let session = session::begin(connection, account.id, now)?;
    let browser = browser::mark(connection, attempt.browser.as_deref(), account.id, now)?;
    let what = format!("{} signed in", account.name);
    tell(connection, what, &doing(&account.name, now))?;
    Ok(Some((session, browser)))
}
