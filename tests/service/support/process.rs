//! The real binary as a process of its own, to be killed.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::browser::{client, runtime};

/// A running `freshmint serve`. It is killed with the value.
pub struct Process {
    pub url: String,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts the service with these settings on a free port and waits until it answers.
    pub fn serve(settings: &BTreeMap<String, String>, arguments: &[&str]) -> Self {
        Self::serve_at(free_address(), settings, arguments)
    }

    /// The same, where it is told to listen.
    pub fn serve_at(
        bind: SocketAddr,
        settings: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Self {
        Self::try_to_serve_at(bind, settings, arguments).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, where it may end at once: its database may be away.
    pub fn try_to_serve_at(
        bind: SocketAddr,
        settings: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> Result<Self, String> {
        let mut command = command(settings);
        let child = command
            .arg("serve")
            .args(arguments)
            .env("BIND", bind.to_string())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut process = Self {
            url: format!("http://{bind}"),
            child,
            log: Arc::default(),
        };
        process.forward_log();
        process.wait_until_it_answers()?;
        Ok(process)
    }

    /// Starts `freshmint work`.
    pub fn work(settings: &BTreeMap<String, String>) -> Self {
        let child = command(settings)
            .arg("work")
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut process = Self {
            url: String::new(),
            child,
            log: Arc::default(),
        };
        process.forward_log();
        process
    }

    /// SIGKILL: no chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Sends a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// SIGTERM, then how it ended and after how long.
    pub fn terminate(mut self) -> (Option<i32>, Duration) {
        let asked = Instant::now();
        self.signal("TERM");
        let status = self.child.wait().expect("it ends");
        (status.code(), asked.elapsed())
    }

    /// The lines that it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no reader broke down").clone()
    }

    fn forward_log(&mut self) {
        let stderr = BufReader::new(self.child.stderr.take().expect("piped"));
        let log = self.log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("| {line}");
                log.lock().expect("no reader broke down").push(line);
            }
        });
    }

    fn wait_until_it_answers(&mut self) -> Result<(), String> {
        let url = format!("{}/healthz", self.url);
        for _ in 0..400 {
            if runtime()
                .block_on(async { client().get(&url).send().await })
                .is_ok()
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                return Err(format!("the service ended at once: {status}"));
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        Err("the service did not answer within ten seconds".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where nobody listens.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address.expect("a port")
}

/// Runs a command of the binary to its end.
pub fn run(settings: &BTreeMap<String, String>, arguments: &[&str]) -> Output {
    run_in(&std::env::temp_dir(), settings, arguments)
}

/// The same, in a folder of the test's choice.
pub fn run_in(folder: &Path, settings: &BTreeMap<String, String>, arguments: &[&str]) -> Output {
    let mut command = command(settings);
    command
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it runs")
}

/// The same, with this on its standard input.
pub fn run_reading(settings: &BTreeMap<String, String>, input: &str, arguments: &[&str]) -> Output {
    use std::io::Write;
    let mut process = command(settings)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // A command that reads nothing may have ended.
    let _ = process
        .stdin
        .take()
        .expect("its input")
        .write_all(input.as_bytes());
    process.wait_with_output().expect("it ends")
}

/// Runs a command whose output nobody reads, on either channel: the pipe's other end is closed.
pub fn run_unread(settings: &BTreeMap<String, String>, arguments: &[&str]) -> ExitStatus {
    let unread = || std::io::pipe().expect("a pipe").1;
    let mut command = command(settings);
    command
        .args(arguments)
        .stdout(unread())
        .stderr(unread())
        .status()
        .expect("it runs")
}

fn command(settings: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_freshmint"));
    // Nothing but what the test says, and no .env of the folder we happen to be in.
    command
        .env_clear()
        .envs(settings)
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
    command
}
