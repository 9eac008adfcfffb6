//! What a mail server says is somebody else's bytes: they cost their own connection and nothing else.

use std::time::Duration;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::accident::wait_until;
use super::refused::{now, rows, the_wait_is_over};
use crate::{
    mailbox::{self, Action, Rule, Stage},
    support::{World, cluster::Database},
};

/// What may lie in the sockets' buffers of one connection: the kernel takes that without anybody reading.
const ON_THE_WAY: usize = 16 * 1024 * 1024;

fn raw(bytes: &[u8], stage: Stage) -> Rule {
    now(Action::Raw(bytes.to_vec()), stage)
}

/// A world with one mail that is queued, to which the server says this.
fn told(rule: Rule) -> World {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "2")]);
    world.queue_link(&world.order("CUP-1"));
    world.mailbox().set_rules(vec![rule]);
    world.carry();
    world
}

/// The server behaves again, and every wait is over.
fn carry_again(world: &World) {
    world.mailbox().set_rules(Vec::new());
    the_wait_is_over(world);
    world.carry();
}

#[test]
fn a_zero_in_a_refusal_costs_that_mail_alone() {
    // One after the other: what a refusal means for its address is written with the next mail that is taken.
    let world = World::with_mailbox(&[("MAIL_CONNECTIONS", "1")]);
    let to = |reference: &str, email: &str| {
        world.order_with(reference, serde_json::json!({ "email": email }))
    };
    world.queue_link(&to("CUP-1", "gone@example.org"));
    world.queue_link(&to("CUP-2", "fine@example.org"));
    world.mailbox().set_rules(vec![Rule {
        recipient: Some("gone@".to_owned()),
        ..raw(b"550 5.1.1 no such\0user\x1b[2J\r\n", Stage::Recipient)
    }]);
    assert_eq!(world.carry().len(), 1);
    assert_eq!(
        rows(&world),
        ["bounced 1 550 5.1.1 no such user [2J", "sent 1"]
    );
    assert_eq!(
        world.texts("SELECT address AS text FROM suppressions"),
        ["gone@example.org"]
    );
}

#[test]
fn a_reply_is_read_by_its_code_whatever_its_letters_are() {
    let long = [b"250 ".as_slice(), &[b'x'; 3_000], b"\r\n"].concat();
    let many = b"250-2.0.0 thank you\r\n".repeat(3_000);
    let many = [many.as_slice(), b"250 2.0.0 it is taken\r\n"].concat();
    for yes in [
        b"250 2.0.0 sch\xf6n\r\n".as_slice(),
        b"250\r\n",
        b"250 taken\n",
        b"250-sch\xf6n\r\n250 \xff\0\r\n",
        &long,
        &many,
    ] {
        let world = told(raw(yes, Stage::Message));
        assert_eq!(rows(&world), ["sent 1"], "{}", yes.escape_ascii());
        assert_eq!(world.mailbox().mails().len(), 1);
        // The connection is as good as before.
        world.queue_link(&world.order("CUP-2"));
        assert_eq!(world.carry().len(), 1);
    }
    let world = told(raw(b"550 5.7.1 Gr\xfc\xdfe\r\n", Stage::Message));
    assert_eq!(rows(&world), ["bounced 1 550 5.7.1 Gr??e"]);
}

#[test]
fn a_line_without_an_end_costs_its_connection_before_the_dot() {
    for stage in [
        Stage::Connect,
        Stage::Hello,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
    ] {
        for beginning in ["", "250 ", "550 5.1.1 "] {
            let world = told(now(Action::Endless(beginning.into()), stage));
            assert_eq!(world.mail_states(), ["queued"], "{stage:?} {beginning}");
            wait_until("the server has noticed", || world.mailbox().endless() > 0);
            let said = world.mailbox().endless();
            assert!(said < ON_THE_WAY, "{stage:?} {beginning}: {said} bytes");
            carry_again(&world);
            assert_eq!(world.mail_states(), ["sent"], "{stage:?} {beginning}");
            assert_eq!(world.mailbox().mails().len(), 1);
        }
    }
}

#[test]
fn a_line_without_an_end_after_the_dot_counts_if_its_code_was_heard() {
    for (beginning, expected) in [
        ("250 ", "sent 1"),
        ("250-2.0.0 ok\r\n250-", "sent 1"),
        (
            "552 5.2.2 mailbox full ",
            "bounced 1 552 5.2.2 mailbox full",
        ),
        ("450 4.2.0 busy ", "queued 1 450 4.2.0 busy"),
        ("", "unknown 1 the mail server has the mail"),
        ("25", "unknown 1 the mail server has the mail"),
        ("2500 ", "unknown 1 the mail server has the mail"),
        ("354 ", "unknown 1 the mail server has the mail"),
        ("250-ok\r\n550 no", "unknown 1 the mail server has the mail"),
    ] {
        let world = told(now(Action::Endless(beginning.into()), Stage::Message));
        let row = rows(&world).concat();
        assert!(row.starts_with(expected), "{beginning}: {row}");
        assert!(row.len() < 700, "{row}");
        wait_until("the server has noticed", || world.mailbox().endless() > 0);
        assert!(world.mailbox().endless() < ON_THE_WAY);
    }
}

#[test]
fn a_reply_of_too_many_lines_is_as_one_without_an_end() {
    let lines = |line: &str| line.repeat(1024 * 1024 / line.len()).into_bytes();
    for (stage, line, expected) in [
        (Stage::Connect, "220-hello\r\n", "queued 0"),
        (Stage::Recipient, "250-\r\n", "queued 1"),
        (Stage::Recipient, "550-5.1.1 gone\r\n", "queued 1"),
        (Stage::Message, "250-\r\n", "sent 1"),
        (Stage::Message, "550-5.7.1 spam\r\n", "bounced 1 550 5.7.1"),
    ] {
        let world = told(raw(&lines(line), stage));
        let row = rows(&world).concat();
        assert!(row.starts_with(expected), "{stage:?} {line}: {row}");
    }
}

#[test]
fn a_yes_of_another_step_is_no_yes() {
    for (stage, said, expected) in [
        // Gone on as if the message were asked for, it would be read as commands.
        (Stage::Data, "250 2.0.0 ok\r\n", "queued"),
        (Stage::Message, "354 go on\r\n", "unknown"),
        (Stage::Sender, "354 go on\r\n", "queued"),
        (Stage::Recipient, "334 who are you\r\n", "queued"),
    ] {
        let world = told(raw(said.as_bytes(), stage));
        assert_eq!(world.mail_states(), [expected], "{stage:?} {said}");
    }
}

#[test]
fn a_last_reply_that_stays_unfinished_counts_by_its_code() {
    for (said, expected) in [
        ("250-2.0.0 ok\r\n", "sent"),
        ("250 2.0.0 o", "sent"),
        ("552-5.2.2 mailbox full\r\n", "bounced"),
        ("25", "unknown"),
    ] {
        // Without another word: after two seconds the lease is over.
        let world = told(raw(said.as_bytes(), Stage::Message));
        assert_eq!(world.mail_states(), [expected], "{said}");
    }
}

#[test]
fn a_server_that_says_nothing_to_rset_or_quit_holds_nothing_up() {
    for stage in [Stage::Reset, Stage::Quit] {
        for action in [Action::Hang, Action::Endless(b"250 ".to_vec())] {
            let world = World::with_mailbox(&[]);
            let to = |reference: &str, email: &str| {
                world.order_with(reference, serde_json::json!({ "email": email }))
            };
            world.queue_link(&to("CUP-1", "full@example.org"));
            world.queue_link(&to("CUP-2", "fine@example.org"));
            world.mailbox().set_rules(vec![
                Rule {
                    recipient: Some("full@".to_owned()),
                    ..now(
                        Action::Reply(552, "5.2.2 mailbox full".to_owned()),
                        Stage::Message,
                    )
                },
                now(action.clone(), stage),
            ]);
            let started = std::time::Instant::now();
            world.carry();
            let took = started.elapsed();
            assert!(took < Duration::from_secs(15), "{stage:?}: {took:?}");
            assert_eq!(
                rows(&world),
                ["bounced 1 552 5.2.2 mailbox full", "sent 1"],
                "{stage:?} {action:?}"
            );
        }
    }
}

/// A moment, and bytes for it: any at all, or any after the beginning of a reply.
fn bytes() -> impl Strategy<Value = (Stage, Vec<u8>)> {
    let stages = [
        Stage::Connect,
        Stage::Hello,
        Stage::Login,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Message,
        Stage::Reset,
        Stage::Quit,
    ];
    let beginnings = [
        "",
        "2",
        "220 ",
        "235 ",
        "250 ",
        "250-",
        "334 ",
        "354 ",
        "421 ",
        "450 ",
        "550 5.1.1 ",
        "550-5.1.1\r\n550 ",
        "250 a\r\n250 b\r\n",
        "999 ",
    ];
    let length = prop_oneof![0..64_usize, 0..8_192_usize, 0..=1_048_576_usize];
    (
        prop::sample::select(stages.to_vec()),
        prop::sample::select(beginnings.to_vec()),
        length,
        any::<u64>(),
        any::<bool>(),
    )
        .prop_map(|(stage, beginning, length, seed, is_text)| {
            let mut bytes = beginning.as_bytes().to_vec();
            bytes.extend(noise(seed, is_text).take(length));
            // Nobody waits long: either a reply's end, or a line that is none.
            bytes.extend(b"\r\n\xff\r\n");
            (stage, bytes)
        })
}

/// Bytes without a pattern; without line ends if they are to be one line.
fn noise(seed: u64, is_one_line: bool) -> impl Iterator<Item = u8> {
    let next = |x: &u64| Some(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    std::iter::successors(Some(seed), next)
        .map(|x| (x >> 56) as u8)
        .map(move |byte| match byte {
            b'\n' if is_one_line => b'.',
            byte => byte,
        })
}

#[test]
fn whatever_is_said_the_next_mail_arrives_and_none_arrives_twice() {
    let mailbox = mailbox::Settings {
        login: Some(("club".to_owned(), "secret".to_owned())),
        ..mailbox::Settings::default()
    };
    let world = World::with_mailbox_on(Database::new(), mailbox, &[("MAIL_LEASE_SECONDS", "2")]);
    let config = Config {
        cases: 40,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    let mut number = 0;
    let case = |(stage, bytes): (Stage, Vec<u8>)| {
        number += 1;
        let order = |name: &str| {
            let address = format!("{name}{number}@example.org");
            let fields = serde_json::json!({ "email": address });
            let order = world.order_with(&format!("{name}-{number}"), fields);
            (world.queue_link(&order), address)
        };
        let (id, address) = order("first");
        let mut rules = vec![raw(&bytes, stage)];
        if stage == Stage::Reset {
            let action = Action::Reply(450, "4.2.0 busy".to_owned());
            rules.push(now(action, Stage::Recipient));
        }
        world.mailbox().set_rules(rules);
        world.carry();
        carry_again(&world);
        let state = |id| {
            world.text(&format!(
                "SELECT state AS text FROM outbox WHERE id = '{id}'"
            ))
        };
        let arrived = world.mailbox().mails_to(&address).len();
        let what = format!("{stage:?} {:.60}", bytes.escape_ascii().to_string());
        match state(id).as_str() {
            "sent" => assert_eq!(arrived, 1, "{what}"),
            "bounced" => assert_eq!(arrived, 0, "{what}"),
            "unknown" => assert_eq!(stage, Stage::Message, "{what}"),
            other => panic!("{other}: {what}"),
        }
        let (id, address) = order("next");
        world.carry();
        assert_eq!(state(id), "sent", "{what}");
        assert_eq!(world.mailbox().mails_to(&address).len(), 1, "{what}");
        Ok(())
    };
    let case = std::cell::RefCell::new(case);
    TestRunner::new(config)
        .run(&bytes(), |told| (case.borrow_mut())(told))
        .unwrap();
}

// -- what the database refuses --

/// A world with three mails that bounce, and a database that refuses what `condition` says.
fn refusing(condition: &str) -> World {
    let world = World::with_mailbox(&[("MAIL_LEASE_SECONDS", "1")]);
    world.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
    );
    world.execute(&format!(
        "CREATE TRIGGER refuse BEFORE UPDATE ON outbox FOR EACH ROW WHEN ({condition}) \
         EXECUTE FUNCTION refuse()"
    ));
    for number in 1..=3 {
        let fields = serde_json::json!({ "email": format!("a{number}@example.org") });
        world.queue_link(&world.order_with(&format!("CUP-{number}"), fields));
    }
    world.mailbox().set_rules(vec![Rule {
        recipient: Some("a2@".to_owned()),
        ..now(
            Action::Reply(552, "5.2.2 poison".to_owned()),
            Stage::Message,
        )
    }]);
    world
}

#[test]
fn an_outcome_whose_words_the_database_refuses_is_told_without_them() {
    let world = refusing("NEW.last_error LIKE '%poison%'");
    assert_eq!(world.carry().len(), 2);
    assert_eq!(
        rows(&world),
        [
            "sent 1",
            "bounced 1 552 5.2.2: what the mail server said cannot be written down",
            "sent 1"
        ]
    );
}

#[test]
fn an_outcome_that_the_database_refuses_keeps_no_other_mail() {
    let world = refusing("OLD.address = 'a2@example.org' AND NEW.state = 'bounced'");
    assert_eq!(world.carry().len(), 2);
    // Its lease ends within a second.
    let states = world.mail_states();
    assert!(
        ["sending", "unknown"].contains(&states[1].as_str()),
        "{states:?}"
    );
    assert_eq!((states[0].as_str(), states[2].as_str()), ("sent", "sent"));
    std::thread::sleep(Duration::from_millis(1_200));
    world.queue_link(&world.order("CUP-4"));
    assert_eq!(world.carry().len(), 1);
    assert_eq!(world.mail_states(), ["sent", "unknown", "sent", "sent"]);
}

#[test]
fn an_outcome_that_was_refused_for_a_while_is_told_afterwards() {
    let world = refusing("OLD.address = 'a2@example.org' AND NEW.state = 'bounced'");
    let mut courier = world.courier();
    let mut round = || {
        let round = crate::support::browser::runtime().block_on(courier.round());
        round.expect("the database takes the others");
    };
    for _ in 0..6 {
        round();
    }
    assert_eq!(world.count("outbox WHERE state = 'sent'"), 2);
    world.execute("DROP TRIGGER refuse ON outbox");
    round();
    assert_eq!(world.mail_states(), ["sent", "bounced", "sent"]);
}
