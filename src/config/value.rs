//! How the text of a setting is read, and what is said of one that is wrong.

use url::Url;

use super::{Secret, is_on_this_machine};

/// A secret with every blank and line end that somebody has left around it.
pub(super) fn as_it_is(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

/// The secret key goes there with every call.
pub(super) fn api_base(text: &str) -> Result<Url, String> {
    let url = base_url(text)?;
    if url.scheme() == "https" || is_on_this_machine(&url) {
        Ok(url)
    } else {
        Err(
            "it must be https, since the secret key goes there; http is for this machine alone"
                .to_owned(),
        )
    }
}

pub(super) fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("{error}; write it as https://example.org"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() && url.query().is_none() && url.fragment().is_none() => {
            Ok(url)
        }
        _ => Err("it must be an http or https address without ? or #".to_owned()),
    }
}

pub(super) fn host(text: &str) -> Result<String, String> {
    url::Host::parse(text.trim())
        .map(|host| host.to_string())
        .map_err(|_| {
            "it must be host names such as checkout.stripe.com, without https:// or a path"
                .to_owned()
        })
}

pub(super) fn header_name(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err("it must be the name of a header, such as CF-IPCountry".to_owned());
    }
    Ok(text)
}

pub(super) fn not_blank(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("it must not be empty".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn email_address(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.parse::<lettre::Address>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("it must be an e-mail address".to_owned()),
    }
}
