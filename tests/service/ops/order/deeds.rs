//! What is done from the page: shown first, done once, and only what can be done.

use std::thread;

use chrono::Duration;
use freshmint::token::Role;
use reqwest::Method;
use serde_json::json;

use super::{at, operator, press, said};
use crate::support::{Visitor, World, visitor::guard};

#[test]
fn the_link_is_sent_after_the_whole_mail_was_shown() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    let path = format!("{}/send", at(&order));
    let shown = aoife.get(&path);
    let text = shown.text();
    for part in [
        "Rovers Youth FC: €45.00 to pay (CUP-1)",
        "Hello Kim Miller,",
        "parent@example.org",
        "What happens",
        "What does not",
        "Send this mail",
        "Do not send",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(shown.body.contains(&order.path));
    assert_eq!(world.count("outbox"), 0, "looking changes nothing");
    let sent = aoife.send(&shown, &path, &[]);
    assert_eq!(sent.status, 303, "{sent:?}");
    assert_eq!(world.count("outbox"), 1);
    let again = aoife.send(&shown, &path, &[]);
    let text = aoife.get(again.location()).text();
    assert!(
        text.contains("You pressed twice; it was done once."),
        "{text}"
    );
    // Another form, while the mail is on its way.
    let other = press(&aoife, &order, "send", &[]);
    let text = aoife.get(other.location()).text();
    assert!(text.contains("on its way already"), "{text}");
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert!(shown.text().contains("Here is what is due"));
    assert!(said(&aoife, &order).contains("Asked for by Aoife Byrne ."));
}

#[test]
fn cash_is_taken_once_with_its_note_and_in_one_of_two_windows() {
    let world = World::new();
    let (aoife, tom) = (
        operator(&world),
        Visitor::signed_in(&world, "Tom", Role::Operator),
    );
    let order = world.order("CUP-1");
    let path = format!("{}/settle", at(&order));
    let (one, other) = (aoife.get(&path), tom.get(&path));
    let wrong = aoife.send(&one, &path, &[("note", "at the gate")]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("<title>Error:") && wrong.body.contains("value=\"at the gate\""));
    assert!(
        wrong.body.contains("<a href=\"#how-cash\">")
            && wrong.body.contains("<fieldset class=\"wrong\""),
        "{}",
        wrong.body
    );
    assert_eq!(world.status(&order), "open");
    let fields = [("how", "cash"), ("note", "at the gate")];
    let taken = aoife.send(&one, &path, &fields);
    assert_eq!(taken.status, 303, "{taken:?}");
    assert_eq!(world.status(&order), "settled_offline");
    let text = said(&aoife, &order);
    assert!(text.contains("It was settled without Stripe"), "{text}");
    assert!(
        text.contains("Settled without Stripe: in cash By Aoife Byrne . “ at the gate ”"),
        "{text}"
    );
    let late = tom.send(&other, &path, &[("how", "cheque")]);
    assert_eq!(late.status, 409);
    assert!(
        late.text()
            .contains("It was settled without Stripe already."),
        "{}",
        late.text()
    );
    assert_eq!(aoife.get(&path).status, 409, "nor is it offered any more");
    assert!(!text.contains("Settle it without Stripe…"));
    let api = world.api(
        Role::Viewer,
        Method::GET,
        &format!("/orders/{}", order.id),
        None,
    );
    assert_eq!(api.json()["settled_how"], "cash");
}

#[test]
fn a_form_that_is_pressed_five_times_at_once_is_carried_out_once() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    let path = format!("{}/withdraw-link", at(&order));
    let (csrf, once) = guard(&aoife.get(&path).body, &path);
    let (session, url) = (aoife.cookie("freshmint_session"), world.url());
    let press = || {
        let visitor = Visitor::at_url(url);
        visitor.set_cookie("freshmint_session", &session);
        visitor.post(
            &path,
            &[
                ("csrf", csrf.as_str()),
                ("once", once.as_str()),
                ("note", ""),
            ],
        )
    };
    let answers: Vec<_> = thread::scope(|scope| {
        let presses: Vec<_> = (0..5).map(|_| scope.spawn(press)).collect();
        presses
            .into_iter()
            .map(|press| press.join().unwrap())
            .collect()
    });
    assert!(
        answers.iter().all(|answer| answer.status == 303),
        "{answers:?}"
    );
    let again = answers
        .iter()
        .filter(|answer| answer.location().contains("again=1"));
    assert_eq!(again.count(), 4);
    assert_eq!(
        world.text("SELECT link_version::text AS text FROM orders"),
        "2"
    );
    assert!(world.click(&order).text().contains("replaced"));
    assert_eq!(
        aoife.post(&path, &[("once", once.as_str())]).status,
        403,
        "without its token"
    );
}

#[test]
fn an_open_page_is_closed_before_anything_changes_and_if_stripe_is_silent_nothing_does() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.click_through(&order);
    let path = format!("{}/cancel", at(&order));
    let shown = aoife.get(&path);
    let text = shown.text().replace('\n', " ");
    assert!(text.contains("€45.00 is no longer asked for."), "{text}");
    assert!(
        text.contains("The payment page, which is open until"),
        "{text}"
    );
    assert_eq!(world.payable_sessions(&order), 1, "looking closes nothing");
    let done = aoife.send(&shown, &path, &[("note", "they moved away")]);
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(
        (
            world.status(&order).as_str(),
            world.payable_sessions(&order)
        ),
        ("cancelled", 0)
    );
    let text = said(&aoife, &order);
    assert!(
        text.contains("It was cancelled By Aoife Byrne . “ they moved away ”"),
        "{text}"
    );
    // Paid on the page that is to be closed.
    let paid = world.order("CUP-2");
    let session = world.click_through(&paid);
    let shown = aoife.get(&format!("{}/cancel", at(&paid)));
    world.stripe.pay(&session).unwrap();
    let late = aoife.send(&shown, &format!("{}/cancel", at(&paid)), &[]);
    assert_eq!((late.status, world.status(&paid).as_str()), (409, "paid"));
}

#[test]
fn amount_name_and_address_are_changed_and_the_link_stays() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.click_through(&order);
    let path = format!("{}/change", at(&order));
    let shown = aoife.get(&path);
    assert!(
        shown.body.contains("value=\"45.00\"") && shown.body.contains("value=\"Summer cup, U12\"")
    );
    let fields = |amount: &'static str, email: &'static str| {
        [
            ("version", "1"),
            ("name", "Kim Müller"),
            ("email", email),
            ("description-1", "Summer cup, U12"),
            ("quantity-1", "1"),
            ("amount-1", amount),
            ("description-2", "Shirt"),
            ("quantity-2", "2"),
            ("amount-2", "12,50"),
        ]
    };
    let wrong = aoife.send(&shown, &path, &fields("1.045,00", "nonsense"));
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    assert!(
        text.contains("Write the amount without thousands separators"),
        "{text}"
    );
    let wrong = aoife.send(&shown, &path, &fields("45.00", "nonsense"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("id=\"email-why\"") && wrong.body.contains("value=\"12,50\""));
    let done = aoife.send(&shown, &path, &fields("40.00", "kim@example.org"));
    assert_eq!(done.status, 303, "{done:?}");
    let text = said(&aoife, &order);
    for part in [
        "Kim Müller",
        "€65.00",
        "2 × Shirt",
        "kim@example.org",
        "What is owed, or whom we write to, was changed By Aoife Byrne",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(world.payable_sessions(&order), 0);
    assert_eq!(world.click(&order).status, 303, "the link is the same");
    // A second window that was opened before.
    let late = aoife.submit(&path, &path, &fields("1.00", "kim@example.org"));
    assert_eq!(late.status, 409);
    assert!(
        late.text().contains("Somebody has changed the order"),
        "{}",
        late.text()
    );
    let emptied = [
        ("version", "2"),
        ("name", ""),
        ("email", ""),
        ("description-1", "Cup"),
        ("quantity-1", ""),
        ("amount-1", "10"),
    ];
    assert_eq!(aoife.submit(&path, &path, &emptied).status, 303);
    let text = said(&aoife, &order);
    assert!(
        text.contains("€10.00") && text.contains("There is nobody to write to"),
        "{text}"
    );
}

#[test]
fn money_is_given_back_by_an_admin_once_and_no_more_than_came() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    world.stripe.pay(&world.click_through(&order)).unwrap();
    world.deliver();
    let path = format!("{}/refund", at(&order));
    let text = said(&aoife, &order);
    assert!(text.contains("Give money back Needs an admin."), "{text}");
    assert_eq!(aoife.get(&path).status, 403);
    assert_eq!(aoife.post(&path, &[("amount", "1.00")]).status, 403);
    let tom = Visitor::signed_in(&world, "Tom", Role::Admin);
    assert!(said(&tom, &order).contains("Give money back…"));
    let shown = tom.get(&path);
    let text = shown.text().replace('\n', " ");
    assert!(
        text.contains("at most €45.00 , to the card")
            || text.contains("at most €45.00, to the card"),
        "{text}"
    );
    assert!(shown.body.contains("value=\"45.00\""));
    let asked = || {
        let traffic = world.traffic();
        traffic
            .iter()
            .filter(|line| line.as_str() == "POST /v1/refunds")
            .count()
    };
    assert_eq!(asked(), 0, "looking moves nothing");
    for (amount, why) in [
        ("45.01", "Only €45.00 is left to be given back."),
        ("1.000,00", "Write the amount without thousands separators"),
    ] {
        let wrong = tom.send(&shown, &path, &[("amount", amount)]);
        assert_eq!(wrong.status, 422, "{wrong:?}");
        assert!(wrong.text().contains(why), "{}", wrong.text());
        assert!(wrong.body.contains(&format!("value=\"{amount}\"")));
    }
    let fields = [("amount", "5,00"), ("note", "rain")];
    let done = tom.send(&shown, &path, &fields);
    assert_eq!(done.status, 303, "{done:?}");
    let again = tom.send(&shown, &path, &fields);
    let text = tom.get(again.location()).text().replace('\n', " ");
    assert!(text.contains("€5.00 went back"), "{text}");
    assert!(
        text.contains("You pressed twice; it was done once."),
        "{text}"
    );
    assert!(
        text.contains("Partly paid back") && text.contains("Of that €5.00 went back."),
        "{text}"
    );
    assert!(
        text.contains("Stripe was asked to give money back By Tom . “ rain ”"),
        "{text}"
    );
    assert_eq!(asked(), 1);
    assert_eq!(press(&tom, &order, "refund", &[("amount", "")]).status, 303);
    assert_eq!(world.status(&order), "refunded");
    assert_eq!(tom.get(&path).status, 409, "nothing is left");
    let text = said(&tom, &order);
    assert!(text.contains("all of it went back: €45.00."), "{text}");
    assert!(!text.contains("Give money back"), "{text}");
}

#[test]
fn the_api_asks_stripe_as_the_page_does() {
    let world = World::new();
    let order = world.order("CUP-1");
    let path = format!("/orders/{}/ask-stripe", order.id);
    let role = Role::Operator;
    assert_eq!(
        world.api(Role::Viewer, Method::POST, &path, None).status,
        403
    );
    let session = world.click_through(&order);
    world.stripe.pay(&session).unwrap();
    let asked = world.api(role, Method::POST, &path, None);
    assert_eq!(
        (asked.status, &asked.json()["status"]),
        (200, &json!("paid"))
    );
    assert_eq!(world.count("stripe_asked"), 1);
    let nobody = "/orders/0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11/ask-stripe";
    assert_eq!(world.api(role, Method::POST, nobody, None).status, 404);
}

#[test]
fn a_cart_is_shown_and_never_mailed_by_hand() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CART-1");
    world.execute("UPDATE orders SET kind = 'recovered'");
    let text = said(&aoife, &order);
    for part in [
        "Kim Miller Left cart",
        "a cart that they left",
        "In the cart €45.00",
        "Next: nothing Nobody owes for a left cart.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in [
        "Send the link",
        "Owed",
        "Settle it",
        "send it again",
        "owed",
    ] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    for deed in ["send", "settle"] {
        let path = format!("{}/{deed}", at(&order));
        assert_eq!(aoife.get(&path).status, 409, "{deed}");
    }
    // Without a name, their address says whose it is.
    world.execute("UPDATE orders SET name = NULL");
    let text = said(&aoife, &order);
    assert!(text.contains("parent@example.org Left cart"), "{text}");
    world.pass(Duration::hours(1));
}

#[test]
fn nobody_who_is_not_mailed_is_offered_a_mail() {
    let world = World::with_mailbox(&[]);
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    let path = format!("{}/send", at(&order));
    let before = aoife.get(&path);
    let listed = json!({ "email": "parent@example.org", "reason": "manual" });
    let answer = world.api(Role::Operator, Method::POST, "/suppressions", Some(listed));
    assert!(answer.status < 300, "{answer:?}");
    let refused = aoife.get(&path);
    assert_eq!(refused.status, 409);
    let text = refused.text();
    assert!(
        text.contains("The address is on the list of those who are not mailed"),
        "{text}"
    );
    // Whoever had the page open is told the same.
    let late = aoife.send(&before, &path, &[]);
    let text = aoife.get(late.location()).text();
    assert!(text.contains("Nothing was sent"), "{text}");
}

#[test]
fn what_is_said_of_a_withdrawn_link_is_what_payers_read() {
    let world = World::new();
    let aoife = operator(&world);
    let order = world.order("CUP-1");
    let path = format!("{}/withdraw-link", at(&order));
    let page = aoife.get(&path);
    assert!(page.body.contains("maxlength=\"500\""), "{}", page.body);
    assert!(
        page.text().contains("The family reads it"),
        "{}",
        page.text()
    );
    let long = "ü".repeat(501);
    let wrong = aoife.send(&page, &path, &[("note", long.as_str())]);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(&long) && wrong.text().contains("shorten it to 500"));
    let most = "ü".repeat(500);
    let done = aoife.send(&page, &path, &[("note", most.as_str())]);
    assert_eq!(done.status, 303, "{done:?}");
    assert!(world.click(&order).body.contains(&most));
}
