//! Who runs the server: PostgreSQL refuses to be run by root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

/// Whether we are root.
pub fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

/// An unprivileged user that root hands the server to.
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl User {
    /// Whom root hands the server to: `postgres` where a package has made one, else `nobody`.
    pub fn unprivileged() -> Option<User> {
        ["postgres", "nobody"].into_iter().find_map(User::named)
    }

    fn named(name: &str) -> Option<User> {
        let user = User {
            uid: id(&["-u", name])?,
            gid: id(&["-g", name])?,
        };
        Some(user).filter(|user| user.uid != 0)
    }

    /// Whether every folder on the way lets anybody through. A home folder does not, as a rule.
    pub fn reaches(&self, folder: &Path) -> bool {
        folder.ancestors().all(|step| {
            fs::metadata(step).is_ok_and(|found| {
                let owned = found.uid() == self.uid && found.mode() & 0o100 != 0;
                owned || found.permissions().mode() & 0o001 != 0
            })
        })
    }
}

/// Asked of the program, since accounts need not be in /etc/passwd and std knows none.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
