//! Logging: env_logger's lines, or one JSON object a line.

use std::io::Write;

use clap::{Args, ValueEnum};
use env_logger::{Builder, Logger, fmt::Formatter};
use freshmint::legible;
use log::{Metadata, Record};
use serde_json::json;

/// Letters of a message: the longest of ours, with an error's whole chain, is far shorter.
const MESSAGE: usize = 4_000;

#[derive(Args)]
pub struct Log {
    /// What is logged, in env_logger's form
    #[arg(
        long,
        env,
        hide_env_values = true,
        global = true,
        default_value = "info"
    )]
    rust_log: String,
    /// How it is written
    #[arg(
        long,
        env,
        hide_env_values = true,
        global = true,
        value_enum,
        default_value = "text"
    )]
    log_format: LogFormat,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

impl Log {
    /// Starts the log.
    pub fn init(&self) {
        let mut builder = Builder::new();
        builder.parse_filters(&self.rust_log);
        if self.log_format == LogFormat::Json {
            builder.format(write_json);
        }
        let logger = builder.build();
        log::set_max_level(logger.filter());
        // It fails where there is a log already, and there is one caller.
        let _ = log::set_boxed_logger(Box::new(Legible(logger)));
    }
}

/// A log whose messages are one line each, without commands to the terminal that shows it: errors repeat
/// what servers said.
struct Legible(Logger);

impl log::Log for Legible {
    fn enabled(&self, metadata: &Metadata) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record) {
        if !self.0.matches(record) {
            return;
        }
        let message = legible::excerpt(&record.args().to_string(), MESSAGE);
        self.0.log(
            &Record::builder()
                .metadata(record.metadata().clone())
                .args(format_args!("{message}"))
                .module_path(record.module_path())
                .file(record.file())
                .line(record.line())
                .build(),
        );
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn write_json(out: &mut Formatter, record: &Record) -> std::io::Result<()> {
    let line = json!({
        "time": out.timestamp_millis().to_string(),
        "level": record.level().as_str(),
        "target": record.target(),
        "message": record.args().to_string(),
    });
    writeln!(out, "{line}")
}
