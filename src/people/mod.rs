//! People who look after the payments: who they are, how they sign in, and what they have pressed.
//!
//! Pages and API are two edges over the same functions. Of whatever lets somebody in (a session, a browser's
//! mark, a link in a mail) the database has the hash alone.

mod browser;
mod letter;
pub mod long_press;
pub mod once;
pub mod session;
mod sign_in;
mod throttle;
mod user;
mod welcome;

use chrono::{DateTime, Utc};
use diesel::{PgConnection, QueryResult};

pub use self::{
    letter::{MailSetUp, send_link},
    session::Person,
    sign_in::{Attempt, Entered, sign_in},
    throttle::{MOST_WRONG, WINDOW},
    user::{
        Change, New, User, add, all, change, find, find_by_email, is_anybody, leaves_no_admin, list,
    },
    welcome::{Guest, choose, forgotten, guest},
};

use crate::activity::Doing;

/// Deletes what is over by itself: sessions, browsers that have not come for a year, forms and tries.
pub fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
    session::sweep(connection, now)?;
    browser::sweep(connection, now)?;
    once::sweep(connection, now)?;
    throttle::sweep(connection, now)
}

/// How the history calls somebody who is signed in: it has their name, never their address.
pub fn actor(name: &str) -> String {
    format!("ops:{name}")
}

/// What they do now.
pub fn doing(name: &str, now: DateTime<Utc>) -> Doing {
    Doing {
        actor: actor(name),
        at: now,
        note: None,
    }
}
