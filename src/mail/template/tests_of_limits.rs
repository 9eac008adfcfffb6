//! What a template may cost.

use std::{
    fs,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::super::samples::{holes, order};
use super::*;

/// A hundred long lines, a long name and 47 long pieces of metadata: no order has more.
fn heaviest() -> Order {
    let description = "ŉ".repeat(250);
    let lines = [(description.as_str(), 1, 2); 100];
    let mut order = order("en", Some(&"ŉ".repeat(200)), &lines);
    let pairs = (0..46).map(|n| (format!("key{n}"), "ŉ".repeat(500)));
    order.metadata.extend(pairs);
    order
}

fn filled(order: &Order, body: &str) -> Result<String, String> {
    let text = fill("Cup", body, &holes(order)).map_err(|error| error.to_string())?;
    Ok(text.body)
}

/// The most memory that this process ever had, in bytes.
fn high_water() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words: Vec<&str> = line.unwrap().split_whitespace().collect();
    words[1].parse::<usize>().unwrap() * 1024
}

#[test]
fn what_no_mail_needs_is_refused_with_its_line_and_what_to_write_instead() {
    for (body, said) in [
        (
            "{% macro m(n) %}{{ m(n ~ n) }}{% endmacro %}{{ m('x') }}",
            "has {% macro %}, which mails do not have; write the text where it stands",
        ),
        (
            "{% for i in range(9000) %}{% set a = name * 9000000 %}{% endfor %}",
            "has a product",
        ),
        ("{{ 2 ** 9 }}", "has a product"),
        (
            "{% set a = name ~ name %}",
            "has a ~ in what set or for keeps",
        ),
        (
            "{% set a = meta.b|default(name ~ name) %}",
            "has a ~ in what set or for keeps",
        ),
        ("{% set a = name + name %}", "has a + without a number"),
        ("{{ lines + lines }}", "has a + without a number"),
        ("{% set a %}x{% endset %}", "has {% endset %}"),
        ("{% set a %}x", "cannot be filled"),
        ("{% set a, b = name %}", "has more than one name"),
        ("{% filter upper %}x{% endfilter %}", "has {% filter %}"),
        ("{% call name() %}x{% endcall %}", "has {% call %}"),
        ("{% with a = name %}x{% endwith %}", "has {% with %}"),
        ("{% block a %}x{% endblock %}", "has {% block %}"),
        ("{% extends 'a' %}", "has {% extends %}"),
        ("{% import 'a' as b %}", "has {% import %}"),
        ("{% from 'a' import b %}", "has {% from %}"),
        ("{% do name() %}", "has {% do %}"),
        (
            "{% autoescape true %}x{% endautoescape %}",
            "has {% autoescape %}",
        ),
        (
            "{% for l in lines recursive %}{{ loop(lines) }}{% endfor %}",
            "has a recursive for",
        ),
        ("{{ range(9) }}", "has a call"),
        ("{{ name.upper() }}", "has a call"),
        (
            "{% for l in lines %}{{ loop.cycle(1) }}{% endfor %}",
            "has a call",
        ),
        ("{% for l in range(name()) %}{% endfor %}", "has a call"),
        ("{{ name[:2] }}", "has a part of a text"),
        ("{{ {'a': name} }}", "has a map"),
        ("{{ (name, name) }}", "has several values"),
        ("{{ [name, name] }}", "has a list of something else"),
        (
            "{% for a in [[1, 1], [1, 1]] %}{% endfor %}",
            "has a list of something else",
        ),
        ("{{ name|default(*lines) }}", "has arguments with *"),
    ] {
        let said_of = filled(&heaviest(), &format!("\n{body}")).expect_err(body);
        assert!(said_of.starts_with("the body, line 2 "), "{said_of}");
        assert!(said_of.contains(said), "{body}: {said_of}");
    }
}

#[test]
fn what_a_mail_needs_is_allowed() {
    let order = order("en", Some("Kim"), &[("Cup", 4_500, 2), ("Shirt", 1_250, 1)]);
    for (body, reads) in [
        ("{{ 'Dear ' ~ name ~ ',' }}", "Dear Kim,"),
        ("{% set who = name|default('all')|upper %}{{ who }}", "KIM"),
        ("{% set n = lines|length %}{{ n + 1 }} {{ n - 1 }}", "3 1"),
        (
            "{% for l in lines if l.quantity > 1 %}{{ loop.index }}. {{ l.description }}{% endfor %}",
            "1. Cup",
        ),
        (
            "{% for l in lines %}{{ l.amount }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "€90.00, €12.50",
        ),
        ("{% for i in range(1, 4) %}{{ i }}{% endfor %}", "123"),
        (
            "{% for t in ['a', 'b'] %}{{ t }}{% else %}-{% endfor %}",
            "ab",
        ),
        (
            "{% for key in meta %}{{ key }}={{ meta[key] }}{% endfor %}",
            "team=U12 blue",
        ),
        (
            "{% if meta.team in ['U12 blue', 'U13'] and name %}y{% elif name %}n{% else %}-{% endif %}",
            "y",
        ),
        ("{{ 'y' if 'U12' in meta.team else 'n' }}", "y"),
        ("{{ lines[0].description|lower|title|capitalize }}", "Cup"),
        ("{{ '  x-'|trim|trim('-') }}", "x"),
        (
            "{% raw %}{% macro %}{{ x }}{% endraw %}{# {% macro %} #}",
            "{% macro %}{{ x }}",
        ),
        ("{{ meta|length }} {{ 'team' in meta }}", "1 True"),
        ("{{ meta }}", "{\"team\": \"U12 blue\"}"),
    ] {
        assert_eq!(filled(&order, body).unwrap().trim_end(), reads, "{body}");
    }
}

#[test]
fn what_a_word_processor_makes_of_a_tag_is_named_with_its_line() {
    for (tag, why) in [
        ("{{\u{a0}name }}", "no-break or invisible blank"),
        ("{{ name\u{a0}}}", "no-break or invisible blank"),
        ("{{\u{200b}name }}", "no-break or invisible blank"),
        (
            "{% if name ==\u{202f}\"x\" %}{% endif %}",
            "no-break or invisible blank",
        ),
        (
            "{% if name == \u{201c}x\u{201d} %}{% endif %}",
            "curly quotation mark",
        ),
        (
            "{{ name|replace(\u{2018}a\u{2019}, 'b') }}",
            "curly quotation mark",
        ),
        ("{{ \u{201e}x\u{201c} }}", "curly quotation mark"),
    ] {
        let refused = allowed::check(&format!("Dear\n{tag}\n")).unwrap_err();
        assert!(refused.why.contains(why), "{tag}: {}", refused.why);
        assert_eq!(refused.line, 2, "{tag}");
    }
    for fine in [
        "\u{201c}{{ name }}\u{201d}\u{a0}!",
        "{% if name == \"\u{201c}\" %}{% endif %}",
    ] {
        assert_eq!(allowed::check(fine), Ok(()), "{fine}");
    }
}

#[test]
fn what_is_deep_or_long_is_refused_before_it_is_read() {
    let many = |piece: &str| piece.repeat(20_000 / piece.len());
    for body in [
        format!("{{{{ {}", many("(")),
        format!("{{{{ {}x }}}}", many("[")),
        format!("{{{{ {}x }}}}", many("{1:")),
        format!("{{{{ {}x }}}}", many("not ")),
        format!("{{{{ {}1 }}}}", many("-")),
        format!("{{{{ name{} }}}}", many("|upper")),
        format!("{{{{ name{} }}}}", many(".a")),
        format!("{{{{ name{} }}}}", many("[0]")),
        format!("{{{{ name{} }}}}", many("~name")),
        format!("{{{{ name{} }}}}", many(" if name else name")),
        format!("{{{{ name{} }}}}", many(" is defined")),
        format!("{{{{ 1{} }}}}", many("==1")),
        format!("{{{{ 1{} }}}}", many("+1")),
        many("{% if name %}"),
        many("{% for l in lines %}"),
        format!("{{% if name %}}{}{{% endif %}}", many("{% elif name %}")),
        format!("{{{{ '{}' }}}}", many("x")),
        many("{%"),
        many("{{"),
        many("{% raw %}"),
        many("{#"),
        many("{% set a ="),
    ] {
        let begun = Instant::now();
        assert!(filled(&heaviest(), &body).is_err(), "{}", &body[..40]);
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", &body[..40]);
    }
}

/// Each is the most expensive that its kind can be; unoptimized and on a busy machine they take ten
/// times as long as in earnest.
#[test]
fn the_most_expensive_templates_take_little_time_and_memory() {
    let order = heaviest();
    for inside in [
        "{% if lines|upper == lines %}{% endif %}",
        "{% if name|upper|lower|upper == name %}{% endif %}",
        "{% if lines ~ lines ~ lines ~ lines ~ lines == '' %}{% endif %}",
        "{% if meta ~ meta ~ meta ~ meta ~ meta == '' %}{% endif %}",
        "{% if lines == lines or meta == meta %}{% endif %}",
        "{% if name in lines or meta in lines %}{% endif %}",
        "{% if lines[0] ~ lines[1] ~ lines[2] ~ lines[3] == '' %}{% endif %}",
        "{% if meta.key1|upper ~ meta.key1|upper ~ meta.key1|upper ~ meta.key1|upper == '' %}{% endif %}",
        "{% for a in lines %}{% for b in lines %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) if a < 0 %}{% endfor %}",
        "{{ lines }}",
        "{{ name }}",
    ] {
        let begun = Instant::now();
        let body = format!("{{% for i in range(9999) %}}{inside}{{% endfor %}}");
        assert!(filled(&order, &body).is_err(), "{body}");
        let took = begun.elapsed();
        eprintln!("{took:>10.1?} {inside}");
        assert!(took < Duration::from_secs(10), "{took:?}: {body}");
    }
    assert!(high_water() < 1 << 30, "{} bytes", high_water());
}

/// What the grammar allows, as it says in `allowed`.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "name",
        "reference",
        "amount",
        "lines",
        "pay_url",
        "shop_name",
        "meta",
        "meta.key1",
        "meta.team",
        "lines[0].description",
        "lines[99]",
        "'text'",
        "7",
        "a",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(3, 12, 3, |inner| {
            let two = (inner.clone(), inner.clone());
            prop_oneof![
                two.clone()
                    .prop_map(|(one, other)| format!("({one} ~ {other})")),
                two.clone()
                    .prop_map(|(one, other)| format!("({one} == {other})")),
                two.clone()
                    .prop_map(|(one, other)| format!("({one} and not {other})")),
                two.clone()
                    .prop_map(|(one, other)| format!("({one} in {other})")),
                two.prop_map(|(one, other)| format!("({one}|default({other}))")),
                inner.clone().prop_map(|one| format!("({one}|upper)")),
                inner.clone().prop_map(|one| format!("({one}|length + 1)")),
                (inner.clone(), inner.clone(), inner)
                    .prop_map(|(one, two, three)| format!("({one} if {two} else {three})")),
            ]
        })
}

fn template() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        expression().prop_map(|shown| format!("{{{{ {shown} }}}}")),
        expression().prop_map(|kept| format!("{{% set a = {} %}}", kept.replace('~', "=="))),
        Just("Dear all,\n".to_owned()),
    ];
    let start = "{% set a = name %}".to_owned();
    let body = leaf.prop_recursive(4, 40, 4, |inner| {
        let some = prop::collection::vec(inner, 1..4).prop_map(|all| all.concat());
        prop_oneof![
            (expression(), some.clone())
                .prop_map(|(asked, inside)| format!("{{% if {asked} %}}{inside}{{% endif %}}")),
            some.clone()
                .prop_map(|inside| format!("{{% for a in lines %}}{inside}{{% endfor %}}")),
            some.prop_map(|inside| format!("{{% for i in range(999) %}}{inside}{{% endfor %}}")),
        ]
    });
    prop::collection::vec(body, 1..6).prop_map(move |all| format!("{start}{}", all.concat()))
}

/// Statements and pieces of them in any order, allowed or not.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{% set a = a ~ a %}",
        "{% set a = a + a %}",
        "{% set a = a * 9 %}",
        "{% set a = [a, a] %}",
        "{% set a = name %}",
        "{% set a %}",
        "{% endset %}",
        "{{ a }}{{ a }}",
        "{% for i in range(9999) %}",
        "{% for a in [a, a] %}",
        "{% for l in lines recursive %}",
        "{{ loop(lines) }}",
        "{% endfor %}",
        "{% macro a(b) %}",
        "{{ a(b ~ b) }}",
        "{% endmacro %}",
        "{% if a %}",
        "{% elif a %}",
        "{% endif %}",
        "{% filter upper %}",
        "{% endfilter %}",
        "{{ lines|upper }}",
        "{{",
        "}}",
        "{%",
        "%}",
        "a",
        "~",
        "*",
        "|upper",
        "(",
        ")",
        "[",
        "]",
        "{#",
        "#}",
        "'",
        "x",
        "{% raw %}",
        "{% endraw %}",
        "if",
        "else",
    ]);
    // Whole statements, so that much of it can be read: each makes what it keeps longer.
    let growing = prop::sample::select(vec![
        "{% set a = a ~ a %}",
        "{% set a = a + a %}",
        "{% set a = a * 9 %}",
        "{% set a %}{{ a }}{{ a }}{% endset %}",
        "{% set a = a|upper %}",
        "{% set a = a|default(a ~ a) %}",
        "{% for b in [a, a] %}{% set a = a ~ b %}{% endfor %}",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 1..60).prop_map(|all| all.concat()),
        prop::collection::vec(growing, 1..60).prop_map(|all| all.concat()),
    ]
}

fn within_its_budget(body: &str) {
    let begun = Instant::now();
    let filled = filled(&heaviest(), body);
    assert!(filled.map_or(0, |filled| filled.len()) <= LONGEST);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert!(high_water() < 1 << 30, "{} bytes", high_water());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_of_what_is_allowed_stays_within_its_budget(body in template()) {
        let allowed = allowed::check(&body);
        let too_big = |why: &str| why.contains("signs") || why.contains("brackets") || why.contains("deep");
        prop_assert!(allowed.as_ref().err().is_none_or(|refused| too_big(&refused.why)), "{allowed:?}");
        within_its_budget(&body);
    }

    #[test]
    fn no_soup_of_signs_and_statements_takes_more_than_its_budget(body in soup()) {
        within_its_budget(&format!("{{% set a = name %}}{body}"));
    }
}
