//! Orders from a spreadsheet.

use std::io::Write;

use diesel::{Connection, QueryResult, RunQueryDsl, sql_query};
use freshmint::token::Role;
use reqwest::Method;

use crate::support::World;

/// Imports a file with this content: exit code, standard output, standard error.
pub fn import(world: &World, content: &[u8], flags: &[&str]) -> (i32, String, String) {
    let mut file = tempfile::Builder::new()
        .suffix(".csv")
        .tempfile()
        .expect("a file");
    file.write_all(content).expect("written");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    let (code, out, said) = world.command(&[&["orders", "import", &path], flags].concat());
    (
        code,
        out.replace(&path, "FILE"),
        said.replace(&path, "FILE"),
    )
}

const CUP: &str = "reference,email,name,currency,description,amount,quantity,locale,meta.team\n\
    CUP-1,miller@example.org,Kim Miller,EUR,Summer cup,45.00,1,en,U12\n\
    CUP-1,,,EUR,\"Shirt, \"\"home\"\"\",12.50,2,,\n\
    CUP-2,maier@example.org,,eur,Sommerturnier,45.00,,de,U10\n";

#[test]
fn lines_with_one_reference_make_one_order() {
    let world = World::new();
    assert_eq!(
        import(&world, CUP.as_bytes(), &[]),
        (0, "2 created, 0 unchanged, 0 bad\n".into(), String::new())
    );
    let order = world.text(
        "SELECT reference || ' ' || amount_total || ' ' || currency || ' ' || locale || ' ' || lines::text || metadata::text AS text
         FROM orders ORDER BY reference LIMIT 1",
    );
    insta::assert_snapshot!(order);
}

#[test]
fn the_same_file_again_changes_nothing_and_other_content_is_an_error() {
    let world = World::new();
    import(&world, CUP.as_bytes(), &[]);
    assert_eq!(
        import(&world, CUP.as_bytes(), &[]),
        (0, "0 created, 2 unchanged, 0 bad\n".into(), String::new())
    );
    let dearer = CUP.replace("Sommerturnier,45.00", "Sommerturnier,46.00");
    let (code, out, said) = import(&world, dearer.as_bytes(), &[]);
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "nothing was imported: 1 bad, 0 would have been created, 1 unchanged\n"
        )
    );
    assert!(
        said.starts_with("line 4: CUP-2: another order stands under this reference"),
        "{said}"
    );
}

#[test]
fn every_bad_line_is_told_and_nothing_is_kept_unless_asked_for() {
    let world = World::new();
    let bad = format!(
        "{CUP}CUP-3,nobody,,EUR,Cup,45.00,1,en,\nCUP-4,a@example.org,,EUR,Cup,1e3,1,en,\nCUP-5,a@example.org,,XXX,Cup,-1,1,en,\n"
    );
    let (code, out, said) = import(&world, bad.as_bytes(), &[]);
    assert_eq!((code, world.count("orders")), (1, 0));
    insta::assert_snapshot!(format!("{out}{said}"));
    let (code, out, _) = import(&world, bad.as_bytes(), &["--skip-bad"]);
    assert_eq!(
        (code, out.as_str(), world.count("orders")),
        (0, "2 created, 0 unchanged, 3 bad\n", 2)
    );
}

#[test]
fn a_dry_run_tells_the_same_and_keeps_nothing() {
    let world = World::new();
    let (code, out, _) = import(&world, CUP.as_bytes(), &["--dry-run"]);
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "line 2: CUP-1: new\nline 4: CUP-2: new\n\
             dry run: 2 would be created, 0 unchanged, 0 bad; nothing was changed\n"
        )
    );
    assert_eq!(world.count("orders") + world.count("activity"), 0);
}

#[test]
fn spreadsheets_of_every_make_are_read() {
    let world = World::new();
    let excel = "\u{feff}Reference;Email;Name;Currency;Description;Amount\r\nA-1;a@example.org;;EUR;\"Cup;\r\nsummer\";45,00\r\n\r\nA-2;;;JPY;Shirt;4500\r\n";
    let (code, out, said) = import(&world, excel.as_bytes(), &[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "2 created, 0 unchanged, 0 bad\n"),
        "{said}"
    );
    let latin = import(
        &world,
        b"reference,email,name,currency,description,amount\nB-1,,J\xfcrgen,EUR,Cup,45.00\n",
        &[],
    );
    assert!(latin.0 == 1 && latin.2.contains("UTF-8"), "{latin:?}");
}

#[test]
fn every_currency_is_taken_at_stripes_own_exponent() {
    let world = World::new();
    let file = "reference,email,name,currency,description,amount\n\
        JP,,,JPY,Shirt,4500\nIS,,,ISK,Bolur,4500\nKW,,,KWD,Shirt,4.500\nHU,,,HUF,Mez,4500\n";
    let (code, _, said) = import(&world, file.as_bytes(), &[]);
    assert_eq!(code, 0, "{said}");
    let amounts = world
        .texts("SELECT reference || ' ' || amount_total AS text FROM orders ORDER BY reference");
    assert_eq!(amounts, ["HU 450000", "IS 450000", "JP 4500", "KW 4500"]);
    for wrong in [
        "JP2,,,JPY,Shirt,45.00",
        "IS2,,,ISK,Bolur,45.50",
        "KW2,,,KWD,Shirt,4.505",
    ] {
        let file = format!("reference,email,name,currency,description,amount\n{wrong}\n");
        assert_eq!(import(&world, file.as_bytes(), &[]).0, 1, "{wrong}");
    }
}

#[test]
fn stripe_takes_what_was_imported_in_every_currency() {
    let world = World::new();
    for (currency, amount) in [
        ("jpy", 4500),
        ("isk", 450_000),
        ("kwd", 4500),
        ("huf", 450_000),
        ("bhd", 4500),
        ("usd", 4500),
    ] {
        let lines =
            serde_json::json!([{ "description": "Shirt", "unit_amount": amount, "quantity": 1 }]);
        let order = world.order_with(
            currency,
            serde_json::json!({ "currency": currency, "lines": lines }),
        );
        let session = world
            .stripe
            .session(&world.click_through(&order))
            .expect("a session");
        assert_eq!(
            (
                session["currency"].as_str(),
                session["amount_total"].as_i64()
            ),
            (Some(currency), Some(amount))
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_said_in_one_sentence() {
    let world = World::new();
    let (code, _, said) = world.command(&["orders", "import", "nowhere.csv"]);
    assert_eq!((code, said.lines().count()), (1, 1));
    assert!(said.starts_with("nowhere.csv cannot be read"), "{said}");
}

#[test]
fn a_file_is_compared_with_what_stands_today() {
    let world = World::new();
    import(&world, CUP.as_bytes(), &[]);
    let id = world.text("SELECT id::text AS text FROM orders WHERE reference = 'CUP-2'");
    let change = serde_json::json!({ "lines": [{ "description": "Sommerturnier", "unit_amount": 5000, "quantity": 1 }] });
    let changed = world.api(
        Role::Operator,
        Method::PATCH,
        &format!("/orders/{id}"),
        Some(change),
    );
    assert_eq!(changed.status, 200, "{}", changed.body);
    let (code, _, said) = import(&world, CUP.as_bytes(), &[]);
    assert_eq!(code, 1);
    assert!(
        said.starts_with("line 4: CUP-2: the order was changed since it was imported"),
        "{said}"
    );
    let today = CUP.replace("Sommerturnier,45.00", "Sommerturnier,50.00");
    assert_eq!(
        import(&world, today.as_bytes(), &[]).1,
        "0 created, 2 unchanged, 0 bad\n"
    );
}

#[test]
fn orders_stand_in_the_order_of_the_file() {
    let world = World::new();
    let lines: String = (1..=40)
        .map(|n| format!("CUP-{n:02},,,EUR,Cup,45.00\n"))
        .collect();
    import(
        &world,
        format!("reference,email,name,currency,description,amount\n{lines}").as_bytes(),
        &[],
    );
    let listed = world.texts("SELECT reference AS text FROM orders ORDER BY id");
    assert!(listed.is_sorted() && listed.len() == 40, "{listed:?}");
}

const HEADER: &str = "reference,email,name,currency,description,amount";

/// What is said of a file that is refused: one that is short, whatever the file is.
fn refused(world: &World, content: &[u8]) -> String {
    let (code, out, said) = import(world, content, &[]);
    assert_eq!((code, world.count("orders")), (1, 0), "{out}{said}");
    assert!(
        out.len() + said.len() < 2_000,
        "{} bytes",
        out.len() + said.len()
    );
    assert!(
        !said.contains(|c: char| c.is_control() && c != '\n'),
        "{said:?}"
    );
    said
}

#[test]
fn a_file_beyond_a_limit_is_refused_at_once_and_the_limit_is_said() {
    let world = World::new();
    let begun = std::time::Instant::now();
    let columns = format!("{HEADER}{}\n", ",x".repeat(300_000));
    assert!(refused(&world, columns.as_bytes()).contains("300006 columns; at most 256"));
    let rows = format!("{HEADER}\n{}", "R,,,EUR,Cup,1\n".repeat(300_001));
    assert!(refused(&world, rows.as_bytes()).contains("at most 300000 lines"));
    let size = format!("{HEADER}\n{}", " ".repeat(64 * 1024 * 1024));
    assert!(refused(&world, size.as_bytes()).contains("at most 64 MiB"));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_quotation_that_swallows_a_file_is_one_short_line() {
    let world = World::new();
    let rest = "x@example.org,Kim,EUR,Cup,45\n".repeat(200_000);
    for begins in ["\"R1,,,EUR,Cup,45\n", "R1,,,EUR,\"Cup,45\n"] {
        let said = refused(&world, format!("{HEADER}\n{begins}{rest}").as_bytes());
        assert!(said.contains("line 2: "), "{said}");
        assert!(
            said.contains("a quotation mark opens here and is never closed"),
            "{said}"
        );
    }
    let said = refused(&world, format!("\"{HEADER}\n{rest}").as_bytes());
    assert!(
        said.contains("a quotation mark opens here and is never closed"),
        "{said}"
    );
}

#[test]
fn records_and_cells_have_a_length() {
    let world = World::new();
    let cell = format!("{HEADER}\nR1,,{},EUR,Cup,45\n", "x".repeat(16 * 1024 + 1));
    let said = refused(&world, cell.as_bytes());
    assert!(
        said.contains("line 2: R1: the cell in column 3 has 16385 bytes; at most 16384"),
        "{said}"
    );
    let reference = format!("{HEADER}\n{},,,EUR,Cup,45\n", "R".repeat(5_000));
    let said = refused(&world, reference.as_bytes());
    assert!(
        said.contains("5000 characters; shorten it to 120"),
        "{said}"
    );
    let record = format!(
        "{HEADER}\nR1,{},45\n",
        format!("{},", "x".repeat(15_000)).repeat(5)
    );
    let said = refused(&world, record.as_bytes());
    assert!(
        said.contains("line 2: ") && said.contains("at most 64 KiB"),
        "{said}"
    );
    let mut header = format!("{HEADER},{}", "y".repeat(10_000));
    header += "\nR1,,,EUR,Cup,45,\n";
    assert!(
        refused(&world, header.as_bytes()).contains("yyy…”"),
        "{header:.0}"
    );
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
    let world = World::new();
    let escape = "\u{1b}]0;title\u{7}\u{9b}2J\u{202e}";
    let said = refused(
        &world,
        format!("{HEADER}\n\"R1{escape}\",,,EUR,Cup,45\n").as_bytes(),
    );
    assert!(
        said.contains("R1\\u001b]0;title\\u0007\\u009b2J\\u202e"),
        "{said}"
    );
    assert!(!said.contains('\u{202e}'), "{said}");
    let said = refused(&world, format!("{HEADER},\"x{escape}\"\n").as_bytes());
    assert!(said.contains("“x\\u001b]0;"), "{said}");
    let said = refused(&world, format!("{HEADER},\"meta.[{escape}\"\n").as_bytes());
    assert!(said.contains("meta.[\\u001b]0;"), "{said}");
}

/// An order of its own for each number, in a file of thousands.
fn rows(numbers: impl Iterator<Item = usize>, amount: impl Fn(usize) -> &'static str) -> String {
    let row = |n| format!("M-{n},a{n}@example.org,Kim,EUR,Cup,{}\n", amount(n));
    format!("{HEADER}\n{}", numbers.map(row).collect::<String>())
}

#[test]
fn each_of_thousands_of_orders_is_told_what_became_of_it() {
    let world = World::new();
    let even = rows((0..2_500).step_by(2), |_| "45.00");
    let (code, out, _) = import(&world, even.as_bytes(), &[]);
    assert_eq!(
        (code, out.as_str()),
        (0, "1250 created, 0 unchanged, 0 bad\n")
    );
    // Two of them are dearer by now, in two of the statements that they are taken in with.
    let dearer = |n| match n {
        700 | 2_400 => "46.00",
        _ => "45.00",
    };
    let all = rows(0..2_500, dearer);
    let (code, out, said) = import(&world, all.as_bytes(), &[]);
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "nothing was imported: 2 bad, 1250 would have been created, 1248 unchanged\n"
        )
    );
    let bad: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split(": ").nth(1))
        .collect();
    assert_eq!(bad[..2], ["M-700", "M-2400"]);
    assert!(
        said.starts_with("line 702: M-700: another order stands"),
        "{said}"
    );
    assert_eq!(world.count("orders"), 1_250);
    let (code, out, _) = import(&world, all.as_bytes(), &["--skip-bad"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "1250 created, 1248 unchanged, 2 bad\n")
    );
    assert_eq!(world.count("orders WHERE amount_total = 4500"), 2_500);
    // Each has its own line of history, once.
    let told = "(SELECT order_id FROM activity WHERE what = 'order created' GROUP BY 1 HAVING count(*) = 1) one";
    assert_eq!(world.count(told), 2_500);
}

#[test]
fn orders_that_stand_are_not_locked_until_a_long_import_ends() {
    let world = World::new();
    let file = rows(0..3, |_| "45.00");
    import(&world, file.as_bytes(), &[]);
    let mut payer = world.database.connect();
    let lock = |connection: &mut diesel::PgConnection| {
        sql_query("SELECT FROM orders FOR UPDATE").execute(connection)?;
        let (code, out, said) = import(&world, file.as_bytes(), &[]);
        assert_eq!(
            (code, out.as_str()),
            (0, "0 created, 3 unchanged, 0 bad\n"),
            "{said}"
        );
        QueryResult::Ok(())
    };
    payer.transaction(lock).expect("the rows were locked");
}

#[test]
fn of_two_imports_of_one_file_one_creates_each_order() {
    let world = World::new();
    let file = rows(0..1_500, |_| "45.00");
    let both: Vec<String> = std::thread::scope(|scope| {
        let one = || import(&world, file.as_bytes(), &[]);
        let both = [scope.spawn(one), scope.spawn(one)];
        both.map(|one| one.join().expect("it ends").1).into()
    });
    let created = both.iter().filter(|out| out.starts_with("1500 created"));
    let stood = both
        .iter()
        .filter(|out| out.starts_with("0 created, 1500 unchanged"));
    assert_eq!((created.count(), stood.count()), (1, 1), "{both:?}");
    let lines = world.count("activity WHERE order_id IS NOT NULL");
    assert_eq!(world.count("orders") + lines, 3_000);
}
