//! `/ops/cases`: each kind with its answers, what each does, and once.

use freshmint::token::Role;
use serde_json::json;

use crate::{
    cases::{disputed, mismatch, orphan, second_payment},
    simulator::{Call, Fault},
    support::{Answer, Visitor, World},
};

fn at(case: &serde_json::Value) -> String {
    format!("/ops/cases/{}", case["id"].as_str().expect("an id"))
}

/// What a person reads, in one line.
fn read(page: &Answer) -> String {
    page.text().replace('\n', " ")
}

/// The answers that a page offers.
fn offered(page: &Answer) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let radios = scraper::Selector::parse("input[name=how]").expect("a selector");
    let radios = html.select(&radios);
    radios
        .map(|radio| radio.value().attr("value").expect("a value").to_owned())
        .collect()
}

/// Sees what would happen, and does it.
fn decide(visitor: &Visitor, at: &str, picked: &[(&str, &str)]) -> (Answer, Answer) {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(picked);
    let confirm = visitor.get(&format!("{at}/resolve?{}", query.finish()));
    assert_eq!(confirm.status, 200, "{confirm:?}");
    let html = scraper::Html::parse_document(&confirm.body);
    let hidden = scraper::Selector::parse("main form input[type=hidden]").expect("a selector");
    let fields: Vec<(String, String)> = html
        .select(&hidden)
        .map(|field| {
            let of = |name| field.value().attr(name).unwrap_or_default().to_owned();
            (of("name"), of("value"))
        })
        .collect();
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let first = visitor.post(&format!("{at}/resolve"), &fields);
    let second = visitor.post(&format!("{at}/resolve"), &fields);
    (first, second)
}

/// What the page says that a form led to.
fn outcome(visitor: &Visitor, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    read(&visitor.get(answer.location()))
}

#[test]
fn each_kind_says_what_came_how_that_can_be_and_what_can_be_done() {
    let world = World::new();
    let visitor = Visitor::signed_in(&world, "Tom", Role::Operator);
    let none = visitor.get("/ops/cases");
    assert!(
        read(&none).contains("Every payment has found its order"),
        "{none:?}"
    );
    // Half a day later: whoever had signed in is signed out.
    let (_, twice) = second_payment(&world, "CUP-1");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let page = operator.get(&at(&twice));
    assert_eq!(offered(&page), ["move", "refund", "accept"]);
    let said = read(&page);
    for part in [
        "Kim Miller paid again: €45.00",
        "€45.00 was owed, €90.00 came",
        "Settled the order",
        "Waits for a decision",
        "a payment page was still open on another",
        "Their order stays paid.",
        "Unsure?",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let list = read(&operator.get("/ops/cases"));
    assert!(
        list.contains("Open 1 Decided Kim Miller paid again: €45.00"),
        "{list}"
    );
    // Whoever may only look sees the same, and no button.
    let viewer = Visitor::signed_in(&world, "Nora", Role::Viewer);
    let page = viewer.get(&at(&twice));
    assert!(offered(&page).is_empty() && read(&page).contains("An operator or an admin decides"));
    assert_eq!(
        viewer
            .get(&format!("{}/resolve?how=accept", at(&twice)))
            .status,
        403
    );
    for nothing in ["x", "00000000-0000-7000-8000-000000000000"] {
        assert_eq!(viewer.get(&format!("/ops/cases/{nothing}")).status, 404);
    }
}

#[test]
fn a_payment_that_does_not_fit_is_taken_for_what_was_owed_once() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let (order, case) = mismatch(&world, "CUP-1");
    let page = operator.get(&at(&case));
    assert!(
        read(&page).contains("€45.00 was owed, €40.00 came"),
        "{}",
        read(&page)
    );
    assert!(read(&page).contains("The order becomes paid by €40.00 in place of €45.00."));
    let note = "as the coach <script>alert(1)</script> said";
    let confirm = operator.get(&format!(
        "{}/resolve?how=accept&note=%3Cscript%3E",
        at(&case)
    ));
    assert!(
        read(&confirm).contains("Take €40.00 for what was owed?"),
        "{}",
        read(&confirm)
    );
    assert!(!confirm.body.contains("<script>") && world.status(&order) == "in_review");
    let (first, second) = decide(&operator, &at(&case), &[("how", "accept"), ("note", note)]);
    assert_eq!(world.status(&order), "paid");
    let said = outcome(&operator, &first);
    assert!(
        said.contains("Take €40.00 for what was owed: decided"),
        "{said}"
    );
    assert!(
        said.contains("No mail was sent.") && said.contains(note),
        "{said}"
    );
    assert!(outcome(&operator, &second).contains("You pressed twice; it was done once."));
    assert!(!operator.get(&at(&case)).body.contains("<script>alert"));
    let lines = "activity WHERE what LIKE '%accepted as what was owed%' AND actor = 'ops:Aoife'";
    assert_eq!(world.count(lines), 1);
    // What is decided is in the other list, and can be decided no more.
    let list = read(&operator.get("/ops/cases?state=resolved"));
    assert!(
        list.contains("Decided 1") && list.contains("Aoife"),
        "{list}"
    );
    let again = operator.get(&format!("{}/resolve?how=refund", at(&case)));
    assert_eq!(again.status, 409);
}

#[test]
fn money_goes_back_through_stripe_once_and_the_case_says_what_stripe_says() {
    let world = World::with(&[("STRIPE_TIMEOUT_SECONDS", "2")]);
    let (order, case) = second_payment(&world, "CUP-1");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    // Stripe's answer is lost: the page says so, and asking again is the same refund.
    world
        .stripe
        .inject(Call::Refund, Fault::ResetBefore, usize::MAX);
    let (first, _) = decide(&operator, &at(&case), &[("how", "refund")]);
    assert_eq!(first.location(), at(&case));
    world.stripe.clear_faults();
    let page = operator.get(&at(&case));
    assert_eq!(offered(&page), ["refund"]);
    assert!(read(&page).contains("We asked Stripe to give it back and have no answer"));
    let (first, second) = decide(&operator, &at(&case), &[("how", "refund")]);
    let said = outcome(&operator, &first);
    assert!(
        said.contains("€45.00 is given back") && said.contains("Decided: given back"),
        "{said}"
    );
    assert!(outcome(&operator, &second).contains("it was done once"));
    world.deliver();
    assert_eq!(world.status(&order), "paid");
    let refunds = world.stripe.events();
    let refunds = refunds
        .iter()
        .filter(|event| event["type"] == "charge.refunded");
    assert_eq!(refunds.count(), 1);
}

#[test]
fn what_stripe_refuses_is_said_and_the_case_stays_open() {
    let world = World::new();
    let (_, case) = second_payment(&world, "CUP-1");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let refused = Fault::Refuse {
        status: 400,
        code: "insufficient_funds",
        message: "No".to_owned(),
    };
    world.stripe.inject(Call::Refund, refused, 1);
    let (first, _) = decide(&operator, &at(&case), &[("how", "refund")]);
    assert_eq!(first.status, 409, "{first:?}");
    assert!(
        read(&first).contains("insufficient_funds"),
        "{}",
        read(&first)
    );
    // The second press asked anew, since the first had changed nothing.
    let page = read(&operator.get(&at(&case)));
    assert!(
        page.contains("Decided: given back") || page.contains("It was not given back"),
        "{page}"
    );
}

#[test]
fn a_payment_is_counted_for_an_order_of_just_its_amount_the_same_address_first() {
    let world = World::new();
    let (_, case) = second_payment(&world, "CUP-1");
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let email = world.text("SELECT email AS text FROM orders WHERE reference = 'CUP-1'");
    let other = world.order_with(
        "CUP-2",
        json!({ "name": "A", "email": "other@example.org" }),
    );
    let brother = world.order_with("CUP-3", json!({ "name": "<i>B</i>", "email": email }));
    let dearer = json!([{ "description": "Fee", "unit_amount": 9900, "quantity": 1 }]);
    let dearer = world.order_with("CUP-4", json!({ "lines": dearer, "email": email }));
    let page = operator.get(&at(&case));
    let places: Vec<usize> = [
        "<optgroup label=\"Same address\">",
        "CUP-3",
        "<optgroup label=\"Others",
        "CUP-2",
    ]
    .into_iter()
    .map(|part| {
        page.body
            .find(part)
            .unwrap_or_else(|| panic!("{part} is not in {}", page.body))
    })
    .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(!page.body.contains("CUP-4") && !page.body.contains("<i>B"));
    let wrong = |query: &str, why: &str| {
        let page = operator.get(&format!("{}/resolve?how=move&{query}", at(&case)));
        assert_eq!(page.status, 422, "{page:?}");
        assert!(
            page.body.contains("<title>Error: ") && read(&page).contains(why),
            "{}",
            read(&page)
        );
    };
    wrong("order_id=", "Choose the order that the money is for.");
    wrong("reference=CUP-9", "There is no order with this reference.");
    wrong(
        "reference=CUP-4",
        "does not ask for just €45.00: it is €99.00.",
    );
    wrong("reference=CUP-1", "counted for this very order");
    wrong(&format!("order_id={}", dearer.id), "does not ask for just");
    let id = brother.id.to_string();
    let confirm = operator.get(&format!("{}/resolve?how=move&order_id={id}", at(&case)));
    assert!(
        read(&confirm).contains("Count €45.00 for <i>B</i> (CUP-3)?"),
        "{}",
        read(&confirm)
    );
    let (first, second) = decide(&operator, &at(&case), &[("how", "move"), ("order_id", &id)]);
    let said = outcome(&operator, &first);
    assert!(said.contains("It is counted for <i>B</i>"), "{said}");
    assert!(outcome(&operator, &second).contains("it was done once"));
    assert_eq!(
        (world.status(&brother), world.status(&other)),
        ("paid".to_owned(), "open".to_owned())
    );
}

#[test]
fn a_payment_of_nobodys_is_adopted_and_a_dispute_is_seen_to() {
    let world = World::new();
    let operator = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let case = orphan(&world, "parent@example.org", 4500);
    let order = world.order_with("CUP-1", json!({ "email": "Parent@example.org" }));
    let page = operator.get(&at(&case));
    assert_eq!(offered(&page), ["adopt", "refund", "accept"]);
    assert!(
        read(&page).contains("€45.00 came that belongs to no order"),
        "{}",
        read(&page)
    );
    assert!(page.body.contains("Same address"));
    let (first, _) = decide(
        &operator,
        &at(&case),
        &[("how", "adopt"), ("reference", "CUP-1")],
    );
    assert!(outcome(&operator, &first).contains("Decided: counted for an order"));
    assert_eq!(world.status(&order), "paid");
    let (_, case) = disputed(&world, "CUP-2");
    let page = operator.get(&at(&case));
    assert_eq!(offered(&page), ["accept"]);
    assert!(
        read(&page).contains("The bank of Kim Miller asks for €45.00 back"),
        "{}",
        read(&page)
    );
    let (first, _) = decide(&operator, &at(&case), &[("how", "accept")]);
    assert!(outcome(&operator, &first).contains("Decided"));
}

#[test]
fn two_people_who_decide_at_one_moment_decide_once() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let [one, two] = ["Aoife", "Tom"].map(|name| {
        let visitor = Visitor::signed_in(&world, name, Role::Operator);
        let page = visitor.get(&format!("{}/resolve?how=accept", at(&case)));
        let guard = crate::support::visitor::guard(&page.body, &format!("{}/resolve", at(&case)));
        (visitor, guard)
    });
    let press = |(visitor, (csrf, once)): &(Visitor, (String, String))| {
        let fields = [
            ("csrf", csrf.as_str()),
            ("once", once.as_str()),
            ("how", "accept"),
        ];
        visitor.post(&format!("{}/resolve", at(&case)), &fields)
    };
    assert_eq!([press(&one).status, press(&two).status], [303, 303]);
    assert_eq!(
        world.count("activity WHERE what LIKE '%accepted as what was owed%'"),
        1
    );
    assert_eq!(world.count("cases WHERE resolved_by = 'ops:Aoife'"), 1);
}
