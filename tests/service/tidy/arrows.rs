//! Which module may use which, and which files decide without any effect.

use std::collections::{BTreeMap, BTreeSet};

use super::{library, module_of, source};

/// The modules from the bottom up, each with those that it may use. A module uses only such as stand
/// above it in this list, so that no two use each other.
const MAY_USE: &[(&str, &[&str])] = &[
    // Small things that know nothing of each other.
    ("batches", &[]),
    ("caller_address", &[]),
    ("clock", &[]),
    ("column", &[]),
    ("foreign_text", &[]),
    ("language", &[]),
    ("legible", &["foreign_text"]),
    ("link", &["language"]),
    ("metrics", &[]),
    ("one_at_a_time", &[]),
    ("random", &[]),
    ("recent", &[]),
    ("renderings", &[]),
    ("schema", &[]),
    ("spreadsheet", &["foreign_text", "legible"]),
    ("visitor", &[]),
    ("zone", &[]),
    // The settings of a process, the database, the log, words of rows.
    ("config", &["caller_address", "link"]),
    ("db", &["config", "foreign_text"]),
    ("activity", &["column", "db", "foreign_text", "schema"]),
    ("looks", &["recent"]),
    ("loops", &["clock", "metrics"]),
    ("outside", &["config"]),
    ("pace", &["clock", "column", "db", "schema"]),
    ("credential", &["random"]),
    ("password", &["credential", "foreign_text", "random"]),
    ("together", &[]),
    ("session", &["column", "schema", "visitor"]),
    (
        "token",
        &[
            "activity",
            "column",
            "config",
            "credential",
            "random",
            "schema",
        ],
    ),
    (
        "account_link",
        &["column", "config", "credential", "schema"],
    ),
    // What is owed, and what the world is asked and told about it.
    (
        "order",
        &[
            "activity",
            "column",
            "db",
            "foreign_text",
            "language",
            "legible",
            "link",
            "random",
            "schema",
            "session",
        ],
    ),
    (
        "link_looks",
        &["batches", "db", "order", "schema", "visitor"],
    ),
    (
        "gateway",
        &["config", "foreign_text", "metrics", "order", "random"],
    ),
    (
        "mail",
        &[
            "clock",
            "column",
            "config",
            "foreign_text",
            "language",
            "order",
        ],
    ),
    (
        "suppression",
        &[
            "activity",
            "column",
            "db",
            "order",
            "schema",
            "spreadsheet",
            "zone",
        ],
    ),
    (
        "settings",
        &["activity", "column", "foreign_text", "order", "schema"],
    ),
    (
        "reminder",
        &[
            "column",
            "db",
            "gateway",
            "mail",
            "order",
            "random",
            "schema",
            "suppression",
        ],
    ),
    ("upstream", &["db", "gateway"]),
    // Who opens payers' pages, and how fast all is.
    (
        "visits",
        &[
            "batches", "column", "db", "mail", "random", "schema", "visitor",
        ],
    ),
    (
        "performance",
        &["column", "db", "gateway", "mail", "metrics", "schema"],
    ),
    // The value that all of it is built into, and turns of replicas.
    (
        "app",
        &[
            "caller_address",
            "clock",
            "config",
            "db",
            "gateway",
            "language",
            "link",
            "link_looks",
            "looks",
            "loops",
            "mail",
            "metrics",
            "one_at_a_time",
            "order",
            "outside",
            "pace",
            "password",
            "performance",
            "reminder",
            "renderings",
            "suppression",
            "together",
            "visits",
        ],
    ),
    ("chore", &["app", "db", "loops", "random", "schema"]),
    // What clicks ask the database together.
    ("rounds", &["app", "db"]),
    // A sign of life to a monitor elsewhere.
    ("heartbeat", &["app", "outside"]),
    // What Stripe told, kept; and mail.
    (
        "inbox",
        &[
            "activity",
            "app",
            "chore",
            "column",
            "config",
            "db",
            "foreign_text",
            "gateway",
            "schema",
            "suppression",
            "together",
        ],
    ),
    (
        "outbox",
        &[
            "account_link",
            "activity",
            "app",
            "clock",
            "column",
            "config",
            "db",
            "foreign_text",
            "inbox",
            "language",
            "link",
            "mail",
            "order",
            "random",
            "reminder",
            "schema",
            "session",
            "settings",
            "suppression",
        ],
    ),
    // Who signs in to the pages.
    (
        "people",
        &[
            "account_link",
            "activity",
            "app",
            "column",
            "config",
            "credential",
            "db",
            "order",
            "outbox",
            "password",
            "random",
            "schema",
            "suppression",
            "token",
        ],
    ),
    // Money.
    (
        "case",
        &["activity", "column", "db", "order", "random", "schema"],
    ),
    (
        "settlement",
        &[
            "activity",
            "app",
            "case",
            "column",
            "db",
            "gateway",
            "order",
            "outbox",
            "random",
            "reminder",
            "rounds",
            "schema",
            "session",
            "settings",
            "suppression",
            "upstream",
        ],
    ),
    (
        "checkout",
        &[
            "activity",
            "app",
            "db",
            "gateway",
            "language",
            "link",
            "looks",
            "order",
            "random",
            "reminder",
            "rounds",
            "schema",
            "session",
            "settings",
            "settlement",
            "upstream",
            "visitor",
        ],
    ),
    (
        "refund",
        &["activity", "app", "db", "gateway", "settlement", "upstream"],
    ),
    (
        "blast",
        &[
            "activity",
            "app",
            "checkout",
            "column",
            "config",
            "db",
            "foreign_text",
            "inbox",
            "language",
            "mail",
            "order",
            "outbox",
            "outside",
            "random",
            "reminder",
            "renderings",
            "schema",
            "session",
            "settings",
            "suppression",
            "zone",
        ],
    ),
    (
        "resolution",
        &[
            "activity",
            "app",
            "case",
            "checkout",
            "db",
            "gateway",
            "language",
            "order",
            "refund",
            "schema",
            "settlement",
        ],
    ),
    // What comes in, and what goes.
    (
        "recovery",
        &[
            "activity",
            "app",
            "db",
            "gateway",
            "mail",
            "order",
            "outbox",
            "random",
            "reminder",
            "schema",
            "session",
            "settings",
            "spreadsheet",
            "suppression",
            "upstream",
        ],
    ),
    (
        "consumer",
        &[
            "app",
            "db",
            "gateway",
            "inbox",
            "recovery",
            "settlement",
            "upstream",
        ],
    ),
    (
        "import",
        &[
            "activity",
            "app",
            "checkout",
            "db",
            "foreign_text",
            "gateway",
            "inbox",
            "language",
            "order",
            "random",
            "schema",
            "settlement",
            "spreadsheet",
            "zone",
        ],
    ),
    (
        "sweep",
        &[
            "activity",
            "app",
            "checkout",
            "chore",
            "consumer",
            "db",
            "gateway",
            "inbox",
            "order",
            "refund",
            "schema",
            "session",
            "settlement",
            "upstream",
        ],
    ),
    (
        "retention",
        &[
            "activity",
            "app",
            "chore",
            "db",
            "import",
            "inbox",
            "mail",
            "order",
            "people",
            "performance",
            "recovery",
            "reminder",
            "schema",
            "session",
            "settings",
            "suppression",
            "visits",
        ],
    ),
    (
        "timeline",
        &[
            "activity",
            "case",
            "inbox",
            "link_looks",
            "mail",
            "order",
            "outbox",
            "reminder",
            "schema",
            "session",
            "settlement",
            "suppression",
            "sweep",
        ],
    ),
    (
        "overview",
        &[
            "activity", "case", "db", "inbox", "mail", "order", "outbox", "schema",
        ],
    ),
    // Lists of orders.
    (
        "news",
        &[
            "activity", "app", "case", "column", "db", "mail", "order", "schema", "session",
        ],
    ),
    (
        "listing",
        &[
            "column",
            "db",
            "foreign_text",
            "mail",
            "news",
            "order",
            "outbox",
            "schema",
            "session",
            "spreadsheet",
            "zone",
        ],
    ),
    // One action for many of them.
    (
        "batch",
        &[
            "activity",
            "app",
            "checkout",
            "column",
            "db",
            "mail",
            "order",
            "outbox",
            "random",
            "schema",
            "suppression",
        ],
    ),
    // The edges.
    (
        "bounce_mailbox",
        &["app", "chore", "config", "db", "mail", "outbox", "schema"],
    ),
    (
        "doctor",
        &[
            "app",
            "bounce_mailbox",
            "config",
            "db",
            "foreign_text",
            "gateway",
            "mail",
            "order",
            "outbox",
            "sweep",
        ],
    ),
    // What a switch does, in numbers.
    (
        "switches",
        &["db", "order", "reminder", "schema", "session", "token"],
    ),
    (
        "web",
        &[
            "activity",
            "app",
            "batch",
            "blast",
            "caller_address",
            "case",
            "checkout",
            "clock",
            "config",
            "credential",
            "db",
            "import",
            "inbox",
            "language",
            "legible",
            "link",
            "listing",
            "looks",
            "mail",
            "news",
            "one_at_a_time",
            "order",
            "outbox",
            "outside",
            "overview",
            "password",
            "people",
            "performance",
            "recent",
            "recovery",
            "refund",
            "reminder",
            "resolution",
            "retention",
            "session",
            "settings",
            "settlement",
            "spreadsheet",
            "suppression",
            "switches",
            "timeline",
            "token",
            "visitor",
            "visits",
            "zone",
        ],
    ),
    (
        "figures",
        &[
            "app",
            "case",
            "chore",
            "db",
            "inbox",
            "mail",
            "metrics",
            "order",
            "reminder",
            "schema",
            "session",
            "settlement",
        ],
    ),
    (
        "alert",
        &[
            "activity",
            "app",
            "blast",
            "case",
            "column",
            "config",
            "db",
            "foreign_text",
            "inbox",
            "mail",
            "order",
            "outbox",
            "outside",
            "random",
            "schema",
            "suppression",
        ],
    ),
    ("watchdog", &["alert", "app", "clock", "loops"]),
    (
        "worker",
        &[
            "alert",
            "app",
            "blast",
            "bounce_mailbox",
            "consumer",
            "db",
            "figures",
            "heartbeat",
            "import",
            "inbox",
            "loops",
            "news",
            "outbox",
            "retention",
            "sweep",
            "watchdog",
        ],
    ),
    (
        "serve",
        &[
            "app",
            "batches",
            "db",
            "link_looks",
            "performance",
            "visits",
            "web",
            "worker",
        ],
    ),
];

/// The modules of this crate that a file names in its `use crate::…` lines or by path.
fn arrows(code: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for after in code.split("crate::").skip(1) {
        let names = match after.strip_prefix('{') {
            Some(list) => top_level_names(list),
            None => vec![
                after
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            ],
        };
        targets.extend(names);
    }
    targets
}

/// `a::{b, c}, d::e}` names `a` and `d`.
fn top_level_names(list: &str) -> Vec<String> {
    let (mut depth, mut name, mut names) = (0, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut name)),
            c if depth == 0 => name.push(c),
            _ => {}
        }
    }
    names.push(name);
    names
        .iter()
        .filter_map(|name| name.trim().split("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Every module with those that it uses, and a file that does.
fn used() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut used: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (file, code) in library() {
        let module = module_of(&file).to_owned();
        if module == "lib" {
            continue;
        }
        let row = used.entry(module.clone()).or_default();
        for target in arrows(&code) {
            if target != module {
                row.entry(target).or_insert_with(|| file.clone());
            }
        }
    }
    used
}

#[test]
fn every_module_uses_what_its_row_allows_and_nothing_else() {
    let used = used();
    let mut wrong = Vec::new();
    for (module, targets) in &used {
        let row = MAY_USE.iter().find(|(name, _)| name == module);
        let allowed: BTreeSet<&str> = row
            .iter()
            .flat_map(|(_, may)| may.iter().copied())
            .collect();
        let new = targets
            .iter()
            .filter(|(target, _)| !allowed.contains(target.as_str()));
        let new =
            new.map(|(target, file)| format!("{module} may not use {target}, and src/{file} does"));
        let gone = allowed.iter().filter(|may| !targets.contains_key(**may));
        let gone =
            gone.map(|target| format!("{module} does not use {target}: take it out of its row"));
        let before = wrong.len();
        wrong.extend(new.chain(gone));
        if wrong.len() > before || row.is_none() {
            let names: Vec<&String> = targets.keys().collect();
            wrong.push(format!(
                "    the code's own row: (\"{module}\", &{names:?}),"
            ));
        }
    }
    let rows = MAY_USE.iter().map(|(module, _)| *module);
    let gone = rows.filter(|module| !used.contains_key(*module));
    wrong.extend(gone.map(|module| format!("there is no module {module}: take its row out")));
    assert!(
        wrong.is_empty(),
        "MAY_USE in tests/service/tidy/arrows.rs is not what the code does:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_two_modules_use_each_other() {
    let place = |name: &str| MAY_USE.iter().position(|(module, _)| *module == name);
    let against_the_order: Vec<(&str, &str)> = MAY_USE
        .iter()
        .flat_map(|(module, may)| may.iter().map(|target| (*module, *target)))
        .filter(|(module, target)| place(target) >= place(module))
        .collect();
    assert!(
        against_the_order.is_empty(),
        "each of these stands below the module that uses it: move a row of MAY_USE, or, if that \
         closes a circle, change the code",
    );
}

#[test]
fn the_domain_never_knows_the_edges() {
    const EDGES: [&str; 4] = ["web", "worker", "serve", "doctor"];
    for (file, code) in library() {
        let module = module_of(&file);
        if EDGES.contains(&module) || module == "lib" {
            continue;
        }
        for target in arrows(&code) {
            assert!(!EDGES.contains(&target.as_str()), "{file} knows {target}");
        }
    }
}

#[test]
fn what_comes_first_does_not_know_what_follows() {
    let downstream = [
        ("language", ["order", "mail", "web"]),
        ("order", ["checkout", "settlement", "inbox"]),
        ("case", ["settlement", "checkout", "resolution"]),
        ("settlement", ["checkout", "inbox", "blast"]),
        ("checkout", ["resolution", "inbox", "blast"]),
        ("app", ["checkout", "settlement", "case"]),
        ("mail", ["outbox", "reminder", "blast"]),
        ("reminder", ["outbox", "settlement", "blast"]),
        ("outbox", ["settlement", "blast", "checkout"]),
        ("suppression", ["outbox", "reminder", "mail"]),
        ("retention", ["checkout", "settlement", "outbox"]),
    ];
    for (file, code) in library() {
        for (module, never) in &downstream {
            if module_of(&file) == *module {
                for target in arrows(&code) {
                    assert!(!never.contains(&target.as_str()), "{file} knows {target}");
                }
            }
        }
    }
}

#[test]
fn decisions_know_neither_database_nor_web_nor_network() {
    let pure = [
        "caller_address.rs",
        "foreign_text.rs",
        "looks.rs",
        "recent.rs",
        "web/days.rs",
        "web/limit.rs",
        "news/word.rs",
        "alert/kind.rs",
        "alert/words.rs",
        "alert/text.rs",
        "order/kind.rs",
        "order/mode.rs",
        "order/state.rs",
        "order/status.rs",
        "order/money.rs",
        "order/draft.rs",
        "import/prior_system.rs",
        "import/file/mod.rs",
        "import/compare.rs",
        "import/difference.rs",
        "import/rule.rs",
        "import/seen.rs",
        "import/taken.rs",
        "checkout/session.rs",
        "settlement/verdict.rs",
        "settlement/order_refunds/progress.rs",
        "settlement/refund_progress.rs",
        "case/action.rs",
        "case/suggest.rs",
        "overview/thing.rs",
        "doctor/sender/dkim.rs",
        "doctor/sender/dmarc.rs",
        "doctor/sender/record.rs",
        "doctor/sender/reserved.rs",
        "doctor/sender/spf.rs",
        "doctor/sender/term.rs",
        "timeline/next.rs",
        "timeline/sure.rs",
        "timeline/words.rs",
        "web/ops/api/call.rs",
        "web/ops/api/example.rs",
        "web/ops/api/schema.rs",
        "web/ops/api/words.rs",
        "web/ops/blasts/counted.rs",
        "web/ops/blasts/words.rs",
        "web/ops/case_words.rs",
        "gateway/retry.rs",
        "link/token.rs",
        "visitor.rs",
        "visits/country.rs",
        "visits/marker.rs",
        "visits/user_agent.rs",
        "visits/words.rs",
        "performance/words.rs",
        "web/ops/plot.rs",
        "web/ops/span.rs",
        "inbox/dispatch.rs",
        "blast/state.rs",
        "blast/draft.rs",
        "blast/due.rs",
        "blast/plan.rs",
        "blast/who.rs",
        "blast/problems.rs",
        "blast/lasts.rs",
        "blast/preflight/check.rs",
        "blast/stop.rs",
        "blast/trouble.rs",
        "blast/wave.rs",
        "reminder/rule.rs",
        "outbox/gate.rs",
        "outbox/retry.rs",
        "mail/smtp/certificate.rs",
        "outbox/flow/follow.rs",
        "outbox/flow/state.rs",
        "outbox/speed.rs",
        "outbox/turn.rs",
        "outbox/waiting/sentence.rs",
        "mail/smtp/incoming.rs",
        "mail/refusal/enhanced.rs",
        "mail/refusal/likeness.rs",
        "mail/refusal/mod.rs",
        "mail/refusal/wordings.rs",
        "mail/refusal/words.rs",
        "mail/layout.rs",
        "mail/template.rs",
    ];
    let files = library();
    for file in pure {
        let code = files
            .get(file)
            .unwrap_or_else(|| panic!("{file} is gone: correct this list"));
        for effect in [
            "clap",
            "diesel",
            "actix",
            "reqwest",
            "tokio",
            "std::net",
            "crate::db",
            "crate::app",
            "crate::clock",
            "crate::random",
        ] {
            assert!(!code.contains(effect), "{file} knows {effect}");
        }
    }
}

#[test]
fn each_library_at_the_edge_has_one_user() {
    let only = [
        ("stripe_checkout", "gateway"),
        ("stripe_client_core", "gateway"),
        ("stripe_core", "gateway"),
        ("jsonwebtoken::", "link"),
        ("lettre::transport", "mail"),
        ("tokio_rustls", "mail"),
        ("hickory_resolver", "doctor"),
    ];
    for (file, code) in library() {
        for (library, module) in only {
            assert!(
                !code.contains(library) || module_of(&file) == module,
                "{file} uses {library}"
            );
        }
        // Stripe, and the places that the operator set.
        let calls = matches!(module_of(&file), "gateway" | "outside");
        assert!(!code.contains("reqwest") || calls, "{file} uses reqwest");
    }
}

#[test]
fn the_product_and_the_fakes_do_not_know_each_other() {
    for (manifest, never) in [
        ("Cargo.toml", "freshmint-benches"),
        ("Cargo.toml", "freshmint-fakes"),
        ("fakes/Cargo.toml", "freshmint"),
    ] {
        let text = source(manifest);
        let section = text.split("\n[dependencies]\n").nth(1).expect("a section");
        let section = section.split("\n[").next().unwrap_or_default();
        let mut names = section.lines().map(|line| {
            let end = line.find([' ', '.', '=']).unwrap_or(line.len());
            &line[..end]
        });
        assert!(!names.any(|name| name == never), "{manifest} has {never}");
    }
}
