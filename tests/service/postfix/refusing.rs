//! What Postfix refuses, and what `doctor` says of it.

use super::House;
use crate::support::sasl;

/// Those who log in are the user `club`.
pub fn asks_for_a_log_in() -> Vec<String> {
    vec![
        "smtpd_sasl_auth_enable = yes".to_owned(),
        "smtpd_sasl_type = dovecot".to_owned(),
        format!("smtpd_sasl_path = inet:{}", sasl::anybody_is("club")),
        "mynetworks =".to_owned(),
    ]
}

#[test]
fn doctor_says_what_a_real_postfix_refuses() {
    let mut settings = asks_for_a_log_in();
    settings.extend([
        "smtpd_sender_login_maps = inline:{treasurer@rovers.example.org=secretary}".to_owned(),
        "smtpd_sender_restrictions = reject_sender_login_mismatch".to_owned(),
    ]);
    let not_owned: Vec<&str> = settings.iter().map(String::as_str).collect();
    let mut house = House::new(&[], None);
    for (settings, user, words) in [
        (
            not_owned.as_slice(),
            Some("club"),
            "takes our log-in, and refuses mail to our own address (RCPT TO, the address in MAIL_FROM): 553 5.7.1 <treasurer@rovers.example.org>: Sender address rejected: not owned by user club: the server has to allow this sender for our log-in",
        ),
        (
            &["mynetworks ="],
            None,
            "454 4.7.1 <treasurer@rovers.example.org>: Relay access denied: put user and password into SMTP_URL, or have the server trust this machine's address (mynetworks in Postfix)",
        ),
        (
            &[
                "mynetworks =",
                "smtpd_relay_restrictions = reject_unauth_destination",
            ],
            None,
            "554 5.7.1 <treasurer@rovers.example.org>: Relay access denied: put user and password into SMTP_URL",
        ),
        (
            &[
                "smtpd_milters = inet:127.0.0.1:1",
                "milter_default_action = tempfail",
            ],
            None,
            "451 4.7.1 Service unavailable - try again later: ",
        ),
        (
            &["smtpd_helo_restrictions = check_helo_access inline:{rovers.example.org=REJECT}"],
            None,
            "554 5.7.1 <rovers.example.org>: Helo command rejected: Access denied: it refuses all of our mail: docs/mail-servers.md has our name in EHLO",
        ),
        (
            &[
                "smtpd_sender_restrictions = check_sender_access inline:{ {rovers.example.org = 450 4.1.8 Domain not found} }",
            ],
            None,
            "450 4.1.8 <treasurer@rovers.example.org>: Sender address rejected: Domain not found: the server has to allow this sender",
        ),
    ] {
        house.postfix.restart_with(settings);
        let line = house.doctor(user);
        assert!(line.starts_with("FAIL") && line.contains(words), "{line}");
    }
}
