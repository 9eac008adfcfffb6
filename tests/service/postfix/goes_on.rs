//! What a real Postfix refuses for a while: somebody is told, and then every mail arrives once.

use super::House;
use crate::{
    mail::{accident::wait_until, refused::the_wait_is_over},
    support::sasl,
};

/// So many families; each of three domains has some.
const FAMILIES: usize = 12;

/// Lines of main.cf while something is wrong, and when it is not.
struct Trouble<'a> {
    wrong: &'a [&'a str],
    mended: &'a [&'a str],
    user: Option<&'a str>,
    /// What is said of it.
    told: &'a str,
    said: &'a str,
}

/// Mail is written while something is wrong. Each place says the same within a minute, and when it is mended
/// all goes on by itself.
fn told_and_goes_on(trouble: &Trouble, passes: impl Fn(&House)) {
    let mut house = House::new(trouble.wrong, trouble.user);
    house.write_to(FAMILIES);
    let worker = house.worker();
    wait_until("all were tried, or all wait", || {
        let tried = house.world.count("outbox WHERE attempts > 0");
        tried == FAMILIES || house.world.count("outbox_pause") == 1
    });
    passes(&house);
    wait_until("it is told", || house.waiting().contains(trouble.told));
    wait_until("somebody is told, past the mail", || {
        let told = house.receiver.told();
        told.len() == 1 && told[0].starts_with("begins pause")
    });
    let waiting = house.waiting();
    assert!(waiting.contains(trouble.said), "{waiting}");
    assert!(!waiting.contains('@'), "{waiting}");
    let line = house.doctor(trouble.user);
    assert!(
        line.starts_with("FAIL") && line.contains(trouble.told),
        "{line}"
    );
    assert_eq!(house.mailbox.received(), 0);
    // Some may be tried at this moment.
    wait_until("all wait", || {
        house.world.count("outbox WHERE state <> 'queued'") == 0
    });
    house.postfix.restart_with(trouble.mended);
    the_wait_is_over(&house.world);
    house.everybody_has_one(FAMILIES);
    assert_eq!(house.waiting(), "");
    assert_eq!(worker.terminate().0, Some(0));
}

/// As if ten minutes had passed: one refusal that passes by its code may be about one mail.
fn ten_minutes(house: &House) {
    let failing = "UPDATE mail_flow SET failing_since = failing_since - interval '10 minutes'";
    house.world.execute(failing);
}

#[test]
fn a_sender_that_is_not_owned() {
    let path = format!("smtpd_sasl_path = inet:{}", sasl::anybody_is("club"));
    let log_in = [
        "smtpd_sasl_auth_enable = yes",
        "smtpd_sasl_type = dovecot",
        &path,
        "mynetworks =",
        "smtpd_sender_restrictions = reject_sender_login_mismatch",
    ];
    let owned_by = |user| match user {
        "club" => "smtpd_sender_login_maps = inline:{treasurer@rovers.example.org=club}",
        _ => "smtpd_sender_login_maps = inline:{treasurer@rovers.example.org=secretary}",
    };
    told_and_goes_on(
        &Trouble {
            wrong: &[&log_in[..], &[owned_by("secretary")]].concat(),
            mended: &[&log_in[..], &[owned_by("club")]].concat(),
            user: Some("club"),
            told: "the mail server does not let us send as MAIL_FROM",
            said: "553 5.7.1 … Sender address rejected: not owned by user club",
        },
        |_| {},
    );
}

#[test]
fn relaying_that_is_denied_for_good() {
    told_and_goes_on(
        &Trouble {
            wrong: &[
                "mynetworks =",
                "smtpd_relay_restrictions = reject_unauth_destination",
            ],
            mended: &[],
            user: None,
            told: "the mail server does not carry mail for us to others",
            said: "554 5.7.1 … Relay access denied",
        },
        |_| {},
    );
}

#[test]
fn relaying_that_is_denied_for_now_as_debian_does() {
    told_and_goes_on(
        &Trouble {
            wrong: &["mynetworks ="],
            mended: &[],
            user: None,
            told: "the mail server does not carry mail for us to others",
            said: "454 4.7.1 … Relay access denied",
        },
        |_| {},
    );
}

#[test]
fn a_signing_filter_that_is_down() {
    told_and_goes_on(
        &Trouble {
            wrong: &[
                "smtpd_milters = inet:127.0.0.1:1",
                "milter_default_action = tempfail",
            ],
            mended: &[],
            user: None,
            told: "No mail has been accepted",
            said: "451 4.7.1 Service unavailable - try again later",
        },
        ten_minutes,
    );
}

#[test]
fn twenty_mails_a_minute() {
    let mut house = House::new(
        &[
            "smtpd_client_message_rate_limit = 20",
            "smtpd_client_event_limit_exceptions =",
        ],
        None,
    );
    house.write_to(200);
    let worker = house.worker();
    let refused = "outbox WHERE last_error LIKE '450 4.7.1 Error: too much mail%'";
    wait_until("it is too much", || house.world.count(refused) > 0);
    let slows = |line: &String| line.contains("mail comes too fast: it goes more slowly");
    wait_until("it is told", || worker.log().iter().any(slows));
    wait_until("what was taken arrives", || house.mailbox.received() == 20);
    // Two more turns of four connections may have been on their way.
    assert!(
        house.world.count(refused) <= 12,
        "{}",
        house.world.count(refused)
    );
    // The minute is over, for the server and for us.
    house.postfix.restart_with(&[]);
    the_wait_is_over(&house.world);
    house.world.execute(
        "UPDATE pace SET next_at = clock_timestamp(), slowed_at = slowed_at - interval '1 hour'",
    );
    house.everybody_has_one(200);
    assert_eq!(worker.terminate().0, Some(0));
}
