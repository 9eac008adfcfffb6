//! Logging: env_logger's lines, or one JSON object a line.

use std::io::Write;

use env_logger::{Builder, Env, fmt::Formatter};
use log::Record;
use serde_json::json;

/// Starts the log as `RUST_LOG` and `LOG_FORMAT` say.
pub fn init() {
    let mut builder = Builder::from_env(Env::default().default_filter_or("info"));
    #[expect(
        clippy::disallowed_methods,
        reason = "needed before the settings are read"
    )]
    let as_json = std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json");
    if as_json {
        builder.format(write_json);
    }
    builder.init();
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
