//! Buttons whose action asks Stripe: pressed twice, at the same moment, or after a crash, it is done once.

use std::{thread, time::Duration};

use freshmint::token::Role;

use crate::{
    settlement::money_back::paid,
    simulator::{Call, Fault},
    support::{
        Answer, Order, Visitor, World,
        browser::{client, runtime},
        visitor::guard,
    },
};

/// An admin before the page that gives an order's money back.
struct Before {
    world: World,
    admin: Visitor,
    order: Order,
    intent: String,
    form: Form,
}

/// The form of that page.
struct Form {
    url: String,
    session: String,
    action: String,
    csrf: String,
    once: String,
}

impl Form {
    fn press(&self, amount: &str) -> Answer {
        let visitor = Visitor::at_url(&self.url);
        visitor.set_cookie("freshmint_session", &self.session);
        let fields = [
            ("csrf", self.csrf.as_str()),
            ("once", self.once.as_str()),
            ("amount", amount),
            ("note", "moved away"),
        ];
        visitor.post(&self.action, &fields)
    }
}

impl Before {
    fn new(changed: &[(&str, &str)]) -> Self {
        let world = World::with(changed);
        let (order, intent) = paid(&world, "CUP-1");
        let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
        let action = format!("/ops/orders/{}/refund", order.id);
        let page = admin.get(&action);
        assert_eq!(page.status, 200, "{}", page.text());
        let (csrf, once) = guard(&page.body, &action);
        let form = Form {
            url: world.url().to_owned(),
            session: admin.cookie("freshmint_session"),
            action,
            csrf,
            once,
        };
        Self {
            world,
            admin,
            order,
            intent,
            form,
        }
    }

    fn press(&self, amount: &str) -> Answer {
        self.form.press(amount)
    }

    fn given_back(&self) -> Vec<i64> {
        let refunds = self.world.stripe.refunds_of(&self.intent);
        let amounts = refunds.iter().map(|it| it["amount"].as_i64().unwrap());
        amounts.collect()
    }

    /// The form's row, held by a process for so long.
    fn held(&self, until: &str) {
        self.world.execute(&format!(
            "INSERT INTO ops_once (id, user_id, token, at, held_until, held_by) \
             SELECT gen_random_uuid(), id, '{}', now(), clock_timestamp() + interval '{until}', gen_random_uuid() \
             FROM ops_users",
            self.form.once
        ));
    }
}

fn is_again(answer: &Answer) -> bool {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.location().contains("again=1")
}

#[test]
fn the_page_says_how_much_and_what_came_of_it_and_the_log_who_and_why() {
    let before = Before::new(&[]);
    let (world, admin) = (&before.world, &before.admin);
    let page = admin.get(&before.form.action);
    assert!(page.body.contains("value=\"45.00\""), "{}", page.body);
    let done = before.press("10,00");
    assert!(!is_again(&done));
    let said = admin.get(done.location()).text();
    assert!(said.contains("€10.00 went back"), "{said}");
    assert_eq!(before.given_back(), [1000]);
    let told = world.texts(
        "SELECT actor || ': ' || what || ' (' || (detail->>'note') || ')' AS text FROM activity \
         WHERE what = 'a refund was asked for'",
    );
    assert_eq!(told, ["ops:Tom: a refund was asked for (moved away)"]);
    // An operator is neither offered it nor let in.
    let operator = Visitor::signed_in(world, "Aoife", Role::Operator);
    assert_eq!(operator.get(&before.form.action).status, 403);
    let order = format!("/ops/orders/{}", before.order.id);
    assert!(!operator.get(&order).body.contains("/refund"));
    assert!(admin.get(&order).body.contains("/refund"));
}

#[test]
fn pressed_at_the_same_moment_it_is_done_once_and_all_are_told_so() {
    let before = Before::new(&[("DATABASE_POOL_SIZE", "16")]);
    before
        .world
        .stripe
        .inject(Call::Refund, Fault::Latency(Duration::from_secs(1)), 1);
    let form = &before.form;
    let answers: Vec<Answer> = thread::scope(|scope| {
        let presses: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| form.press("45.00")))
            .collect();
        let presses = presses.into_iter().map(|press| press.join().unwrap());
        presses.collect()
    });
    let again = answers.iter().filter(|answer| is_again(answer)).count();
    assert_eq!(again, 3);
    assert_eq!(before.given_back(), [4500]);
    let last = before.press("45.00");
    assert!(is_again(&last));
    let said = before.admin.get(last.location()).text();
    assert!(said.contains("€45.00 went back"), "{said}");
    assert!(
        said.contains("You pressed twice; it was done once."),
        "{said}"
    );
}

#[test]
fn a_browser_that_goes_away_leaves_the_action_to_its_end() {
    let before = Before::new(&[]);
    let slow = Fault::Latency(Duration::from_millis(1500));
    before.world.stripe.inject(Call::Refund, slow, 1);
    let session = before.admin.cookie("freshmint_session");
    let gone = client()
        .post(format!("{}{}", before.world.url(), before.form.action))
        .header("cookie", format!("freshmint_session={session}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .timeout(Duration::from_millis(500))
        .body(format!(
            "csrf={}&once={}&amount=45.00&note=",
            before.form.csrf, before.form.once
        ));
    assert!(runtime().block_on(async { gone.send().await }).is_err());
    assert!(is_again(&before.press("45.00")));
    assert_eq!(before.given_back(), [4500]);
}

#[test]
fn a_process_that_died_holds_the_form_for_its_lease_and_no_longer() {
    let before = Before::new(&[]);
    before.held("2 seconds");
    assert!(!is_again(&before.press("45.00")));
    assert!(is_again(&before.press("45.00")));
    assert_eq!(before.given_back(), [4500]);
}

#[test]
fn while_it_goes_on_for_long_a_second_press_is_told_so() {
    let before = Before::new(&[]);
    before.held("1 minute");
    let told = before.press("45.00");
    assert_eq!(told.status, 409);
    assert!(told.text().contains("still being carried out"));
    assert!(!told.text().contains("Nothing was changed"));
    assert_eq!(before.given_back(), [0; 0]);
}

#[test]
fn what_was_refused_may_be_sent_again() {
    let before = Before::new(&[]);
    let refused = before.press("45.01");
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("Only €45.00 is left"),
        "{}",
        refused.text()
    );
    let wrong = before.press("much");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("aria-invalid=\"true\"") && wrong.body.contains("value=\"much\""));
    assert!(!is_again(&before.press("45.00")));
    assert_eq!(before.given_back(), [4500]);
    // Whoever opens the page now reads why there is none.
    let page = before.admin.get(&before.form.action);
    assert_eq!(page.status, 409);
    assert!(page.text().contains("Nothing is left"), "{}", page.text());
}

#[test]
fn stripe_that_does_not_answer_is_said_and_asked_again_by_the_service() {
    let before = Before::new(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let world = &before.world;
    world
        .stripe
        .inject(Call::Refund, Fault::ResetAfter, usize::MAX);
    let pressed = before.press("45.00");
    assert!(!is_again(&pressed));
    let said = before.admin.get(pressed.location()).text();
    assert!(
        said.contains("have no answer") && said.contains("Ask again"),
        "{said}"
    );
    world.stripe.clear_faults();
    world.pass(chrono::Duration::minutes(11));
    runtime()
        .block_on(freshmint::refund::ask_again(&world.app))
        .expect("the database answers");
    assert_eq!(world.status(&before.order), "refunded");
    let late = before.press("45.00");
    assert!(!is_again(&late));
    let said = before.admin.get(late.location()).text();
    assert!(said.contains("€45.00 went back"), "{said}");
    assert!(is_again(&before.press("45.00")));
    assert_eq!(before.given_back(), [4500]);
}

#[test]
fn asked_again_it_is_the_same_refund_whatever_has_become_of_it() {
    let before = Before::new(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (world, admin) = (&before.world, &before.admin);
    let lost = Fault::ResetAfter;
    world.stripe.inject(Call::Refund, lost, usize::MAX);
    before.press("10.00");
    world.stripe.clear_faults();
    // Two windows of the page that asks again, and one of the page before: it cannot ask for more meanwhile.
    let action = &before.form.action;
    let (one, other) = (admin.get(action), admin.get(action));
    assert!(one.text().contains("give €10.00 back"), "{}", one.text());
    let hidden = |name: &str| {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = one.body.split_once(&start).expect("a hidden field");
        rest.split('"').next().unwrap().to_owned()
    };
    let (key, amount) = (hidden("again"), hidden("amount"));
    let fields = [("again", key.as_str()), ("amount", amount.as_str())];
    for window in [&one, &other] {
        let done = admin.send(window, action, &fields);
        assert!(!is_again(&done));
        let said = admin.get(done.location()).text();
        assert!(said.contains("€10.00 went back"), "{said}");
    }
    assert_eq!(before.given_back(), [1000]);
}

#[test]
fn the_button_names_the_amount_only_where_it_cannot_be_another() {
    let before = Before::new(&[]);
    let page = before.admin.get(&before.form.action);
    let button = "data-as-is=\"Give €45.00 back\">Give back what is written above<";
    assert!(page.body.contains(button), "{}", page.body);
    let wrong = before.press("much").body;
    assert!(!wrong.contains("data-as-is"), "{wrong}");
}
