//! The list of mails, and the switches.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, http::StatusCode, web};
use minijinja::{Value, context};

use super::{
    super::{
        mail::Mail,
        rules::Rule,
        shared::{Shared, lock},
    },
    switches::{self, Switch},
    templates,
};

/// How many mails are shown.
const SHOWN: usize = 200;
/// How a moment is written.
pub const MOMENT: &str = "%Y-%m-%d %H:%M:%S UTC";

pub async fn list(shared: web::Data<Shared>) -> HttpResponse {
    let mails: Vec<Value> = {
        let mails = lock(&shared.mails);
        mails.iter().rev().take(SHOWN).map(row).collect()
    };
    let rules = lock(&shared.rules).left().to_vec();
    let switches = switches::all(&shared, &rules);
    let is_known = switches.iter().any(|switch| switch.is_on);
    let context = context! {
        mails => mails,
        received => shared.received.load(Ordering::SeqCst),
        switches => switches.iter().map(button).collect::<Vec<_>>(),
        // What a test or a program has set is told in its own words.
        rules => if is_known { Vec::new() } else { rules.iter().map(described).collect() },
    };
    templates::page(StatusCode::OK, "list.html", context)
}

fn row(mail: &Mail) -> Value {
    context! {
        number => mail.number,
        to => mail.to.join(", "),
        subject => mail.subject(),
        at => mail.received_at.format(MOMENT).to_string(),
    }
}

fn button(switch: &Switch) -> Value {
    context! { name => switch.name, label => switch.label, is_on => switch.is_on }
}

fn described(rule: &Rule) -> String {
    let times = rule
        .times
        .map_or("always".to_owned(), |times| format!("{times} more"));
    let recipient = rule.recipient.as_ref();
    let whom = recipient.map_or(String::new(), |part| format!(" for {part}"));
    format!("{:?}{whom}: {:?} ({times})", rule.stage, rule.action)
}
