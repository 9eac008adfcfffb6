//! One POST over plain HTTP/1.1, as small as a webhook on loopback needs it. A client library here
//! would bring the settings (TLS, proxies) that the product chose for its own.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No webhook answer that matters has a longer head.
const LONGEST_HEAD: usize = 64 * 1024;

/// Posts and returns the status.
///
/// # Errors
/// When the address is not plain `http`, nothing answers in time, or the answer is not HTTP.
pub async fn post(
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
    patience: Duration,
) -> Result<u16, String> {
    let (host, path) = split(url)?;
    let mut head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!(
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let address = match host.contains(':') {
        true => host.to_owned(),
        false => format!("{host}:80"),
    };
    let exchange = exchange(&address, &head, body);
    let answer = tokio::time::timeout(patience, exchange)
        .await
        .map_err(|_| format!("{host} did not answer in time"))?
        .map_err(|error| format!("{host}: {error}"))?;
    status(&answer).ok_or_else(|| format!("{host} did not answer in HTTP"))
}

/// `http://host:port/path?query` into `host:port` and `/path?query`.
fn split(url: &str) -> Result<(&str, String), String> {
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| format!("the simulator posts to http:// addresses only, not to {url}"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    match path.starts_with('/') {
        true => Ok((host, path.to_owned())),
        false => Ok((host, format!("/{path}"))),
    }
}

/// The head of the answer.
async fn exchange(address: &str, head: &str, body: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") && answer.len() < LONGEST_HEAD {
        if stream.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(answer)
}

fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let (version, rest) = line.split_once(' ')?;
    let code = rest.get(..3)?;
    version
        .starts_with("HTTP/1.")
        .then(|| code.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_path() {
        let both = |url| split(url).map(|(host, path)| format!("{host} {path}"));
        assert_eq!(
            both("http://127.0.0.1:80/a?b").as_deref(),
            Ok("127.0.0.1:80 /a?b")
        );
        assert_eq!(both("http://localhost").as_deref(), Ok("localhost /"));
        assert_eq!(both("http://localhost?b").as_deref(), Ok("localhost /?b"));
        assert!(both("https://localhost").is_err());
    }

    #[test]
    fn a_status_is_read_from_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r\n\r\n"), Some(204));
        assert_eq!(status(b"HTTP/1.1 500\r\n\r\n"), Some(500));
        assert_eq!(status(b"hello"), None);
        assert_eq!(status(b""), None);
    }
}
