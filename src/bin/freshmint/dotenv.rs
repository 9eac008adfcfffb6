//! The file `.env` in the working folder: settings as `NAME=value`, a line each.
//!
//! A value is taken as it is written: `$`, quotation marks and blanks in it are its own, as in a password or
//! in `MAIL_FROM=Rovers Youth FC <cup@rovers.example>`. One pair of quotation marks around the whole is
//! taken off, for those who are used to them. What stands in the environment goes before.

use std::{fs, io, path::Path};

/// Bytes of the file: hundreds of settings.
const LARGEST: u64 = 1 << 20;

/// Puts the file's settings into the environment, but for those that it has already.
///
/// # Errors
/// A sentence that names the line and the setting, never its value.
pub fn load(path: &Path) -> Result<(), String> {
    let text = match read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    for (name, value) in parse(&text)? {
        if !std::env::vars_os().any(|(known, _)| known == name) {
            // SAFETY: no other thread runs yet that could read the environment meanwhile.
            unsafe { std::env::set_var(name, value) };
        }
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST {
        return Err(io::Error::other("it is over a megabyte"));
    }
    let bytes = fs::read(path)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

fn parse(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut settings = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| Err(format!("line {}: {why}", at + 1));
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else {
            return wrong("write it as NAME=value, or begin it with # if it is a remark");
        };
        let name = name.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return wrong("before = there must be the name of a setting, such as SHOP_NAME");
        }
        let value = unquoted(value.trim());
        if value.contains('\0') {
            return wrong(&format!("the value of {name} has a NUL in it; remove it"));
        }
        settings.push((name, value));
    }
    Ok(settings)
}

fn unquoted(value: &str) -> &str {
    for mark in ['"', '\''] {
        let inner = value
            .strip_prefix(mark)
            .and_then(|it| it.strip_suffix(mark));
        // `"Rovers" <cup@x>, "Cup"` is a value with marks of its own.
        if let Some(inner) = inner.filter(|inner| !inner.contains(mark)) {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> String {
        let settings = parse(line).expect(line);
        settings[0].1.to_owned()
    }

    #[test]
    fn a_value_is_taken_as_it_is_written() {
        for (line, value) in [
            ("A=pa$$word${HOME}", "pa$$word${HOME}"),
            ("A=pass\"word'x", "pass\"word'x"),
            (
                "A=Rovers Youth FC <cup@rovers.example>",
                "Rovers Youth FC <cup@rovers.example>",
            ),
            (
                "A=\"Rovers: FC\" <cup@rovers.example>",
                "\"Rovers: FC\" <cup@rovers.example>",
            ),
            ("export A = x#y # z ", "x#y # z"),
            ("A=\"in quotes $1\"", "in quotes $1"),
            ("A='in quotes \\n'", "in quotes \\n"),
            ("A=\"a\",\"b\"", "\"a\",\"b\""),
            ("A=a=b==", "a=b=="),
            ("A=", ""),
            ("A=\"", "\""),
        ] {
            assert_eq!(one(line), value, "{line}");
        }
    }

    #[test]
    fn remarks_and_empty_lines_are_none_and_what_is_wrong_is_named() {
        let text = "\u{feff}# a remark\r\n\r\nA=1\r\n  B = 2  \n";
        assert_eq!(parse(text).unwrap(), [("A", "1"), ("B", "2")]);
        for (text, said) in [
            ("A=1\nnonsense", "line 2: write it as NAME=value"),
            ("A B=1", "line 1: before = there must be"),
            ("=1", "line 1: before = there must be"),
            ("A=x\0y", "line 1: the value of A has a NUL"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.starts_with(said), "{wrong}");
            assert!(!wrong.contains("nonsense"));
        }
    }
}
