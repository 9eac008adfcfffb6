//! A checkout that the shop's own site opened: may its payer be reminded of the cart?

use tokio::time::Instant;

use super::{Check, Finding, PATIENCE};
use crate::{
    app::App,
    gateway::{CallError, Session},
    order::email::Email,
};

/// Looks at one checkout, and at nothing else.
pub async fn examine_session(app: &App, stripe_id: &str) -> Vec<Check> {
    let check = |name, finding| Check { name, finding };
    let session = match app.stripe.read(stripe_id, Instant::now() + PATIENCE).await {
        Ok(session) => session,
        Err(error) => {
            return vec![check("session", unread(stripe_id, &error, app.livemode))];
        }
    };
    vec![
        check("address", address(&session)),
        check("notice", notice(session.notice.as_deref())),
    ]
}

fn unread(stripe_id: &str, error: &CallError, livemode: bool) -> Finding {
    let mode = if livemode { "live" } else { "test" };
    Finding::Wrong(match error {
        CallError::Refused { status: 404, .. } => format!(
            "Stripe knows no {stripe_id} under this key: was the id copied completely, and is it of \
             the account and the mode ({mode}) of STRIPE_SECRET_KEY?"
        ),
        CallError::Refused {
            status: 401 | 403, ..
        } => format!(
            "{stripe_id} cannot be read: {error}; STRIPE_SECRET_KEY needs the right to read checkout \
             sessions"
        ),
        error => format!("{stripe_id} cannot be read: {error}; try again"),
    })
}

fn address(session: &Session) -> Finding {
    match (&session.email, &session.customer) {
        (Some(_), _) => Finding::Fine("Stripe knows one".to_owned()),
        (None, Some(_)) => Finding::Fine(
            "the session has a customer, whose address is used if the customer has one".to_owned(),
        ),
        (None, None) => Finding::Wrong(
            "Stripe knows none: pass customer_email or a customer when you open the session"
                .to_owned(),
        ),
    }
}

/// A program sees whether there is a way to refuse, and no more.
fn notice(text: Option<&str>) -> Finding {
    match text {
        None => Finding::Wrong(
            "the page says nothing of a mail that may follow: add custom_text[submit][message], \
             docs/recovery.md has a sentence"
                .to_owned(),
        ),
        Some(text) if names_a_way_to_refuse(text) => Finding::Fine(format!(
            "the page says: {text} (read it yourself, too: does it say that a mail may follow, and how \
             to refuse it?)"
        )),
        Some(text) => Finding::Wrong(format!(
            "the page names no way to refuse: add an e-mail address or a link to what it says, as the \
             sentence in docs/recovery.md does. It says: {text}"
        )),
    }
}

fn names_a_way_to_refuse(text: &str) -> bool {
    let link = |scheme| {
        let mut after = text.split(scheme).skip(1);
        after.any(|rest| rest.starts_with(char::is_alphanumeric))
    };
    let around = |c: char| c.is_whitespace() || "()[]<>,;:!?\"'“”„’".contains(c);
    let mut words = text.split(around);
    link("https://")
        || link("http://")
        || words.any(|word| Email::parse(word.trim_end_matches('.')).is_ok())
}

#[cfg(test)]
mod tests {
    use super::{super::wrong, *};

    #[test]
    fn a_notice_names_an_address_or_a_link_to_refuse_at() {
        for text in [
            "We may write once. Rather not? Tell shop@example.org.",
            "Rather not? (shop@example.org)",
            "Lieber nicht? Schreiben Sie an „shop@example.org“!",
            "One mail may follow: [not to me](https://shop.example/no).",
            "mailto:shop@example.org",
        ] {
            assert!(!wrong(&notice(Some(text))), "{text}");
        }
        for text in [
            "One mail may follow.",
            "We are @example on every network.",
            "See https:// or http://",
            "shop@localhost",
            "",
        ] {
            assert!(wrong(&notice(Some(text))), "{text}");
        }
        assert!(wrong(&notice(None)));
    }
}
