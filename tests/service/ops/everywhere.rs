//! Every page that there is a route for, of a shop in which everything that others write is markup: none of it is
//! run, and axe-core finds nothing. A new route is walked without a line here.

use std::collections::BTreeSet;

use freshmint::token::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    browser::{Trouble, sign_in},
    needs_somebody,
    routes::ROUTES,
};
use crate::{
    cases::mismatch,
    mailbox::Mail,
    support::{Answer, Order, Visitor, World, chromium::Chromium},
};

/// What somebody may write wherever they may write: it leaves an attribute, and a text.
const NASTY: &str = "\"'><x-run onclick=alert(1)>";
/// What of it stands in no page, unless it is markup.
const RUN: &str = "<x-run";
/// The same as a text.
const TEXT: &str = "&lt;x-run";

/// A shop full of it; the path of each route's page.
struct Full {
    world: World,
    admin: Visitor,
    paths: Vec<(&'static str, String)>,
}

impl Full {
    fn new() -> Self {
        let world = World::with_mailbox(&[("TIME_ZONE", "Europe/Dublin")]);
        let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
        let ids = Ids::of(&world, &admin);
        let pages = ROUTES
            .iter()
            .filter(|(route, get, _)| get.is_some() && !route.ends_with("/stream"));
        let paths = pages.flat_map(|(route, ..)| {
            let all = ids.paths(route).into_iter();
            all.map(|path| (*route, path))
        });
        Self {
            paths: paths.collect(),
            world,
            admin,
        }
    }
}

/// One thing of each kind.
struct Ids {
    open: Order,
    paid: Order,
    case: String,
    /// Written, approved, and under way.
    blasts: [String; 3],
    mail: String,
    import: String,
    taken_in: String,
    line: i64,
    batch: String,
    user: String,
    token: String,
    hash: String,
}

impl Ids {
    fn of(world: &World, admin: &Visitor) -> Self {
        let write = |path: &str, body: Value| -> Answer {
            let answer = world.api(Role::Admin, Method::POST, path, Some(body));
            assert!(answer.status < 300, "{path}: {answer:?}");
            answer
        };
        let order = |reference: &str| {
            let lines = json!([{ "description": NASTY, "unit_amount": 4500, "quantity": 2 }]);
            let fields = json!({ "name": NASTY, "lines": lines, "metadata": { "team": NASTY } });
            world.order_with(&format!("{reference}{NASTY}"), fields)
        };
        let (_, case) = mismatch(world, "MISFIT");
        let (open, paid, settled) = (order("OPEN"), order("PAID"), order("CASH"));
        let session = world.click_through(&paid);
        world.stripe.pay(&session).expect("it is open");
        world.deliver();
        let cash = json!({ "how": "cash", "note": NASTY });
        write(&format!("/orders/{}/settle", settled.id), cash);
        let replaced = order("REPLACED");
        let note = json!({ "note": NASTY });
        write(&format!("/orders/{}/withdraw-link", replaced.id), note);
        let blasts = ["draft", "approved", "sending"].map(|state| mailing(&write, state));
        let other = json!({ "email": "gone@example.org", "reason": NASTY, "note": NASTY });
        write("/suppressions", other);
        Trouble::Bounced.befalls(world, &order("BOUNCED"));
        world.abandon(&order("LEFT"));
        admin.sign_in("tom@rovers.example.org", crate::support::PASSWORD);
        let line = needs_somebody(world, &NASTY.replace('\'', "''"));
        let batch = uuid::Uuid::from_u128(7).to_string();
        world.user_named(NASTY, "nasty@rovers.example.org");
        Self::sql(world, &batch, &open);
        let one = |query: &str| world.text(&format!("SELECT {query} LIMIT 1"));
        Self {
            case: case["id"].as_str().expect("an id").to_owned(),
            blasts,
            mail: one("id::text AS text FROM outbox WHERE state = 'bounced'"),
            import: import(admin, "B,nobody,Bo,EUR,Cup,1.00\n"),
            taken_in: taken_in(admin),
            user: one("id::text AS text FROM ops_users WHERE email LIKE 'nasty%'"),
            token: one("id::text AS text FROM api_tokens WHERE name LIKE '%x-run%'"),
            hash: one("encode(address_hash, 'hex') AS text FROM suppressions"),
            open,
            paid,
            line,
            batch,
        }
    }

    /// What comes from elsewhere than people: mail servers, Stripe, what stood here before it was checked.
    fn sql(world: &World, batch: &str, order: &Order) {
        let nasty = NASTY.replace('\'', "''");
        for statement in [
            "UPDATE outbox SET subject = '{}', body = '{}', last_error = '{}', server_id = '{}'",
            "UPDATE activity SET actor = 'ops:{}' WHERE actor LIKE 'api:%'",
            "UPDATE activity SET detail = coalesce(detail, '{\"a\": 1}') || jsonb_build_object('note', '{}')",
            "UPDATE orders SET name = '{}' WHERE reference = 'MISFIT'",
            "UPDATE api_tokens SET name = '{}' WHERE id = (SELECT id FROM api_tokens LIMIT 1)",
            "UPDATE ops_users SET name = '{}' || role",
            "UPDATE settings SET notice_text = '{}', recovery_enabled = true",
            "UPDATE orders SET import = '{}' WHERE reference LIKE 'OPEN%'",
            "INSERT INTO stripe_events (id, type, body, received_at, state, last_error) \
             VALUES ('evt_1', '{}', '{\"id\":\"x\"}', now(), 'failed', '{}')",
            "INSERT INTO outbox_pause (reason, cause, until) VALUES ('{}', 'log_in', now() + interval '1 hour')",
            "INSERT INTO order_batches (id, act, note, actor, at) VALUES ('BATCH', 'cash', '{}', 'ops:{}', now())",
            "INSERT INTO order_batch_parts (batch_id, order_id, outcome, why) VALUES ('BATCH', 'ORDER', 'refused', '{}')",
        ] {
            let statement = statement.replace("'BATCH'", &format!("'{batch}'"));
            let statement = statement.replace("'ORDER'", &format!("'{}'", order.id));
            world.execute(&statement.replace("{}", &nasty));
        }
    }

    /// Where the route's page is: of each mailing, and of a list that is searched and that is not.
    fn paths(&self, route: &str) -> Vec<String> {
        let path = |blast: &String| self.path(route, blast);
        match route {
            _ if route.starts_with("/blasts/{id}") => self.blasts.iter().map(path).collect(),
            "/import/{id}" => vec![
                path(&self.blasts[0]),
                format!("/ops/import/{}", self.taken_in),
            ],
            "/activity" | "/mail" | "/events" | "/suppressions" => {
                let searched = format!("{}?q=%22%27%3E%3Cx-run%3E", path(&self.blasts[0]));
                vec![path(&self.blasts[0]), searched]
            }
            _ => vec![path(&self.blasts[0])],
        }
    }

    fn path(&self, route: &str, blast: &str) -> String {
        let order = match route {
            "/orders/{id}/refund" => &self.paid,
            _ => &self.open,
        };
        let id = match route.split('/').nth(1) {
            Some("cases") => self.case.clone(),
            Some("blasts") => blast.to_owned(),
            Some("mail") => self.mail.clone(),
            Some("import") => self.import.clone(),
            Some("activity") => self.line.to_string(),
            Some("people") if route.contains("tokens") => self.token.clone(),
            Some("people") => self.user.clone(),
            _ if route.contains("/many/") => self.batch.clone(),
            _ => order.id.to_string(),
        };
        let picked = format!("order={}&order={}", self.open.id, self.paid.id);
        let asks = match route {
            "/orders" => "?status=all&q=x-run".to_owned(),
            "/orders/cash" | "/orders/send" => format!("?{picked}"),
            "/blasts/new" => format!("?{picked}"),
            "/cases/{id}/resolve" => "?how=accept&note=%3Cx-run%3E".to_owned(),
            "/suppressions/add" => "?email=ann@example.org".to_owned(),
            "/settings/retention" => {
                "?recovered_orders_days=30&activity_days=90&events_days=60".to_owned()
            }
            "/sign-in" => "?next=/ops/%22%3E%3Cx-run%3E".to_owned(),
            _ => String::new(),
        };
        let route = route
            .replace("{order}", &self.open.id.to_string())
            .replace("{switch}/{to}", "orphan_cases/on")
            .replace("{act}", "disable")
            .replace("{hash}", &self.hash)
            .replace("{token}", &"ab".repeat(32))
            .replace("{id}", &id);
        format!("/ops{route}{asks}")
    }
}

/// Hands a spreadsheet in, with these lines besides; its id.
fn import(admin: &Visitor, more: &str) -> String {
    let cell = format!("\"{}\"", NASTY.replace('"', "\"\""));
    let rows = format!(
        "reference,email,name,currency,description,amount\nIN{},a@example.org,{cell},EUR,{cell},1.00\n{more}",
        more.len()
    );
    let page = admin.get("/ops/import");
    let file = ("cup<x-run>.csv", rows.as_bytes());
    let sent = admin.send_file(&page, "/ops/import", file, &[]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let path = sent.location().split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The same, and takes it in.
fn taken_in(admin: &Visitor) -> String {
    let id = import(admin, "");
    let path = format!("/ops/import/{id}");
    let page = admin.get(&path);
    let seen = page.body.split("name=\"seen\" value=\"").nth(1);
    let seen = seen.and_then(|rest| rest.split('"').next());
    let seen = [("seen", seen.expect("what was seen"))];
    let done = admin.send(&page, &path, &seen);
    assert_eq!(done.status, 303, "{}", done.text());
    id
}

/// A mailing that has come so far; its id.
fn mailing(write: &impl Fn(&str, Value) -> Answer, state: &str) -> String {
    let body = format!("{NASTY} {{{{ pay_url }}}}");
    let fields = json!({ "name": format!("{state} {NASTY}"), "subject": NASTY, "body": body,
        "filter": { "status": "open" }, "first_wave": 0 });
    let id = write("/blasts", fields).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    if state != "draft" {
        let seen = write(&format!("/blasts/{id}/preview"), json!({})).json();
        let hash = json!({ "content_hash": seen["content_hash"] });
        write(&format!("/blasts/{id}/approve"), hash);
    }
    if state == "sending" {
        write(&format!("/blasts/{id}/start"), json!({}));
    }
    id
}

/// A mailing that is not far enough refuses what comes later, on a page of its own.
fn is_shown(status: u16) -> bool {
    matches!(status, 200 | 409)
}

#[test]
fn nothing_that_anybody_wrote_is_markup_on_any_page() {
    let full = Full::new();
    let mut told = BTreeSet::new();
    for (route, path) in &full.paths {
        let page = full.admin.get(path);
        let is_a_link = route.contains("welcome");
        assert!(is_shown(page.status) || is_a_link, "{path}: {page:?}");
        if !page.header("content-type").starts_with("text/html") {
            let how = page.header("content-disposition");
            assert!(how.starts_with("attachment"), "{path}: {how}");
            continue;
        }
        assert!(!page.body.contains(RUN), "{path}: {}", page.body);
        if page.body.contains(TEXT) {
            told.insert(*route);
        }
    }
    // Whatever stands in the lists that somebody looks at is told there, and not left out.
    for route in [
        "",
        "/orders",
        "/orders/paid",
        "/orders/cash",
        "/orders/send",
        "/orders/{id}",
        "/orders/{id}/cancel",
        "/orders/{id}/change",
        "/orders/{id}/refund",
        "/orders/many/{id}",
        "/import/{id}",
        "/cases/{id}",
        "/blasts",
        "/blasts/{id}",
        "/account",
        "/blasts/{id}/change",
        "/blasts/{id}/recall",
        "/blasts/{id}/start",
        "/blasts/{id}/recipients",
        "/blasts/{id}/recipients/{order}",
        "/blasts/new",
        "/activity",
        "/mail",
        "/mail/{id}",
        "/mail/resume",
        "/reminders",
        "/suppressions",
        "/suppressions/{hash}/lift",
        "/events",
        "/settings",
        "/people",
        "/people/{id}",
        "/people/tokens/{id}/revoke",
    ] {
        assert!(told.contains(route), "{route} shows none of it");
    }
    // What was typed and is wrong stands there again.
    for (form, fields) in [
        ("/ops/orders/new", ["name", "reference", "email", "amount"]),
        ("/ops/blasts/new", ["name", "subject", "body", "first_wave"]),
        ("/ops/people", ["name", "email", "role", "x"]),
    ] {
        let typed = fields.map(|field| (field, NASTY));
        let wrong = full.admin.submit(form, form, &typed);
        assert!((400..500).contains(&wrong.status), "{form}: {wrong:?}");
        assert!(
            wrong.body.contains(TEXT) && !wrong.body.contains(RUN),
            "{form}: {}",
            wrong.body
        );
    }
    // What is shown once: a token, and the page that lets somebody in.
    let other = format!("other {NASTY}");
    let token = [("token_name", other.as_str()), ("token_role", "viewer")];
    let made = full
        .admin
        .submit("/ops/people", "/ops/people/tokens", &token);
    assert!(
        made.status == 200 && made.body.contains(TEXT) && !made.body.contains(RUN),
        "{made:?}"
    );
    let invited = [
        ("name", NASTY),
        ("email", "new@rovers.example.org"),
        ("role", "viewer"),
    ];
    full.admin.submit("/ops/people", "/ops/people", &invited);
    full.world.execute("DELETE FROM outbox_pause");
    let mails = full.world.carry();
    let mail = mails
        .iter()
        .map(Mail::text)
        .find(|text| text.contains("/ops/welcome/"));
    let link = mail.expect("an invitation");
    let link = &link[link.find("/ops/welcome/").expect("a link")..];
    let link = link.split_whitespace().next().expect("a path");
    let welcome = Visitor::at(&full.world).get(link);
    assert!(
        welcome.status == 200 && welcome.body.contains(TEXT) && !welcome.body.contains(RUN),
        "{welcome:?}"
    );
    let [open, paid] = ["OPEN", "PAID"].map(|reference| {
        let query =
            format!("SELECT id::text AS text FROM orders WHERE reference LIKE '{reference}%'");
        full.world.text(&query)
    });
    // And what payers read.
    for id in [open, paid] {
        let view = full
            .world
            .api(Role::Viewer, Method::GET, &format!("/orders/{id}"), None);
        let link = view.json()["pay_url"].as_str().expect("a link").to_owned();
        let path = &link[link.find("/pay/").expect("a path")..];
        for path in [format!("{path}/return"), format!("{path}?x={RUN}")] {
            let page = full
                .world
                .ask(Method::GET, &path, &[("user-agent", "WhatsApp/2.23")]);
            assert!(
                page.body.contains(TEXT) && !page.body.contains(RUN),
                "{page:?}"
            );
        }
    }
}

#[test]
fn axe_finds_nothing_on_any_page_that_there_is_a_route_for() {
    let full = Full::new();
    let browser = Chromium::open();
    sign_in(&browser, &full.world, "tom@rovers.example.org");
    browser.look((360, 800), false);
    let mut faults = Vec::new();
    for (route, path) in full
        .paths
        .iter()
        .filter(|(route, _)| !route.ends_with(".csv"))
    {
        browser.goto(&format!("{}{path}", full.world.url()));
        browser.shot(&format!("route{}", route.replace('/', "-")));
        let wider = browser.overflow();
        if wider != 0.0 {
            faults.push(format!("{route}: wider than its window by {wider}"));
        }
        let found = browser.faults().into_iter();
        faults.extend(found.map(|fault| format!("{route}: {fault}")));
        let unsafe_markup = browser.run("return document.querySelectorAll('x-run').length");
        if unsafe_markup != 0 {
            faults.push(format!("{route}: what somebody wrote is markup"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
