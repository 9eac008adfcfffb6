//! A mailing that stops itself: to the guest clubs by last year's list, in which two addresses are wrong.

use freshmint_fakes::mailbox::{Action, Rule, Stage};
use serde_json::{Value, json};

use super::{Shop, TOURNAMENT, api::Api, started};
use crate::failure::Failure;

/// The list, as a word that orders have.
const LIST: &str = "guests of 2025";
/// Each with the address of its treasurer. The two that are wrong have a domain of their own, so that they are
/// among the first.
const CLUBS: [(&str, &str); 10] = [
    ("Ashford Juniors", "ashford@example.org"),
    ("Brookside FC", "brookside@example.org"),
    ("Carrick United", "carrick@example.org"),
    ("Dunmore Town", "dunmore@example.org"),
    ("Eastwall Rangers", "eastwall@example.org"),
    ("Ferry Lane AFC", "ferrylane@example.org"),
    ("Glenside Celtic", "glenside@example.org"),
    ("Harbour Boys", "harbour@example.org"),
    ("Inchbridge FC", "treasurer@inchbridge.example"),
    ("Kilmore Albion", "fees@kilmore.example"),
];
/// What their mail servers say, each in its own words: the same twice would be about us.
const REFUSED: [(&str, &str); 2] = [
    ("@inchbridge.example", "5.1.1 no such user here"),
    ("@kilmore.example", "5.2.1 this mailbox is closed"),
];

/// Writes to all of them, as the treasurer would, and waits until the mailing has stopped.
pub async fn are_mailed(shop: &Shop<'_>, api: &Api<'_>) -> Result<(), Failure> {
    shop.mailbox.set_rules(REFUSED.map(refusal).to_vec());
    for (at, club) in CLUBS.iter().enumerate() {
        api.post("/orders", order(at, club)).await?;
    }
    let path = started(api, mailing()).await?;
    api.until("no mailing stopped itself", &path, |blast| {
        blast["paused_because"].is_string()
    })
    .await
}

fn refusal((domain, words): (&str, &str)) -> Rule {
    Rule {
        stage: Stage::Recipient,
        recipient: Some(domain.to_owned()),
        action: Action::Reply(550, words.to_owned()),
        times: None,
    }
}

fn order(at: usize, (name, email): &(&str, &str)) -> Value {
    let line = json!({
        "description": "Summer Cup 2026, guest team", "unit_amount": 6000, "quantity": 1
    });
    json!({
        "reference": format!("CUP-2026-{}", 101 + at),
        "name": name,
        "email": email,
        "currency": "eur",
        "lines": [line],
        "metadata": { "tournament": TOURNAMENT, "list": LIST },
    })
}

fn mailing() -> Value {
    json!({
        "name": "Summer Cup 2026, guest clubs",
        "subject": "{{ shop_name }}: your entry in the Summer Cup 2026 ({{ reference }})",
        "body": "Dear {{ name }},\n\nwe look forward to your team. The entry is {{ amount }}:\n\n{{ pay_url }}\n\n\
                 Your hosts\n",
        "filter": { "status": "open", "metadata": { "list": LIST } },
        "first_wave": 5,
    })
}
