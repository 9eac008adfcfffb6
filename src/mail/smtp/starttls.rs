//! STARTTLS (RFC 3207): the few words before the handshake, and the handshake.
//!
//! The library would encrypt beneath our filter, so it is not asked to. It is given the connection
//! afterwards, with a greeting of ours, and learns what the server offers by an EHLO of its own: nothing
//! that was said in the clear counts any more (RFC 3207, 4.2).

use std::fmt::Display;

use lettre::transport::smtp::{
    client::AsyncTokioStream,
    commands::{Ehlo, Starttls},
    extension::{ClientId, Extension, ServerInfo},
    response::{Response, Severity},
};
use tokio::io::AsyncWriteExt;

use super::{
    filtered::{Filtered, Heard},
    gate::Gated,
    server::{Refused, Security, SmtpServer},
    tls,
};
use crate::mail::refusal::Stage;

/// Greets the server and encrypts the connection. Where encryption is not required and not offered, it
/// stays as it is.
pub(super) async fn begin(
    server: &SmtpServer,
    stream: Gated,
    hello: &ClientId,
    heard: Heard,
) -> Result<Box<dyn AsyncTokioStream>, Refused> {
    let greeting = |why| refused(server, Stage::Greeting, "did not greet us", why);
    let mut clear = Filtered::new(stream, heard.clone());
    hear(&mut clear).await.map_err(greeting)?;
    let offers = ask(&mut clear, Ehlo::new(hello.clone()));
    let offers = offers.await.map_err(greeting)?;
    let offers = ServerInfo::from_response(&offers).map_err(|error| greeting(error.to_string()))?;
    let no_tls = |why| refused(server, Stage::Tls, "did not start TLS", why);
    if offers.supports_feature(Extension::StartTls) {
        ask(&mut clear, Starttls).await.map_err(no_tls)?;
        // With the filter goes what came in the clear behind the server's yes (RFC 3207, 6).
        let encrypted = tls::encrypt(server, clear.into_inner())
            .await
            .map_err(Refused::over_tls)?;
        Ok(Box::new(Filtered::new(encrypted, heard).greeted()))
    } else if server.security == Security::StartTls {
        Err(no_tls("the server does not offer it".to_owned()))
    } else {
        Ok(Box::new(clear.greeted()))
    }
}

/// With the code of a reply that is a no, or with what went wrong.
fn refused(server: &SmtpServer, stage: Stage, what: &str, why: String) -> Refused {
    let code = why.get(..3).and_then(|code| code.parse().ok());
    match code.filter(|code| (400..600).contains(code)) {
        Some(code) => Refused::said(server, what, stage, code, why[3..].trim_start_matches('-')),
        None if stage == Stage::Tls => Refused::new(format!("{server} {what}: {why}")).over_tls(),
        None => Refused::new(format!("{server} {what}: {why}")),
    }
}

async fn ask(clear: &mut Filtered<Gated>, command: impl Display) -> Result<Response, String> {
    let written = async {
        clear.write_all(command.to_string().as_bytes()).await?;
        clear.flush().await
    };
    written.await.map_err(|error| error.to_string())?;
    hear(clear).await
}

/// The next reply, if it is a yes.
async fn hear(clear: &mut Filtered<Gated>) -> Result<Response, String> {
    let reply = clear.reply().await.map_err(|error| error.to_string())?;
    let read: Response = reply.parse().map_err(|_| "no reply".to_owned())?;
    match read.code().severity {
        Severity::PositiveCompletion => Ok(read),
        _ => Err(reply),
    }
}
