//! The bytes of a file as text.

use super::FileError;

/// The file as text, without the mark that some programs put at its beginning.
pub(super) fn text(bytes: &[u8]) -> Result<&str, FileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        FileError::NotUtf8(1 + before.iter().filter(|b| **b == b'\n').count() as u64)
    })?;
    // UTF-16 in ASCII letters is UTF-8 as well, with a NUL at every other place.
    match text.split('\n').position(|line| line.contains('\0')) {
        Some(at) => Err(FileError::NotUtf8(at as u64 + 1)),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named_with_the_line_that_shows_them() {
        assert_eq!(text(b"a\nb\nM\xfcller"), Err(FileError::NotUtf8(3)));
        assert_eq!(text(b"\xff\xfea\0b\0"), Err(FileError::NotUtf8(1)));
        assert_eq!(text(b"a\0b\0"), Err(FileError::NotUtf8(1)));
        assert_eq!(text("\u{feff}Müller".as_bytes()), Ok("Müller"));
    }
}
