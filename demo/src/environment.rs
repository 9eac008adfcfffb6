//! The settings of the running service as a file, for the `freshmint` command in another terminal.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Writes `name='value'` lines that a shell reads; nobody else may read them.
///
/// # Errors
/// When the folder takes no file.
pub fn write(folder: &Path, settings: &[(&str, String)]) -> io::Result<PathBuf> {
    let path = folder.join("demo.env");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(lines(settings).as_bytes())?;
    Ok(path)
}

fn lines(settings: &[(&str, String)]) -> String {
    settings
        .iter()
        .map(|(name, value)| format!("{name}={}\n", quoted(value)))
        .collect()
}

/// Between single quotes a shell leaves everything alone but these.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The `freshmint` command that was built beside this program, as it is typed from here; none if it
/// was not built.
pub fn command() -> Option<String> {
    let program = env::current_exe().ok()?.with_file_name("freshmint");
    let here = env::current_dir().unwrap_or_default();
    let shown = program.strip_prefix(here).unwrap_or(&program);
    program.is_file().then(|| shown.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_every_value_as_it_is() {
        let settings = [
            ("SHOP_NAME", "Rovers' Youth FC".to_owned()),
            ("MAIL_FROM", "Rovers <a@example.org>".to_owned()),
            (
                "DATABASE_URL",
                "postgres://x@/y?host=%2Ftmp&port=$1".to_owned(),
            ),
        ];
        let expected = concat!(
            "SHOP_NAME='Rovers'\\'' Youth FC'\n",
            "MAIL_FROM='Rovers <a@example.org>'\n",
            "DATABASE_URL='postgres://x@/y?host=%2Ftmp&port=$1'\n",
        );
        assert_eq!(lines(&settings), expected);
    }

    #[test]
    fn nobody_else_reads_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), &[("SHOP_NAME", "Rovers".to_owned())]).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_to_string(path).unwrap(), "SHOP_NAME='Rovers'\n");
    }
}
