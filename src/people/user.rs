//! Accounts.

use chrono::{DateTime, Utc};
use diesel::{
    Connection,
    prelude::*,
    result::{DatabaseErrorKind, Error as QueryError},
};
use serde::Serialize;
use uuid::Uuid;

use super::session;
use crate::{
    account_link,
    activity::{self, Category, Doing, Line},
    db::lower,
    order::{email::Email, text::Text},
    random,
    schema::ops_users,
    token::Role,
};

/// An account as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable)]
#[diesel(table_name = ops_users)]
pub struct User {
    /// Its row.
    #[serde(skip)]
    pub id: Uuid,
    /// Where its mails go; what is typed to sign in.
    pub email: String,
    /// What pages and the history call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether somebody has chosen a password: else it was invited, and nobody has come.
    #[diesel(select_expression = ops_users::password_hash.is_not_null())]
    pub has_password: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Since when nobody gets in with it.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Where its mails go.
    pub email: Email,
    /// What pages and the history call it.
    pub name: Text<100>,
    /// What it may do.
    pub role: Role,
    /// The hash of its password, if it has one already.
    pub password_hash: Option<String>,
}

/// What is to be changed.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Another name.
    pub name: Option<Text<100>>,
    /// Another role.
    pub role: Option<Role>,
    /// Whether nobody gets in with it.
    pub disabled: Option<bool>,
    /// The hash of another password.
    pub password_hash: Option<String>,
    /// Whether it is signed out everywhere.
    pub signed_out: bool,
}

/// Makes an account and tells the history. `None`: its address has one.
pub fn add(connection: &mut PgConnection, new: &New, doing: &Doing) -> QueryResult<Option<User>> {
    let made = connection.transaction(|connection| {
        let id = random::row_id(doing.at);
        diesel::insert_into(ops_users::table)
            .values((
                ops_users::id.eq(id),
                ops_users::email.eq(new.email.as_str()),
                ops_users::name.eq(new.name.as_str()),
                ops_users::role.eq(new.role),
                ops_users::password_hash.eq(&new.password_hash),
                ops_users::created_at.eq(doing.at),
            ))
            .execute(connection)?;
        let what = format!(
            "{} was given an account, with the role {}",
            new.name, new.role
        );
        tell(connection, what, doing)?;
        find(connection, id)
    });
    match made {
        Err(QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
        made => made,
    }
}

/// Changes an account, each change with its line in the history. `None`: there is none. Whoever is disabled,
/// or has another password, is signed out everywhere; another role holds from the next page on.
pub fn change(
    connection: &mut PgConnection,
    id: Uuid,
    change: &Change,
    doing: &Doing,
) -> QueryResult<Option<User>> {
    connection.transaction(|connection| {
        let before: Option<User> = ops_users::table
            .find(id)
            .select(User::as_select())
            .for_update()
            .first(connection)
            .optional()?;
        let Some(before) = before else {
            return Ok(None);
        };
        let name = change
            .name
            .as_ref()
            .map_or(before.name.as_str(), Text::as_str);
        let role = change.role.unwrap_or(before.role);
        let disabled_at = match change.disabled {
            Some(true) => before.disabled_at.or(Some(doing.at)),
            Some(false) => None,
            None => before.disabled_at,
        };
        diesel::update(ops_users::table.find(id))
            .set((
                ops_users::name.eq(name),
                ops_users::role.eq(role),
                ops_users::disabled_at.eq(disabled_at),
            ))
            .execute(connection)?;
        if let Some(hash) = &change.password_hash {
            diesel::update(ops_users::table.find(id))
                .set(ops_users::password_hash.eq(hash))
                .execute(connection)?;
        }
        if change.password_hash.is_some() || disabled_at.is_some() {
            account_link::withdraw(connection, id)?;
        }
        if change.signed_out || change.password_hash.is_some() || disabled_at.is_some() {
            session::end_all(connection, id)?;
        }
        for what in told(&before, name, role, disabled_at.is_some(), change) {
            tell(connection, what, doing)?;
        }
        find(connection, id)
    })
}

/// Whether nobody would be left who may do everything and can sign in. Callers are in the transaction of the change: the
/// admins' rows stay locked until its end, so that of two who disable each other one is told so.
pub fn leaves_no_admin(
    connection: &mut PgConnection,
    id: Uuid,
    change: &Change,
) -> QueryResult<bool> {
    let stays = change.disabled != Some(true) && change.role.is_none_or(|is| is == Role::Admin);
    if stays {
        return Ok(false);
    }
    let admins: Vec<Uuid> = ops_users::table
        .filter(ops_users::role.eq(Role::Admin))
        .filter(ops_users::disabled_at.is_null())
        .filter(ops_users::password_hash.is_not_null())
        // In one order, by everybody.
        .order(ops_users::id)
        .select(ops_users::id)
        .for_update()
        .load(connection)?;
    Ok(admins == [id])
}

/// A sentence for each thing that is another one now.
fn told(before: &User, name: &str, role: Role, disabled: bool, change: &Change) -> Vec<String> {
    let was_disabled = before.disabled_at.is_some();
    let (who, was) = (&before.name, before.role);
    let told = [
        (who != name).then(|| format!("{who} is called {name} now")),
        (was != role).then(|| format!("{name} has the role {role} now, and had {was}")),
        (disabled && !was_disabled).then(|| format!("the account of {name} was disabled")),
        (!disabled && was_disabled).then(|| format!("the account of {name} may be used again")),
        (change.password_hash.is_some()).then(|| format!("{name} was given another password")),
        (change.signed_out).then(|| format!("{name} was signed out everywhere")),
    ];
    told.into_iter().flatten().collect()
}

pub(super) fn tell(connection: &mut PgConnection, what: String, doing: &Doing) -> QueryResult<()> {
    activity::record(connection, Line::about(None, Category::People, what, doing))
}

/// The account with this id.
pub fn find(connection: &mut PgConnection, id: Uuid) -> QueryResult<Option<User>> {
    ops_users::table
        .find(id)
        .select(User::as_select())
        .first(connection)
        .optional()
}

/// The account of this address, in any case.
pub fn find_by_email(connection: &mut PgConnection, email: &str) -> QueryResult<Option<User>> {
    ops_users::table
        .filter(lower(ops_users::email.nullable()).eq(email.trim().to_lowercase()))
        .select(User::as_select())
        .first(connection)
        .optional()
}

/// Whether anybody can sign in, or could with the mail that they were sent.
pub fn is_anybody(connection: &mut PgConnection) -> QueryResult<bool> {
    let enabled = ops_users::table.filter(ops_users::disabled_at.is_null());
    diesel::select(diesel::dsl::exists(enabled)).get_result(connection)
}

/// A page of accounts, newest first; `before` is the last row of the page before.
pub fn list(
    connection: &mut PgConnection,
    before: Option<Uuid>,
    limit: i64,
) -> QueryResult<Vec<User>> {
    ops_users::table
        .filter(ops_users::id.lt(before.unwrap_or(Uuid::max())))
        .order(ops_users::id.desc())
        .limit(limit)
        .select(User::as_select())
        .load(connection)
}

/// All accounts, as a page of people shows them: those that are disabled last, then by name.
pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<User>> {
    /// More people than look after the payments of any shop.
    const MOST: i64 = 1_000;
    ops_users::table
        .order((
            ops_users::disabled_at.is_not_null(),
            ops_users::name,
            ops_users::id,
        ))
        .limit(MOST)
        .select(User::as_select())
        .load(connection)
}
