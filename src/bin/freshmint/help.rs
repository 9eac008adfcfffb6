//! Help that shows a command's own options. The settings, which the commands share, are listed by
//! `serve --help` alone.

use clap::{
    Arg, Args, Command, CommandFactory,
    error::{ContextKind, ContextValue, ErrorKind},
};
use freshmint::{
    config,
    legible::{EXCERPT, excerpt},
};

use crate::{Cli, WRONG_USAGE};

const SETTINGS: &str = "Settings (from the environment or .env)";
const WHERE_THEY_ARE: &str = "Settings such as DATABASE_URL come from the environment or the file .env; \
                              each is an option, too.\n`freshmint serve --help` lists them, README.md explains them.";
const THE_LOG: &str = "RUST_LOG (info) and LOG_FORMAT (text, or json) say what is logged, and how.";

/// The commands as they are read.
pub fn command() -> Command {
    own_options_alone(Cli::command(), "freshmint")
}

fn own_options_alone(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        own_options_alone(below, &path)
    });
    if !command.get_arguments().any(is_setting) {
        return command;
    }
    let usage = usage(command.clone(), path);
    let command = command.override_usage(usage);
    if ["serve", "work"].contains(&command.get_name()) {
        return settings(command, |arg| arg.help_heading(SETTINGS)).after_help(THE_LOG);
    }
    settings(command, |arg| arg.hide(true)).after_help(WHERE_THEY_ARE)
}

/// What the command takes beside the settings.
fn usage(command: Command, path: &str) -> String {
    let mut command = settings(command, |arg| arg.hide(true).required(false)).bin_name(path);
    let usage = command.render_usage().to_string();
    usage.trim_start_matches("Usage: ").to_owned()
}

fn settings(command: Command, change: fn(Arg) -> Arg) -> Command {
    command.mut_args(|arg| if is_setting(&arg) { change(arg) } else { arg })
}

/// A setting has a variable, and a command's own option has none.
fn is_setting(arg: &Arg) -> bool {
    arg.get_env().is_some()
}

/// Tells what is wrong with the command line, and ends. Settings that are missing are no mistake in it.
pub fn refuse(mut error: clap::Error) -> ! {
    shorten(&mut error);
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing))
            if error.kind() == ErrorKind::MissingRequiredArgument =>
        {
            missing.clone()
        }
        _ => error.exit(),
    };
    let (settings, own): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|arg| variable(arg).is_some());
    if !own.is_empty() {
        error.insert(ContextKind::InvalidArg, ContextValue::Strings(own));
        error.exit();
    }
    let names: Vec<_> = settings.iter().filter_map(|arg| variable(arg)).collect();
    let (which, them) = match names.len() {
        1 => ("This setting is", "it"),
        _ => ("These settings are", "them"),
    };
    complain!(
        "{which} missing: {}. Write {them} into the file .env in this folder once, or into the \
         environment; README.md says what to write.",
        names.join(", ")
    );
    std::process::exit(WRONG_USAGE.into());
}

/// What it repeats of the command line is a beginning, and no command to the terminal.
fn shorten(error: &mut clap::Error) {
    let said = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(said) => Some((kind, excerpt(said, EXCERPT))),
        _ => None,
    });
    for (kind, said) in said.collect::<Vec<_>>() {
        error.insert(kind, ContextValue::String(said));
    }
}

/// The variable of a setting that clap names as `--database-url <DATABASE_URL>`.
fn variable(missing: &str) -> Option<String> {
    let (flag, _) = missing.strip_prefix("--")?.split_once(' ')?;
    let settings = config::Service::augment_args(Command::new("freshmint"));
    let mut args = settings.get_arguments();
    let arg = args.find(|arg| arg.get_long() == Some(flag))?;
    Some(arg.get_env()?.to_string_lossy().into_owned())
}
