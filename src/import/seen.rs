//! What somebody has seen of what a file would do, as one number: pure.

use sha2::{Digest, Sha256};

use super::{
    compare::Left,
    taken::{Differs, Taken},
};

/// A fingerprint (SHA-256, hex) of what would become of each order of a file. The file itself does not change: it is
/// another one as soon as an order that stands is changed, paid or made meanwhile, so that it comes to something else.
pub fn fingerprint(taken: &[Taken]) -> String {
    let mut hash = Sha256::new();
    for taken in taken {
        let brought = taken.brought();
        hash.update([kind(taken), u8::from(brought.paid)]);
        hash.update(brought.sessions.to_be_bytes());
        match taken {
            Taken::Changed(differs, _) => add(&mut hash, differs),
            Taken::LeftAlone(left, differs) => {
                let state = match left {
                    Left::Stands(state) => state.name(),
                    Left::Cart => "cart",
                };
                hash.update(state);
                add(&mut hash, differs);
            }
            Taken::Refused(why) => hash.update(why.sentence("")),
            Taken::New(_) | Taken::Updated(_) | Taken::Unchanged => {}
        }
    }
    hex::encode(hash.finalize())
}

fn kind(taken: &Taken) -> u8 {
    match taken {
        Taken::New(_) => 0,
        Taken::Updated(_) => 1,
        Taken::Changed(..) => 2,
        Taken::Unchanged => 3,
        Taken::LeftAlone(..) => 4,
        Taken::Refused(_) => 5,
    }
}

fn add(hash: &mut Sha256, differs: &Differs) {
    hash.update(differs.order);
    for difference in &differs.differences {
        for text in [
            &difference.what.field(),
            &difference.now,
            &difference.would_be,
        ] {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::import::{Brought, Difference, What};

    fn changed(would_be: &str) -> Taken {
        let difference = Difference {
            what: What::Name,
            now: "Ann".to_owned(),
            would_be: would_be.to_owned(),
        };
        let differs = Differs {
            order: Uuid::nil(),
            who: "Ann".to_owned(),
            differences: vec![difference],
        };
        Taken::Changed(Box::new(differs), Brought::default())
    }

    #[test]
    fn what_was_seen_is_another_thing_as_soon_as_an_order_comes_to_something_else() {
        let new = || Taken::New(Brought::default());
        let seen = fingerprint(&[new(), changed("Bo")]);
        assert_eq!(seen, fingerprint(&[new(), changed("Bo")]));
        for other in [
            vec![new(), changed("Bob")],
            vec![new(), Taken::Unchanged],
            vec![changed("Bo"), new()],
            vec![new()],
        ] {
            assert_ne!(seen, fingerprint(&other), "{other:?}");
        }
    }
}
