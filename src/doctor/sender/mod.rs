//! The sender's standing: what the DNS says of the domain that mails come from, and what is missing.
//!
//! Nothing here keeps mail from going out. What is missing is a remark, since a provider may send under names of
//! its own; what is published and broken is a fault; without the DNS nothing is known, and that is no fault.

mod dkim;
mod dmarc;
mod dns;
mod record;
mod reserved;
mod spf;
mod term;

use std::net::SocketAddr;

use futures::future::join_all;
use tokio::{join, time::timeout};

use self::{dns::Dns, record::Answer};
use super::{Check, Finding, PATIENCE};
use crate::app::App;

/// What to ask about the sender.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// Names of keys that mails are signed with.
    pub dkim_selectors: Vec<String>,
    /// Whom to ask, in place of the system's servers.
    pub dns_server: Option<SocketAddr>,
}

/// Providers by the end of their server's name, each with what lets it send in a domain's name.
const PROVIDERS: [(&str, &str); 6] = [
    ("amazonaws.com", "include:amazonses.com"),
    ("gmail.com", "include:_spf.google.com"),
    ("google.com", "include:_spf.google.com"),
    ("mailgun.org", "include:mailgun.org"),
    ("office365.com", "include:spf.protection.outlook.com"),
    ("postmarkapp.com", "include:spf.mtasv.net"),
];

/// What the DNS says; nothing where no mail is sent.
pub(super) async fn checks(app: &App, asked: &Sender) -> Vec<Check> {
    let Some((server, from)) = &app.mailer.server else {
        return Vec::new();
    };
    let domain = from.email.domain();
    let check = |name, finding| Check { name, finding };
    if reserved::is_reserved(domain) {
        let skipped = format!("{domain} is a name for tests and examples: nothing is looked up");
        return vec![check("sender", Finding::Fine(skipped))];
    }
    // Mail comes back to the envelope's sender, and SPF is about that.
    let envelope = app.mailer.return_path.as_ref();
    let envelope = envelope.map_or(domain, |path| path.domain());
    let dns = &Dns::new(asked.dns_server);
    let (spf, dkim, dmarc) = join!(
        spf(dns, envelope, server.host()),
        dkim(dns, domain, &asked.dkim_selectors),
        in_time(dmarc(dns, domain))
    );
    let mut checks = vec![check("SPF", spf)];
    checks.extend(dkim.into_iter().map(|finding| check("DKIM", finding)));
    checks.push(check("DMARC", dmarc));
    checks
}

async fn spf(dns: &Dns, domain: &str, server: &str) -> Finding {
    if reserved::is_reserved(domain) {
        let skipped =
            format!("mail comes back to {domain}, a name for tests: nothing is looked up");
        return Finding::Fine(skipped);
    }
    in_time(async {
        let mut walk = spf::Walk::of(domain);
        while let Some(name) = walk.next().map(str::to_owned) {
            walk.told(&dns.texts(&name).await);
        }
        walk.finding(&format!("v=spf1 mx {} ~all", lets_send(server)))
    })
    .await
}

async fn dkim(dns: &Dns, domain: &str, selectors: &[String]) -> Vec<Finding> {
    if selectors.is_empty() {
        return vec![dkim::unasked(domain)];
    }
    let of_each = selectors.iter().map(|selector| {
        let name = dkim::name(selector, domain);
        in_time(async move { dkim::judge(&name, &dns.texts(&name).await) })
    });
    join_all(of_each).await
}

async fn dmarc(dns: &Dns, domain: &str) -> Finding {
    let mut answers: Vec<(String, Answer)> = Vec::new();
    for name in dmarc::names(domain) {
        let answer = dns.texts(&name).await;
        let is_last = dmarc::ends(&answer);
        answers.push((name, answer));
        if is_last {
            break;
        }
    }
    dmarc::judge(domain, &answers)
}

/// Several questions, in the time of one check.
async fn in_time(asked: impl Future<Output = Finding>) -> Finding {
    let found = timeout(PATIENCE, asked).await;
    found.unwrap_or_else(|_| {
        Finding::Remark(format!(
            "the DNS gave no answer within {} s",
            PATIENCE.as_secs()
        ))
    })
}

/// What lets the mail server send in a domain's name, as far as its own name tells.
fn lets_send(server: &str) -> String {
    let known = PROVIDERS.iter().find(|(end, _)| {
        let before = server.strip_suffix(end);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    match known {
        Some((_, include)) => (*include).to_owned(),
        None if reserved::is_reserved(server) => "include:YOUR-PROVIDER".to_owned(),
        None => format!("a:{server}"),
    }
}

#[cfg(test)]
mod tests {
    use super::lets_send;

    #[test]
    fn the_record_to_publish_names_the_server_that_mail_goes_through() {
        for (server, term) in [
            ("smtp.postmarkapp.com", "include:spf.mtasv.net"),
            (
                "email-smtp.eu-west-1.amazonaws.com",
                "include:amazonses.com",
            ),
            ("notpostmarkapp.com", "a:notpostmarkapp.com"),
            ("mail.club.de", "a:mail.club.de"),
            ("127.0.0.1", "include:YOUR-PROVIDER"),
            ("localhost", "include:YOUR-PROVIDER"),
        ] {
            assert_eq!(lets_send(server), term, "{server}");
        }
    }
}
