//! What `doctor` says of the sender's domain, from a DNS server of the test's own.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use freshmint_fakes::dns::{Dns, Said};

use crate::support::World;

const FROM: &str = "Rovers <cup@rovers.club>";

fn texts(texts: &[&str]) -> Said {
    Said::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// The lines about the sender, and whether all checks passed.
fn lines(world: &World, dns: &Dns, more: &[&str]) -> (bool, Vec<String>) {
    let server = dns.address().to_string();
    let mut arguments = vec!["doctor", "--dns-server", &server];
    arguments.extend(more);
    let (code, told, said) = world.command(&arguments);
    let about_the_sender = |line: &&str| {
        let name = line.get(6..).unwrap_or_default();
        ["SPF ", "DKIM ", "DMARC ", "sender "]
            .iter()
            .any(|known| name.starts_with(known))
    };
    let lines: Vec<String> = told
        .lines()
        .filter(about_the_sender)
        .map(str::to_owned)
        .collect();
    assert!(!lines.is_empty(), "{told}{said}");
    (code == 0, lines)
}

#[track_caller]
fn has(lines: &[String], begin: &str, words: &str) {
    let found = lines.iter().find(|line| line.starts_with(begin));
    let found = found.unwrap_or_else(|| panic!("no line {begin}: {lines:#?}"));
    assert!(found.contains(words), "{found}");
}

#[test]
fn a_domain_in_good_standing_passes() {
    // Longer than a string of the DNS, and than a datagram.
    let key = format!("v=DKIM1; k=rsa; p={}", STANDARD.encode([7; 294]));
    let many: Vec<String> = (0..20).map(|n| format!("{n}-{}", "x".repeat(90))).collect();
    let mut apex = vec!["v=spf1 include:_spf.provider.club ~all".to_owned()];
    apex.extend(many);
    let dns = Dns::start(&[
        ("bounces.rovers.club", Said::Texts(apex)),
        ("_spf.provider.club", texts(&["v=spf1 ip4:192.0.2.1 -all"])),
        ("k1._domainkey.rovers.club", Said::Texts(vec![key])),
        ("_dmarc.rovers.club", texts(&["v=DMARC1; p=reject"])),
    ])
    .expect("a port");
    let world = World::with_mailbox(&[
        ("MAIL_FROM", FROM),
        ("MAIL_RETURN_PATH", "b+{id}@bounces.rovers.club"),
    ]);
    let (fine, lines) = lines(&world, &dns, &["--dkim-selector", "k1"]);
    has(
        &lines,
        "ok    SPF ",
        "bounces.rovers.club says who may send for it",
    );
    has(&lines, "ok    DKIM ", "k1._domainkey.rovers.club has a key");
    has(&lines, "ok    DMARC ", "p=reject");
    assert!(fine, "{lines:#?}");
    assert!(dns.asked().contains(&"_spf.provider.club".to_owned()));
}

#[test]
fn what_is_missing_is_said_with_the_record_to_publish() {
    let dns = Dns::start(&[]).expect("a port");
    let world = World::with_mailbox(&[("MAIL_FROM", FROM)]);
    let (fine, told) = lines(&world, &dns, &[]);
    has(
        &told,
        "note  SPF ",
        "publish the TXT record rovers.club: \"v=spf1 mx include:YOUR-PROVIDER ~all\"",
    );
    has(&told, "note  DKIM ", "--dkim-selector");
    has(
        &told,
        "note  DMARC ",
        "_dmarc.rovers.club: \"v=DMARC1; p=none\"",
    );
    assert!(fine, "what is missing is no failure: {told:#?}");
    // A key that somebody names has to be there.
    let (fine, told) = lines(&world, &dns, &["--dkim-selector", "k1"]);
    has(&told, "FAIL  DKIM ", "k1._domainkey.rovers.club has no key");
    assert!(!fine);
}

#[test]
fn what_is_broken_fails() {
    let dns = Dns::start(&[
        ("rovers.club", texts(&["v=spf1 mx -all", "v=spf1 -all"])),
        ("k1._domainkey.rovers.club", texts(&["v=DKIM1; p="])),
        ("_dmarc.rovers.club", texts(&["v=DMARC1; rua=mailto:a@b.c"])),
    ])
    .expect("a port");
    let world = World::with_mailbox(&[("MAIL_FROM", FROM)]);
    let (fine, lines) = lines(&world, &dns, &["--dkim-selector", "k1"]);
    has(&lines, "FAIL  SPF ", "several");
    has(&lines, "FAIL  DKIM ", "withdrawn");
    has(&lines, "FAIL  DMARC ", "p=none, p=quarantine or p=reject");
    assert!(!fine);
}

#[test]
fn a_dns_that_does_not_answer_is_a_remark_and_keeps_nobody_waiting() {
    let world = World::with_mailbox(&[("MAIL_FROM", FROM)]);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for said in [Said::Silence, Said::Garbage, Said::Failure, Said::Endless] {
            let world = &world;
            scope.spawn(move || {
                let names = [
                    "rovers.club",
                    "k1._domainkey.rovers.club",
                    "_dmarc.rovers.club",
                ];
                let zone = names.map(|name| (name, said.clone()));
                let dns = Dns::start(&zone).expect("a port");
                let (fine, lines) = lines(world, &dns, &["--dkim-selector", "k1"]);
                for name in ["SPF", "DKIM", "DMARC"] {
                    has(&lines, &format!("note  {name} "), "the DNS gave no answer");
                }
                assert!(fine, "{said:?}: {lines:#?}");
            });
        }
    });
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn names_of_tests_and_examples_are_not_looked_up() {
    let dns = Dns::start(&[]).expect("a port");
    let world = World::with_mailbox(&[]);
    let (fine, lines) = lines(&world, &dns, &["--dkim-selector", "k1"]);
    has(
        &lines,
        "ok    sender ",
        "rovers.example.org is a name for tests and examples",
    );
    assert!(fine && dns.asked().is_empty(), "{:?}", dns.asked());
}

#[test]
fn a_selector_is_a_name() {
    let world = World::with_mailbox(&[]);
    let (code, _, said) = world.command(&["doctor", "--dkim-selector", "k1;x"]);
    assert!(
        code == 2 && said.contains("letters, digits and -"),
        "{said}"
    );
}
