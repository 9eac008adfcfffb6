//! A link that is not one of ours, and keys that change while mails are on their way.

use base64::{Engine, engine::general_purpose::STANDARD};
use freshmint::link::token::{LinkKeys, PayClaims};
use insta::assert_snapshot;
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use super::seen;
use crate::{
    simulator::{Call, Fault},
    support::{PERSON, World, world::LINK_KEYS},
};

const OTHER_KEY: &str = "k1:T1RIRVJPVEhFUk9USEVST1RIRVJPVEhFUk9USEVSISE=";

/// The token of an order's first link, signed with the first of these keys.
fn signed(keys: &str, order_id: uuid::Uuid) -> String {
    let claims = PayClaims {
        order_id,
        link_version: 1,
    };
    LinkKeys::parse(keys).unwrap().sign_pay(claims)
}

/// A token with our key's name and signature, and any content.
fn signed_by_us(claims: &Value) -> String {
    let (kid, key) = LINK_KEYS.split_once(':').unwrap();
    let header = Header {
        kid: Some(kid.to_owned()),
        ..Header::default()
    };
    let key = STANDARD.decode(key).unwrap();
    encode(&header, claims, &EncodingKey::from_secret(&key)).unwrap()
}

fn claims(token: &str) -> Value {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let middle = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(middle).unwrap()).unwrap()
}

#[test]
fn whatever_is_wrong_with_a_link_the_page_is_the_same() {
    let world = World::new();
    let order = world.order("CUP-1");
    let good = order.path.strip_prefix("/pay/").unwrap().to_owned();
    let mut other_purpose = claims(&good);
    other_purpose["aud"] = json!("unsubscribe");
    let (head, signature) = good.rsplit_once('.').unwrap();
    let wrong = [
        ("nonsense", "nonsense".to_owned()),
        ("cut short", good[..good.len() - 1].to_owned()),
        ("without its signature", format!("{head}.")),
        ("a letter changed", format!("x{}", &good[1..])),
        (
            "another's content",
            format!(
                "{}.{signature}",
                signed_by_us(&json!({ "aud": "pay", "sub": "", "v": 1 }))
                    .rsplit_once('.')
                    .unwrap()
                    .0
            ),
        ),
        ("for another purpose", signed_by_us(&other_purpose)),
        ("signed with another key", signed(OTHER_KEY, order.id)),
        ("very long", good.repeat(20)),
        ("not even letters", "%F0%9F%92%B8%00".to_owned()),
    ];
    // The helper that forges them makes good ones, too.
    assert_eq!(
        world
            .get(&format!("/pay/{}", signed_by_us(&claims(&good))))
            .status,
        303
    );
    world.stripe.clear_requests();

    let page = world.get("/pay/x");
    assert_snapshot!(seen(&page), @r"
        404
        We cannot find this payment
        The link may have been cut short on its way to you. Please open it from the mail once more, or copy the whole link into the address bar.
        If that does not help, please get in touch. We can send you a new link.
        ");
    for (what, token) in wrong {
        for path in [format!("/pay/{token}"), format!("/pay/{token}/return")] {
            let answer = world.get(&path);
            assert_eq!((answer.status, &answer.body), (404, &page.body), "{what}");
        }
        let pressed = world.press(&format!("/pay/{token}"));
        assert_eq!((pressed.status, &pressed.body), (404, &page.body), "{what}");
    }
    assert_eq!(world.ask(Method::HEAD, "/pay/nonsense", &[]).status, 404);
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn our_own_link_to_an_order_that_is_no_longer_kept_says_so_and_names_the_shop() {
    let world = World::new();
    let path = format!("/pay/{}", signed(LINK_KEYS, uuid::Uuid::nil()));
    let page = world.get(&path);
    assert_snapshot!(seen(&page), @r"
        410
        This link has run out
        We do not keep a cart that was not paid for longer than needed, so what this link led to has been deleted.
        There is nothing to pay here. If you would still like to have it, you are welcome to choose it anew at
        Rovers Youth FC
        .
        ");
    let shop = r#"choose it anew at <a href="https://rovers.example.org/">Rovers Youth FC</a>."#;
    assert!(page.body.contains(shop), "{}", page.body);
    assert!(page.body.contains("mailto:"), "{}", page.body);
    for answer in [
        world.press(&path),
        world.get(&format!("{path}/return")),
        world.ask(Method::GET, &path, &[("user-agent", "Googlebot/2.1")]),
    ] {
        assert_eq!((answer.status, &answer.body), (410, &page.body));
    }
    let german = [("accept-language", "de"), ("user-agent", PERSON)];
    assert_snapshot!(seen(&world.ask(Method::GET, &path, &german)), @r"
        410
        Dieser Link ist abgelaufen
        Einen Warenkorb, der nicht bezahlt wurde, bewahren wir nicht länger auf als nötig. Wohin dieser Link führte, ist deshalb gelöscht.
        Es ist hier nichts zu zahlen. Falls Sie noch Interesse haben, wählen Sie bei
        Rovers Youth FC
        gern neu aus.
        ");
    assert_eq!(world.traffic(), [""; 0]);
}

#[test]
fn links_in_old_mails_work_after_the_key_is_rotated_and_end_with_it() {
    let rotated = format!("{},{LINK_KEYS}", OTHER_KEY.replace("k1", "k2"));
    let world = World::with(&[("LINK_KEYS", &rotated)]);
    let order = world.order("CUP-1");
    let in_an_old_mail = signed(LINK_KEYS, order.id);
    assert_ne!(order.path, format!("/pay/{in_an_old_mail}"));
    assert_eq!(
        world.get(&format!("/pay/{in_an_old_mail}")).location(),
        world.click(&order).location()
    );

    let without = World::with(&[("LINK_KEYS", &OTHER_KEY.replace("k1", "k2"))]);
    let order = without.order("CUP-1");
    let in_an_old_mail = signed(LINK_KEYS, order.id);
    assert_eq!(without.get(&format!("/pay/{in_an_old_mail}")).status, 404);
}

#[test]
fn a_checkout_on_a_host_that_nobody_named_is_not_where_a_payer_is_sent() {
    let world = World::with(&[(
        "CHECKOUT_HOSTS",
        "checkout.stripe.com,pay.rovers.example.org",
    )]);
    let order = world.order("CUP-1");
    world.click_through(&order);
    for (url, status) in [
        ("https://pay.rovers.example.org/c/pay/cs_1", 303),
        ("https://checkout.stripe.com/c/pay/cs_1", 303),
        ("http://checkout.stripe.com/c/pay/cs_1", 502),
        ("https://checkout.stripe.com.evil.example/c/pay/cs_1", 502),
    ] {
        world.execute(&format!("UPDATE checkout_sessions SET url = '{url}'"));
        let answer = world.click(&order);
        assert_eq!(answer.status, status, "{url}");
        assert_eq!(answer.location(), if status == 303 { url } else { "" });
    }
}

#[test]
fn a_link_survives_what_mail_programs_do_to_it() {
    let world = World::with_mailbox(&[]);
    let order = world.order("CUP-1");
    for behind in [
        ".",
        ",",
        ")",
        ">",
        "%3E",
        "/",
        "//",
        "%20",
        "%C2%A0",
        ").",
        "?utm_source=mail",
        ".?a=b",
        "/?x",
    ] {
        let path = format!("{}{behind}", order.path);
        assert_eq!(world.get(&path).status, 303, "{behind}");
        assert_eq!(world.press(&path).status, 303, "{behind}");
        let head = world.ask(Method::HEAD, &path, &[]);
        assert_eq!(head.status, 200, "{behind}");
        let back = world.get(&format!(
            "{}/return{}",
            order.path,
            behind.replace("//", "/")
        ));
        let is_below = behind.starts_with('?');
        assert_eq!(back.status == 200, is_below, "{behind}");
    }
    for inside in ["x", "_", ".x", "/x", "%2e%2e"] {
        let path = format!("{}{inside}", order.path);
        let statuses = (world.get(&path).status, world.press(&path).status);
        let known = inside.starts_with('%');
        assert_eq!(statuses.0 == 303, known, "{inside}: {statuses:?}");
    }
    assert_eq!(world.stripe.creations(), 1);
}

#[test]
fn the_busy_page_speaks_the_orders_language_where_it_is_known() {
    let world = World::new();
    let lines = json!([{ "description": "U12", "unit_amount": 4500, "quantity": 1 }]);
    let order = world.order_with("CUP-1", json!({ "locale": "de", "lines": lines }));
    world
        .stripe
        .inject(Call::CreateSession, Fault::ErrorBefore, usize::MAX);
    let english = [("accept-language", "en"), ("user-agent", PERSON)];
    let page = world.ask(Method::GET, &order.path, &english);
    super::assert_is_busy(&page);
    assert!(page.body.contains("<html lang=\"de\">"), "{}", page.body);
}
