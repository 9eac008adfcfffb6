use chrono::Utc;
use proptest::prelude::*;

use super::*;
use crate::order::currency::Currency;
use crate::order::line::{Line, total};

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn parse(bytes: &[u8]) -> Result<Import, FileError> {
    super::parse(bytes, now().with_timezone(&Tz::UTC))
}

const HEADER: &str = "reference,email,name,currency,description,amount,quantity,locale,meta.Team\n";

fn import(rows: &str) -> Import {
    parse(format!("{HEADER}{rows}").as_bytes()).unwrap()
}

/// The one order of a file without bad lines.
fn order(rows: &str) -> NewOrder {
    let import = import(rows);
    assert_eq!(import.bad, []);
    assert_eq!(import.orders.len(), 1);
    import.orders.into_iter().next().unwrap().order
}

/// The bad lines as `line reference: reason`.
fn bad(rows: &str) -> Vec<String> {
    let import = import(rows);
    let show = |bad: BadRow| {
        let reason = bad.reason();
        format!(
            "{} {}: {reason}",
            bad.line,
            bad.reference.unwrap_or_default()
        )
    };
    import.bad.into_iter().map(show).collect()
}

#[test]
fn one_line_is_one_order() {
    let order = order("R1,jane@example.org,Jane Miller,EUR,Fee U12,45.00,2,de,U12\n");
    assert_eq!(order.reference.as_str(), "R1");
    assert_eq!(order.email.as_ref().unwrap().as_str(), "jane@example.org");
    assert_eq!(order.name.as_ref().unwrap().as_str(), "Jane Miller");
    assert_eq!(total(&order.lines), Some(9000));
    assert_eq!(
        (order.locale.as_str(), order.metadata.get("Team")),
        ("de", Some("U12"))
    );
    assert!(order.remind);
}

#[test]
fn the_same_order_from_file_and_api_has_the_same_content() {
    let body = r#"{"reference":"R1","email":"jane@example.org","name":"Jane","currency":"eur",
        "lines":[{"description":"Fee","unit_amount":4500,"quantity":2}],"metadata":{"Team":"U12"}}"#;
    let draft: crate::order::draft::Draft = serde_json::from_str(body).unwrap();
    let from_api = NewOrder::try_from(draft).unwrap();
    let from_file = order("R1,jane@example.org,Jane,EUR,Fee,45.00,2,,U12\n");
    assert_eq!(from_file, from_api);
    assert_eq!(from_file.content_hash(), from_api.content_hash());
}

#[test]
fn semicolons_decimal_commas_crlf_and_a_bom_are_what_spreadsheets_write() {
    let file = "\u{feff}Reference; E-MAIL ;name;currency;description;amount\r\nR1;jane@example.org;Jane;EUR;Fee, U12;45,50\r\n";
    let import = parse(file.replace("E-MAIL", "EMAIL").as_bytes()).unwrap();
    assert_eq!(total(&import.orders[0].order.lines), Some(4550));
    assert_eq!(parse(file.as_bytes()), Err(FileError::Columns(vec![
        "add the missing column “email”".into(),
        "remove or rename the unknown column “E-MAIL” (besides the required ones there may be quantity, locale, stripe_session_id, paid_at, meta.KEY)".into(),
    ])));
}

#[test]
fn only_reference_currency_description_and_amount_need_a_value() {
    let order = order("R1,,,JPY,Fee,4500,,,\n");
    assert_eq!(
        (
            order.email.is_none(),
            order.name.is_none(),
            total(&order.lines)
        ),
        (true, true, Some(4500))
    );
    assert_eq!(order.metadata.iter().count(), 0);
}

#[test]
fn lines_with_one_reference_make_one_order_also_if_others_stand_between() {
    let import =
        import("R1,j@example.org,J,eur,Fee,45,,,\nR2,,,usd,Fee,10,,,\n R1 ,,,,Shirt,20,2,,U12\n");
    assert_eq!(import.bad, []);
    let lines: Vec<u64> = import.orders.iter().map(|entry| entry.line).collect();
    assert_eq!(lines, [2, 3]);
    let order = &import.orders[0].order;
    assert_eq!(order.lines.len(), 2);
    assert_eq!(
        (total(&order.lines), order.metadata.get("Team")),
        (Some(8500), Some("U12"))
    );
}

#[test]
fn what_one_line_leaves_empty_another_may_say_first() {
    let order = order("R1,,,,Fee,45,,,\nR1,j@example.org,,EUR,Shirt,20,,,\n");
    assert!(order.email.is_some());
    assert_eq!(order.currency, Currency::parse("eur").unwrap());
}

#[test]
fn lines_that_contradict_each_other_name_both_and_take_the_order_down() {
    assert_eq!(
        bad(
            "R1,a@example.org,A,EUR,Fee,45,,,U12\nR1,b@example.org,B,JPY,Fee,45,,de,U14\nR1,,,,Fee,45,,fr,\n"
        ),
        [
            "2 R1: left out because line 3 of the same order is bad; an order is imported whole or not at all",
            "3 R1: email: line 3 differs from line 2 of the same order; make them agree, or leave this cell empty; \
             name: line 3 differs from line 2 of the same order; make them agree, or leave this cell empty; \
             currency: line 3 differs from line 2 of the same order; make them agree, or leave this cell empty; \
             meta.Team: line 3 differs from line 2 of the same order; make them agree, or leave this cell empty",
            "4 R1: locale: line 4 differs from line 3 of the same order; make them agree, or leave this cell empty",
        ]
    );
}

#[test]
fn a_bad_line_takes_its_order_down_and_no_other() {
    let rows = "R1,,,EUR,Fee,45,,,\nR2,,,EUR,Fee,45,,,\nR1,,,EUR,Shirt,1.595,,,\n";
    let import = import(rows);
    assert_eq!(import.orders.len(), 1);
    assert_eq!(
        bad(rows),
        [
            "2 R1: left out because line 4 of the same order is bad; an order is imported whole or not at all",
            "4 R1: amount: EUR has two decimals; write no more, and no thousands separators",
        ]
    );
}

#[test]
fn all_that_is_wrong_with_a_line_is_said_and_no_address_is_repeated() {
    let lines = bad(",jane@,J,euro,,45,2.5,klingon,\nR2,jane@localhost,,EUR,Fee,,,,\n");
    for column in [
        "reference: ",
        "email: ",
        "currency: ",
        "description: ",
        "quantity: ",
        "locale: ",
    ] {
        assert!(lines[0].contains(column), "{column}: {}", lines[0]);
    }
    assert!(!lines.concat().contains("jane"));
}

#[test]
fn an_address_in_the_wrong_column_is_not_repeated_in_a_reason() {
    for column in 2..8 {
        let mut cells = ["R1", "", "", "EUR", "", "45", "1", "de", ""];
        cells[column] = "jane@example.org";
        let lines = bad(&format!("{}\n", cells.join(",")));
        assert!(!lines.concat().contains("jane"), "{lines:?}");
    }
}

#[test]
fn the_currency_must_stand_in_one_line_at_least() {
    assert!(bad("R1,,,,Fee,45,,,\n")[0].contains("currency: the currency is missing"));
}

#[test]
fn ragged_lines_are_reported_with_their_number() {
    assert_eq!(
        bad("R1,,,EUR,Fee,45,,,\n\nR2,,,EUR,Fee,45\nR1,,,EUR,Fee,45,00,,,\n"),
        [
            "2 R1: left out because line 5 of the same order is bad; an order is imported whole or not at all",
            "4 R2: the line has 6 cells and the header 9; put cells with a separator in them in quotation marks",
            "5 R1: the line has 10 cells and the header 9; put cells with a separator in them in quotation marks",
        ]
    );
}

#[test]
fn the_cents_of_a_decimal_comma_are_no_quantity() {
    for cents in ["00", "02", "05"] {
        let lines = bad(&format!("R1,,,EUR,Fee,45,{cents},,\n"));
        assert!(lines[0].contains("quantity: "), "{lines:?}");
    }
}

#[test]
fn breaks_in_a_cell_become_blanks_and_numbers_stay_those_of_the_file() {
    let import =
        import("R1,,,EUR,\"Fee,\r\n\"\"U12\"\"\",45,,,\r\n\r\n  \r\nR2,,,EUR,Fee,x,,,\r\n");
    let Line::Inline { description, .. } = &import.orders[0].order.lines[0] else {
        panic!("not inline")
    };
    assert_eq!(description.as_str(), "Fee, \"U12\"");
    assert_eq!(import.bad[0].line, 6);
}

#[test]
fn a_quotation_that_is_never_closed_is_blamed_on_its_line() {
    let lines = bad("R1,,,EUR,\"Fee,45,,,\nR2,,,EUR,Fee,45,,,\n");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("2 R1: a quotation mark opens here"),
        "{}",
        lines[0]
    );
}

#[test]
fn sums_beyond_the_limit_are_blamed_on_the_line_or_the_order() {
    assert!(
        bad("R1,,,EUR,Fee,500000,2,,\n")[0]
            .starts_with("2 R1: amount: the line comes to more than the €999,999.99")
    );
    let lines = bad("R1,,,EUR,Fee,500000,,,\nR1,,,EUR,Fee,500000,,,\n");
    assert!(
        lines[0].starts_with("2 R1: lines: the order comes to more than"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("3 R1: left out because line 2"),
        "{}",
        lines[1]
    );
    assert!(bad(&"R1,,,EUR,Fee,1,,,\n".repeat(101))[0].contains("101 lines"));
}

#[test]
fn a_file_with_a_header_alone_has_no_orders_and_an_empty_one_is_an_error() {
    assert_eq!(
        import(""),
        Import {
            orders: vec![],
            bad: vec![],
            said: Said {
                locale: true,
                meta: vec!["Team".to_owned()]
            },
        }
    );
    for file in ["", "\u{feff}", "\r\n \n"] {
        assert_eq!(parse(file.as_bytes()), Err(FileError::Empty(&REQUIRED)));
    }
}

/// The bad lines of a file in which an older system tells of its checkouts.
fn bad_prior(rows: &str) -> Vec<String> {
    let header = "reference,email,name,currency,description,amount,stripe_session_id,paid_at";
    let import = parse(format!("{header}\n{rows}").as_bytes()).unwrap();
    let bad = import.bad.iter();
    bad.map(|bad| format!("{}: {}", bad.line, bad.reason()))
        .collect()
}

#[test]
fn what_an_older_system_did_stands_on_any_line_of_an_order() {
    let file = "reference,email,name,currency,description,amount,Stripe_Session_Id,PAID_AT\n\
        R1,,,EUR,Fee,45,,\nR1,,,EUR,Shirt,20,cs_test_1 cs_test_2,2026-11-03\nR1,,,EUR,Cap,5,cs_test_1  cs_test_2,2026-11-03T00:00:00Z\n";
    let import = parse(file.as_bytes()).unwrap();
    assert_eq!(import.bad, []);
    let told = &import.orders[0].prior;
    let ids: Vec<_> = told.sessions.iter().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["cs_test_1", "cs_test_2"]);
    assert_eq!(told.paid_at, "2026-11-03T00:00:00Z".parse().ok());
    let plain = order("R1,,,EUR,Fee,45,,,\nR1,,,EUR,Shirt,20,,,\nR1,,,EUR,Cap,5,,,\n");
    assert_eq!(import.orders[0].order.content_hash(), plain.content_hash());
}

#[test]
fn bad_values_of_an_older_system_are_told_with_their_line() {
    let lines = bad_prior(
        "R1,,,EUR,Fee,45,https://checkout.stripe.com/c/pay/cs_test_1,\n\
         R2,,,EUR,Fee,45,,2026-11-22\n\
         R3,,,EUR,Fee,45,cs_test_1 cs_test_1,3.11.2026\n\
         R4,,,EUR,Fee,45,cs_test_4,2026-11-03\nR4,,,EUR,Shirt,45,cs_test_5,2026-11-04\n",
    );
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_checkout_of_two_orders_is_a_contradiction_that_names_both_lines() {
    let lines = bad_prior(
        "R1,,,EUR,Fee,45,cs_test_1,\nR2,,,EUR,Fee,45,cs_test_2,\nR3,,,EUR,Fee,45,,\nR3,,,EUR,Fee,45,cs_test_0 cs_test_1,\n",
    );
    let said = |line: u64, other: u64| {
        format!(
            "{line}: stripe_session_id: line {other} names the same checkout for another order; keep it where it belongs"
        )
    };
    assert_eq!(lines, [said(2, 5), said(5, 2)]);
}

proptest! {
    #[test]
    fn no_file_makes_the_reader_panic(rows in "[R1,;\"\r\nx@.é -]{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = parse(&bytes);
        let _ = parse(rows.as_bytes());
        let _ = parse(format!("{HEADER}{rows}").as_bytes());
    }

    #[test]
    fn what_a_csv_writer_writes_is_read_back_with_its_line(
        cells in prop::collection::vec(("[A-Za-z\",;\n é]{0,12}[a-z]", 1_i64..1_000_000, 0_usize..3), 1..8),
        crlf in any::<bool>(),
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut file = HEADER.replace('\n', end);
        let mut expected = Vec::new();
        for (at, (description, minor, blanks)) in cells.iter().enumerate() {
            file += &end.repeat(*blanks);
            let line = file.matches('\n').count() as u64 + 1;
            expected.push((line, description.split('\n').map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "), *minor));
            let quoted = description.replace('"', "\"\"").replace('\n', end);
            file += &format!("R{at},,,EUR,\"{quoted}\",{}.{:02},,,{end}", minor / 100, minor % 100);
        }
        let import = parse(file.as_bytes()).unwrap();
        prop_assert_eq!(&import.bad, &[]);
        let read: Vec<_> = import.orders.iter().map(|entry| {
            let Line::Inline { description, unit_amount, .. } = &entry.order.lines[0] else { panic!("not inline") };
            (entry.line, description.as_str().to_owned(), *unit_amount)
        }).collect();
        prop_assert_eq!(read, expected);
    }
}
