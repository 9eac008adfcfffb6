//! What the treasurer sees of mails that came back hours later.

use chrono::Duration;
use freshmint::token::Role;
use serde_json::json;

use super::{VERP, about, again::mailing, take};
use crate::support::{PASSWORD, Visitor, World};

#[test]
fn what_came_back_is_one_row_for_each_mailing_and_the_order_says_what_to_correct() {
    let world = World::with_mailbox(VERP);
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let family = |reference: &str, email: &str| {
        world.order_with(
            reference,
            json!({ "name": format!("The {reference} family"), "email": email }),
        )
    };
    let walsh = family("CUP-1", "walsh@example.org");
    family("CUP-2", "nolan@example.org");
    family("CUP-3", "dunne@example.org");
    mailing(&world, &["CUP-1", "CUP-2", "CUP-3"]);
    let alone = family("CUP-4", "byrne@example.org");
    world.queue_link(&alone);
    assert_eq!(world.carry().len(), 4);
    world.pass(Duration::hours(3));
    for email in ["walsh", "nolan", "byrne"] {
        let mark = format!(
            "SELECT replace(mark::text, '-', '') AS text FROM outbox WHERE address LIKE '{email}@%'"
        );
        let report = about(&world.text(&mark), sample!("postfix-failed.eml"))
            .replace("parent@", &format!("{email}@"))
            .replace("Parent@", &format!("{email}@"));
        assert_eq!(take(&world, &report)[0]["outcome"], "bounced", "{email}");
    }
    operator.sign_in("aoife@rovers.example.org", PASSWORD);
    let page = operator.get("/ops");
    let text = page.text();
    for said in [
        "2 mails of “Summer cup” came back: the addresses take no mail",
        "The mail to The CUP-4 family came back",
        "3 things need somebody",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(
        page.body.contains("came_back=true&amp;blast="),
        "{}",
        page.body
    );
    // The list that its button leads to: what came back of this mailing.
    let href = page
        .body
        .split("href=\"")
        .find(|href| href.contains("came_back=true"));
    let href = href
        .and_then(|href| href.split('"').next())
        .expect("a link");
    let list = operator.get(&href.replace("&amp;", "&")).text();
    assert!(list.contains("CUP-1") && list.contains("CUP-2"), "{list}");
    assert!(!list.contains("CUP-3") && !list.contains("CUP-4"), "{list}");
    // The order: that it came back, why, and the address to correct.
    let order = operator.get(&format!("/ops/orders/{}", walsh.id));
    let text = order.text().replace('\n', " ");
    for said in ["A mail came back", "Correct the address", "550 5.1.1"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // At the time of the report, and not of the mail.
    let at = world.now().format("%Y-%m-%dT%H").to_string();
    let told = order.body.match_indices(" came back");
    let mut before = told.map(|(place, _)| order.body[..place].rsplit("datetime=\"").next());
    assert!(
        before.any(|time| time.is_some_and(|time| time.starts_with(&at))),
        "{at} is not before it: {}",
        order.body
    );
}
