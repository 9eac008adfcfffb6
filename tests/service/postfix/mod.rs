//! A real Postfix between us and the families: what it says, and what follows.

mod comes_back;
mod goes_on;
mod refusing;

use freshmint::outbox;

use crate::{
    mail::accident::wait_until,
    mailbox::{self, Mailbox},
    support::{Postfix, Process, Receiver, World},
};

/// Who writes. Our address is of a domain that nobody hands mail on to.
const SENDER: &str = "treasurer@rovers.example.org";

/// A shop that sends its mail through Postfix, which hands it on to a mailbox.
struct House {
    // Before what it uses: fields are dropped in this order.
    world: World,
    postfix: Postfix,
    mailbox: Mailbox,
    /// Where alerts are posted to.
    receiver: Receiver,
}

impl House {
    /// Postfix takes mail as these lines of main.cf say; `user` is whom we log in as.
    fn new(settings: &[&str], user: Option<&str>) -> Self {
        Self::with(settings, user, &[])
    }

    /// The same, with other settings of ours.
    fn with(settings: &[&str], user: Option<&str>, changed: &[(&str, &str)]) -> Self {
        let mailbox = Mailbox::start(mailbox::Settings::default()).expect("the mailbox starts");
        let postfix = Postfix::start(&mailbox, settings);
        let receiver = Receiver::start();
        let url = postfix.url(user);
        let mut ours = vec![
            ("ALERT_URL", receiver.url.as_str()),
            ("SMTP_URL", &url),
            ("MAIL_FROM", SENDER),
            ("MAIL_PER_SECOND", "1000"),
            ("MAIL_RETRY_SECONDS", "1"),
        ];
        ours.extend(changed);
        let world = World::with(&ours);
        Self {
            world,
            postfix,
            mailbox,
            receiver,
        }
    }

    /// Queues a mail to each of so many families, at three domains.
    fn write_to(&self, families: usize) {
        for number in 0..families {
            let domain = ["example.com", "example.net", "example.org"][number % 3];
            let email = format!("family{number}@{domain}");
            let order = self.world.order_with(
                &format!("CUP-{number}"),
                serde_json::json!({ "email": email }),
            );
            self.world.queue_link(&order);
        }
    }

    fn worker(&self) -> Process {
        Process::work(self.world.settings())
    }

    /// Each family has one mail, and nobody is off the list.
    fn everybody_has_one(&self, families: usize) {
        let sent = "outbox WHERE kind = 'link' AND state = 'sent'";
        wait_until("they are sent", || self.world.count(sent) == families);
        wait_until("they arrive", || self.mailbox.received() >= families);
        for number in 0..families {
            let mails = self.mailbox.mails();
            let to = format!("family{number}@");
            let got = mails.iter().filter(|mail| mail.to[0].starts_with(&to));
            assert_eq!(got.count(), 1, "{to}");
        }
        assert_eq!(self.world.count("suppressions"), 0);
    }

    /// The sentence why mail waits; empty if it does not.
    fn waiting(&self) -> String {
        let (mailer, now) = (&self.world.app.mailer, self.world.now());
        let read = |connection: &mut _| outbox::waiting(connection, Some(mailer), now);
        let waiting = self.world.app.db.run_blocking(read);
        let waiting = waiting.expect("the database answers");
        waiting.map_or_else(String::new, |waiting| waiting.sentence)
    }

    /// What `doctor` says of mail, where this user logs in.
    fn doctor(&self, user: Option<&str>) -> String {
        let url = self.postfix.url(user);
        let (_, told, said) = self.world.command(&["doctor", "--smtp-url", &url]);
        let line = told.lines().find(|line| line[6..].starts_with("mail "));
        line.unwrap_or_else(|| panic!("{told}{said}")).to_owned()
    }
}

#[test]
fn mail_goes_through_a_real_postfix_and_each_arrives_once() {
    let house = House::new(&[], None);
    house.write_to(12);
    let worker = house.worker();
    house.everybody_has_one(12);
    assert_eq!(worker.terminate().0, Some(0));
    let line = house.doctor(None);
    assert!(
        line.starts_with("ok") && line.contains("no log-in: "),
        "{line}"
    );
    assert!(house.postfix.log().contains("status=sent"));
}
