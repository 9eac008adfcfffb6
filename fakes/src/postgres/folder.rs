//! The server's own folder: data, socket and log.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::Durability;
use super::user::User;

/// A socket's address has room for 103 bytes on macOS and the BSDs, for 107 on Linux.
const LONGEST_SOCKET: usize = 103;

/// What we append to the folder we are given: `/freshmint-XXXXXX/.s.PGSQL.5432`.
const OUR_PART: usize = 31;

/// Linux's file system in memory, ten times as fast to clone a database on as a disk.
const MEMORY: &str = "/dev/shm";

/// What has to be free there, in KiB. Containers often have 64 MiB, which do not hold one server.
const ROOM: u64 = 2 << 20;

/// Makes a new folder that only the server's user enters. It is handed over right after it was
/// made under a name that did not exist, so nobody else's folder can ever change hands here.
pub fn create(user: Option<&User>, durability: Durability) -> io::Result<TempDir> {
    let folder = parents(durability)
        .filter(|parent| is_plain(parent) && user.is_none_or(|user| user.reaches(parent)))
        .find_map(|parent| new_folder(&parent).ok())
        .ok_or_else(|| io::Error::other("neither the temp folder nor /tmp will do"))?;
    if let Some(user) = user {
        lchown(folder.path(), Some(user.uid), Some(user.gid))?;
    }
    Ok(folder)
}

fn new_folder(parent: &Path) -> io::Result<TempDir> {
    let mode = Permissions::from_mode(0o700);
    tempfile::Builder::new()
        .prefix("freshmint-")
        .permissions(mode)
        .tempdir_in(parent)
}

/// Where to try, in this order. Who sets `TMPDIR` has chosen; data that has to survive a crash is
/// not kept in memory; `/tmp` is for a temp folder that is unfit.
#[expect(clippy::disallowed_methods, reason = "the place is the user's choice")]
fn parents(durability: Durability) -> impl Iterator<Item = PathBuf> {
    let free_to_choose = durability == Durability::ThrowAway && env::var_os("TMPDIR").is_none();
    let memory = Some(PathBuf::from(MEMORY)).filter(|memory| free_to_choose && has_room(memory));
    let temp = fs::canonicalize(env::temp_dir()).ok();
    memory
        .into_iter()
        .chain(temp)
        .chain([PathBuf::from("/tmp")])
}

/// Asked of `df`, since std cannot tell. Its second line: device, size, used, available.
fn has_room(folder: &Path) -> bool {
    let Ok(output) = Command::new("df").arg("-Pk").arg(folder).output() else {
        return false;
    };
    let table = String::from_utf8_lossy(&output.stdout);
    let available = table
        .lines()
        .nth(1)
        .and_then(|line| line.split_whitespace().nth(3));
    available
        .and_then(|kib| kib.parse().ok())
        .is_some_and(|kib: u64| kib >= ROOM)
}

/// Short enough for a socket, and in need of no quotes in PostgreSQL's settings.
fn is_plain(folder: &Path) -> bool {
    folder.to_str().is_some_and(|path| {
        path.len() + OUR_PART <= LONGEST_SOCKET
            && path
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    })
}
