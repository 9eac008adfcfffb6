//! What a real Postfix has taken and cannot deliver: its report comes back by the address that names the mail.

use freshmint::bounce_mailbox;
use serde_json::json;

use super::House;
use crate::{
    mail::accident::wait_until,
    mailbox::{Action, Rule, Stage},
    support::{dovecot::Dovecot, pooler::Pooler, runtime},
};

/// Where the server takes our Message-ID off, the report does not have it either.
const WITHOUT_OUR_ID: &str = "header_checks = regexp:{ {/^Message-ID:/ IGNORE} }";

/// As `docs/mail-servers.md` has it.
const BY_A_PIPE: [&str; 2] = [
    "recipient_delimiter = +",
    "transport_maps = inline:{ bounces@rovers.example.org=reports: }",
];

impl House {
    /// There is nobody whose address contains this.
    fn nobody_is(&self, recipient: &str) {
        self.mailbox.set_rules(vec![Rule {
            stage: Stage::Recipient,
            recipient: Some(recipient.to_owned()),
            action: Action::Reply(550, "5.1.1 there is nobody of that name".to_owned()),
            times: None,
        }]);
    }

    /// The report that Postfix has written to the envelope's sender of the mail to this address.
    fn report_of(&self, to: &str) -> String {
        let mark = format!(
            "SELECT replace(mark::text, '-', '') AS text FROM outbox WHERE address = '{to}'"
        );
        let mark = self.world.text(&mark);
        let sender = format!("bounces+{mark}@rovers.example.org");
        wait_until("the report comes", || {
            !self.mailbox.mails_to(&sender).is_empty()
        });
        let report = self.mailbox.mails_to(&sender).remove(0);
        assert_eq!(report.from, "", "a report has no sender");
        let report = String::from_utf8_lossy(&report.raw).into_owned();
        assert!(!report.contains(&format!("<{mark}@")), "{report}");
        report
    }
}

#[test]
fn what_postfix_cannot_deliver_comes_back_by_the_address_that_names_the_mail() {
    let dovecot = Dovecot::start();
    let house = House::with(
        &[WITHOUT_OUR_ID],
        None,
        &[
            ("MAIL_RETURN_PATH", "bounces+{id}@rovers.example.org"),
            ("BOUNCE_MAILBOX", &dovecot.url()),
        ],
    );
    house.nobody_is("gone");
    for (reference, email) in [
        ("CUP-1", "gone1@example.com"),
        ("CUP-2", "gone2@example.net"),
        ("CUP-3", "here@example.org"),
    ] {
        let order = house.world.order_with(reference, json!({ "email": email }));
        house.world.queue_link(&order);
    }
    let worker = house.worker();
    wait_until("Postfix has them", || {
        house.world.count("outbox WHERE state = 'sent'") == 3
    });
    // As an alias hands it over.
    let report = house.report_of("gone1@example.com");
    let (code, said, error) = house.world.command_reading(&report, &["bounce"]);
    assert_eq!(
        (code, said.as_str()),
        (0, "The mail came back.\n"),
        "{error}"
    );
    // As it lies in a mailbox.
    dovecot.deliver(&house.report_of("gone2@example.net"));
    house
        .world
        .execute("UPDATE chores SET due_at = clock_timestamp() WHERE name = 'bounces'");
    let looked = runtime().block_on(bounce_mailbox::look_if_due(&house.world.app));
    looked.expect("the database answers");
    wait_until("it was read", || {
        house.world.count("outbox WHERE state = 'bounced'") == 2
    });
    let states = "SELECT address || ' ' || state AS text FROM outbox ORDER BY id";
    assert_eq!(
        house.world.texts(states),
        [
            "gone1@example.com bounced",
            "gone2@example.net bounced",
            "here@example.org sent"
        ]
    );
    let suppressed = "SELECT address || ' ' || reason AS text FROM suppressions ORDER BY address";
    assert_eq!(
        house.world.texts(suppressed),
        [
            "gone1@example.com no_such_address",
            "gone2@example.net no_such_address"
        ]
    );
    assert_eq!(worker.terminate().0, Some(0));
}

/// Nobody but Postfix touches the report: it runs our command as somebody who may do nothing else.
#[test]
fn what_postfix_cannot_deliver_reaches_the_command_by_its_own_pipe() {
    let settings = [&[WITHOUT_OUR_ID], &BY_A_PIPE[..]].concat();
    let house = House::with(
        &settings,
        None,
        &[("MAIL_RETURN_PATH", "bounces+{id}@rovers.example.org")],
    );
    // The database's own socket is for its user alone.
    let database = &house.world.database;
    let pooler = Pooler::start(database);
    house.postfix.hands_reports_on(&format!(
        "DATABASE_URL={}\nDATABASE_DIRECT_URL={}\n",
        pooler.url, database.url
    ));
    house.nobody_is("gone");
    for (reference, email) in [
        ("CUP-1", "gone1@example.com"),
        ("CUP-2", "here@example.org"),
    ] {
        let order = house.world.order_with(reference, json!({ "email": email }));
        house.world.queue_link(&order);
    }
    let worker = house.worker();
    wait_until("it has come back", || {
        house.world.count("outbox WHERE state = 'bounced'") == 1
    });
    assert_eq!(worker.terminate().0, Some(0));
    let suppressed = "SELECT address || ' ' || reason AS text FROM suppressions";
    assert_eq!(
        house.world.texts(suppressed),
        ["gone1@example.com no_such_address"]
    );
    assert_eq!(house.mailbox.mails_to("here@example.org").len(), 1);
    let log = house.postfix.log();
    let piped = "relay=reports, ";
    wait_until("Postfix has it off its queue", || {
        let log = house.postfix.log();
        log.lines()
            .any(|line| line.contains(piped) && line.contains("status=sent"))
    });
    assert!(!log.contains("status=deferred"), "{log}");
}
