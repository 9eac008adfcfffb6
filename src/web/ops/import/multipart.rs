//! A form with a file in it, as browsers send it (RFC 7578): pure. The whole of it is in memory, within its limit.

/// Parts of a form that are looked at: ours has five.
const MOST: usize = 20;
/// Bytes of the head of a part.
const HEAD: usize = 4 * 1024;

/// One field of the form.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'b> {
    pub name: String,
    /// What the file is called; none: it is no file.
    pub file: Option<String>,
    pub content: &'b [u8],
}

/// What separates the parts, as the header says.
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let boundary = named.trim_matches('"');
    // RFC 2046, 5.1.1.
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

/// The parts of a body; `None`: no browser sends this.
pub fn parts<'b>(body: &'b [u8], boundary: &str) -> Option<Vec<Part<'b>>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        if parts.len() == MOST {
            return None;
        }
        let inner = rest.strip_prefix(b"\r\n")?;
        let end = find(inner, between.as_bytes())?;
        parts.push(part(&inner[..end])?);
        rest = &inner[end + between.len()..];
    }
}

fn part(part: &[u8]) -> Option<Part<'_>> {
    let end = find(&part[..part.len().min(HEAD)], b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&part[..end]);
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    Some(Part {
        name: parameter(line, "name")?,
        file: parameter(line, "filename"),
        content: &part[end + 4..],
    })
}

/// Browsers write a quotation mark and a line end in a name as `%22`, `%0D` and `%0A`, and leave all else.
fn parameter(line: &str, wanted: &str) -> Option<String> {
    let begins = format!("; {wanted}=\"");
    let (_, rest) = line.split_once(&begins)?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("%22", "\"")
            .replace("%0D", " ")
            .replace("%0A", " "),
    )
}

/// Where a piece begins. Its first byte is looked for, which is quick, and then the rest of it.
fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    let (first, mut from) = (*piece.first()?, 0);
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| *byte == first)?;
        if text[at..].starts_with(piece) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &str = "--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--X\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a%22b.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        1,2\r\n--Y\r\n\r\n--X--\r\n";

    #[test]
    fn fields_and_a_file_are_read_as_browsers_write_them() {
        let parts = parts(FORM.as_bytes(), "X").expect("a form");
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.name.as_str(), part.file.as_deref(), part.content))
            .collect();
        assert_eq!(
            told,
            [
                ("csrf", None, &b"abc"[..]),
                ("file", Some("a\"b.csv"), &b"1,2\r\n--Y\r\n"[..])
            ]
        );
    }

    #[test]
    fn what_no_browser_sends_is_no_form() {
        for body in [
            "",
            "--X",
            "--X\r\n",
            "x",
            "--X\r\nno head\r\n--X--",
            "--X\r\n\r\n\r\n--X--",
        ] {
            assert_eq!(parts(body.as_bytes(), "X"), None, "{body:?}");
        }
        let many =
            "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(21) + "--X--";
        assert_eq!(parts(many.as_bytes(), "X"), None);
    }

    #[test]
    fn the_boundary_is_what_the_header_says() {
        assert_eq!(boundary("multipart/form-data; boundary=X"), Some("X"));
        assert_eq!(
            boundary("Multipart/Form-Data; charset=x; Boundary=\"X y\""),
            Some("X y")
        );
        for other in [
            "",
            "text/csv",
            "multipart/form-data",
            "multipart/mixed; boundary=X",
            "multipart/form-data; boundary=",
        ] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in "(--X|\r\n|name=\"|Content-Disposition: form-data; |[a-z\"%;]){0,20}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = parts(body.as_bytes(), "X");
            let _ = parts(&bytes, "X");
            let _ = boundary(&body);
        }
    }
}
