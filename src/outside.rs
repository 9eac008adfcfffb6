//! HTTP to an address that the operator set: whoever is told of what happens here, or a monitor elsewhere.
//!
//! The address is a secret, since the key to such a place is often in its path. What answers there is
//! foreign: of an answer only the status is used, and its body is never read.

use std::{fmt, time::Duration};

use reqwest::{Client, RequestBuilder, header};
use url::Url;

use crate::config::{self, Secret, WrongSetting};

/// The whole time of one call: whoever calls has other work to do.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A place outside, with its address. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    client: Client,
    address: Url,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside([secret])")
    }
}

/// Why a call was not taken. Says nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Another answer than 2xx, a redirect too.
    #[error("it answered with {0}")]
    Answered(u16),
    /// The time ran out.
    #[error("it did not answer within {} seconds", PATIENCE.as_secs())]
    TooSlow,
    /// Name, network, or certificate.
    #[error("it cannot be reached: look at its name, its certificate and the network")]
    Unreachable,
    /// The connection broke, or what came was no HTTP.
    #[error("it gave no answer that can be read")]
    Unreadable,
}

impl CallError {
    /// Whether the same call would be refused again: the place is gone, or does not take such a call. A
    /// time-out (408) and "too many" (429) pass, and so does what is wrong inside of the place (5xx).
    pub fn is_for_good(self) -> bool {
        match self {
            Self::Answered(status) => (300..500).contains(&status) && !matches!(status, 408 | 429),
            Self::TooSlow | Self::Unreachable | Self::Unreadable => false,
        }
    }
}

impl Outside {
    /// A place at this address: https, or http on this machine. Touches no network.
    ///
    /// # Errors
    /// A sentence that names the setting, never its value.
    pub fn new(setting: &'static str, address: &Secret) -> Result<Self, WrongSetting> {
        let wrong = "it must be an https address (http only on this machine), such as https://hooks.example.org/key";
        let url = Url::parse(address.expose()).map_err(|_| WrongSetting::new(setting, wrong))?;
        let near = config::is_on_this_machine(&url);
        if !url.has_host() || !(url.scheme() == "https" || near && url.scheme() == "http") {
            return Err(WrongSetting::new(setting, wrong));
        }
        Ok(Self {
            client: client(near),
            address: url,
        })
    }

    /// Asks for it.
    ///
    /// # Errors
    /// It was not answered with 2xx in time.
    pub async fn get(&self) -> Result<(), CallError> {
        call(self.client.get(self.address.clone())).await
    }

    /// Posts a JSON text to it.
    ///
    /// # Errors
    /// It was not answered with 2xx in time.
    pub async fn post(&self, json: String) -> Result<(), CallError> {
        let json = self.client.post(self.address.clone()).body(json);
        call(json.header(header::CONTENT_TYPE, "application/json")).await
    }
}

/// Asks an address of ours with `HEAD`, from where we are.
///
/// # Errors
/// It was not answered with 2xx in time.
pub async fn head(address: &Url) -> Result<(), CallError> {
    let client = client(config::is_on_this_machine(address));
    call(client.head(address.clone())).await
}

fn client(near: bool) -> Client {
    // Fails only if another provider was installed before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .timeout(PATIENCE)
        // A call a minute at most: a connection would be closed by then.
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("freshmint/", env!("CARGO_PKG_VERSION")));
    // No proxy of the network leads back to this machine.
    let client = if near { client.no_proxy() } else { client };
    client
        .build()
        .expect("a client without files or proxies to read has nothing to fail on")
}

async fn call(request: RequestBuilder) -> Result<(), CallError> {
    // The body is dropped with the answer, however long it would be. The library bounds the head.
    let answer = request.send().await.map_err(|error| why(&error))?;
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(CallError::Answered(status.as_u16()))
    }
}

/// In words of our own: the library's name the address, and what is beneath them may name its host.
fn why(error: &reqwest::Error) -> CallError {
    if error.is_timeout() {
        CallError::TooSlow
    } else if error.is_connect() {
        CallError::Unreachable
    } else {
        CallError::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread,
    };

    use super::*;

    /// A place that reads the head of one call and then does this; tells the calls.
    fn place(
        answer: impl Fn(&mut TcpStream) + Send + 'static,
    ) -> (Outside, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!(
            "http://{}/key-of-it",
            listener.local_addr().expect("an address")
        );
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a call");
            let mut call = [0; 4096];
            let length = stream.read(&mut call).expect("a head");
            answer(&mut stream);
            String::from_utf8_lossy(&call[..length]).into_owned()
        });
        let outside = Outside::new("ALERT_URL", &Secret::new(address)).expect("an address");
        (outside, asked)
    }

    fn says(text: &'static str) -> impl Fn(&mut TcpStream) + Send + 'static {
        move |stream| drop(stream.write_all(text.as_bytes()))
    }

    #[test]
    fn an_address_is_https_or_on_this_machine_and_a_wrong_one_is_not_told() {
        let made = |address: &str| Outside::new("HEARTBEAT_URL", &Secret::new(address));
        for right in [
            "https://hooks.example.org/T0/B0/key",
            "http://127.0.0.1:9/key",
            "http://localhost/key",
            "http://[::1]:9/key",
        ] {
            let outside = made(right).unwrap_or_else(|error| panic!("{right}: {error}"));
            assert_eq!(format!("{outside:?}"), "Outside([secret])");
        }
        for wrong in [
            "",
            "club.example/key",
            "http://club.example/key",
            "http://127.0.0.1.example.org/key",
            "ftp://127.0.0.1/key",
            "file:///key",
            "https:///",
        ] {
            let Err(error) = made(wrong) else {
                panic!("{wrong} is taken");
            };
            let said = error.to_string();
            assert!(
                said.starts_with("HEARTBEAT_URL is wrong: it must be an https address"),
                "{said}"
            );
            assert!(wrong.is_empty() || !said.contains(wrong), "{said}");
        }
    }

    #[actix_web::test]
    async fn what_is_taken_is_taken_whatever_the_body_says() {
        let (outside, asked) = place(says("HTTP/1.1 204 No Content\r\n\r\n"));
        assert_eq!(outside.get().await, Ok(()));
        assert!(asked.join().unwrap().starts_with("GET /key-of-it HTTP/1.1"));
        let endless = |stream: &mut TcpStream| {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
            let _ = stream.write_all(head.as_bytes());
            while stream.write_all(&[b'x'; 4096]).is_ok() {}
        };
        let (outside, asked) = place(endless);
        assert_eq!(outside.post("{\"a\":1}".to_owned()).await, Ok(()));
        // Elsewhere: the connection is closed by this thread.
        let call = tokio::task::spawn_blocking(|| asked.join().unwrap());
        let call = call.await.unwrap();
        assert!(call.starts_with("POST /key-of-it HTTP/1.1"), "{call}");
        assert!(
            call.to_lowercase()
                .contains("content-type: application/json"),
            "{call}"
        );
    }

    #[actix_web::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let to = "HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        let (outside, _) = place(says(to));
        let error = outside.post(String::new()).await.unwrap_err();
        assert_eq!(error, CallError::Answered(307));
        assert!(error.is_for_good());
    }

    #[actix_web::test]
    async fn an_error_says_nothing_of_the_address() {
        let (outside, _) = place(says("no HTTP at all\r\n\r\n"));
        assert_eq!(outside.get().await, Err(CallError::Unreadable));
        let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/key", gone.local_addr().expect("an address"));
        drop(gone);
        let outside = Outside::new("ALERT_URL", &Secret::new(address)).expect("an address");
        let error = outside.get().await.unwrap_err();
        assert_eq!(error, CallError::Unreachable);
        assert!(!error.to_string().contains("127.0.0.1"), "{error}");
    }

    #[actix_web::test]
    async fn a_place_that_says_nothing_is_not_waited_for() {
        let (outside, _) = place(|stream| drop(stream.read(&mut [0; 1])));
        let answer = tokio::time::timeout(PATIENCE * 2, outside.get()).await;
        assert_eq!(answer, Ok(Err(CallError::TooSlow)));
    }

    #[test]
    fn what_is_refused_for_good_is_not_what_is_away() {
        for status in [301, 400, 401, 403, 404, 410, 422] {
            assert!(CallError::Answered(status).is_for_good(), "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(!CallError::Answered(status).is_for_good(), "{status}");
        }
        assert!(!CallError::TooSlow.is_for_good());
    }
}
