//! Every kind of report, from samples made by hand after the documented formats.

use super::{Ids, Report, Said, message, postmark, server_id, ses};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../tests/samples/reports/", $name))
    };
}

const MARK: &str = "00112233445566778899aabbccddeeff";
const OF_SES: &str = "0102018f2b3c4d5e-6f7a8b9c-0d1e-2f3a-4b5c-6d7e8f9a0b1c-000000";

fn ours(about: &Ids) -> bool {
    about.ours.iter().any(|id| id.simple().to_string() == MARK)
}

/// The one report of a message about our mail.
fn only(text: &str) -> Report {
    let mut reports = message::read(text.as_bytes());
    assert_eq!(reports.len(), 1, "{reports:?}");
    let report = reports.remove(0);
    assert!(ours(&report.about), "{report:?}");
    report
}

fn of_ses(text: &str) -> Vec<Report> {
    match ses::read(text.as_bytes()) {
        Some(ses::Sent::Reports(reports)) => reports,
        other => panic!("{other:?}"),
    }
}

fn is_gone(report: &Report) -> bool {
    matches!(report.said, Said::CameBack { gone: true, .. })
}

#[test]
fn a_mail_came_back_and_its_headers_say_which() {
    let report = only(sample!("postfix-failed.eml"));
    assert_eq!(report.recipient.as_deref(), Some("kim@example.org"));
    let Said::CameBack { gone: true, why } = report.said else {
        panic!("{report:?}");
    };
    assert!(
        why.starts_with("550 5.1.1 <kim@example.org>: Recipient"),
        "{why}"
    );
}

#[test]
fn the_envelopes_sender_says_which_where_nothing_else_does() {
    let report = only(sample!("exchange-failed.eml"));
    assert!(is_gone(&report), "{report:?}");
}

#[test]
fn a_server_may_rewrite_the_envelopes_sender() {
    let rewritten = sample!("exchange-failed.eml").replace(
        "bounces+00112233445566778899aabbccddeeff@club.example",
        "SRS0=Xy1z=AB=club.example=bounces+00112233445566778899AABBCCDDEEFF@relay.example",
    );
    only(&rewritten);
}

#[test]
fn what_is_said_of_our_own_address_says_nothing_of_the_recipients() {
    let of_us = |sample: &str, said: &str, ours: &str| {
        let changed = sample.replace(said, &format!("550 5.1.1 <{ours}>: unknown"));
        assert_ne!(changed, sample);
        changed
    };
    let postfix = of_us(
        sample!("postfix-failed.eml"),
        "550 5.1.1 <kim@example.org>: Recipient address rejected:\n    User unknown",
        "bounces@club.example",
    );
    let ses = of_us(
        sample!("ses-bounce.json"),
        "550 5.1.1 <kim@example.org>... User unknown",
        "treasurer@club.example",
    );
    let postmark = of_us(
        sample!("postmark-bounce.json"),
        "550 5.1.1 The email account that you tried to reach does not exist.",
        "treasurer@club.example",
    );
    let reports = [
        only(&postfix),
        of_ses(&ses).remove(0),
        postmark::read(postmark.as_bytes())
            .expect("a record")
            .remove(0),
    ];
    for report in reports {
        let came_back = matches!(report.said, Said::CameBack { gone: false, .. });
        assert!(came_back, "{report:?}");
    }
}

#[test]
fn what_is_late_or_answers_by_itself_did_not_come_back() {
    assert_eq!(only(sample!("delayed.eml")).said, Said::NotYet);
    assert_eq!(message::read(sample!("out-of-office.eml").as_bytes()), []);
    assert_eq!(message::read(b""), []);
    assert_eq!(message::read(b"Content-Type: multipart/report\r\n\r\n"), []);
}

#[test]
fn a_class_alone_says_whether_it_came_back() {
    let without = |class: &str| {
        sample!("postfix-failed.eml")
            .replace("Action: failed\n", "")
            .replace("Status: 5.1.1", &format!("Status: {class}.1.1"))
    };
    assert!(matches!(only(&without("5")).said, Said::CameBack { .. }));
    assert_eq!(only(&without("4")).said, Said::NotYet);
    assert_eq!(message::read(without("2").as_bytes()), []);
}

#[test]
fn only_a_code_says_that_there_is_no_such_address() {
    let with = |status: &str, diagnostic: &str| {
        let text =
            sample!("exchange-failed.eml").replace("Status: 5.1.10", &format!("Status: {status}"));
        let from = text.find("Diagnostic-Code").unwrap();
        let to = text.find("X-Display-Name").unwrap();
        text.replace(&text[from..to], &format!("Diagnostic-Code: {diagnostic}\n"))
    };
    assert!(is_gone(&only(&with("5.1.1", "smtp; 550 User unknown"))));
    assert!(is_gone(&only(&with("5.1.1", "X-Postfix; unknown user"))));
    assert!(!is_gone(&only(&with("5.0.0", "smtp; 550 User unknown"))));
    assert!(!is_gone(&only(&with(
        "5.7.1",
        "smtp; 550 5.7.1 looks like spam"
    ))));
    assert!(!is_gone(&only(&with(
        "5.2.2",
        "smtp; 552 5.2.2 mailbox full"
    ))));
    assert!(!is_gone(&only(&with("4.4.7", "smtp; 450 4.4.7 gave up"))));
}

#[test]
fn a_complaint_is_read_whether_it_names_the_address_or_not() {
    let report = only(sample!("complaint.eml"));
    assert_eq!(report.said, Said::Complained);
    assert_eq!(report.recipient.as_deref(), Some("kim@example.org"));
    let redacted = sample!("complaint.eml").replace(
        "<kim@example.org>\nArrival",
        "redacted@redacted.invalid\nArrival",
    );
    assert_eq!(only(&redacted).recipient, None);
    let praise =
        sample!("complaint.eml").replace("Feedback-Type: abuse", "Feedback-Type: not-spam");
    assert_eq!(message::read(praise.as_bytes()), []);
}

#[test]
fn ses_names_a_mail_by_its_own_id() {
    let reports = of_ses(sample!("ses-bounce.json"));
    assert_eq!(reports.len(), 1);
    assert!(is_gone(&reports[0]));
    assert_eq!(reports[0].about.theirs, [OF_SES]);
    assert_eq!(server_id(&format!("Ok {OF_SES}")).as_deref(), Some(OF_SES));
}

#[test]
fn ses_names_our_id_where_it_is_asked_to_and_wraps_what_it_says() {
    let event = sample!("ses-complaint.json");
    let wrapped = serde_json::json!({ "Type": "Notification", "MessageId": "x", "Message": event });
    for text in [event.to_owned(), wrapped.to_string()] {
        let reports = of_ses(&text);
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].said, Said::Complained);
        assert!(ours(&reports[0].about));
    }
}

#[test]
fn what_passes_at_ses_may_be_an_automatic_answer() {
    assert_eq!(of_ses(sample!("ses-transient.json"))[0].said, Said::NotYet);
}

#[test]
fn only_addresses_of_sns_are_confirmed() {
    let asks = |url: &str| {
        let body = serde_json::json!({ "Type": "SubscriptionConfirmation", "SubscribeURL": url });
        ses::read(body.to_string().as_bytes())
    };
    let right = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336";
    assert!(matches!(asks(right), Some(ses::Sent::Confirm(url)) if url.as_str() == right));
    for wrong in [
        "http://sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://sns..amazonaws.com/",
        "https://sns.evil.example/x.amazonaws.com",
        "https://sns.a.b.amazonaws.com/",
        "https://user@sns.eu-west-1.amazonaws.com/",
        "https://sns.eu-west-1.amazonaws.com:8443/",
        "https://127.0.0.1/",
        "nothing",
    ] {
        assert_eq!(asks(wrong), Some(ses::Sent::Nothing), "{wrong}");
    }
}

#[test]
fn postmark_names_a_mail_by_its_own_id_or_by_what_we_told_it() {
    let reports = postmark::read(sample!("postmark-bounce.json").as_bytes()).unwrap();
    assert_eq!(reports.len(), 1);
    assert!(is_gone(&reports[0]));
    assert_eq!(
        reports[0].about.theirs,
        ["883953f4-6105-42a2-a16a-77a8eac79483"]
    );
    let reports = postmark::read(sample!("postmark-complaint.json").as_bytes()).unwrap();
    assert_eq!(reports[0].said, Said::Complained);
    assert!(ours(&reports[0].about));
    let reports = postmark::read(sample!("postmark-auto-responder.json").as_bytes());
    assert_eq!(reports, Some(vec![]));
}

#[test]
fn what_no_provider_sends_is_told_apart() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "{\"Type\": \"Notification\"}",
        "{\"Type\": \"x\"}",
    ] {
        assert_eq!(ses::read(body.as_bytes()), None, "{body}");
        assert_eq!(postmark::read(body.as_bytes()), None, "{body}");
    }
    let odd = serde_json::json!({ "Type": "Notification", "Message": "Successfully validated SNS topic" });
    assert_eq!(
        ses::read(odd.to_string().as_bytes()),
        Some(ses::Sent::Nothing)
    );
}

#[test]
fn an_id_that_can_be_guessed_is_none() {
    for reply in [
        "2.0.0 Ok: queued as 4F1x2y3z4B5c",
        "ok",
        "",
        &"9".repeat(300),
    ] {
        assert_eq!(server_id(reply), None, "{reply}");
    }
}

#[test]
fn a_report_without_end_is_read_to_a_bound() {
    let group = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n";
    let text = sample!("postfix-failed.eml").replace(
        "Final-Recipient:",
        &format!("{}Final-Recipient:", group.repeat(9_000)),
    );
    assert_eq!(message::read(text.as_bytes()).len(), 50);
    let ids: String = (0..9_000)
        .map(|n| format!("<{n:032x}@x.example> "))
        .collect();
    let text =
        sample!("exchange-failed.eml").replace("From: ", &format!("References: {ids}\nFrom: "));
    assert!(message::read(text.as_bytes())[0].about.ours.len() <= 20);
}
