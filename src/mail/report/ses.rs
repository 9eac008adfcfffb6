//! What Amazon SES reports through SNS.
//!
//! Formats: docs.aws.amazon.com/ses/latest/dg/notification-contents.html and
//! docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{Between, Ids, MOST_RECIPIENTS, Report, Said};

/// What SNS has sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Sent {
    /// Reports.
    Reports(Vec<Report>),
    /// It asks whether reports may come here; whoever asks for this address says yes.
    Confirm(Url),
    /// Nothing to be done.
    Nothing,
}

/// Reads the body of a request; `None` if it is nothing that SNS sends.
pub fn read(body: &[u8]) -> Option<Sent> {
    let sent: Envelope = serde_json::from_slice(body).ok()?;
    match sent.kind.as_deref() {
        Some("SubscriptionConfirmation") => {
            let url = sent.subscribe_url?;
            Some(confirmation(&url).map_or(Sent::Nothing, Sent::Confirm))
        }
        Some("UnsubscribeConfirmation") => Some(Sent::Nothing),
        // SNS may be told to send what SES said without an envelope.
        None => serde_json::from_slice(body)
            .ok()
            .map(|event: Event| Sent::Reports(event.reports())),
        Some("Notification") => {
            let event = serde_json::from_str::<Event>(&sent.message?);
            // "Successfully validated SNS topic": a test of SES's own.
            Some(event.map_or(Sent::Nothing, |event| Sent::Reports(event.reports())))
        }
        Some(_) => None,
    }
}

/// Only an address of SNS is asked for: anybody who knows ours could have written another.
fn confirmation(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let region = host.strip_prefix("sns.")?.strip_suffix(".amazonaws.com")?;
    let is_region = !region.is_empty()
        && region
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-');
    let is_plain = url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (is_region && is_plain).then_some(url)
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// From notifications of an identity.
    notification_type: Option<String>,
    /// From a configuration set.
    event_type: Option<String>,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    message_id: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    common_headers: Option<Value>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: Option<String>,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: Option<String>,
    action: Option<String>,
    status: Option<String>,
    diagnostic_code: Option<String>,
}

impl Event {
    fn reports(self) -> Vec<Report> {
        let kind = self
            .notification_type
            .or(self.event_type)
            .unwrap_or_default();
        let about = self.mail.ids();
        let sender = self.mail.source.unwrap_or_default();
        let reports = match (kind.as_str(), self.bounce, self.complaint) {
            ("Bounce", Some(bounce), _) => bounce.said(&sender),
            ("Complaint", _, Some(complaint)) => complaint.said(),
            _ => Vec::new(),
        };
        let report = |(recipient, said)| Report {
            about: about.clone(),
            recipient,
            said,
        };
        reports
            .into_iter()
            .take(MOST_RECIPIENTS)
            .map(report)
            .collect()
    }
}

impl Mail {
    fn ids(&self) -> Ids {
        let mut ids = Ids::default();
        let message_ids = self
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case("Message-ID"));
        message_ids.for_each(|header| ids.take_message_id(&header.value));
        let common = self
            .common_headers
            .as_ref()
            .and_then(|common| common["messageId"].as_str());
        ids.take_message_id(common.unwrap_or_default());
        ids.take(self.source.as_deref().unwrap_or_default());
        ids.take_theirs(self.message_id.as_deref().unwrap_or_default());
        ids
    }
}

type OfRecipient = (Option<String>, Said);

impl Bounce {
    fn said(self, sender: &str) -> Vec<OfRecipient> {
        let is_for_good = self.bounce_type.as_deref() == Some("Permanent");
        let said = |recipient: Recipient| {
            let said = recipient.said(is_for_good, sender);
            (recipient.email_address, said)
        };
        self.bounced_recipients.into_iter().map(said).collect()
    }
}

impl Recipient {
    /// What is `Transient` to SES may be somebody's automatic answer: it is believed where it says that
    /// the server gave up.
    fn said(&self, is_for_good: bool, sender: &str) -> Said {
        let status = self.status.as_deref().unwrap_or_default().trim();
        let gave_up = self.action.as_deref() == Some("failed") && status.starts_with('5');
        if !is_for_good && !gave_up {
            return Said::NotYet;
        }
        let diagnostic = self.diagnostic_code.as_deref().unwrap_or_default();
        let diagnostic = diagnostic
            .split_once(';')
            .map_or(diagnostic, |(_, said)| said);
        let recipient = self.email_address.as_deref().unwrap_or_default();
        Said::came_back(status, diagnostic, Between { sender, recipient })
    }
}

impl Complaint {
    fn said(self) -> Vec<OfRecipient> {
        if self.complaint_feedback_type.as_deref() == Some("not-spam") {
            return Vec::new();
        }
        let said = |recipient: Recipient| (recipient.email_address, Said::Complained);
        self.complained_recipients.into_iter().map(said).collect()
    }
}
