//! Mails as they arrive.

use serde_json::json;

use crate::support::World;

/// The mail as a mail program shows it, with what differs from run to run taken out.
pub fn shown(world: &World) -> String {
    let mails = world.mailbox().mails();
    let mail = mails.last().expect("a mail");
    let headers: Vec<String> = mail
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("{}\n\n{}", headers.join("\n"), mail.text().trim_end())
}

pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(
        r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
        "[token]",
    );
    settings.add_filter(r"Date: .*", "Date: [date]");
    settings.add_filter(r"\d+ [A-Z][a-z]+ 20\d\d|\d\d[./-]\d\d[./-]20\d\d", "[day]");
    settings.add_filter(r"<[0-9a-f]{32}@", "<[id]@");
    settings
}

#[test]
fn the_link_of_an_order() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    assert_eq!(world.carry().len(), 1);
    settings().bind(|| insta::assert_snapshot!(shown(&world)));
}

#[test]
fn the_one_reminder_in_german_with_several_lines() {
    let world = World::with_mailbox(&[]);
    let lines = json!([
        { "description": "Startgeld für das Sommerturnier der U12 in Großburgwedel, mit Übernachtung und Frühstück", "unit_amount": 4500, "quantity": 2 },
        { "description": "Trikot", "unit_amount": 1250, "quantity": 1 },
    ]);
    let order = world.order_with(
        "CUP-1",
        json!({ "lines": lines, "locale": "de", "name": "Jörg Müller" }),
    );
    world.abandon(&order);
    world.pass(chrono::Duration::hours(1));
    assert_eq!(world.carry().len(), 1);
    settings().bind(|| insta::assert_snapshot!(shown(&world)));
}

#[test]
fn a_mail_of_plain_letters_alone_arrives_too_with_its_long_link() {
    let world = World::with_mailbox(&[
        ("SHOP_NAME", "Rovers FC"),
        ("MAIL_FROM", "Rovers FC <treasurer@rovers.example.org>"),
    ]);
    let order = world.order_with("CUP-1", json!({ "currency": "usd" }));
    world.queue_link(&order);
    let mail = world.carry().pop().expect("a mail");
    assert!(mail.raw.is_ascii());
    assert!(
        mail.links().iter().any(|link| link.ends_with(&order.path)),
        "{:?}",
        mail.links()
    );
    world.abandon(&order);
    world.pass(chrono::Duration::hours(1));
    assert_eq!(world.carry().len(), 1);
}

#[test]
fn its_links_arrive_whole_and_lead_where_they_should() {
    let world = World::with_mailbox(&[("PUBLIC_URL", "https://pay.example.org/club")]);
    let order = world.order_with("CUP-1", json!({ "name": "Zoë" }));
    world.queue_link(&order);
    let mail = world.carry().pop().expect("a mail");
    let links = mail.links();
    assert!(
        links.contains(&format!("https://pay.example.org/club{}", order.path)),
        "{links:?}"
    );
    let unsubscribe = mail.unsubscribe_url().expect("RFC 8058");
    assert!(links.contains(&unsubscribe), "{links:?}");
    let shop_and_two = links.len();
    assert_eq!(shop_and_two, 3, "{links:?}");
    assert!(
        mail.lines()
            .lines()
            .all(|line| line.chars().count() <= 73 || line.starts_with("http"))
    );
    assert!(
        mail.raw
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 79 || line.starts_with(b"List-Unsubscribe")),
        "lines of the raw mail are short"
    );
}

#[test]
fn a_mail_to_an_order_that_changed_meanwhile_says_what_is_owed_now() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world.execute(
        "UPDATE orders SET version = 2, amount_total = 9900, email = 'new@example.org', \
        lines = '[{\"description\": \"Cup\", \"unit_amount\": 9900, \"quantity\": 1}]'",
    );
    let mail = world.carry().pop().expect("a mail");
    assert_eq!(mail.to, ["new@example.org"]);
    assert!(
        mail.text().contains("€99.00") && !mail.text().contains("€45.00"),
        "{}",
        mail.text()
    );
    assert!(mail.unsubscribe_url().is_some());
}

#[test]
fn what_was_paid_meanwhile_is_not_asked_for() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world
        .stripe
        .pay(&world.click_through(&order))
        .expect("paid");
    world.deliver();
    assert_eq!(world.carry(), []);
    assert_eq!(
        world.texts("SELECT state || ' ' || skip_reason AS text FROM outbox"),
        ["cancelled paid"]
    );
}

#[test]
fn who_unsubscribed_meanwhile_is_not_written_to() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    world.execute("INSERT INTO suppressions (address_hash, reason, since) SELECT address_hash, 'unsubscribed', now() FROM outbox");
    assert_eq!(world.carry(), []);
    assert_eq!(world.mail_states(), ["suppressed"]);
    world.queue_link(&order);
    assert_eq!(world.mail_states(), ["suppressed", "suppressed"]);
}

#[test]
fn mails_use_one_connection_after_another_for_many() {
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "2")]);
    for number in 0..20 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    assert_eq!(world.carry().len(), 20);
    assert_eq!(world.mailbox().connections(), 2);
    let ids: std::collections::HashSet<_> = world
        .mailbox()
        .mails()
        .iter()
        .map(|mail| mail.header("Message-ID"))
        .collect();
    assert_eq!(ids.len(), 20);
}

#[test]
fn all_replicas_together_keep_the_pace() {
    let world = World::with_mailbox(&[("MAIL_PER_SECOND", "0.1"), ("MAIL_CONNECTIONS", "2")]);
    for number in 0..6 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    assert_eq!(world.carry().len(), 2, "as many as there are connections");
    assert_eq!(
        world.carry().len(),
        0,
        "then it is nobody's turn for a while"
    );
    let wait: f64 = world.text("SELECT extract(epoch FROM next_at - clock_timestamp())::text AS text FROM pace WHERE name = 'mails'").parse().unwrap();
    assert!((15.0..=20.0).contains(&wait), "{wait}");
}

#[test]
fn without_a_mail_server_mail_waits() {
    let world = World::new();
    world.queue_link(&world.order("CUP-1"));
    let process = world.process();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(world.mail_states(), ["queued"]);
    assert_eq!(process.terminate().0, Some(0));
}
