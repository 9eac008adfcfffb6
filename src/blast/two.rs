//! Who wrote a mailing and who approves it, as the rule of two persons compares them.
//!
//! What is compared is what somebody has proved: a token, a person who is signed in, or the system user who runs
//! a command. A name that is given with `--as` is shown beside it, and proves nothing.

use diesel::prelude::*;
use uuid::Uuid;

use crate::schema::ops_users;

/// The actor of a command, whoever runs it.
const COMMAND: &str = "command line";

/// Whoever approves.
#[derive(Debug, Clone)]
pub struct Approver {
    /// What is compared.
    pub key: String,
    /// What is shown.
    pub shown: String,
}

/// How a command names whoever runs it: their system user, and the name that they gave.
pub fn command_actor(system_user: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{COMMAND} ({system_user}) as {name}"),
        None => format!("{COMMAND} ({system_user})"),
    }
}

/// What is compared of an actor. A person keeps their key when they change their name. Of two people with one
/// name nobody can tell which it was: they count as one, and so does a token that was made anew.
pub(super) fn key_of(connection: &mut PgConnection, actor: &str) -> QueryResult<String> {
    if let Some(name) = actor.strip_prefix("ops:") {
        let people: Vec<Uuid> = ops_users::table
            .filter(ops_users::name.eq(name))
            .limit(2)
            .select(ops_users::id)
            .load(connection)?;
        return Ok(match people[..] {
            [person] => format!("person:{person}"),
            _ => actor.to_owned(),
        });
    }
    Ok(proved(actor).to_owned())
}

/// A command's actor without the name that somebody gave.
fn proved(actor: &str) -> &str {
    let is_a_command = actor.starts_with(COMMAND);
    match actor.split_once(')') {
        Some((before, _)) if is_a_command => &actor[..=before.len()],
        _ => actor,
    }
}

/// Whether two keys may be one person's. Of a command that an older version ran nobody knows whose it was.
pub(super) fn is_the_same(author: &str, approver: &str) -> bool {
    let by_a_command = [author, approver]
        .iter()
        .all(|key| key.starts_with(COMMAND));
    author == approver || (by_a_command && [author, approver].contains(&COMMAND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_beside_it_proves_nothing() {
        let [ann, as_ben, ben] = [
            command_actor("ann", None),
            command_actor("ann", Some("Ben (treasurer)")),
            command_actor("ben", Some("ann")),
        ];
        assert_eq!(as_ben, "command line (ann) as Ben (treasurer)");
        assert!(is_the_same(proved(&ann), proved(&as_ben)));
        assert!(!is_the_same(proved(&ann), proved(&ben)));
        assert!(is_the_same("command line", proved(&ben)), "nobody knows");
        assert!(!is_the_same("api:ann", proved(&ann)));
        assert!(is_the_same("api:ann", "api:ann"));
    }
}
