//! `freshmint doctor`.

use std::net::SocketAddr;

use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    doctor::{Finding, Sender, examine, examine_session},
};

use crate::{Done, Failure, block_on};

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    settings: config::Service,
    /// Look at this checkout of the shop's own site instead: address and notice
    #[arg(long, value_name = "cs_…")]
    session: Option<String>,
    /// The name of a key that mails are signed with, s= in their DKIM-Signature: is it in the DNS? Can be given again
    #[arg(long, value_name = "NAME", value_parser = selector)]
    dkim_selector: Vec<String>,
    /// Ask this DNS server about the sender's domain, in place of the system's: an address with a port
    #[arg(long, value_name = "ADDRESS:PORT")]
    dns_server: Option<SocketAddr>,
}

impl Doctor {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let checks = match &self.session {
            Some(session) => block_on(examine_session(&app, session)),
            None => {
                let sender = Sender {
                    dkim_selectors: self.dkim_selector,
                    dns_server: self.dns_server,
                };
                block_on(examine(&app, &sender))
            }
        };
        for check in &checks {
            say!("{check}");
        }
        let failed = checks
            .iter()
            .filter(|check| matches!(check.finding, Finding::Wrong(_)))
            .count();
        match failed {
            0 => Ok(()),
            _ => Err(Failure::new(format!(
                "{failed} of {} checks failed; each line above says what to do.",
                checks.len()
            ))),
        }
    }
}

/// A name in the DNS, or several with dots between them (RFC 6376, 3.1).
fn selector(text: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        let letters = label
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        letters && (1..=63).contains(&label.len())
    };
    let text = text.trim();
    let fits = text.len() <= 200 && text.split('.').all(is_label);
    match fits {
        true => Ok(text.to_owned()),
        false => Err("it must be a name such as mail2026: letters, digits and -".to_owned()),
    }
}
