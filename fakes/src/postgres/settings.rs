//! How the server is set up.

use std::path::Path;

/// What a commit is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing is written through to the disk, and where there is room (and no `TMPDIR` says
    /// otherwise) all of it is kept in memory: for data that nobody will miss.
    #[default]
    ThrowAway,
    /// As in production: a commit waits for the disk. For benches that measure just that.
    Real,
}

/// Lines for `postgresql.conf`.
pub fn lines(folder: &Path, durability: Durability) -> String {
    let (writes, log_size) = match durability {
        // The log may lie in memory, and an early checkpoint costs nothing here.
        Durability::ThrowAway => ("off", "256MB"),
        Durability::Real => ("on", "1GB"),
    };
    format!(
        "listen_addresses = ''
port = 5432
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
dynamic_shared_memory_type = mmap
max_connections = 200
max_wal_size = {log_size}
fsync = {writes}
synchronous_commit = {writes}
full_page_writes = {writes}",
        socket = folder.display()
    )
}
