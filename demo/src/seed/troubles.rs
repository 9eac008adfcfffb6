//! What needs somebody: something for each list, so that the pages open on work to be done.

use chrono::TimeDelta;
use freshmint_fakes::{
    mailbox::{Action, Rule, Stage},
    simulator::Simulator,
};
use serde_json::{Value, json};

use super::{Shop, api::Api, carts, families, guests, is_any, started, text, wait_for};
use crate::failure::Failure;

/// From now to the last call for the fees.
const LAST_CALL: TimeDelta = TimeDelta::days(14);

/// Lets it all happen. What only a simulator can make happen is left out where Stripe's own test mode is used.
pub async fn befall(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
    mails_in_trouble(shop, api).await?;
    somebody_unsubscribes(shop, api).await?;
    mailings_that_wait(shop, api).await?;
    guests::are_mailed(shop, api).await?;
    let Some(stripe) = shop.stripe.simulator() else {
        return Ok(());
    };
    money_goes_back(api, stripe).await?;
    cases_are_decided(api, stripe).await?;
    a_debit_fails(api, stripe).await?;
    a_message_fails(api, stripe).await?;
    somebody_leaves(api, stripe).await?;
    carts::one_comes_back(shop, api, stripe).await
}

/// One about a dispute that says nothing of it: somebody looks at Stripe's dashboard, and has it worked through
/// again or leaves it. It holds no mail back, as one would that may be a payment.
async fn a_message_fails(api: &Api<'_>, stripe: &Simulator) -> Result<(), Failure> {
    let dispute = json!({ "id": "du_1SummerCup", "object": "dispute", "livemode": false });
    stripe
        .tell("charge.dispute.created", dispute)
        .map_err(Failure::new)?;
    let path = "/events?state=failed";
    api.until("no message of Stripe's failed", path, is_any)
        .await
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
        api.until(&what, &path, is_any).await?;
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
async fn mailings_that_wait(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
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
    later["filter"] = Value::Null;
    later["references"] = json!(["CUP-2026-003", "CUP-2026-011", "CUP-2026-012"]);
    later["send_at"] = json!(shop.app.clock.now() + LAST_CALL);
    let path = started(api, later).await?;
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

/// Two paid another amount: what one paid is taken as it is, what the other paid goes back, and they owe again.
async fn cases_are_decided(api: &Api<'_>, stripe: &Simulator) -> Result<(), Failure> {
    for (family, paid, how, note, status) in [
        (&families::ACCEPTED, 4_400, "accept", BANK_FEE, "paid"),
        (&families::SENT_BACK, 1_750, "refund", HALF, "open"),
    ] {
        let (path, session) = opened(api, super::body(family)).await?;
        stripe.pay_amount(&session, paid).map_err(Failure::new)?;
        wait_for(api, &path, "in_review").await?;
        let order = api.get(&path).await?;
        let cases = api.get("/cases?state=open").await?;
        let mut cases = cases["data"].as_array().into_iter().flatten();
        let case = cases.find(|case| case["order_id"] == order["id"]);
        let case = case.map(|case| text(case, "id")).unwrap_or_default();
        let decision = json!({ "how": how, "note": note });
        api.post(&format!("/cases/{case}/resolve"), decision)
            .await?;
        wait_for(api, &path, status).await?;
    }
    Ok(())
}

const BANK_FEE: &str = "Their bank kept a euro";
const HALF: &str = "They paid for one day; it is one fee for both";

/// The bank says no. In life that takes some days, and the order is on its way till then.
async fn a_debit_fails(api: &Api<'_>, stripe: &Simulator) -> Result<(), Failure> {
    let (path, session) = opened(api, super::body(&families::DEBIT_FAILS)).await?;
    stripe.start_debit(&session).map_err(Failure::new)?;
    wait_for(api, &path, "processing").await?;
    stripe.settle_debit(&session, false).map_err(Failure::new)?;
    wait_for(api, &path, "open").await
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
