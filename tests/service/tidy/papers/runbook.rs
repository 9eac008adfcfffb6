//! The runbook has a page for each situation, and each page its parts.

use super::source;

const SITUATIONS: [&str; 17] = [
    "Link dead",
    "Parent says paid",
    "Webhook silent",
    "Wrong amount mailed",
    "Wrong spreadsheet imported",
    "Stripe down",
    "Database down",
    "Mail stuck",
    "Quota reached",
    "Provider blocks us",
    "Bounce storm",
    "Sibling paid twice",
    "Parent unsubscribed and still owes",
    "Refund",
    "Dispute",
    "Key leaked",
    "Treasurer changes",
];

#[test]
fn each_situation_has_a_page_and_each_page_says_what_to_do() {
    let text = source("docs/tournament-billing-runbook.md");
    for situation in SITUATIONS {
        let page = text.split(&format!("\n## {situation}\n")).nth(1);
        let page = page.unwrap_or_else(|| panic!("there is no page «{situation}»"));
        let page = page.split("\n## ").next().unwrap_or_default();
        for part in [
            "**You see**",
            "**It means**",
            "**Do**",
            "\n1. ",
            "**Do not**",
            "**It is over**",
        ] {
            assert!(page.contains(part), "«{situation}» has no {part}");
        }
    }
}
