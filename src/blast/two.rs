//! Who wrote a mailing and who approves it, as the rule of two persons compares them.
//!
//! What is compared is what somebody has proved: a token, a person who is signed in, or the system user who runs
//! a command. A name that is given with `--as` is shown beside it, and proves nothing.

use diesel::prelude::*;
use uuid::Uuid;

use crate::schema::ops_users;

/// The actor of a command, whoever runs it.
const COMMAND: &str = "command line";
/// What the actor of somebody begins with who is signed in; their name follows.
const PERSON: &str = "ops:";

/// Somebody who wrote a mailing, or approves it.
#[derive(Debug, Clone)]
pub struct Hand {
    /// What is compared, and kept.
    pub key: String,
    /// Whoever it may be besides.
    may_be: Vec<String>,
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

impl Hand {
    /// Whoever acts now. A person keeps their key when they change their name. Of two people with one name nobody
    /// can tell which it was: they count as one, whenever the second one came, and so does a token that was made
    /// anew.
    pub fn of(connection: &mut PgConnection, actor: &str) -> QueryResult<Self> {
        let Some(name) = actor.strip_prefix(PERSON) else {
            return Ok(Self::kept(proved(actor), actor));
        };
        let people: Vec<Uuid> = ops_users::table
            .filter(ops_users::name.eq(name))
            .select(ops_users::id)
            .load(connection)?;
        let people: Vec<String> = people.iter().map(|id| format!("person:{id}")).collect();
        let key = match &people[..] {
            [person] => person.clone(),
            _ => actor.to_owned(),
        };
        let kept = Self::kept(&key, actor);
        Ok(Self {
            may_be: [people, kept.may_be].concat(),
            ..kept
        })
    }

    /// Whoever acted once, as it was kept.
    pub fn kept(key: &str, shown: &str) -> Self {
        let is_a_person = shown.starts_with(PERSON);
        Self {
            key: key.to_owned(),
            may_be: is_a_person.then(|| shown.to_owned()).into_iter().collect(),
            shown: shown.to_owned(),
        }
    }

    /// Whether two may be one person. Of a command that an older version ran nobody knows whose it was.
    pub fn may_be(&self, other: &Self) -> bool {
        let keys = [&self.key, &other.key];
        let by_a_command = keys.iter().all(|key| key.starts_with(COMMAND));
        self.names()
            .any(|one| other.names().any(|name| name == one))
            || (by_a_command && keys.iter().any(|key| *key == COMMAND))
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.key).chain(&self.may_be)
    }
}

/// A command's actor without the name that somebody gave.
fn proved(actor: &str) -> &str {
    let is_a_command = actor.starts_with(COMMAND);
    match actor.split_once(')') {
        Some((before, _)) if is_a_command => &actor[..=before.len()],
        _ => actor,
    }
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
        let is_the_same = |one: &str, other: &str| {
            let hand = |actor: &str| Hand::kept(proved(actor), actor);
            hand(one).may_be(&hand(other))
        };
        assert!(is_the_same(&ann, &as_ben));
        assert!(!is_the_same(&ann, &ben));
        assert!(is_the_same("command line", &ben), "nobody knows");
        assert!(!is_the_same("api:ann", &ann));
        assert!(is_the_same("api:ann", "api:ann"));
    }

    #[test]
    fn a_person_is_known_by_key_and_by_name() {
        let [ina, renamed, other] = [
            Hand::kept("person:1", "ops:Ina"),
            Hand::kept("person:1", "ops:Ina Berg"),
            Hand::kept("person:2", "ops:Ben"),
        ];
        assert!(ina.may_be(&renamed) && !ina.may_be(&other));
        let either = Hand::kept("ops:Ina", "ops:Ina");
        assert!(either.may_be(&ina) && ina.may_be(&either));
        let token = Hand::kept("api:Ina", "api:Ina");
        assert!(!token.may_be(&ina));
    }
}
