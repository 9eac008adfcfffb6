//! How a recipient would read what is being written.

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    found::{Refused, done},
    typed::Typed,
    words,
    wrong::Wrong,
};
use crate::{
    blast::{self, Content, Draft},
    link::without_keys,
    order::problem::Problems,
    web::ops::{
        confirm::Letter, desk::Desk, line::in_a_sentence, orders::row as order_row,
        refusal::Refusal,
    },
};

/// How one of them will read it.
#[derive(Default, Serialize)]
pub struct Example {
    /// `To 24 orders, as things stand.`
    pub lead: String,
    pub who: String,
    pub letter: Option<Letter>,
    pub why: Option<String>,
}

/// The example, or what is wrong in the way of it.
pub async fn example(desk: &Desk, typed: &Typed, own: Option<Uuid>) -> Result<Example, Refusal> {
    let none = |why: String| Example {
        why: Some(why),
        ..Example::default()
    };
    let filled = Typed {
        // It is no part of the mail, and comes last.
        name: if typed.name.trim().is_empty() {
            "x"
        } else {
            &typed.name
        }
        .to_owned(),
        subject: if typed.subject.trim().is_empty() {
            "(no subject yet)"
        } else {
            &typed.subject
        }
        .to_owned(),
        ..typed.clone()
    };
    let content = match checked(&filled, desk) {
        Ok((_, content)) => content,
        Err(wrong) => {
            let told = wrong.first().map(|it| format!("{}: {}", it.label, it.why));
            return Ok(none(told.unwrap_or_default()));
        }
    };
    let asked = blast::example(&desk.app, &content, own).await;
    let asked = asked.map_err(|error| Refusal::database(&desk.site, &error))?;
    let example = match done(asked) {
        Ok(example) => example,
        Err(Refused::Invalid(problems)) => {
            let wrong = Wrong::all(&problems);
            return Ok(none(
                wrong.first().map_or_else(String::new, |it| it.why.clone()),
            ));
        }
        Err(Refused::Busy(why) | Refused::NotNow(why)) => {
            return Ok(none(in_a_sentence(&why)));
        }
        Err(Refused::Grounded(_) | Refused::NoBlast) => return Ok(none(String::new())),
    };
    let lead = match example.orders {
        0 => "As things stand, nobody gets it.".to_owned(),
        orders => format!("As things stand, {} at most.", words::mails(orders)),
    };
    let who = example.order.as_ref().map(order_row::who);
    let who = who.unwrap_or_default().to_owned();
    Ok(match example.mail {
        Ok(mail) => Example {
            lead,
            who,
            letter: Some(Letter {
                to: mail.to,
                subject: mail.subject,
                body: without_keys(&mail.body, &desk.app.public_url),
            }),
            why: None,
        },
        Err(why) => Example {
            lead,
            who,
            letter: None,
            why: Some(in_a_sentence(&why)),
        },
    })
}

/// The body of the API's call, and the mailing that it is.
pub fn checked(typed: &Typed, desk: &Desk) -> Result<(Value, Content), Vec<Wrong>> {
    let draft = typed.draft(desk.site.zone)?;
    let content = serde_json::from_value::<Draft>(draft.clone())
        .map_err(|error| {
            let mut problems = Problems::default();
            problems.add("filter", error);
            problems
        })
        .and_then(Content::try_from);
    match content {
        Ok(content) => Ok((draft, content)),
        Err(problems) => Err(Wrong::all(&problems)),
    }
}
