//! What Postmark reports.
//!
//! Formats: postmarkapp.com/developer/webhooks/bounce-webhook and …/spam-complaint-webhook; the types of a
//! bounce: postmarkapp.com/developer/api/bounce-api.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Between, Ids, Report, Said};

/// Reads the body of a request; `None` if it is nothing that Postmark sends.
pub fn read(body: &[u8]) -> Option<Vec<Report>> {
    let record: Record = serde_json::from_slice(body).ok()?;
    let kind = record.kind.as_deref().unwrap_or_default();
    let said = match record.record_type.as_deref()? {
        "SpamComplaint" => Some(Said::Complained),
        "Bounce" => record.said(kind),
        _ => None,
    };
    let report = said.map(|said| Report {
        about: record.ids(),
        recipient: record.email.clone(),
        said,
    });
    Some(report.into_iter().collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record {
    record_type: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "MessageID")]
    message_id: Option<String>,
    email: Option<String>,
    /// Whom it came from.
    from: Option<String>,
    description: Option<String>,
    details: Option<String>,
    /// The report as it came, if Postmark is asked to send it along.
    content: Option<String>,
    /// What a mail's `X-PM-Metadata-…` headers said.
    #[serde(default)]
    metadata: Map<String, Value>,
}

impl Record {
    fn said(&self, kind: &str) -> Option<Said> {
        match kind {
            "HardBounce"
            | "SoftBounce"
            | "BadEmailAddress"
            | "Blocked"
            | "DMARCPolicy"
            | "DnsError"
            | "ManuallyDeactivated"
            | "SpamNotification"
            | "VirusNotification"
            | "Unknown" => {
                let details = self.details.as_deref().or(self.description.as_deref());
                let details = details.unwrap_or_default();
                let details = details.split_once(';').map_or(details, |(_, said)| said);
                let status = if kind == "SoftBounce" {
                    "4.0.0"
                } else {
                    "5.0.0"
                };
                let between = Between {
                    sender: self.from.as_deref().unwrap_or_default(),
                    recipient: self.email.as_deref().unwrap_or_default(),
                };
                Some(Said::came_back(status, details, between))
            }
            "SpamComplaint" => Some(Said::Complained),
            "Unsubscribe" => Some(Said::WantsNoMore),
            "Transient" => Some(Said::NotYet),
            // Automatic answers, tests, changes of address.
            _ => None,
        }
    }

    fn ids(&self) -> Ids {
        let mut ids = Ids::default();
        self.metadata
            .values()
            .filter_map(Value::as_str)
            .for_each(|it| ids.take(it));
        let content = self.content.as_deref().unwrap_or_default();
        for report in super::message::read(content.as_bytes()) {
            ids.ours.extend(report.about.ours);
        }
        ids.take_message_id(self.message_id.as_deref().unwrap_or_default());
        ids.take_theirs(self.message_id.as_deref().unwrap_or_default());
        ids
    }
}
