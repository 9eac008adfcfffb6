//! Texts from the DNS. What answers is foreign: it has its time, and so many texts are read.

use std::{net::SocketAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    proto::rr::RData,
};
use tokio::time::timeout;

use super::record::{Answer, LONGEST};

/// One question to one server; it is asked twice.
const OF_A_SERVER: Duration = Duration::from_secs(2);
/// One question in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// Texts of one name. A domain with many services has some dozen; a message of the DNS has 64 KiB at most.
const MOST_TEXTS: usize = 200;

/// Whom to ask.
pub struct Dns(Option<TokioResolver>);

impl Dns {
    /// This server, or those of the system's `resolv.conf`.
    pub fn new(server: Option<SocketAddr>) -> Self {
        let builder = match server {
            Some(server) => Ok(TokioResolver::builder_with_config(
                only(server),
                TokioRuntimeProvider::default(),
            )),
            None => TokioResolver::builder_tokio(),
        };
        let resolver = builder.and_then(|mut builder| {
            limit(builder.options_mut());
            builder.build()
        });
        Self(resolver.ok())
    }

    /// The texts of a name.
    pub async fn texts(&self, name: &str) -> Answer {
        let Some(resolver) = &self.0 else {
            return Answer::Unheard;
        };
        // With a dot at its end it is the whole name: no search list is tried.
        let asked = resolver.txt_lookup(format!("{}.", name.trim_end_matches('.')));
        match timeout(PATIENCE, asked).await {
            Ok(Ok(answer)) => {
                let data = answer.answers().iter().map(|record| &record.data);
                let texts = data.filter_map(text).take(MOST_TEXTS).collect::<Vec<_>>();
                match texts.is_empty() {
                    true => Answer::Nothing,
                    false => Answer::Found(texts),
                }
            }
            Ok(Err(error)) if error.is_nx_domain() || error.is_no_records_found() => {
                Answer::Nothing
            }
            Ok(Err(_)) | Err(_) => Answer::Unheard,
        }
    }
}

fn only(server: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    ResolverConfig::from_name_servers(vec![server])
}

fn limit(options: &mut ResolverOpts) {
    options.timeout = OF_A_SERVER;
    options.attempts = 1;
    options.use_hosts_file = ResolveHosts::Never;
}

/// A text with its strings joined; of one that is too long, as much as shows it.
fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else {
        return None;
    };
    let bytes = text.txt_data.iter().flat_map(|part| part.iter().copied());
    let bytes: Vec<u8> = bytes.take(LONGEST + 1).collect();
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
