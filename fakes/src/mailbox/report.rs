//! The report that a mail came back (RFC 3464), as a mail server writes it hours later.

use super::mail::Mail;

/// Where reports go: an address that takes a message by `POST`, and what lets it in.
#[derive(Clone)]
pub struct ReportsTo {
    /// `http://127.0.0.1:8080/api/v1/bounces`
    pub url: String,
    /// A bearer token.
    pub token: String,
}

/// That this mail's address does not exist. It has the mail's headers, and goes to the envelope's sender.
pub fn of(mail: &Mail) -> String {
    let raw = String::from_utf8_lossy(&mail.raw);
    let headers = raw
        .split_once("\r\n\r\n")
        .map_or(&*raw, |(headers, _)| headers);
    let recipient = mail.to.first().map_or("", String::as_str);
    let (sender, boundary) = (&mail.from, format!("report-of-mail-{}", mail.number));
    let text = format!(
        "From: Mail Delivery System <MAILER-DAEMON@mailbox.example>\n\
         To: <{sender}>\n\
         Subject: Undelivered Mail Returned to Sender\n\
         Auto-Submitted: auto-replied\n\
         MIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"{boundary}\"\n\
         \n\
         --{boundary}\n\
         Content-Type: text/plain; charset=utf-8\n\
         \n\
         Your mail to {recipient} could not be delivered: there is nobody of that name.\n\
         \n\
         --{boundary}\n\
         Content-Type: message/delivery-status\n\
         \n\
         Reporting-MTA: dns; mailbox.example\n\
         \n\
         Final-Recipient: rfc822; {recipient}\n\
         Action: failed\n\
         Status: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 there is nobody of that name\n\
         \n\
         --{boundary}\n\
         Content-Type: text/rfc822-headers\n\
         \n"
    );
    format!(
        "{}{headers}\r\n\r\n--{boundary}--\r\n",
        text.replace('\n', "\r\n")
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    #[test]
    fn a_report_has_the_three_parts_of_one() {
        let mail = Mail {
            number: 7,
            from: "bounces+0011@club.example".to_owned(),
            to: vec!["kim@example.org".to_owned()],
            raw: b"Message-ID: <0011@club.example>\r\nSubject: the fee\r\n\r\nPay here.\r\n"
                .to_vec(),
            received_at: DateTime::UNIX_EPOCH,
        };
        let report = of(&mail);
        let parsed = MessageParser::default().parse(&report).expect("a message");
        let kinds = parsed.parts.iter().filter_map(|part| {
            let kind = part.content_type()?;
            Some(format!("{}/{}", kind.ctype(), kind.subtype()?))
        });
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            [
                "multipart/report",
                "text/plain",
                "message/delivery-status",
                "text/rfc822-headers"
            ]
        );
        assert!(report.contains("Final-Recipient: rfc822; kim@example.org\r\n"));
        assert!(report.contains("Message-ID: <0011@club.example>\r\n"));
        assert!(!report.contains("Pay here."));
    }
}
