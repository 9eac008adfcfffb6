//! Lines as SMTP has them: ended by CR LF and by nothing else (RFC 5321, 2.3.8). Whoever ends them
//! otherwise could be understood as two mails by one server and as one by the next.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A line without its CR LF.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Its first bytes, as many as were asked for.
    pub bytes: Vec<u8>,
    /// Bytes of the whole line.
    pub length: usize,
    /// It has a CR or an LF of its own, or a zero.
    pub is_broken: bool,
}

/// Reads one line and keeps no more than `keep` bytes of it.
///
/// # Errors
/// When the connection ends or breaks before the line's end.
pub async fn read_line(reader: &mut (impl AsyncBufRead + Unpin), keep: usize) -> io::Result<Line> {
    let mut line = Line {
        bytes: Vec::new(),
        length: 0,
        is_broken: false,
    };
    let mut last = 0;
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut used = 0;
        for byte in chunk.iter().copied() {
            used += 1;
            if (last, byte) == (b'\r', b'\n') {
                reader.consume(used);
                line.length -= 1;
                line.bytes.truncate(line.length.min(keep));
                return Ok(line);
            }
            line.is_broken |= last == b'\r' || byte == b'\n' || byte == 0;
            // One more than asked for: it may be the CR of the end.
            if line.length <= keep {
                line.bytes.push(byte);
            }
            line.length += 1;
            last = byte;
        }
        reader.consume(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, keep: usize) -> Option<(String, usize, bool)> {
        let line = futures::executor::block_on(read_line(&mut text.as_bytes(), keep)).ok()?;
        let kept = String::from_utf8(line.bytes).expect("text");
        Some((kept, line.length, line.is_broken))
    }

    #[test]
    fn only_cr_lf_ends_a_line() {
        assert_eq!(read("ab\r\ncd\r\n", 9), Some(("ab".to_owned(), 2, false)));
        assert_eq!(read("\r\n", 9), Some((String::new(), 0, false)));
        assert_eq!(read("a\n.\r\n", 9), Some(("a\n.".to_owned(), 3, true)));
        assert_eq!(read("a\r.\r\n", 9), Some(("a\r.".to_owned(), 3, true)));
        assert_eq!(read("a\r\r\n", 9), Some(("a\r".to_owned(), 2, true)));
        assert_eq!(read("a\0\r\n", 9), Some(("a\0".to_owned(), 2, true)));
        assert_eq!(read("a\n", 9), None);
        assert_eq!(read("", 9), None);
    }

    #[test]
    fn of_a_long_line_only_the_beginning_is_kept() {
        assert_eq!(read("abc\r\n", 3), Some(("abc".to_owned(), 3, false)));
        let (kept, length, _) = read("abcdefgh\r\n", 3).expect("a line");
        assert_eq!((kept.as_str(), length), ("abc", 8));
    }
}
