//! What needs somebody: something for each list, so that the pages open on work to be done.

use freshmint_fakes::{
    mailbox::{Action, Rule, Stage},
    simulator::Simulator,
};
use serde_json::{Value, json};

use super::{Shop, api::Api, families, text, wait_for};
use crate::{failure::Failure, stripe::Stripe};

/// Lets it all happen. What only a simulator can make happen is left out where Stripe's own test mode is used.
pub async fn befall(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
    mails_in_trouble(shop, api).await?;
    somebody_unsubscribes(shop, api).await?;
    mailings_that_wait(api).await?;
    let Stripe::Simulated { simulator, .. } = shop.stripe else {
        return Ok(());
    };
    money_goes_back(api, simulator).await?;
    // No event that fails: while one cannot be read, no reminder goes out, since it may be a payment.
    somebody_leaves(api, simulator).await
}

/// One comes back, of another nobody knows whether it was sent.
async fn mails_in_trouble(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
    let rule = |stage, recipient: &str, action, times| Rule {
        stage,
        recipient: Some(recipient.to_owned()),
        action,
        times,
    };
    let no_such = Action::Reply(550, "5.1.1 no such user".to_owned());
    shop.mailbox.set_rules(vec![
        rule(Stage::Recipient, "walsh", no_such, None),
        rule(Stage::Message, "dunne", Action::Drop, Some(1)),
    ]);
    for family in [&families::BOUNCES, &families::UNKNOWN] {
        let order = api.post("/orders", super::body(family)).await?;
        let send = format!("/orders/{}/send", text(&order, "id"));
        api.post(&send, json!({})).await?;
    }
    for state in ["bounced", "unknown"] {
        let what = format!("no mail became {state}");
        let path = format!("/outbox?state={state}");
        api.until(&what, &path, |list| {
            list["data"]
                .as_array()
                .is_some_and(|mails| !mails.is_empty())
        })
        .await?;
    }
    Ok(())
}

/// By the link in their mail; they owe all the same.
async fn somebody_unsubscribes(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
    let mails = shop.mailbox.mails_to(families::UNSUBSCRIBES);
    let link = mails.first().and_then(|mail| mail.unsubscribe_url());
    let link = link.ok_or_else(|| {
        Failure::new("A mail has no link to unsubscribe: please report it.".to_owned())
    })?;
    api.press(&link).await
}

/// One is written and not approved, another is approved, started for later, and paused.
async fn mailings_that_wait(api: &Api<'_>) -> Result<(), Failure> {
    let blast = |name: &str| {
        json!({
            "name": name,
            "subject": "{{ shop_name }}: still open ({{ reference }})",
            "body": "Dear {{ name }},\n\n{{ amount }} is still open:\n\n{{ pay_url }}\n\nYour treasurer\n",
            "filter": { "status": "open", "metadata": { "tournament": super::TOURNAMENT } },
        })
    };
    api.post("/blasts", blast("Summer Cup 2026, second call"))
        .await?;
    let mut later = blast("Summer Cup 2026, last call");
    later["send_at"] = json!("2099-06-01T09:00:00Z");
    let later = api.post("/blasts", later).await?;
    let path = format!("/blasts/{}", text(&later, "id"));
    let preview = api.post(&format!("{path}/preview"), json!({})).await?;
    let approval = json!({ "content_hash": preview["content_hash"] });
    api.post(&format!("{path}/approve"), approval).await?;
    api.post(&format!("{path}/start"), json!({})).await?;
    api.post(&format!("{path}/pause"), json!({}))
        .await
        .map(drop)
}

/// All of what one paid, and part of what another paid.
async fn money_goes_back(api: &Api<'_>, stripe: &Simulator) -> Result<(), Failure> {
    for (family, amount, status) in [
        (&families::PAID_BACK, None, "refunded"),
        (
            &families::PARTLY_PAID_BACK,
            Some(1_500),
            "partially_refunded",
        ),
    ] {
        let (path, session) = opened(api, super::body(family)).await?;
        stripe.pay(&session).map_err(Failure::new)?;
        wait_for(api, &path, "paid").await?;
        let order = api.get(&path).await?;
        let intent = text(&order["payments"][0], "payment_intent").to_owned();
        stripe.refund(&intent, amount).map_err(Failure::new)?;
        wait_for(api, &path, status).await?;
    }
    Ok(())
}

/// Two open the payment page and leave: one is reminded, the other's order says that nobody reminds of it.
async fn somebody_leaves(api: &Api<'_>, stripe: &Simulator) -> Result<(), Failure> {
    for (family, remind) in [
        (&families::LEAVES, true),
        (&families::LEAVES_IN_PEACE, false),
    ] {
        let mut body = super::body(family);
        body["remind"] = json!(remind);
        let (_, session) = opened(api, body).await?;
        stripe.expire(&session).map_err(Failure::new)?;
    }
    Ok(())
}

/// An order, and the payment page that its link led to.
async fn opened(api: &Api<'_>, body: Value) -> Result<(String, String), Failure> {
    let order = api.post("/orders", body).await?;
    let session = api.follow(text(&order, "pay_url")).await?;
    Ok((format!("/orders/{}", text(&order, "id")), session))
}
