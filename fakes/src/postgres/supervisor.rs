//! The shell that runs the server for us and outlives us by a moment.
//!
//! `PR_SET_PDEATHSIG` would be shorter, but it fires when the *thread* that started the server
//! ends, which a test's thread does long before its process, and it leaves the folder behind.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::user::User;

const SCRIPT: &str = include_str!("supervisor.sh");

/// Longer than `pg_ctl` itself waits; only a shell that hangs gets here.
const PATIENCE: Duration = Duration::from_secs(90);

pub struct Supervisor {
    shell: Child,
    answers: Receiver<String>,
}

impl Supervisor {
    pub fn start(
        programs: &Path,
        folder: &Path,
        settings: &str,
        user: Option<&User>,
    ) -> io::Result<Supervisor> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "freshmint-postgres"])
            .args([programs, folder])
            .arg(settings)
            // Our own folder may be closed to the server's user, and initdb asks where it is.
            .current_dir(folder)
            // A Ctrl-C in the terminal goes to us, and we stop the server in our own time.
            .process_group(0)
            // Std opens these pipes close-on-exec: none of our other children keeps them open.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        forget_the_users_postgres(&mut command);
        if let Some(user) = user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut shell = command.spawn()?;
        let answers = read_in_background(shell.stdout.take());
        Ok(Supervisor { shell, answers })
    }

    /// Whether the order was carried out; the reason why not is in the server's log.
    pub fn order(&mut self, order: &str) -> bool {
        let said = match &mut self.shell.stdin {
            Some(orders) => writeln!(orders, "{order}"),
            None => return false,
        };
        said.is_ok()
            && self
                .answers
                .recv_timeout(PATIENCE)
                .is_ok_and(|answer| answer == "done")
    }

    /// Closes the pipe and waits until the server and its folder are gone.
    pub fn finish(&mut self) {
        drop(self.shell.stdin.take());
        loop {
            match self.answers.recv_timeout(PATIENCE) {
                Ok(_) => {}
                // Its output is closed: it is through.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.shell.kill();
                    break;
                }
            }
        }
        // Fails only if somebody else has waited for our child, and then it is gone as well.
        let _ = self.shell.wait();
    }
}

/// `PGDATA`, `PGPORT` and their like speak of a server that is not ours. The locale is fixed
/// because PostgreSQL does not start on macOS without one, and so that logs are in one language.
fn forget_the_users_postgres(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
}

/// A thread, since std's pipes cannot be read with a limit of time.
fn read_in_background(answers: Option<ChildStdout>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in answers
            .into_iter()
            .flat_map(|out| BufReader::new(out).lines())
        {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
