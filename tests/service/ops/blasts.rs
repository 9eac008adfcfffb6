//! The pages of mailings: written, looked at, approved, started, watched, stopped, called back.

use freshmint::{blast, token::Role};
use reqwest::Method;
use serde_json::json;

use crate::{
    mailbox::{Action, Rule, Stage},
    support::{Answer, Visitor, World, runtime},
};

const TEXT: &str = "Hello {{ name }},\r\n\r\n{{ lines }}\r\n\r\nPay here: {{ pay_url }}";
/// What somebody could put into a text to be run on a page.
const MARKUP: &str = "<img src=x onerror=alert(1)>";

/// The fields of the form, as the page has them at first.
fn fields<'a>(name: &'a str, subject: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("name", name),
        ("subject", subject),
        ("body", TEXT),
        ("whom", "filter"),
        ("status", "open"),
        ("first_wave", "0"),
    ]
}

fn families(world: &World, count: usize) {
    for n in 1..=count {
        let fields =
            json!({ "name": format!("Family {n}"), "email": format!("parent{n}@example.org") });
        world.order_with(&format!("CUP-{n}"), fields);
    }
}

/// Where the form led, without what it says.
fn at(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let to = answer.location();
    to.split('?').next().unwrap_or_default().to_owned()
}

/// Writes a mailing on the page; tells where it is.
fn written(visitor: &Visitor, fields: &[(&str, &str)]) -> String {
    at(&visitor.submit("/ops/blasts/new", "/ops/blasts/new", fields))
}

/// The hash of what the page shows.
fn seen(page: &Answer) -> String {
    let rest = page.body.split("approve?seen=").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("{}", page.text()));
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn approved(visitor: &Visitor, page: &str) {
    let hash = seen(&visitor.get(page));
    let ask = format!("{page}/approve?seen={hash}");
    let approve = format!("{page}/approve");
    let answer = visitor.submit(&ask, &approve, &[("content_hash", &hash)]);
    assert_eq!(at(&answer), page);
}

fn press(visitor: &Visitor, page: &str, what: &str) -> Answer {
    let path = format!("{page}/{what}");
    visitor.submit(&path, &path, &[])
}

fn started(visitor: &Visitor, page: &str) {
    approved(visitor, page);
    let answer = press(visitor, page, "start");
    assert_eq!(at(&answer), page);
}

fn look(world: &World) {
    while runtime()
        .block_on(blast::work_off(&world.app))
        .expect("the database answers")
    {}
}

fn says_not(answer: &Answer, what: &str) {
    let text = answer.text();
    assert!(!text.contains(what), "“{what}” in\n{text}");
}

/// The text of a page with one blank wherever there are some.
fn flat(answer: &Answer) -> String {
    let text = answer.text();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(answer: &Answer, what: &str) {
    assert!(
        answer.text().contains(what),
        "no “{what}” in\n{}",
        answer.text()
    );
}

#[test]
fn a_mailing_is_written_looked_at_approved_started_and_finished() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 3);
    says(
        &visitor.get("/ops/blasts"),
        "You have 3 orders that were never mailed",
    );
    // A look saves nothing, and shows a real recipient's mail without its key.
    let mut asked = fields("Winter Cup", "Fee of {{ name }}");
    asked.push(("look", "1"));
    let example = visitor.submit("/ops/blasts/new", "/ops/blasts/new", &asked);
    assert_eq!(example.status, 200);
    says(&example, "As things stand, 3 mails at most.");
    says(&example, "Fee of Family 1");
    assert!(!example.text().contains("/pay/eyJ"), "{}", example.text());
    assert_eq!(world.count("blasts"), 0);

    let page = written(&visitor, &fields("Winter Cup", "Fee of {{ name }}"));
    let shown = visitor.get(&page);
    says(&shown, "Nothing stands in the way");
    says(&shown, "€135.00");
    says(&shown, "Approve 3 mails…");
    says(
        &visitor.get(&format!("{page}/approve")),
        "They ask for\n€135.00",
    );
    approved(&visitor, &page);
    says(&visitor.get(&page), "Approved by Aoife");
    says(&visitor.get(&format!("{page}/start")), "Send 3 mails");
    let answer = press(&visitor, &page, "start");
    says(&visitor.get(answer.location()), "It was started");
    let sending = visitor.get(&page);
    says(&sending, "0 of 3 mails are out");
    // What follows along is told once, and nobody is written to whose mail still waits.
    says_not(&sending, "What became of");
    says_not(&sending, "unpaid");
    assert_eq!(world.carry().len(), 3);
    let done = visitor.get(&page);
    says(&done, "Sent");
    says(&done, "3 accepted by the mail servers");
    says_not(&done, "It pauses by itself");
    says(&done, "0 of 3");
    says(&visitor.get("/ops/blasts"), "Winter Cup");
    // Each mail, page by page and as a file; the address of one leads to its mail.
    let all = visitor.get(&format!("{page}/recipients?state=sent"));
    says(&all, "parent2@example.org");
    assert!(
        !visitor
            .get(&format!("{page}/recipients?state=bounced"))
            .text()
            .contains("parent2")
    );
    let order = world.text("SELECT id::text AS text FROM orders WHERE reference = 'CUP-2'");
    let one = visitor.get(&format!("{page}/recipients/{order}"));
    says(&one, "Fee of Family 2");
    assert!(!one.text().contains("/pay/eyJ"));
    let file = visitor.get(&format!("{page}/recipients.csv"));
    assert_eq!(file.body.lines().count(), 4, "{}", file.body);
    // People read the shop's own time.
    assert!(!file.body.contains('Z'), "{}", file.body);
    // The next one is to those who still owe.
    says(&done, "Write to the 3 unpaid");
    let id = page.rsplit('/').next().unwrap();
    let next = visitor.get(&format!("/ops/blasts/new?blast={id}"));
    assert!(next.body.contains("Winter Cup: still owed"));
}

/// Whom a form that was begun is for, as it stands in its fields.
fn begun(visitor: &Visitor, query: &str) -> Vec<(String, String)> {
    let page = visitor.get(&format!("/ops/blasts/new?{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    let html = scraper::Html::parse_document(&page.body);
    let first = |selector: &str, value: fn(&scraper::ElementRef) -> String| {
        let selector = scraper::Selector::parse(selector).expect("a selector");
        let found = html.select(&selector).next();
        found.map_or_else(String::new, |it| value(&it))
    };
    let value = |it: &scraper::ElementRef| it.value().attr("value").unwrap_or_default().to_owned();
    let text = |it: &scraper::ElementRef| it.text().collect::<String>().trim().to_owned();
    let all = [
        ("whom", first("[name=whom][checked]", value)),
        ("status", first("#status [selected]", value)),
        ("never", first("#never [selected]", value)),
        ("blast", first("#blast [selected]", value)),
        ("import", first("#import", value)),
        ("references", first("#references", text)),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

fn pairs(said: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    said.iter().map(owned).collect()
}

#[test]
fn what_is_filtered_or_picked_among_orders_begins_a_mailing_to_just_them() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let csv = "reference,email,name,currency,description,amount\nNEW-1,n@example.org,Nora,eur,Cup,45.00\n";
    let token = world.token(Role::Operator);
    let bearer = format!("Bearer {}", token.expose());
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let taken = world.post_body("/api/v1/imports?file=cup.csv", &headers, csv);
    assert_eq!(taken.status, 200, "{taken:?}");
    families(&world, 3);
    world.write_news();
    // A filter of a mailing, where it can say it: it is asked anew when the mails are drawn.
    let page = visitor.get("/ops/orders?import=cup.csv");
    says(&page, "Write to all of these");
    assert!(
        page.body
            .contains("/ops/blasts/new?status=open&amp;import=cup%2Ecsv"),
        "{}",
        page.body
    );
    assert!(page.text().contains("1 owed"), "{}", page.text());
    let of_import = begun(&visitor, "status=open&import=cup.csv");
    assert_eq!(
        of_import,
        pairs(&[
            ("whom", "filter"),
            ("status", "open"),
            ("import", "cup.csv")
        ])
    );
    says(
        &visitor.get("/ops/blasts/new?import=cup.csv"),
        "As things stand, 1 mail at most.",
    );
    let never = begun(&visitor, "status=all&only=never_mailed");
    assert_eq!(never, pairs(&[("whom", "filter"), ("never", "yes")]));
    // Names, where it cannot, and where they were picked.
    let found = begun(&visitor, "status=open&q=Family%20");
    assert_eq!(found[0], ("whom".to_owned(), "these".to_owned()));
    assert_eq!(found.last().unwrap().1, "CUP-1\nCUP-2\nCUP-3");
    let id = |reference: &str| {
        world.text(&format!(
            "SELECT id::text AS text FROM orders WHERE reference = '{reference}'"
        ))
    };
    let picked = format!("order={}&order={}", id("CUP-3"), id("NEW-1"));
    assert_eq!(begun(&visitor, &picked).last().unwrap().1, "CUP-3\nNEW-1");
    // What nobody owes for is no bill, and what is not there is refused.
    for query in [
        "status=cart",
        "q=nobody%20there",
        "order=0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11",
    ] {
        let refused = visitor.get(&format!("/ops/blasts/new?{query}"));
        assert_eq!(refused.status, 409, "{refused:?}");
    }
    // Who is paid gets no mail: nothing is offered.
    let viewer = Visitor::signed_in(&world, "Viewer", Role::Viewer);
    for page in [
        visitor.get("/ops/orders?status=paid"),
        viewer.get("/ops/orders"),
    ] {
        assert!(!page.text().contains("Write to all"), "{}", page.text());
    }
}

#[test]
fn of_two_persons_the_author_is_told_why_they_may_not_approve() {
    let world = World::with_mailbox(&[]);
    world.execute("UPDATE settings SET two_person_approval = true");
    let author = Visitor::signed_in(&world, "Tom", Role::Operator);
    let other = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 1);
    let page = written(&author, &fields("Winter Cup", "Fee"));
    let own = author.get(&page);
    says(&own, "You wrote this mailing, and two people are needed");
    assert!(!own.body.contains("approve?seen="));
    assert_eq!(author.get(&format!("{page}/approve")).status, 409);
    let hash = seen(&other.get(&page));
    let fields = [("content_hash", hash.as_str())];
    let forced = author.submit(&page, &format!("{page}/approve"), &fields);
    assert_eq!(forced.status, 409);
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "draft");
    approved(&other, &page);
    // Whoever changes it is its author from then on.
    let change = format!("{page}/change");
    let form = other.get(&change);
    let stamp = value(&form, "stamp");
    let mut fields = self::fields("Winter Cup", "Another fee");
    fields.push(("stamp", &stamp));
    at(&other.send(&form, &change, &fields));
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "draft");
    says(&other.get(&page), "You wrote this mailing");
    approved(&author, &page);
}

fn value(page: &Answer, name: &str) -> String {
    let html = scraper::Html::parse_document(&page.body);
    let field = scraper::Selector::parse(&format!("input[name={name}]")).unwrap();
    let field = html
        .select(&field)
        .next()
        .unwrap_or_else(|| panic!("no {name}"));
    field.value().attr("value").unwrap_or_default().to_owned()
}

#[test]
fn what_has_changed_since_it_was_seen_is_not_approved_nor_overwritten() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 2);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    let hash = seen(&visitor.get(&page));
    let form = visitor.get(&format!("{page}/approve?seen={hash}"));
    families_more(&world);
    let asked = visitor.get(&format!("{page}/approve?seen={hash}"));
    assert_eq!(asked.status, 409);
    says(&asked, "Something has changed since you looked");
    let approve = format!("{page}/approve");
    let refused = visitor.send(&form, &approve, &[("content_hash", &hash)]);
    assert_eq!(refused.status, 409);
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "draft");
    // Two forms of one mailing: the second is told, and nothing is overwritten.
    let change = format!("{page}/change");
    let (one, other) = (visitor.get(&change), visitor.get(&change));
    let stamp = value(&one, "stamp");
    let with = |subject| {
        let mut all = fields("Winter Cup", subject);
        all.push(("stamp", stamp.as_str()));
        all
    };
    at(&visitor.send(&one, &change, &with("Mine")));
    let refused = visitor.send(&other, &change, &with("Theirs"));
    assert_eq!(refused.status, 409);
    says(&refused, "Somebody has changed this mailing");
    assert_eq!(world.text("SELECT subject AS text FROM blasts"), "Mine");
}

fn families_more(world: &World) {
    world.order_with("CUP-9", json!({ "email": "late@example.org" }));
}

#[test]
fn another_number_than_was_expected_is_typed_to_approve_it() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 2);
    let mut all = fields("Winter Cup", "Fee");
    all.push(("expected", "3"));
    let page = written(&visitor, &all);
    let hash = seen(&visitor.get(&page));
    let ask = format!("{page}/approve");
    says(&visitor.get(&ask), "You expected 3, there are 2.");
    says(
        &visitor.get(&page),
        "You expected 3, and there are 2: to approve it you type the number 2.",
    );
    for (typed, status) in [("", 409), ("x", 422), ("3", 409), ("2", 303)] {
        let fields = [("content_hash", hash.as_str()), ("recipients", typed)];
        let answer = visitor.submit(&ask, &ask, &fields);
        assert_eq!(answer.status, status, "{typed}");
        if status == 409 {
            says(&answer, "Type the number 2.");
        }
    }
}

#[test]
fn all_that_is_wrong_with_a_form_stands_there_and_what_was_typed_stays() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let wrong = [
        ("name", ""),
        ("subject", "a subject that stays"),
        ("body", ""),
        ("whom", "these"),
        ("references", "CUP-1\nNO-SUCH"),
        ("expected", "2"),
    ];
    let answer = visitor.submit("/ops/blasts/new", "/ops/blasts/new", &wrong);
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("<title>Error: New mailing"));
    assert!(answer.body.contains("a subject that stays"));
    for field in ["Name of the mailing:", "Text:"] {
        says(&answer, field);
    }
    let mut unknown = fields("Winter Cup", "Fee");
    unknown.retain(|(name, _)| *name != "whom");
    unknown.extend([("whom", "these"), ("references", "NO-SUCH")]);
    let answer = visitor.submit("/ops/blasts/new", "/ops/blasts/new", &unknown);
    assert_eq!(answer.status, 422);
    says(&answer, "There is no order NO-SUCH.");
    assert_eq!(world.count("blasts"), 0);
}

#[test]
fn one_that_stops_itself_says_why_and_goes_on_when_somebody_says_so() {
    let world = World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0")]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 6);
    let mut all = fields("Winter Cup", "Fee");
    all.retain(|(name, _)| *name != "first_wave");
    all.push(("first_wave", "3"));
    let page = written(&visitor, &all);
    started(&visitor, &page);
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1 gone' WHERE wave = 'first' AND state = 'queued'");
    look(&world);
    let stopped = visitor.get(&page);
    says(&stopped, "Stopped itself");
    says(
        &stopped,
        "3 of the first 3 mails came back, so the others are held",
    );
    says(&stopped, "Go on with the 3…");
    // In the words of the page, and without the rule by which it would still stop.
    says(&stopped, "correct the addresses. Then let it go on");
    says_not(&stopped, "resume it");
    says_not(&stopped, "It pauses by itself");
    says_not(&visitor.get("/ops/activity"), "resume it");
    let today = visitor.get("/ops");
    assert!(
        today.body.contains(&format!("href=\"{page}\"")),
        "Today leads to it"
    );
    let ask = visitor.get(&format!("{page}/resume"));
    says(&ask, "The 3 mails that wait go out from now on");
    says(&ask, "mail providers begin to distrust");
    let answer = press(&visitor, &page, "resume");
    says(&visitor.get(answer.location()), "It goes on");
    assert_eq!(world.carry().len(), 3);
    let done = visitor.get(&page);
    says(&done, "3 + 3 = 6");
    // Nothing can be tried again before an address is corrected.
    says_not(&done, "Try again what came to nothing");
    let again = format!("{page}/retry-failed");
    assert_eq!(visitor.get(&again).status, 409);
    let order = world.text("SELECT id::text AS text FROM orders WHERE id IN (SELECT order_id FROM outbox_orders JOIN outbox ON outbox.id = mail_id WHERE state = 'bounced') LIMIT 1");
    let path = format!("/orders/{order}");
    world.api(
        Role::Operator,
        Method::PATCH,
        &path,
        Some(json!({ "email": "right@example.org" })),
    );
    says(&visitor.get(&page), "Try again what came to nothing");
    let ask = visitor.get(&again);
    says(&ask, "0 given up, 3 came back.");
    says_not(&ask, "What was given up is sent");
    says(&ask, "Try 1 mail again");
    let answer = press(&visitor, &page, "retry-failed");
    says(&visitor.get(answer.location()), "1 mail is tried again");
}

#[test]
fn it_is_paused_and_the_rest_is_given_up() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    let viewer = Visitor::signed_in(&world, "Vera", Role::Viewer);
    families(&world, 2);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    assert_eq!(visitor.get(&format!("{page}/pause")).status, 409);
    started(&visitor, &page);
    says(
        &visitor.get(&format!("{page}/pause")),
        "The 2 mails that wait stay waiting",
    );
    // In one press from its page, and the second press does nothing more.
    let form = visitor.get(&page);
    let pause = format!("{page}/pause");
    let first = visitor.send(&form, &pause, &[]);
    let again = visitor.send(&form, &pause, &[]);
    assert!(
        again.location().ends_with("&again=1"),
        "{}",
        again.location()
    );
    assert_eq!(at(&first), page);
    let paused = visitor.get(&page);
    says(&paused, "Aoife paused it.");
    says_not(&paused, "Resume it");
    says_not(&paused, "unpaid");
    assert!(!paused.text().contains("See what came back"), "nothing did");
    // One that is for later begins later, also when it goes on.
    world.execute("UPDATE blasts SET send_at = now() + interval '40 days'");
    says(&visitor.get(&page), "Its time comes");
    says(
        &visitor.get(&format!("{page}/resume")),
        "The 2 mails that wait go out when the time has come",
    );
    world.execute("UPDATE blasts SET send_at = NULL");
    assert_eq!(world.carry().len(), 0);
    // Whoever may only look is offered nothing.
    let looked = viewer.get(&page);
    assert!(
        !looked.body.contains(&format!("{page}/resume"))
            && !looked.body.contains("What you can do")
    );
    says(
        &visitor.get(&format!("{page}/cancel")),
        "2 mails that wait are not sent",
    );
    says(&visitor.get(&format!("{page}/cancel")), "No mail is out.");
    let answer = press(&visitor, &page, "cancel");
    says(&visitor.get(answer.location()), "The rest is not sent");
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "cancelled");
    assert_eq!(world.carry().len(), 0);
}

#[test]
fn who_gets_none_is_not_counted_among_the_mails() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 4);
    let email = Some(json!({ "email": "parent4@example.org" }));
    let listed = world.api(Role::Operator, Method::POST, "/suppressions", email);
    assert_eq!(listed.status, 201, "{}", listed.body);
    let mut all = fields("Winter Cup", "Fee");
    all.push(("expected", "5"));
    let page = written(&visitor, &all);
    let shown = visitor.get(&page);
    assert!(
        flat(&shown).contains("Mails 3 and 1 gets none: we do not mail that address"),
        "{}",
        flat(&shown)
    );
    says(&shown, "€135.00");
    says(&shown, "Approve 3 mails…");
    says(&shown, "All 4, page by page");
    // What is expected is compared with all of them, as it was.
    let ask = visitor.get(&format!("{page}/approve"));
    says(&ask, "Approve 3 mails");
    says(&ask, "1 more gets none");
    says(
        &ask,
        "You expected 5, there are 4, with 1 that gets none. Type the number 4.",
    );
    let (hash, approve) = (seen(&shown), format!("{page}/approve"));
    let fields = [("content_hash", hash.as_str()), ("recipients", "4")];
    assert_eq!(at(&visitor.submit(&approve, &approve, &fields)), page);
    let start = visitor.get(&format!("{page}/start"));
    says(&start, "Send 3 mails");
    says(&start, "1 more that was approved gets none");
    assert_eq!(at(&press(&visitor, &page, "start")), page);
    assert_eq!(world.carry().len(), 3);
    says(&visitor.get(&page), "3 of 3 mails are out");
}

#[test]
fn every_mail_stands_there_with_its_amount_the_most_unusual_first_and_how_long_it_takes() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 12);
    let lines = json!([{ "description": "Cup", "unit_amount": 45_000, "quantity": 1 }]);
    world.order_with(
        "CUP-13",
        json!({ "name": "Horvat", "email": "horvat@example.org", "lines": lines }),
    );
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    let shown = visitor.get(&page);
    let text = flat(&shown);
    let every = text.split("Every mail").nth(1).expect("the table");
    let first = "Horvat CUP-13 horvat@example.org €450.00 Nothing Family 1";
    assert!(every.contains(first), "{every}");
    let all = flat(&visitor.get(&format!("{page}/recipients")));
    assert!(
        all.contains("Family 1 CUP-1 parent1@example.org €45.00"),
        "{all}"
    );
    says(&shown, "less than a minute");
    approved(&visitor, &page);
    says(
        &visitor.get(&format!("{page}/start")),
        "It takes less than a minute.",
    );
}

#[test]
fn mails_that_cannot_be_made_are_not_told_of_as_none() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 2);
    let page = written(&visitor, &fields("Winter Cup", "Fee of {{ nme }}"));
    let shown = visitor.get(&page);
    says(&shown, "To be mended");
    says(&shown, "The subject has the unknown name nme");
    for said in [
        "Waits for approval",
        "Asked for in all",
        "How long it takes",
    ] {
        says_not(&shown, said);
    }
}

#[test]
fn one_that_was_never_started_is_dropped_and_nothing_is_called_back() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 1);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    let ask = visitor.get(&format!("{page}/cancel"));
    says(&ask, "It is never sent. Nobody has been mailed.");
    says_not(&ask, "call the mailing back");
    says_not(&ask, "for the rest");
    let answer = press(&visitor, &page, "cancel");
    says(&visitor.get(answer.location()), "It is dropped");
}

#[test]
fn of_one_that_is_called_back_it_is_said_who_never_got_it() {
    let world = World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0")]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 6);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    started(&visitor, &page);
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '550 5.1.1 gone' WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 2)");
    let recall = format!("{page}/recall");
    let answer = visitor.submit(&recall, &recall, &[("note", "The fee was wrong.")]);
    assert_eq!(at(&answer), page);
    let shown = visitor.get(&page);
    says(&shown, "2 of 6 mails are out");
    says(&shown, "4 not sent");
    says(&shown, "send them its link from there");
    says_not(&shown, "then try again");
    says_not(&shown, "have followed since");
}

#[test]
fn it_is_called_back_with_words_and_a_correction() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 2);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    assert_eq!(visitor.get(&format!("{page}/recall")).status, 409);
    started(&visitor, &page);
    assert_eq!(world.carry().len(), 2);
    let recall = format!("{page}/recall");
    let ask = visitor.get(&recall);
    says(&ask, "The 2 who have not paid read your words");
    assert!(!ask.text().contains("that wait"), "none waits");
    let long = "x".repeat(501);
    for note in ["", &long] {
        let refused = visitor.submit(&recall, &recall, &[("note", note)]);
        assert_eq!(refused.status, 422, "{note}");
    }
    let words = "The fee was wrong.\r\nWe are <b>sorry</b>.";
    let example = visitor.submit(&recall, &recall, &[("note", words), ("look", "1")]);
    assert_eq!(example.status, 200);
    says(&example, "This link has been replaced");
    says(&example, "We are <b>sorry</b>.");
    assert_eq!(world.text("SELECT state AS text FROM blasts"), "sending");
    let half = [("note", words), ("subject", "Right"), ("body", "")];
    assert_eq!(visitor.submit(&recall, &recall, &half).status, 422);
    let whole = [("note", words), ("subject", "Right"), ("body", TEXT)];
    let form = visitor.get(&recall);
    let answer = visitor.send(&form, &recall, &whole);
    assert_eq!(at(&answer), page);
    let again = visitor.send(&form, &recall, &whole);
    assert!(again.location().ends_with("&again=1"));
    assert_eq!(world.count("blasts"), 2, "one correction");
    look(&world);
    let shown = visitor.get(&page);
    says(&shown, "It is called back");
    says(&shown, "2 of 2 links are replaced");
    says_not(&shown, "It pauses by itself");
    let correction = world.text("SELECT id::text AS text FROM blasts WHERE corrects IS NOT NULL");
    assert!(shown.body.contains(&format!("/ops/blasts/{correction}")));
    let correction = visitor.get(&format!("/ops/blasts/{correction}"));
    says(&correction, "A correction");
    says(&correction, "Approve 2 mails…");
}

#[test]
fn what_keeps_it_from_being_started_is_said_in_words_on_its_page() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 1);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    assert_eq!(
        visitor.get(&format!("{page}/start")).status,
        409,
        "not approved"
    );
    approved(&visitor, &page);
    world.mailbox().set_rules(vec![Rule {
        stage: Stage::Sender,
        recipient: None,
        action: Action::Reply(550, "5.7.1 not your domain".to_owned()),
        times: None,
    }]);
    let refused = press(&visitor, &page, "start");
    assert_eq!(refused.status, 409);
    says(&refused, "It was not started, and nothing was sent");
    says(&refused, "Does the mail server take our mail?");
    assert_eq!(world.count("outbox"), 0);
    world.mailbox().set_rules(Vec::new());
    let answer = press(&visitor, &page, "start");
    assert_eq!(at(&answer), page);
    // The trial's event does not come in this test: that is a warning, and stands on the page.
    let started = visitor.get(&page);
    says(
        &started,
        "Something could not be made sure of before the start",
    );
    says(&started, "Who pays is still found, some minutes late");
    for word in ["webhook", "checkout.session", "STRIPE_", "sweep"] {
        says_not(&started, word);
    }
}

#[test]
fn a_test_goes_to_whoever_presses_and_to_nobody_else_once() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    families(&world, 2);
    let page = written(&visitor, &fields("Winter Cup", "Fee"));
    let (form, test) = (visitor.get(&page), format!("{page}/test"));
    for _ in 0..2 {
        let to = [("to", "somebody@example.net")];
        at(&visitor.send(&form, &test, &to));
    }
    let mails = world.carry();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        world.texts("SELECT address || ' ' || subject AS text FROM outbox"),
        ["aoife@rovers.example.org [Test] Fee"]
    );
}

#[test]
fn what_somebody_wrote_is_never_run() {
    let world = World::with_mailbox(&[]);
    let visitor = Visitor::signed_in(&world, "Aoife", Role::Operator);
    world.order_with(
        "<b>1</b>",
        json!({ "name": MARKUP, "email": "kim@example.org" }),
    );
    let body = format!("{MARKUP} {{{{ pay_url }}}}");
    let fields = [
        ("name", MARKUP),
        ("subject", MARKUP),
        ("body", body.as_str()),
        ("whom", "filter"),
        ("first_wave", "0"),
    ];
    let page = written(&visitor, &fields);
    let order = world.text("SELECT id::text AS text FROM orders");
    let mut paths = vec![
        "/ops/blasts".to_owned(),
        page.clone(),
        format!("{page}/change"),
        format!("{page}/recipients"),
        format!("{page}/recipients/{order}"),
        format!("{page}/approve"),
        format!("{page}/cancel"),
    ];
    let safe = |paths: &[String]| {
        for path in paths {
            let answer = visitor.get(path);
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.body.contains("<img"), "{path}");
            assert!(answer.body.contains("&lt;img"), "{path}");
        }
    };
    safe(&paths);
    started(&visitor, &page);
    world.execute("UPDATE outbox SET state = 'bounced', last_error = '<img src=x>'");
    paths.retain(|path| {
        !path.ends_with("approve") && !path.ends_with("change") && !path.ends_with("cancel")
    });
    paths.push(format!("{page}/recall"));
    safe(&paths);
}
