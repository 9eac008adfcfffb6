//! Reports that come as a message: that a mail came back or is late (RFC 3464), and complaints (RFC 5965).
//!
//! What merely answers a mail (an absence, an automatic answer) has no part for machines and is no report.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::{Between, Ids, MOST_RECIPIENTS, Report, Said, fields::Fields};

/// Headers of the report that name the mail: whom it went to (the envelope sender of the mail, which a
/// server may have rewritten), and what it answers.
const ADDRESSED_TO: [&str; 9] = [
    "To",
    "Delivered-To",
    "X-Original-To",
    "X-Delivered-To",
    "Envelope-To",
    "X-Envelope-To",
    "Resent-To",
    "In-Reply-To",
    "References",
];
/// Headers of the mail that is reported on.
const OF_THE_MAIL: [&str; 3] = ["Return-Path", "X-Original-Message-ID", "X-Return-Path"];

/// What a message reports; nothing if it is no report.
pub fn read(message: &[u8]) -> Vec<Report> {
    let Some(message) = MessageParser::default().parse(message) else {
        return Vec::new();
    };
    let for_machines = |kind: &str| {
        let mut parts = message.parts.iter();
        parts.find(|part| is_of_type(part, "message", kind))
    };
    if let Some(status) =
        for_machines("delivery-status").or_else(|| for_machines("global-delivery-status"))
    {
        return came_back(&message, status);
    }
    match for_machines("feedback-report") {
        Some(feedback) => complaint(&message, feedback),
        None => Vec::new(),
    }
}

/// Whether a message can be a report, by its `Content-Type` alone (RFC 6522).
pub fn may_be_one(content_type: &str) -> bool {
    content_type.to_lowercase().contains("multipart/report")
}

fn came_back(message: &Message, status: &MessagePart) -> Vec<Report> {
    let groups = Fields::groups(status.contents());
    let about = ids(message, &groups);
    // A report goes to whom the mail came from.
    let to = message.to().and_then(|to| to.first());
    let sender = to.and_then(|to| to.address()).unwrap_or_default();
    let recipients = groups.iter().filter(|group| {
        ["action", "status", "final-recipient"]
            .iter()
            .any(|name| group.get(name).is_some())
    });
    let report = |group: &Fields| {
        let recipient = group
            .address("final-recipient")
            .or_else(|| group.address("original-recipient"));
        let between = Between {
            sender,
            recipient: recipient.as_deref().unwrap_or_default(),
        };
        Some(Report {
            about: about.clone(),
            said: said(group, between)?,
            recipient,
        })
    };
    recipients
        .filter_map(report)
        .take(MOST_RECIPIENTS)
        .collect()
}

/// What is said of one recipient. `None`: nothing that anybody needs to know, such as that it arrived.
fn said(group: &Fields, between: Between) -> Option<Said> {
    let status = group.get("status").unwrap_or_default();
    let status = status.split_whitespace().next().unwrap_or_default();
    let action = group.get("action").unwrap_or_default().to_lowercase();
    let action = action.split_whitespace().next().unwrap_or_default();
    match (action, status.chars().next()) {
        ("failed", _) | ("", Some('5')) => {
            let diagnostic = group.typed("diagnostic-code").unwrap_or_default();
            Some(Said::came_back(status, diagnostic, between))
        }
        ("delayed", _) | ("", Some('4')) => Some(Said::NotYet),
        _ => None,
    }
}

fn complaint(message: &Message, feedback: &MessagePart) -> Vec<Report> {
    let groups = Fields::groups(feedback.contents());
    let about = ids(message, &groups);
    let Some(group) = groups.first() else {
        return Vec::new();
    };
    let kind = group
        .get("feedback-type")
        .unwrap_or_default()
        .to_lowercase();
    let said = match kind.as_str() {
        "abuse" | "fraud" | "miscategorized" => Said::Complained,
        "opt-out" | "opt-out-list" => Said::WantsNoMore,
        // `not-spam`, `virus`, and what nobody has thought of yet.
        _ => return Vec::new(),
    };
    vec![Report {
        about,
        // Mostly it is blacked out.
        recipient: group
            .address("original-rcpt-to")
            .filter(|address| !address.contains("redacted")),
        said,
    }]
}

/// Which mail it is about: by what it has of the mail itself, by its part for machines, and by whom the report
/// went to.
fn ids(message: &Message, groups: &[Fields]) -> Ids {
    let mut ids = Ids::default();
    for part in &message.parts {
        match &part.body {
            PartType::Message(mail) => take_mail(&mut ids, mail),
            _ if is_of_type(part, "text", "rfc822-headers")
                || is_of_type(part, "message", "global-headers") =>
            {
                let headers = MessageParser::default().parse_headers(part.contents());
                if let Some(mail) = headers {
                    take_mail(&mut ids, &mail);
                }
            }
            _ => {}
        }
    }
    groups
        .iter()
        .flat_map(Fields::values)
        .for_each(|value| ids.take(value));
    take(&mut ids, message, &ADDRESSED_TO);
    ids
}

fn take_mail(ids: &mut Ids, mail: &Message) {
    take(ids, mail, &OF_THE_MAIL);
    let message_id = mail
        .headers_raw()
        .filter(|(name, _)| name.eq_ignore_ascii_case("Message-ID"));
    message_id.for_each(|(_, id)| ids.take_message_id(id));
}

fn take(ids: &mut Ids, message: &Message, headers: &[&str]) {
    let named = |name: &str| headers.iter().any(|other| other.eq_ignore_ascii_case(name));
    let values = message.headers_raw().filter(|(name, _)| named(name));
    values.for_each(|(_, value)| ids.take(value));
}

fn is_of_type(part: &MessagePart, main: &str, sub: &str) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case(main)
            && kind
                .subtype()
                .is_some_and(|it| it.eq_ignore_ascii_case(sub))
    })
}
