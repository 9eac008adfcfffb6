//! The page, as a browser without JavaScript has it.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use freshmint_fakes::mailbox::{Mailbox, Stage};
use lettre::{
    Message,
    message::header::{ContentType, HeaderName, HeaderValue},
};
use reqwest::Method;
use scraper::{Html, Selector};

use super::{
    browser::{self, Answer},
    code, letter, mailbox, reply, rule, send, with_login,
};

fn get(mailbox: &Mailbox, path: &str) -> Answer {
    browser::send(Method::GET, &format!("{}{path}", mailbox.url()), "")
}

fn post(mailbox: &Mailbox, path: &str, form: &'static str) -> Answer {
    browser::send(Method::POST, &format!("{}{path}", mailbox.url()), form)
}

fn selected(answer: &Answer, selector: &str) -> Vec<(String, Option<String>)> {
    let page = Html::parse_document(&answer.body);
    let selector = Selector::parse(selector).expect("a selector");
    let found = page.select(&selector);
    found
        .map(|found| {
            let href = found.attr("href").map(str::to_owned);
            (found.text().collect(), href)
        })
        .collect()
}

fn with_header(name: &'static str, value: &str, letter: &Message) -> Message {
    let mut letter = letter.clone();
    let name = HeaderName::new_from_ascii_str(name);
    let value = HeaderValue::new(name, value.to_owned());
    letter.headers_mut().insert_raw(value);
    letter
}

#[test]
fn mails_are_listed_newest_first_and_the_list_looks_again() {
    let mailbox = mailbox();
    assert!(get(&mailbox, "/").text().contains("None so far."));
    for to in ["ann@b.example", "bob@b.example"] {
        assert_eq!(code(send(&mailbox, &letter(to))), Some(250));
    }
    let list = get(&mailbox, "/");
    let rows = selected(&list, "td.to").into_iter().map(|(text, _)| text);
    assert_eq!(rows.collect::<Vec<_>>(), ["bob@b.example", "ann@b.example"]);
    let links = selected(&list, "td a");
    assert_eq!(links[0], ("Hello".to_owned(), Some("/mail/2".to_owned())));
    assert!(list.body.contains(r#"<meta http-equiv="refresh""#));
    let one = get(&mailbox, "/mail/2");
    assert_eq!(one.status, 200);
    assert!(!one.body.contains("http-equiv"));
    assert_eq!(get(&mailbox, "/mail/3").status, 404);
    assert_eq!(get(&mailbox, "/mail/x").status, 404);
}

#[test]
fn a_mail_is_shown_as_text_with_whole_links_and_nothing_in_it_is_html() {
    let mailbox = mailbox();
    let link = format!("https://pay.example/pay/{}?a=1&b=2", "x".repeat(120));
    let text = format!("  <script>alert(1)</script>\r\n\r\nPay: {link}.\r\n-- \r\nRovers\r\n");
    let letter = Message::builder()
        .from("Rovers <shop@a.example>".parse().expect("an address"))
        .to("ann@b.example".parse().expect("an address"))
        .subject("<b>Grüße</b>")
        .message_id(None)
        .header(ContentType::TEXT_PLAIN)
        .body(text.clone())
        .expect("a mail");
    assert_eq!(code(send(&mailbox, &letter)), Some(250));
    let page = get(&mailbox, "/mail/1");
    let (shown, _) = &selected(&page, "pre.text")[0];
    assert_eq!(shown.trim_end(), text.replace("\r\n", "\n").trim_end());
    assert_eq!(selected(&page, "pre a"), [(link.clone(), Some(link))]);
    assert_eq!(selected(&page, "h1")[0].0, "<b>Grüße</b>");
    assert!(selected(&page, "script, b").is_empty());
    let headers = selected(&page, "dt").into_iter().map(|(name, _)| name);
    let headers: Vec<_> = headers.collect();
    assert!(headers.contains(&"Message-ID".to_owned()), "{headers:?}");
    assert!(selected(&page, "details pre")[0].0.contains("=?utf-8?"));
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
}

#[test]
fn one_switch_is_on_at_a_time_and_does_what_it_says() {
    let mailbox = mailbox();
    let on = || {
        let page = get(&mailbox, "/");
        let pressed = selected(&page, "button[aria-pressed=true]");
        pressed
            .into_iter()
            .map(|(text, _)| text)
            .collect::<Vec<_>>()
    };
    assert_eq!(on(), ["✓ Everything works"]);
    let answer = post(&mailbox, "/switch", "name=unknown");
    assert_eq!((answer.status, answer.location()), (303, "/"));
    assert_eq!(on(), ["✓ Refuse the next recipient (550 5.1.1)"]);
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(550));
    assert_eq!(on(), ["✓ Everything works"]);

    for (form, label, codes) in [
        ("name=greylist", "Greylist", [Some(451), Some(250)]),
        ("name=lost", "Drop the connection", [None, None]),
        ("name=refused", "Refuse our sender", [Some(535), Some(535)]),
        ("name=works", "Everything", [Some(250), Some(250)]),
    ] {
        post(&mailbox, "/switch", form);
        assert!(on().concat().contains(label), "{label}");
        let letter = letter("ann@b.example");
        let said = [(); 2].map(|()| code(send(&mailbox, &letter)));
        assert_eq!(said, codes, "{label}");
    }
    assert_eq!(mailbox.received(), 5);
    post(&mailbox, "/switch", "name=slow");
    assert!(on().concat().contains("two seconds"));
    assert_eq!(post(&mailbox, "/switch", "name=other").status, 404);
}

#[test]
fn with_a_log_in_it_is_that_which_is_refused() {
    let mailbox = with_login("shop", "secret");
    post(&mailbox, "/switch", "name=refused");
    assert_eq!(code(send(&mailbox, &letter("ann@b.example"))), Some(535));
    assert_eq!(mailbox.commands(), ["EHLO", "AUTH"]);
}

#[test]
fn rules_of_a_program_are_told() {
    let mailbox = mailbox();
    mailbox.set_rules(vec![rule(Stage::Data, reply(451, "4.3.0 <later>"))]);
    let page = get(&mailbox, "/");
    assert!(selected(&page, "button[aria-pressed=true]").is_empty());
    let (told, _) = &selected(&page, "li")[0];
    assert_eq!(told, r#"Data: Reply(451, "4.3.0 <later>") (always)"#);
}

#[test]
fn it_unsubscribes_as_a_mail_program_does() {
    let mailbox = mailbox();
    let (url, heard) = answer_once("HTTP/1.1 204 No Content\r\n\r\n");
    let plain = letter("ann@b.example");
    let list = with_header("List-Unsubscribe", &format!("<{url}/u/1?a=b>"), &plain);
    let click = "List-Unsubscribe=One-Click";
    let whole = with_header("List-Unsubscribe-Post", click, &list);
    for letter in [&plain, &list, &whole] {
        assert_eq!(code(send(&mailbox, letter)), Some(250));
    }
    for number in [1, 2] {
        let page = get(&mailbox, &format!("/mail/{number}"));
        assert!(selected(&page, "button").is_empty());
        let path = format!("/mail/{number}/unsubscribe");
        assert_eq!(post(&mailbox, &path, "").status, 404);
    }
    let (label, _) = &selected(&get(&mailbox, "/mail/3"), "button")[0];
    assert_eq!(label, "Unsubscribe, as a mail program does");
    let answer = post(&mailbox, "/mail/3/unsubscribe", "");
    assert_eq!((answer.status, answer.location()), (303, "/mail/3"));
    let request = heard.join().expect("a request");
    assert!(
        request.starts_with("POST /u/1?a=b HTTP/1.1\r\n"),
        "{request}"
    );
    let request = request.to_lowercase();
    assert!(request.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(request.ends_with("\r\n\r\nlist-unsubscribe=one-click"));
    let told = get(&mailbox, "/mail/3").text();
    assert!(told.contains("The answer was 204 No Content."), "{told}");

    // Nobody is there any more.
    post(&mailbox, "/mail/3/unsubscribe", "");
    let told = get(&mailbox, "/mail/3").text();
    assert!(told.contains("There was no answer."), "{told}");
}

/// A server for one request, and what it was asked.
fn answer_once(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        drop(listener);
        let mut request = Vec::new();
        while !request.ends_with(b"One-Click") {
            let mut chunk = [0; 1024];
            let count = stream.read(&mut chunk).expect("a request");
            assert!(count > 0, "it ends early");
            request.extend_from_slice(&chunk[..count]);
        }
        stream.write_all(answer.as_bytes()).expect("answered");
        String::from_utf8(request).expect("text")
    });
    (url, heard)
}
