//! A real Dovecot of a test's own, with one mailbox that anybody's password `secret` opens.
//!
//! It needs the program of the package, no server: nothing that is already there is used or changed.

use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Whom a Dovecot of root's gives its rights up to.
const NOBODY: u32 = 65_534;

/// A running Dovecot. It ends with the value.
pub struct Dovecot {
    folder: tempfile::TempDir,
    address: SocketAddr,
    server: Child,
    delivered: AtomicUsize,
}

impl Dovecot {
    pub fn start() -> Self {
        let folder = tempfile::tempdir_in("/tmp").expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("ours");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        for name in ["home", "mail", "mail/new", "mail/cur", "mail/tmp"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).expect("a folder of ours");
            if is_root() {
                chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
            }
        }
        let settings = folder.path().join("dovecot.conf");
        fs::write(
            &settings,
            conf(&folder.path().display().to_string(), address.port()),
        )
        .expect("a file of ours");
        let server = Command::new(program())
            .arg("-F")
            .arg("-c")
            .arg(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("Dovecot was not found: run make setup, or install dovecot-imapd ({error})")
            });
        let dovecot = Self {
            folder,
            address,
            server,
            delivered: AtomicUsize::new(0),
        };
        dovecot.wait_until_it_listens();
        dovecot
    }

    /// For `BOUNCE_MAILBOX`.
    pub fn url(&self) -> String {
        format!("imap://bounces:secret@{}/INBOX", self.address)
    }

    /// A message arrives.
    pub fn deliver(&self, message: &str) {
        let number = self.delivered.fetch_add(1, Ordering::Relaxed);
        // Dovecot numbers what is new in the order of its names.
        let name = format!("{number:09}.test");
        let made = self.mail().join("tmp").join(&name);
        fs::write(&made, message).expect("a file of ours");
        fs::rename(made, self.mail().join("new").join(name)).expect("a folder of ours");
    }

    /// How many messages are marked as read, and how many are not.
    pub fn read_and_unread(&self) -> (usize, usize) {
        let names = ["new", "cur"].into_iter().flat_map(|folder| {
            let files = fs::read_dir(self.mail().join(folder)).expect("a folder of ours");
            files.map(|file| {
                file.expect("a file")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
        });
        let (read, unread): (Vec<String>, Vec<String>) = names.partition(|name| {
            let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
            flags.contains('S')
        });
        (read.len(), unread.len())
    }

    fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    fn wait_until_it_listens(&self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "Dovecot does not start: {log}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // SIGTERM, so that it takes its children along.
        let _ = Command::new("kill")
            .arg(self.server.id().to_string())
            .status();
        let _ = self.server.wait();
    }
}

fn program() -> &'static str {
    let places = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot"];
    let found = places
        .into_iter()
        .find(|path| fs::exists(path).unwrap_or_default());
    found.unwrap_or("dovecot")
}

fn is_root() -> bool {
    name(&["-un"]) == "root"
}

fn name(of: &[&str]) -> String {
    let said = Command::new("id").args(of).output().expect("id");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

fn conf(folder: &str, port: u16) -> String {
    let (user, group) = match is_root() {
        true => ("nobody".to_owned(), NOBODY.to_string()),
        false => (name(&["-un"]), name(&["-gn"])),
    };
    let group = if is_root() {
        "nogroup".to_owned()
    } else {
        group
    };
    format!(
        "base_dir = {folder}/run\n\
         state_dir = {folder}/state\n\
         log_path = {folder}/log\n\
         protocols = imap\n\
         ssl = no\n\
         disable_plaintext_auth = no\n\
         default_internal_user = {user}\n\
         default_internal_group = {group}\n\
         default_login_user = {user}\n\
         first_valid_uid = 1\n\
         first_valid_gid = 1\n\
         mail_location = maildir:{folder}/mail\n\
         passdb {{\n  driver = static\n  args = password=secret\n}}\n\
         userdb {{\n  driver = static\n  args = uid={user} gid={group} home={folder}/home\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    address = 127.0.0.1\n    port = {port}\n  }}\n  \
             inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\n"
    )
}
