//! A real Postfix of a test's own, which hands on to a mailbox what it accepts.
//!
//! It needs the programs of the package, no server: nothing that is already there is used or changed.
//! Postfix begins as root and gives that up by itself, so a test that is not root's runs it in a user
//! namespace.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::mailbox::Mailbox;

const SCRIPT: &str = include_str!("postfix.sh");

const NEEDS: &str = "it begins as root: run the tests as root, or have unshare (of util-linux) and newuidmap \
                     (of uidmap), which make setup installs, and be in /etc/subuid and /etc/subgid";

/// A running Postfix. It ends with the value, or with the process, however that dies.
pub struct Postfix {
    address: SocketAddr,
    folder: PathBuf,
    next: SocketAddr,
    shell: Child,
    answers: BufReader<ChildStdout>,
}

impl Postfix {
    /// Starts one that takes mail as these lines of main.cf say, for anybody of this machine where they say
    /// nothing else.
    pub fn start(mailbox: &Mailbox, settings: &[&str]) -> Self {
        let sbin = programs(&["postconf", "/usr/sbin/postconf"]).unwrap_or_else(|| {
            panic!("Postfix was not found: run make setup, or install the package postfix.")
        });
        // It is the script's to clear away, since others own what is in it.
        let folder = tempfile::tempdir_in("/tmp").expect("a folder").keep();
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let mut shell = supervisor(&sbin, &folder);
        let answers = BufReader::new(shell.stdout.take().expect("piped"));
        let mut postfix = Self {
            address,
            folder,
            next: mailbox.smtp_address(),
            shell,
            answers,
        };
        postfix.write_settings(settings);
        postfix.order("start");
        postfix.wait_until_it_greets();
        postfix
    }

    /// As whoever runs it would: other settings, and a restart. Its queue stays.
    pub fn restart_with(&mut self, settings: &[&str]) {
        self.write_settings(settings);
        self.order("stop");
        self.order("start");
        self.wait_until_it_greets();
    }

    /// Its address for SMTP_URL; with this user, if there is one.
    pub fn url(&self, user: Option<&str>) -> String {
        match user {
            Some(user) => format!("smtp://{user}:secret@{}", self.address),
            None => format!("smtp://{}", self.address),
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn write_settings(&self, settings: &[&str]) {
        let etc = self.folder.join("etc");
        fs::create_dir_all(&etc).expect("a folder");
        let main = main_cf(&self.folder, self.next) + &settings.join("\n") + "\n";
        fs::write(etc.join("main.cf"), main).expect("a file");
        fs::write(
            etc.join("master.cf"),
            master_cf(self.address, &self.commands_folder()),
        )
        .expect("a file");
    }

    /// What comes by the transport `reports` goes to the command `freshmint bounce` from now on, which runs as
    /// nobody, with these lines of `.env`.
    pub fn hands_reports_on(&self, settings: &str) {
        let folder = self.commands_folder();
        fs::create_dir_all(&folder).expect("a folder");
        let (ours, there) = (env!("CARGO_BIN_EXE_freshmint"), folder.join("freshmint"));
        // Where we build may be closed to others; on another disk it has to be copied.
        if fs::hard_link(ours, &there).is_err() {
            fs::copy(ours, &there).expect("a file");
        }
        fs::write(folder.join(".env"), settings).expect("a file");
    }

    fn commands_folder(&self) -> PathBuf {
        self.folder.join("reports")
    }

    fn order(&mut self, order: &str) {
        let said = writeln!(self.shell.stdin.as_ref().expect("piped"), "{order}");
        let mut answer = String::new();
        let heard = said.and_then(|()| self.answers.read_line(&mut answer));
        assert!(
            heard.is_ok() && answer == "done\n",
            "Postfix did not {order}; {NEEDS}. {}",
            self.everything_said()
        );
    }

    fn wait_until_it_greets(&self) {
        let started = Instant::now();
        while !greets(self.address) {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "Postfix did not start: {}",
                self.everything_said()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn everything_said(&self) -> String {
        let supervisor = fs::read_to_string(self.folder.join("supervisor.log"));
        supervisor.unwrap_or_default() + &self.log()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.everything_said());
        }
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// The folder of Postfix's daemons, if it is installed: it says so itself.
fn programs(postconf: &[&str]) -> Option<PathBuf> {
    let asked = |program: &&str| {
        let told = Command::new(program)
            .args(["-d", "-h", "daemon_directory"])
            .env_remove("MAIL_CONFIG")
            .output();
        let told = String::from_utf8(told.ok()?.stdout).ok()?;
        let folder = PathBuf::from(told.trim());
        folder.join("master").is_file().then_some(folder)
    };
    postconf.iter().find_map(asked)
}

/// Root of its own user namespace, where it is not root's: there are the users whom Postfix hands work to.
fn supervisor(sbin: &Path, folder: &Path) -> Child {
    let is_root = Command::new("id").arg("-u").output();
    let is_root = is_root.is_ok_and(|told| told.stdout == b"0\n");
    let mut command = match is_root {
        true => Command::new("/bin/sh"),
        false => {
            let mut command = Command::new("unshare");
            command.args(["--map-root-user", "--map-auto", "/bin/sh"]);
            command
        }
    };
    command
        .args(["-c", SCRIPT, "freshmint-postfix"])
        .args([sbin, folder])
        .env_remove("MAIL_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
        .spawn()
        .unwrap_or_else(|error| panic!("{error}; {NEEDS}."))
}

fn greets(address: SocketAddr) -> bool {
    let mut code = [0; 3];
    let patience = Some(Duration::from_secs(5));
    TcpStream::connect(address)
        .and_then(|mut stream| {
            stream.set_read_timeout(patience)?;
            stream.read_exact(&mut code)
        })
        .is_ok_and(|()| &code == b"220")
}

/// Nothing is looked up by name, and what is taken goes on to the mailbox.
fn main_cf(folder: &Path, next: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "compatibility_level = 3.5
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.net
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relayhost = [{}]:{}
disable_dns_lookups = yes
smtpd_peername_lookup = no
",
        next.ip(),
        next.port()
    )
}

/// The services that taking mail and handing it on need, none in a chroot, and the command for what comes back.
fn master_cf(address: SocketAddr, commands: &Path) -> String {
    let commands = commands.display();
    format!(
        "{address} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
reports unix - n n - 10 pipe
  flags=Rq user=nobody directory={commands} argv={commands}/freshmint bounce
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_installed_is_not_found() {
        assert_eq!(programs(&["/nowhere/postconf", "/bin/false"]), None);
    }
}
