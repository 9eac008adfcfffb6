use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::samples::{cart, club, corner_shop, endless, every_page, fees};
use super::{Due, Owed, Page, Pages, Shop, content_security_policy};
use crate::language::Language;
use crate::order::Kind;

/// Calls `check` with every page of every language, and of both shops.
fn for_every_page(check: impl Fn(&str, &Page<'_>, &str)) {
    let pages = Pages::new();
    for (shop, owed) in [
        (club(), fees()),
        (corner_shop(), endless()),
        (corner_shop(), cart()),
    ] {
        for language in Language::ALL {
            for (name, page) in every_page(&owed) {
                let html = pages.render(&shop, language, &page);
                check(&format!("{name} {language:?} {}", shop.name), &page, &html);
            }
        }
    }
}

fn render(shop: &Shop, language: Language, page: Page<'_>) -> String {
    Pages::new().render(shop, language, &page)
}

fn between<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = html.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[test]
fn every_page_has_the_frame_that_a_reader_relies_on() {
    for_every_page(|name, _, html| {
        let lang = name.split(' ').nth(1).expect("a language");
        assert!(html.contains(&format!("<html lang=\"{lang}\">")), "{name}");
        for once in [
            "<h1>",
            "<main",
            "<title>",
            "name=\"viewport\"",
            "content=\"noindex\"",
        ] {
            assert_eq!(html.matches(once).count(), 1, "{once} on {name}");
        }
        assert!(!between(html, "<h1>", "</h1>").is_empty(), "{name}");
        assert!(!html.contains("<dt></dt>"), "a label is missing on {name}");
    });
}

#[test]
fn nothing_is_loaded_and_nothing_runs() {
    for_every_page(|name, _, html| {
        for foreign in [
            "<script", "<img", "<link", "<iframe", " src=", "url(", "@import", " style=",
        ] {
            assert!(!html.contains(foreign), "{foreign} on {name}");
        }
    });
}

#[test]
fn the_button_posts_where_it_is_told_and_stands_only_where_there_is_something_to_do() {
    for_every_page(|name, page, html| {
        let due = matches!(
            page,
            Page::Continue(_)
                | Page::NotYetPaid(_)
                | Page::DebitFailed(_)
                | Page::LinkReplaced { due: Some(_), .. }
        );
        let asks = matches!(
            page,
            Page::Unsubscribe { .. } | Page::NotYetUnsubscribed { .. }
        );
        for (action, stands) in [("/pay/abc.def", due), ("/unsubscribe/abc.def", asks)] {
            let form = format!("<form method=\"post\" action=\"{action}\">");
            assert_eq!(html.contains(&form), stands, "{name}");
        }
        for part in ["<form", "<button type=\"submit\">"] {
            let busy = matches!(page, Page::Busy { .. });
            let there = usize::from(due || asks || busy);
            assert_eq!(html.matches(part).count(), there, "{part} on {name}");
        }
    });
}

#[test]
fn only_the_busy_page_has_a_button_that_asks_again_and_none_moves_by_itself() {
    for_every_page(|name, page, html| {
        let busy = matches!(page, Page::Busy { .. });
        assert_eq!(html.contains("<form method=\"get\">"), busy, "{name}");
        assert!(!html.contains("http-equiv"), "{name}");
    });
}

#[test]
fn what_the_shop_wrote_is_escaped_everywhere() {
    let attack = "\"><script>alert('x')</script>&#x2f;";
    let shop = Shop {
        name: attack.into(),
        url: attack.into(),
        support_email: Some(attack.into()),
        time_zone: chrono_tz::UTC,
    };
    let mut owed = Owed {
        reference: attack.into(),
        total: attack.into(),
        ..fees()
    };
    for line in &mut owed.lines {
        line.description = attack.into();
        line.amount = Some(attack.into());
    }
    let due = Due {
        owed: &owed,
        action: attack,
    };
    for page in [
        Page::LinkReplaced {
            why: Some(attack),
            due: Some(due),
        },
        Page::InReview {
            owed: &owed,
            received: attack,
        },
        Page::Cancelled {
            kind: Kind::Billed,
            reference: attack,
        },
    ] {
        for shop in [
            &shop,
            &Shop {
                support_email: None,
                ..shop.clone()
            },
        ] {
            let html = render(shop, Language::ENGLISH, page);
            assert!(!html.contains("<script"), "{html}");
            assert!(!html.contains("\"\">"), "{html}");
            assert!(html.contains("&quot;&gt;&lt;script&gt;"), "{html}");
            assert!(html.contains("&amp;#x2f;"), "{html}");
        }
    }
}

#[test]
fn the_sheet_is_the_one_that_the_policy_lets_through() {
    let policy = content_security_policy(&["https://checkout.stripe.com".into()]);
    for_every_page(|name, _, html| {
        let digest = STANDARD.encode(Sha256::digest(between(html, "<style>", "</style>")));
        assert!(
            policy.contains(&format!("style-src 'sha256-{digest}';")),
            "{name}"
        );
    });
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(policy.ends_with("; form-action 'self' https://checkout.stripe.com"));
    assert!(content_security_policy(&[]).ends_with("; form-action 'self'"));
}

#[test]
fn a_payment_is_dated_as_people_write_it() {
    let owed = fees();
    let paid = |language| {
        let (_, page) = every_page(&owed)
            .into_iter()
            .find(|(name, _)| *name == "paid")
            .unwrap();
        render(&club(), language, page)
    };
    let time = "<time datetime=\"2026-11-21T06:53:09Z\">";
    let dates = Language::ALL.map(|language| between(&paid(language), time, "<").to_owned());
    let expected = [
        "21 November 2026, 06:53 UTC",
        "21. November 2026, 06:53 UTC",
        "21 novembre 2026, 06:53 UTC",
        "21 de noviembre de 2026, 06:53 UTC",
        "21 novembre 2026, 06:53 UTC",
        "21 november 2026, 06:53 UTC",
    ];
    assert_eq!(dates, expected);
}

#[test]
fn the_lines_are_a_table_with_a_total_under_two_or_more() {
    let html = |owed: &Owed| render(&club(), Language::ENGLISH, Page::Processing(owed));
    let three = html(&fees());
    assert!(three.contains("<caption>What it is for</caption>"));
    assert!(three.contains("<th scope=\"row\">2&nbsp;× <bdi>Team shirt, size 140</bdi></th>"));
    assert!(three.contains("<tfoot><tr><th scope=\"row\">Total</th><td>€135.00</td>"));
    assert!(!html(&endless()).contains("<tfoot>"));
    assert!(
        !html(&Owed {
            lines: Vec::new(),
            ..fees()
        })
        .contains("<table>")
    );
}

#[test]
fn questions_go_to_support_with_the_reference_or_else_to_the_shop() {
    let page = Page::Refused {
        kind: Kind::Billed,
        reference: "A 1&B",
    };
    let mail = render(&club(), Language::ENGLISH, page);
    assert!(mail.contains("mailto:treasurer@riverside.example?subject=Reference%20A%201%26B\""));
    let unknown = render(&club(), Language::ENGLISH, Page::NotFound);
    assert!(unknown.contains("mailto:treasurer@riverside.example\""));
    let site = render(&corner_shop(), Language::ENGLISH, page);
    let footer = between(&site, "<footer>", "</footer>");
    assert!(footer.contains("<a href=\"https://annas-corner.example/contact\">"));
    assert!(!site.contains("mailto:"));
}

#[test]
fn a_cart_is_no_debt_and_its_reference_is_for_the_shop_alone() {
    const OF_A_DEBT: [&str; 23] = [
        "is due",
        "Amount due",
        "Amount asked for",
        "Still open",
        "payment request",
        "eference",
        "offen",
        "Geforderter Betrag",
        "Zu zahlen",
        "Referenz",
        "Montant dû",
        "Encore à payer",
        "éférence",
        "Importe pendiente",
        "Aún pendiente",
        "Referencia",
        "Importo dovuto",
        "Ancora da pagare",
        "Riferimento",
        "Te betalen",
        "Nog open",
        "Referentie",
        "cart-",
    ];
    let cart = cart();
    for language in Language::ALL {
        for (name, page) in every_page(&cart) {
            let html = render(&club(), language, page);
            let main = between(&html, "<main", "</main>");
            for word in OF_A_DEBT {
                assert!(!main.contains(word), "“{word}” on {name}: {main}");
            }
            if name == "refused" {
                assert!(html.contains("?subject=R") && html.contains("cart-d0e4b1c2"));
            }
        }
    }
}

#[test]
fn a_page_that_sends_people_back_to_the_shop_has_a_link_there_in_that_sentence() {
    let cart = cart();
    for language in Language::ALL {
        for (name, page) in every_page(&cart) {
            let html = render(&corner_shop(), language, page);
            let main = between(&html, "<main", "</main>");
            let link = "at <a href=\"https://annas-corner.example/contact\">Anna&#x27;s Corner &amp; Co</a>";
            let link = link.trim_start_matches(if language == Language::ENGLISH {
                ""
            } else {
                "at "
            });
            let sends = ["cancelled", "gone", "refused"].contains(&name);
            assert_eq!(main.contains(link), sends, "{name} {language:?}: {main}");
        }
    }
}

#[test]
fn who_wants_no_more_mail_reads_whose_it_was() {
    for_every_page(|name, page, html| {
        assert!(!html.contains("{shop"), "{name}");
        if matches!(page, Page::Unsubscribe { .. } | Page::Unsubscribed) {
            let main = between(html, "<main", "</main>");
            let escaped = ["Riverside Youth Club", "Anna&#x27;s Corner &amp; Co"];
            assert!(escaped.iter().any(|shop| main.contains(shop)), "{html}");
        }
    });
}

#[test]
fn the_statuses_are_those_of_the_contract() {
    let owed = fees();
    let unusual: Vec<_> = every_page(&owed)
        .into_iter()
        .filter(|(_, page)| page.status() != 200)
        .map(|(name, page)| (name, page.status()))
        .collect();
    let contract = [
        ("cancelled", 410),
        ("gone", 410),
        ("not-found", 404),
        ("busy", 503),
        ("refused", 502),
        ("too-many", 429),
        ("too-many-wrong", 429),
        ("not-yet-unsubscribed", 503),
        ("unsubscribe-unknown", 404),
    ];
    assert_eq!(unusual, contract);
}

#[test]
fn a_locale_names_its_language() {
    for (locale, language) in [
        ("de", Language::GERMAN),
        ("de-AT", Language::GERMAN),
        ("DE_ch", Language::GERMAN),
        ("en-GB", Language::ENGLISH),
        ("den", Language::ENGLISH),
        ("fr", Language::FRENCH),
        ("pt-BR", Language::ENGLISH),
        ("", Language::ENGLISH),
    ] {
        assert_eq!(Language::of_tag(locale), language, "{locale}");
    }
}
