//! Load from another process: wrk if it is there, else this binary once more.

use std::{
    io::{self, Write},
    process::Command,
    time::Duration,
};

use tempfile::NamedTempFile;

use crate::{builtin::DRIVE, line::Line, profile};

const SCRIPT: &str = include_str!("wrk.lua");
/// Threads of the driver, whichever it is.
const THREADS: &str = "2";

/// Requests to send, and how.
pub struct Load<'a> {
    /// `http://127.0.0.1:PORT`
    pub server: &'a str,
    pub targets: &'a [Target],
    /// Whether a target may be asked for again when all have been.
    pub again: bool,
    pub connections: usize,
    /// Ends after this, or when all targets have been asked for.
    pub at_most: Duration,
}

impl<'a> Load<'a> {
    /// From so many connections, round and round until the time is over.
    pub fn again(
        server: &'a str,
        targets: &'a [Target],
        connections: usize,
        at_most: Duration,
    ) -> Self {
        Self {
            server,
            targets,
            again: true,
            connections,
            at_most,
        }
    }

    /// From so many connections, each target once.
    pub fn once(
        server: &'a str,
        targets: &'a [Target],
        connections: usize,
        at_most: Duration,
    ) -> Self {
        Self {
            again: false,
            ..Self::again(server, targets, connections, at_most)
        }
    }
}

/// One request.
#[derive(Default, Clone)]
pub struct Target {
    pub path: String,
    /// Without tabs and line ends. One with a body is posted.
    pub body: String,
    pub headers: Vec<(&'static str, String)>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// Refused, broken off or too late. Above zero the figures mean little.
    pub failed: u64,
}

impl Figures {
    /// The line of what was measured.
    pub fn line(&self, name: impl Into<String>) -> Line {
        Line::rate(name, self.per_second)
            .took(self.p50, self.p99)
            .failed(self.failed)
    }

    /// So much of what the other one could.
    pub fn of(&self, other: &Self) -> f64 {
        self.per_second / other.per_second
    }
}

/// Which driver there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    Wrk,
    /// Takes more of the processor than wrk does, so that less is left for what is measured.
    Ourselves,
}

impl Driver {
    pub fn find() -> Self {
        match Command::new("wrk").arg("-v").output() {
            Ok(_) => Self::Wrk,
            Err(_) => Self::Ourselves,
        }
    }

    /// A sentence of how the load was sent.
    pub fn said(self) -> &'static str {
        match self {
            Self::Wrk => "Driven by wrk.",
            Self::Ourselves => "Driven by the built-in driver (install wrk for a lighter one).",
        }
    }

    /// Sends the load and waits for its end.
    ///
    /// # Panics
    /// If the driver does not run, or says nothing that we understand.
    pub fn send(self, load: &Load) -> Figures {
        self.try_to_send(load)
            .unwrap_or_else(|error| panic!("the load was not sent: {error}"))
    }

    fn try_to_send(self, load: &Load) -> io::Result<Figures> {
        let mut targets = NamedTempFile::new()?;
        targets.write_all(lines(load.targets).as_bytes())?;
        targets.flush()?;
        let mut script = NamedTempFile::new()?;
        script.write_all(SCRIPT.as_bytes())?;
        script.flush()?;

        let (connections, seconds) = (
            load.connections.to_string(),
            load.at_most.as_secs().max(1).to_string(),
        );
        let again = if load.again { "again" } else { "once" };
        let mut command = match self {
            Self::Wrk => {
                let mut wrk = Command::new("wrk");
                wrk.args(["-t", THREADS, "-c", &connections])
                    .args(["-d", &seconds, "--timeout", "20", "-s"])
                    .args([script.path().as_os_str()])
                    .args([load.server, "--"]);
                wrk
            }
            Self::Ourselves => {
                let mut driver = Command::new(std::env::current_exe()?);
                driver.args([DRIVE, load.server, &connections, &seconds]);
                driver
            }
        };
        command.arg(targets.path()).args([again, THREADS]);
        let sampling = profile::begin();
        let output = command.output()?;
        drop(sampling);
        let said = String::from_utf8_lossy(&output.stdout);
        understand(&said).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            io::Error::other(format!("the driver said: {said}{errors}"))
        })
    }
}

fn lines(targets: &[Target]) -> String {
    let line = |target: &Target| {
        let mut line = format!("{}\t{}", target.path, target.body);
        for (name, value) in &target.headers {
            line += &format!("\t{name}: {value}");
        }
        line + "\n"
    };
    targets.iter().map(line).collect()
}

/// `RESULT requests microseconds p50 p99 failed`
fn understand(said: &str) -> Option<Figures> {
    let result = said.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    let numbers: Vec<u64> = result
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [requests, micros, p50, p99, failed] = numbers[..] else {
        return None;
    };
    Some(Figures {
        per_second: requests as f64 / Duration::from_micros(micros.max(1)).as_secs_f64(),
        p50: Duration::from_micros(p50),
        p99: Duration::from_micros(p99),
        failed,
    })
}
