//! The form with a file, or with rows that were pasted.

use std::time::Duration;

use actix_web::{HttpRequest, http::header, web::Payload};
use futures::StreamExt;
use tokio::time::timeout;

use super::multipart::{self, Part};
use crate::{import::kept::LARGEST, web::ops::form::is_ours};

/// Bytes of the form besides the file: a few short fields, and the heads of parts.
const BESIDES: usize = 64 * 1024;
/// What is too large is read on for so long, and thrown away: a browser that cannot send it all shows no answer.
const READ_ON: usize = 64 * 1024 * 1024;
/// A file takes so long on a slow line: ten mebibytes at some hundred kilobytes a second.
const TIME: Duration = Duration::from_secs(120);
/// What rows are called that came without a file.
const PASTED: &str = "pasted rows";

/// What somebody handed in.
#[derive(Debug, Default)]
pub struct Handed {
    pub once: String,
    /// As the file is called.
    pub name: String,
    pub content: Vec<u8>,
    /// Orders that stand are to be changed.
    pub update: bool,
    /// The one that it takes the place of.
    pub instead: String,
}

/// Why it was not read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is from no page of ours.
    Forged,
    /// It broke off.
    Broken,
    TooLarge,
}

/// Reads the form.
pub async fn read(request: &HttpRequest, payload: Payload) -> Result<Handed, Unread> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multipart::boundary(kind).ok_or(Unread::Forged)?;
    let body = timeout(TIME, whole(payload));
    let body = body.await.unwrap_or(Err(Unread::Broken))?;
    let parts = multipart::parts(&body, boundary).ok_or(Unread::Broken)?;
    let handed = handed(&parts);
    let csrf = text(&parts, "csrf");
    if !is_ours(request, &csrf, &handed.once) {
        return Err(Unread::Forged);
    }
    if handed.content.len() > LARGEST {
        return Err(Unread::TooLarge);
    }
    Ok(handed)
}

async fn whole(mut payload: Payload) -> Result<Vec<u8>, Unread> {
    let (mut body, mut seen) = (Vec::new(), 0);
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_| Unread::Broken)?;
        seen += piece.len();
        if seen > READ_ON {
            break;
        }
        match seen > LARGEST + BESIDES {
            true => body = Vec::new(),
            false => body.extend_from_slice(&piece),
        }
    }
    match seen > LARGEST + BESIDES {
        true => Err(Unread::TooLarge),
        false => Ok(body),
    }
}

/// A file counts before rows: whoever gave both has picked the file last.
fn handed(parts: &[Part]) -> Handed {
    let file = parts.iter().find(|part| part.name == "file");
    let file = file.filter(|part| !part.content.is_empty());
    let (name, content) = match file {
        Some(part) => (part.file.clone().unwrap_or_default(), part.content.to_vec()),
        None => (PASTED.to_owned(), text(parts, "rows").into_bytes()),
    };
    Handed {
        once: text(parts, "once"),
        // Some browsers once sent the whole path.
        name: name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned(),
        content,
        update: parts.iter().any(|part| part.name == "update"),
        instead: text(parts, "instead"),
    }
}

fn text(parts: &[Part], name: &str) -> String {
    let part = parts.iter().find(|part| part.name == name);
    part.map_or_else(String::new, |part| {
        String::from_utf8_lossy(part.content).into_owned()
    })
}
