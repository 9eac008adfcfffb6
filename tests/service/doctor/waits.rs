//! Mail that waits: `doctor` says why, in the sentence that all places say.

use freshmint::{outbox, token::Role};
use reqwest::Method;

use super::{mail_line, no};
use crate::{
    mailbox::{Action, Stage},
    support::World,
};

fn sentence(world: &World) -> String {
    let (mailer, now) = (&world.app.mailer, world.now());
    let read = |connection: &mut _| outbox::waiting(connection, Some(mailer), now);
    let waiting = world.app.db.run_blocking(read);
    let waiting = waiting.expect("the database answers").expect("mail waits");
    waiting.sentence
}

#[test]
fn doctor_and_the_orders_story_say_the_same_sentence() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    world.queue_link(&order);
    let refusal = Action::Reply(550, "5.7.1 not from you".to_owned());
    world.mailbox().set_rules(no(Stage::Sender, refusal));
    world.carry();
    let sentence = sentence(&world);
    let (fine, line) = mail_line(&world);
    assert!(
        !fine && line.contains("550 5.7.1 not from you: ") && line.ends_with(&sentence),
        "{line}\n{sentence}"
    );
    let path = format!("/orders/{}/timeline", order.id);
    let story = world.api(Role::Viewer, Method::GET, &path, None).json();
    assert_eq!(story["next_step"], sentence.as_str());
    // The server has been mended, and the next try has not come yet.
    world.mailbox().set_rules(Vec::new());
    let (fine, line) = mail_line(&world);
    assert!(
        !fine && line.contains("our sender and mail to it") && line.ends_with(&sentence),
        "{line}"
    );
}

#[test]
fn what_the_settings_allow_is_said_and_is_no_fault() {
    let world = World::with_mailbox(&[("MAIL_PER_DAY", "1")]);
    for number in 1..=2 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
    }
    assert_eq!(world.carry().len(), 1);
    let (fine, line) = mail_line(&world);
    assert!(fine && line.ends_with(&sentence(&world)), "{line}");
}
