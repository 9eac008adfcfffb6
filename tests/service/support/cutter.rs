//! A wire to PostgreSQL that is cut after a commit, before its answer.

use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::cluster::Database;

/// Stands between the service and its database.
pub struct Cutter {
    folder: tempfile::TempDir,
    database: String,
    cuts: Arc<AtomicUsize>,
}

impl Cutter {
    /// Cuts the first connection on which a transaction, or a statement that is none's, says `word`, when
    /// it has been committed.
    pub fn after_the_commit_of(database: &Database, word: &'static str) -> Self {
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        // postgres://freshmint@/DATABASE?host=SOCKET&port=5432
        let (_, rest) = database.url.split_once("@/").expect("an address");
        let (name, options) = rest.split_once("?host=").expect("a socket");
        let socket = options.split('&').next().expect("a socket");
        let server = PathBuf::from(socket.replace("%2F", "/"));
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = UnixStream::connect(server.join(".s.PGSQL.5432")).expect("a server");
                let cuts = Arc::clone(&counted);
                std::thread::spawn(move || forward(client, server, word, &cuts));
            }
        });
        Self {
            folder,
            database: name.to_owned(),
            cuts,
        }
    }

    /// Where the service finds the database.
    pub fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!(
            "postgres://freshmint@/{}?host={folder}&port=5432",
            self.database
        )
    }

    /// How often it has cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

fn forward(mut client: UnixStream, mut server: UnixStream, word: &str, cuts: &AtomicUsize) {
    let (mut from, mut to) = (
        server.try_clone().expect("a socket"),
        client.try_clone().expect("a socket"),
    );
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut said, mut buffer) = (String::new(), [0; 65_536]);
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        // What is no part of a transaction is committed when it is executed.
        let is_alone = buffer[0] == b'B' && !said.contains("BEGIN");
        said += &String::from_utf8_lossy(&buffer[..count]);
        let ends = is_alone || said.contains("COMMIT");
        let last = said.contains(word) && ends;
        if last && cuts.fetch_add(1, Ordering::SeqCst) == 0 {
            // From here on the client hears nothing, and the server commits.
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.write_all(&buffer[..count]);
            std::thread::sleep(std::time::Duration::from_millis(100));
            return;
        }
        if server.write_all(&buffer[..count]).is_err() {
            return;
        }
        if ends {
            said.clear();
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}
