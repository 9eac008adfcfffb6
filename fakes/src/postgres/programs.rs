//! Where PostgreSQL's own programs are.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::user::User;

/// What we run of PostgreSQL; all three come with the server and lie in one folder.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Folders of versioned installations: the parent, how a version's folder begins, its programs.
const INSTALLATIONS: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
];

/// The folder of a server's programs that `user` may run. The `PATH` is asked first: who sets it
/// has chosen a version. Then come the places where packages put servers, the newest first.
pub fn find(user: Option<&User>) -> Option<PathBuf> {
    on_path()
        .into_iter()
        .chain(INSTALLATIONS.iter().flat_map(installed))
        .chain(told_by_pg_config())
        .filter(|folder| PROGRAMS.iter().all(|name| folder.join(name).is_file()))
        .find(|folder| user.is_none_or(|user| user.reaches(folder)))
}

/// Links are followed: a link to one program beside none of the others is common.
#[expect(
    clippy::disallowed_methods,
    reason = "which server to run is the user's choice"
)]
fn on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("initdb")).ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned))
        .collect()
}

fn installed(&(parent, prefix, programs): &(&str, &str, &str)) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = version(&entry.file_name(), prefix)?;
            Some((version, entry.path().join(programs)))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The number in `15`, `pgsql-17` or `postgresql@17`; a bare `postgresql` is the packager's newest.
fn version(name: &OsStr, prefix: &str) -> Option<u32> {
    let rest = name.to_str()?.strip_prefix(prefix)?;
    match rest.strip_prefix('@').unwrap_or(rest) {
        "" => Some(u32::MAX),
        number => number.parse().ok(),
    }
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim_end()))
}
