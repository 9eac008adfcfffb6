//! Logging: env_logger's lines, or one JSON object a line.

use std::io::Write;

use clap::{Args, ValueEnum};
use env_logger::{Builder, fmt::Formatter};
use log::Record;
use serde_json::json;

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
        builder.init();
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
