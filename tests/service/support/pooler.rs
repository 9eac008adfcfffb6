//! Debian's PgBouncer before a test's database, in transaction mode.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::cluster::Database;

/// A transaction pooler with few connections to the server. It ends with the value.
pub struct Pooler {
    pub url: String,
    child: Child,
    _folder: TempDir,
}

impl Pooler {
    pub fn start(database: &Database) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let folder = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir_in("/tmp")
            .expect("a folder");
        let config = folder.path().join("pgbouncer.ini");
        fs::write(&config, lines(database, port)).expect("a file");
        let mut command = Command::new(program());
        // It refuses to be run by root, as PostgreSQL does, and the socket is for PostgreSQL's user alone.
        if let Some(user) = database.user() {
            command.args(["-u", &user]);
        }
        let child = command
            .args(["-q"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer is installed: deploy/setup.sh");
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "pgbouncer did not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            url: format!("postgres://freshmint@127.0.0.1:{port}/pooled"),
            child,
            _folder: folder,
        }
    }
}

/// Debian puts it where only root's PATH leads.
fn program() -> &'static str {
    let debian = "/usr/sbin/pgbouncer";
    if Path::new(debian).exists() {
        debian
    } else {
        "pgbouncer"
    }
}

fn lines(database: &Database, port: u16) -> String {
    let (socket, name) = database.place();
    format!(
        "[databases]\n\
         pooled = host={socket} port=5432 dbname={name} user=freshmint\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = transaction\n\
         default_pool_size = 3\n\
         ignore_startup_parameters = extra_float_digits\n"
    )
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
