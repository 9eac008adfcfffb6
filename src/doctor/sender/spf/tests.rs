//! Records, and the standing that they come to.

use std::collections::BTreeMap;

use super::*;

/// What the DNS has: a name and one of its texts.
type World<'a> = &'a [(&'a str, &'a str)];

fn walk(world: World) -> (Finding, Vec<String>) {
    let mut texts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, text) in world {
        texts.entry(name).or_default().push((*text).to_owned());
    }
    let (mut walk, mut asked) = (Walk::of("club.de"), Vec::new());
    while let Some(name) = walk.next().map(str::to_owned) {
        let answer = match texts.get(name.as_str()) {
            Some(texts) if texts[0] == "silence" => Answer::Unheard,
            Some(texts) => Answer::Found(texts.clone()),
            None => Answer::Nothing,
        };
        walk.told(&answer);
        asked.push(name);
    }
    (walk.finding("v=spf1 mx ~all"), asked)
}

fn says(world: World, is: fn(String) -> Finding, words: &str) {
    let (standing, asked) = walk(world);
    let (Finding::Fine(said) | Finding::Remark(said) | Finding::Wrong(said)) = &standing;
    assert!(said.contains(words), "{world:?}: {said}");
    assert_eq!(standing, is(said.clone()), "{world:?}");
    assert!(asked.len() <= 11, "{asked:?}");
    assert!(said.len() < 500, "{said}");
}

#[test]
fn a_record_says_what_of_others() {
    for (record, is, words) in [
        ("v=spf1 mx -all", Finding::Fine as fn(_) -> _, "(-all)"),
        (
            "v=spf1 ip4:192.0.2.0/24 a:mail.club.de ~all",
            Finding::Fine,
            "(~all)",
        ),
        ("v=spf1 mx ?all", Finding::Remark, "end its record"),
        ("v=spf1 mx", Finding::Remark, "end its record"),
        ("v=spf1 +all", Finding::Wrong, "anybody in the world"),
        ("V=SPF1 mx ALL", Finding::Wrong, "anybody in the world"),
    ] {
        says(&[("club.de", record), ("club.de", "other text")], is, words);
    }
}

#[test]
fn a_missing_record_is_a_remark_with_the_one_to_publish() {
    let to_publish = "club.de: \"v=spf1 mx ~all\"";
    says(&[], Finding::Remark, to_publish);
    says(
        &[("club.de", "v=spf2.0/pra mx -all")],
        Finding::Remark,
        to_publish,
    );
    says(&[("club.de", "silence")], Finding::Remark, "no answer");
}

#[test]
fn several_records_and_odd_ones_are_read_as_none() {
    says(
        &[("club.de", "v=spf1 mx -all"), ("club.de", "v=spf1 -all")],
        Finding::Wrong,
        "several",
    );
    says(
        &[("club.de", "v=spf1 mx ip4:192.0.2 -all")],
        Finding::Wrong,
        "\u{201c}ip4:192.0.2\u{201d} is no part",
    );
    let endless = format!("v=spf1 {}-all", "ip4:192.0.2.1 ".repeat(500));
    says(&[("club.de", &endless)], Finding::Wrong, "too long");
}

#[test]
fn what_it_includes_is_looked_at_too() {
    let includes = ("club.de", "v=spf1 include:a.de -all");
    says(
        &[includes, ("a.de", "v=spf1 ip4:192.0.2.1 ~all")],
        Finding::Fine,
        "(-all)",
    );
    says(
        &[includes],
        Finding::Wrong,
        "\u{201c}a.de\u{201d}, which has none",
    );
    says(
        &[
            includes,
            ("a.de", "v=spf1 include:b.de ~all"),
            ("b.de", "v=spf1 +all"),
        ],
        Finding::Wrong,
        "b.de ends with +all",
    );
    says(
        &[includes, ("a.de", "silence")],
        Finding::Remark,
        "no answer to a.de",
    );
    // Whom it lets in is not let in by this.
    says(
        &[
            ("club.de", "v=spf1 -include:a.de ~all"),
            ("a.de", "v=spf1 +all"),
        ],
        Finding::Fine,
        "(~all)",
    );
}

#[test]
fn a_record_elsewhere_may_stand_in_its_place() {
    let elsewhere = ("club.de", "v=spf1 redirect=a.de");
    says(
        &[elsewhere, ("a.de", "v=spf1 mx -all")],
        Finding::Fine,
        "(-all)",
    );
    says(&[elsewhere], Finding::Wrong, "which has none");
    says(
        &[("club.de", "v=spf1 redirect=nowhere.de -all")],
        Finding::Fine,
        "(-all)",
    );
    says(
        &[("club.de", "v=spf1 -all include:nowhere.de")],
        Finding::Fine,
        "(-all)",
    );
}

#[test]
fn ten_questions_are_asked_and_no_more() {
    let many = |count: usize| format!("v=spf1 {}-all", "a:mail.club.de ".repeat(count));
    says(&[("club.de", &many(10))], Finding::Fine, "(-all)");
    says(
        &[("club.de", &many(11))],
        Finding::Wrong,
        "more than 10 times",
    );
    // Counted over all records, and those that cannot be followed too.
    let (own, other) = (
        "v=spf1 include:%{i}.a.de include:a.de mx -all",
        &many(7)[..],
    );
    says(&[("club.de", own), ("a.de", other)], Finding::Fine, "");
    let other = &many(8)[..];
    says(
        &[("club.de", own), ("a.de", other)],
        Finding::Wrong,
        "more than 10 times",
    );
}

#[test]
fn records_that_lead_in_a_circle_come_to_an_end() {
    says(
        &[("club.de", "v=spf1 include:club.de -all")],
        Finding::Wrong,
        "more than 10 times",
    );
    says(
        &[("club.de", "v=spf1 redirect=club.de")],
        Finding::Wrong,
        "more than 10 times",
    );
}
