//! Mailed, clicked, minted, paid: as far as the orders came.

use chrono::Duration;
use freshmint::{
    overview::{self, Mailed},
    token::Role,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{MACHINE, as_browser, stats};
use crate::support::World;

fn steps(funnel: &Value) -> [i64; 4] {
    ["mailed", "clicked", "minted", "paid"].map(|step| funnel[step].as_i64().expect("a number"))
}

#[test]
fn each_step_has_those_who_came_so_far_in_the_days_and_of_the_mailing_that_are_asked_for() {
    let world = World::with_mailbox(&[("PAY_CLICK", "confirm")]);
    let orders: Vec<_> = (1..=4)
        .map(|number| world.order(&format!("CUP-{number}")))
        .collect();
    for order in &orders {
        world.queue_link(order);
    }
    let mails = world.carry();
    assert_eq!(mails.len(), 4);
    assert_eq!(steps(&stats(&world, "funnel")), [4, 0, 0, 0]);
    assert_eq!(as_browser(&world, &orders[0].path, MACHINE), 200);
    assert_eq!(world.click(&orders[1]).status, 200);
    assert_eq!(world.press(&orders[2].path).status, 303);
    let answer = world.press(&orders[3].path);
    let session = crate::support::world::session_in(answer.location());
    world.stripe.pay(&session).expect("it is paid");
    world.deliver();
    world.work_off();
    world.write_looks();
    let funnel = stats(&world, "funnel");
    assert_eq!(steps(&funnel), [4, 3, 2, 1], "{funnel}");
    assert_eq!(funnel["abandoned_carts"]["abandoned"], 0);
    let mailing =
        json!({ "name": "Cup", "subject": "x", "body": "{{ pay_url }}", "references": ["CUP-1"] });
    let made = world
        .api(Role::Operator, Method::POST, "/blasts", Some(mailing))
        .json();
    let id = made["id"].as_str().expect("an id");
    let of = |blast: &str| steps(&stats(&world, &format!("funnel?blast={blast}")));
    assert_eq!(of("Cup"), [0, 0, 0, 0]);
    // One of the mails is that mailing's.
    world.execute(&format!(
        "WITH mail AS (UPDATE outbox SET kind = 'blast', blast_id = '{id}' \
             WHERE id = (SELECT mail_id FROM outbox_orders WHERE order_id = '{0}') RETURNING id) \
         UPDATE outbox_orders SET kind = 'blast', blast_id = '{id}' WHERE order_id = '{0}'",
        orders[2].id
    ));
    assert_eq!((of("Cup"), of(id)), ([1, 1, 1, 0], [1, 1, 1, 0]));
    let unknown = world.api(Role::Viewer, Method::GET, "/stats/funnel?blast=None", None);
    assert_eq!(unknown.status, 404);
    let yesterday = world.now().date_naive() - Duration::days(1);
    let before = stats(&world, &format!("funnel?to={yesterday}"));
    assert_eq!(steps(&before), [0, 0, 0, 0]);
}

#[test]
fn of_more_mails_than_are_looked_at_the_newest_are_counted_and_it_is_said_since_when() {
    let world = World::with_mailbox(&[]);
    for number in 1..=3 {
        world.queue_link(&world.order(&format!("CUP-{number}")));
        world.carry();
        world.pass(Duration::minutes(1));
    }
    let of = |most| {
        let mailed = Mailed {
            from: world.now() - Duration::days(1),
            until: world.now() + Duration::days(1),
            blast: None,
            most,
        };
        let read = (world.app.db).run_blocking(|connection| overview::funnel(connection, mailed));
        read.expect("the database answers")
    };
    assert_eq!((of(4).mailed, of(4).counted_since), (3, None));
    let cut = of(2);
    assert_eq!((cut.mailed, cut.mails), (2, 2));
    let second =
        world.text("SELECT sent_at::text AS text FROM outbox ORDER BY sent_at LIMIT 1 OFFSET 1");
    let since = cut
        .counted_since
        .expect("it is cut")
        .format("%H:%M:%S")
        .to_string();
    assert!(second.contains(&since), "{second} {since}");
    assert_eq!(stats(&world, "funnel")["counted_since"], Value::Null);
}
