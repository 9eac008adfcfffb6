//! Hashes of addresses, by a key of the database's own.

use diesel::prelude::*;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::schema::secrets;

/// The keyed hash of an address: HMAC-SHA256, its first half (RFC 2104, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressHash(pub [u8; 16]);

impl AddressHash {
    /// Reads the column.
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// What makes hashes of addresses; one per database.
#[derive(Clone)]
pub struct AddressKey(Vec<u8>);

impl AddressKey {
    /// Reads the key.
    pub fn load(connection: &mut PgConnection) -> QueryResult<Self> {
        secrets::table
            .find("addresses")
            .select(secrets::value)
            .first(connection)
            .map(Self)
    }

    /// The hash of an address, which is the same in any case and with blanks around.
    pub fn hash(&self, address: &str) -> AddressHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(normal(address).as_bytes());
        let full = mac.finalize().into_bytes();
        AddressHash(std::array::from_fn(|at| full[at]))
    }
}

pub(super) fn normal(address: &str) -> String {
    address.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: u8) -> AddressKey {
        AddressKey(vec![letter; 32])
    }

    #[test]
    fn an_address_has_one_hash_in_any_case_and_with_blanks_around() {
        let hash = key(1).hash("parent@example.org");
        for same in ["Parent@Example.ORG", " parent@example.org\n"] {
            assert_eq!(key(1).hash(same), hash, "{same:?}");
        }
        for other in ["parents@example.org", "parent@example.org.", ""] {
            assert_ne!(key(1).hash(other), hash, "{other:?}");
        }
    }

    #[test]
    fn another_database_hashes_it_otherwise() {
        let address = "parent@example.org";
        assert_ne!(key(1).hash(address), key(2).hash(address));
        // RFC 2104 as anybody computes it: what is on the list must stay there after an update.
        let hash = hex::encode(key(1).hash(address).0);
        assert_eq!(hash, "0475831bf7c3484e67a9c7bb9d842616");
    }

    #[test]
    fn a_column_of_another_length_is_no_hash() {
        let hash = key(1).hash("parent@example.org");
        assert_eq!(AddressHash::from_column(&hash.0), Some(hash));
        assert_eq!(AddressHash::from_column(&hash.0[1..]), None);
    }
}
