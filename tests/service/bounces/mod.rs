//! What comes back hours after a server has taken a mail: by a message, by a provider's hook, by a command.

use chrono::Duration;
use freshmint::token::Role;
use http::Method;
use serde_json::{Value, json};

use crate::{
    mail::accident::wait_until,
    mailbox::{Action, Rule, Stage},
    support::{World, cluster::Database},
};

const SECRET: &str = "a-secret-of-the-hook";
const OF_SES: &str = "0102018f2b3c4d5e-6f7a8b9c-0d1e-2f3a-4b5c-6d7e8f9a0b1c-000000";
const VERP: &[(&str, &str)] = &[
    ("MAIL_RETURN_PATH", "bounces+{id}@rovers.example"),
    ("MAIL_HOOK_SECRET", SECRET),
];

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../samples/reports/", $name))
    };
}

mod again;
mod mailbox;
mod outage;
mod shown;

/// A mail that the server has taken, and its mark.
struct Sent {
    world: World,
    mark: String,
}

impl Sent {
    fn new() -> Self {
        let world = World::with_mailbox(VERP);
        let order = world.order("CUP-1");
        world.queue_link(&order);
        assert_eq!(world.carry().len(), 1);
        let mark = mark(&world);
        Self { world, mark }
    }

    /// A sample, about this mail and its address.
    fn about(&self, sample: &str) -> String {
        about(&self.mark, sample)
    }

    fn taken(&self, message: &str) -> Value {
        take(&self.world, message)
    }

    fn state(&self) -> String {
        self.world.mail_states().join(" ")
    }
}

fn mark(world: &World) -> String {
    world.text("SELECT replace(mark::text, '-', '') AS text FROM outbox ORDER BY id DESC LIMIT 1")
}

fn about(mark: &str, sample: &str) -> String {
    sample
        .replace("00112233445566778899aabbccddeeff", mark)
        .replace("kim@example.org", "parent@example.org")
        .replace("Kim@Example.ORG", "Parent@Example.ORG")
}

fn take(world: &World, message: &str) -> Value {
    let token = world.token(Role::Operator);
    let authorization = format!("Bearer {}", token.expose());
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "message/rfc822"),
    ];
    let answer = world.post_body("/api/v1/bounces", &headers, message);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"].clone()
}

fn hook(world: &World, provider: &str, body: &str) -> u16 {
    let path = format!("/hooks/mail/{provider}/{SECRET}");
    world.post_body(&path, &[], body).status
}

fn suppressed(world: &World) -> Vec<String> {
    world.texts("SELECT address || ' ' || reason AS text FROM suppressions")
}

#[test]
fn a_mail_that_came_back_a_month_later_is_bounced_and_its_address_is_no_longer_written_to() {
    let sent = Sent::new();
    sent.world.pass(Duration::days(30));
    let report = sent.about(sample!("postfix-failed.eml"));
    assert_eq!(sent.taken(&report)[0]["outcome"], "bounced");
    assert_eq!(sent.state(), "bounced");
    assert_eq!(
        suppressed(&sent.world),
        ["parent@example.org no_such_address"]
    );
    assert_eq!(sent.world.count("outbox WHERE sent_at IS NOT NULL"), 1);
    let error = sent.world.text("SELECT last_error AS text FROM outbox");
    assert!(error.starts_with("550 5.1.1 "), "{error}");
    let line = "activity WHERE what = 'mail came back: link' AND level = 'attention' AND order_id IS NOT NULL";
    assert_eq!(sent.world.count(line), 1);
    // Again, it changes nothing.
    assert_eq!(sent.taken(&report)[0]["outcome"], "nothing");
    assert_eq!(sent.world.count(line), 1);
}

#[test]
fn the_envelopes_sender_names_the_mail() {
    let sent = Sent::new();
    let from = &sent.world.mailbox().mails()[0].from;
    assert_eq!(*from, format!("bounces+{}@rovers.example", sent.mark));
    sent.taken(&sent.about(sample!("exchange-failed.eml")));
    assert_eq!(sent.state(), "bounced");
}

#[test]
fn what_is_late_answers_by_itself_or_was_forged_changes_nothing() {
    let sent = Sent::new();
    let late = sent.taken(&sent.about(sample!("delayed.eml")));
    assert_eq!(late[0]["outcome"], "nothing");
    let answered = sent.taken(&sent.about(sample!("out-of-office.eml")));
    assert_eq!(answered, json!([]));
    // Without the mail's own id it is anybody's word.
    let forged = about(&"ab".repeat(16), sample!("postfix-failed.eml"));
    assert_eq!(sent.taken(&forged)[0]["outcome"], "no_mail");
    let row = sent.world.text("SELECT id::text AS text FROM outbox");
    let by_row = about(&row, sample!("postfix-failed.eml"));
    assert_eq!(sent.taken(&by_row)[0]["outcome"], "no_mail");
    assert_eq!(sent.state(), "sent");
    assert_eq!(suppressed(&sent.world), Vec::<String>::new());
}

#[test]
fn where_it_was_forwarded_to_is_somebody_elses_address() {
    let sent = Sent::new();
    let report = sent.about(sample!("postfix-failed.eml")).replace(
        "Final-Recipient: rfc822; parent@",
        "Final-Recipient: rfc822; aunt@",
    );
    assert_eq!(sent.taken(&report)[0]["outcome"], "another_address");
    assert_eq!(
        (sent.state().as_str(), suppressed(&sent.world).len()),
        ("sent", 0)
    );
}

#[test]
fn a_complaint_ends_mail_to_the_address_and_not_what_the_mail_is() {
    let sent = Sent::new();
    let report = sent.about(sample!("complaint.eml"));
    assert_eq!(sent.taken(&report)[0]["outcome"], "suppressed");
    assert_eq!(sent.state(), "sent");
    assert_eq!(suppressed(&sent.world), ["parent@example.org complaint"]);
    assert_eq!(sent.taken(&report)[0]["outcome"], "nothing");
}

#[test]
fn the_command_takes_a_message_from_an_alias() {
    let sent = Sent::new();
    let report = sent.about(sample!("postfix-failed.eml"));
    let (code, said, _) = sent.world.command_reading(&report, &["bounce"]);
    assert_eq!((code, said.as_str()), (0, "The mail came back.\n"));
    assert_eq!(sent.state(), "bounced");
    let (code, said, _) = sent.world.command_reading("hello", &["bounce"]);
    assert_eq!(code, 0);
    assert!(said.contains("no report"), "{said}");
}

#[test]
fn an_alias_keeps_the_message_while_the_database_is_away() {
    let sent = Sent::new();
    let report = sent.about(sample!("postfix-failed.eml"));
    let nowhere = [
        "bounce",
        "--database-url",
        "postgres://nobody@127.0.0.1:1/none",
    ];
    let (code, _, complaint) = sent.world.command_reading(&report, &nowhere);
    assert_eq!(code, 75, "{complaint}");
    // So it does where there are no tables yet, or they are being changed.
    let empty = Database::empty();
    let empty = ["bounce", "--database-url", &empty.url];
    let (code, _, complaint) = sent.world.command_reading(&report, &empty);
    assert_eq!(code, 75, "{complaint}");
    assert_eq!(sent.state(), "sent");
}

#[test]
fn ses_reports_under_the_id_that_it_gave_the_mail() {
    let world = World::with_mailbox(VERP);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Reply(250, format!("Ok {OF_SES}")),
        times: None,
    }]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world.carry();
    let report = about(&mark(&world), sample!("ses-bounce.json"));
    let wrapped = json!({ "Type": "Notification", "Message": report }).to_string();
    assert_eq!(hook(&world, "ses", &wrapped), 200);
    assert_eq!(world.mail_states(), ["bounced"]);
    assert_eq!(suppressed(&world), ["parent@example.org no_such_address"]);
    assert_eq!(hook(&world, "ses", &wrapped), 200);
}

#[test]
fn hooks_take_complaints_and_what_passes_changes_nothing() {
    let sent = Sent::new();
    let passes = sent.about(sample!("ses-transient.json"));
    let source = format!("\"source\": \"bounces+{}@rovers.example\",", sent.mark);
    let passes = passes.replace("\"mail\": {", &format!("\"mail\": {{ {source}"));
    assert_eq!(hook(&sent.world, "ses", &passes), 200);
    let answers = sent.about(sample!("postmark-auto-responder.json"));
    let named = format!("\"Metadata\": {{ \"mail\": \"{}\" }}, \"Type\"", sent.mark);
    let answers = answers.replace("\"Type\"", &named);
    assert_eq!(hook(&sent.world, "postmark", &answers), 200);
    assert_eq!(
        (sent.state().as_str(), suppressed(&sent.world).len()),
        ("sent", 0)
    );
    let complaint = sent.about(sample!("postmark-complaint.json"));
    assert_eq!(hook(&sent.world, "postmark", &complaint), 200);
    assert_eq!(suppressed(&sent.world), ["parent@example.org complaint"]);
}

/// It gives the mail another Message-ID, and sends along what a header of ours said.
#[test]
fn postmark_reports_under_what_the_mail_said_that_it_is_called() {
    let sent = Sent::new();
    let named = format!("\"Metadata\": {{ \"mail\": \"{}\" }}", sent.mark);
    let report = sent.about(sample!("postmark-bounce.json"));
    assert_eq!(hook(&sent.world, "postmark", &report), 200);
    assert_eq!(sent.state(), "sent", "it names no mail of ours");
    let report = report.replace("\"Metadata\": {}", &named);
    assert_eq!(hook(&sent.world, "postmark", &report), 200);
    assert_eq!(sent.state(), "bounced");
    assert_eq!(
        suppressed(&sent.world),
        ["parent@example.org no_such_address"]
    );
}

#[test]
fn a_hook_is_found_by_its_secret_alone() {
    let sent = Sent::new();
    let report = sent.about(sample!("ses-complaint.json"));
    for path in [
        "/hooks/mail/ses/another-secret-of-it",
        "/hooks/mail/ses/",
        "/hooks/mail/sendgrid/a-secret-of-the-hook",
    ] {
        assert_eq!(
            sent.world.post_body(path, &[], &report).status,
            404,
            "{path}"
        );
    }
    assert_eq!(hook(&sent.world, "ses", "no JSON"), 400);
    assert_eq!(hook(&sent.world, "ses", &"x".repeat(2 << 20)), 413);
    assert_eq!(suppressed(&sent.world).len(), 0);
    let without = World::new();
    let path = format!("/hooks/mail/ses/{SECRET}");
    assert_eq!(without.post_body(&path, &[], &report).status, 404);
}

/// The server has the mail, and its yes has not been written down.
#[test]
fn a_report_that_is_faster_than_the_yes_counts_and_the_yes_changes_nothing() {
    let sent = Sent::new();
    sent.world.execute(
        "UPDATE outbox SET state = 'sending', sent_at = NULL, handed_over = false, \
             claim_id = gen_random_uuid(), claimed_until = clock_timestamp() + interval '1 minute'",
    );
    // By a provider's id it cannot be found yet: the provider is asked to say it again.
    assert_eq!(
        hook(&sent.world, "ses", &sent.about(sample!("ses-bounce.json"))),
        503
    );
    assert_eq!(sent.state(), "sending");
    sent.taken(&sent.about(sample!("postfix-failed.eml")));
    assert_eq!(sent.state(), "bounced");
    assert_eq!(sent.world.count("outbox WHERE claim_id IS NULL"), 1);
}

#[test]
fn a_report_while_the_mail_is_being_handed_over_outlives_the_yes() {
    let world = World::with_mailbox(VERP);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Message,
        recipient: None,
        action: Action::Wait(std::time::Duration::from_secs(3)),
        times: None,
    }]);
    world.queue_link(&world.order("CUP-1"));
    std::thread::scope(|scope| {
        let carried = scope.spawn(|| world.carry());
        wait_until("it is in hand", || {
            world.count("outbox WHERE state = 'sending'") == 1
        });
        let report = about(&mark(&world), sample!("postfix-failed.eml"));
        assert_eq!(take(&world, &report)[0]["outcome"], "bounced");
        assert_eq!(carried.join().expect("a courier").len(), 1);
    });
    assert_eq!(world.mail_states(), ["bounced"]);
    assert_eq!(world.count("outbox WHERE sent_at IS NULL"), 1);
    assert_eq!(world.count("activity WHERE what = 'mail sent: link'"), 0);
    assert_eq!(suppressed(&world), ["parent@example.org no_such_address"]);
}

#[test]
fn a_report_ends_the_doubt_about_a_mail_of_which_nobody_knew() {
    let sent = Sent::new();
    sent.world.execute(
        "UPDATE outbox SET state = 'unknown', sent_at = NULL, claim_id = gen_random_uuid(), \
             last_error = 'its worker ended while it handed the mail over'",
    );
    sent.world.execute(
        "INSERT INTO activity (at, order_id, category, level, actor, what, detail) \
         SELECT now(), about.order_id, 'mail', 'attention', 'outbox', 'nobody can know: link', \
             jsonb_build_object('mail', about.mail_id) FROM outbox_orders about",
    );
    sent.taken(&sent.about(sample!("postfix-failed.eml")));
    assert_eq!(sent.state(), "bounced");
    let open = "SELECT what AS text FROM activity JOIN activity_open ON activity_id = id";
    assert_eq!(sent.world.texts(open), ["mail came back: link"]);
}

#[test]
fn two_replicas_that_hear_of_it_at_once_write_it_once() {
    let sent = Sent::new();
    let report = sent.about(sample!("postfix-failed.eml"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| sent.taken(&report));
        }
    });
    assert_eq!(
        sent.world
            .count("activity WHERE what = 'mail came back: link'"),
        1
    );
}

#[test]
fn an_operator_reports_and_a_viewer_does_not() {
    let sent = Sent::new();
    let answer = sent.world.api(Role::Viewer, Method::POST, "/bounces", None);
    assert_eq!(answer.status, 403);
    let answer = sent
        .world
        .api(Role::Operator, Method::POST, "/bounces", Some(json!({})));
    assert_eq!(answer.status, 415);
}

#[test]
fn a_mailing_says_that_it_is_one_and_a_single_mail_does_not() {
    let sent = Sent::new();
    let mails = sent.world.mailbox().mails();
    assert_eq!(mails[0].header("Precedence"), None);
    assert_eq!(mails[0].header("Feedback-ID"), None);
    again::mailing(&sent.world, &["CUP-1"]);
    let mails = sent.world.carry();
    assert_eq!(mails[0].header("Precedence").as_deref(), Some("bulk"));
    let feedback = mails[0].header("Feedback-ID").unwrap_or_default();
    assert!(feedback.starts_with("blast:"), "{feedback}");
}
