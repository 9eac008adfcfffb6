//! The switches: rules under a name that people understand.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{
    super::{
        rules::{Action, Rule, Rules, Stage},
        shared::{Shared, lock},
    },
    see_other,
};

const SLOW: Duration = Duration::from_secs(2);

/// A switch as the page shows it.
pub struct Switch {
    pub name: &'static str,
    pub label: &'static str,
    pub is_on: bool,
}

/// Every switch; on is the one whose rules these are.
pub fn all(shared: &Shared, rules: &[Rule]) -> Vec<Switch> {
    let has_login = shared.settings.login.is_some();
    let switch = |(name, label, its_rules): (&'static str, &'static str, Vec<Rule>)| Switch {
        name,
        label,
        is_on: its_rules == rules,
    };
    known(has_login).into_iter().map(switch).collect()
}

#[derive(Deserialize)]
pub struct Wanted {
    name: String,
}

/// Puts a switch on, and every other one off.
pub async fn switch(form: web::Form<Wanted>, shared: web::Data<Shared>) -> HttpResponse {
    let known = known(shared.settings.login.is_some());
    let wanted = known.into_iter().find(|(name, ..)| *name == form.name);
    match wanted {
        Some((_, _, rules)) => {
            *lock(&shared.rules) = Rules::new(rules);
            see_other("/".to_owned())
        }
        None => HttpResponse::NotFound().body(format!("there is no switch {}", form.name)),
    }
}

/// Name, label and rules of each.
fn known(has_login: bool) -> [(&'static str, &'static str, Vec<Rule>); 6] {
    [
        ("works", "Everything works", Vec::new()),
        (
            "unknown",
            "Refuse the next recipient (550 5.1.1)",
            vec![Rule {
                times: Some(1),
                ..reply(Stage::Recipient, 550, "5.1.1 there is nobody of that name")
            }],
        ),
        (
            "greylist",
            "Greylist: refuse each recipient once (451)",
            vec![always(Stage::Recipient, Action::Greylist)],
        ),
        ("slow", "Slow: two seconds before each reply", slow()),
        (
            "lost",
            "Drop the connection after the message (nobody can know)",
            vec![always(Stage::Message, Action::Drop)],
        ),
        refused(has_login),
    ]
}

fn slow() -> Vec<Rule> {
    let stages = [
        Stage::Connect,
        Stage::Hello,
        Stage::StartTls,
        Stage::Login,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Message,
    ];
    stages.map(|stage| always(stage, Action::Wait(SLOW))).into()
}

/// Without a log-in it is the sender that is not welcome.
fn refused(has_login: bool) -> (&'static str, &'static str, Vec<Rule>) {
    let (label, rule) = match has_login {
        true => (
            "Refuse our log-in (535)",
            reply(Stage::Login, 535, "5.7.8 user or password is wrong"),
        ),
        false => (
            "Refuse our sender (535)",
            reply(Stage::Sender, 535, "5.7.8 this sender has to log in"),
        ),
    };
    ("refused", label, vec![rule])
}

fn reply(stage: Stage, code: u16, text: &str) -> Rule {
    always(stage, Action::Reply(code, text.to_owned()))
}

fn always(stage: Stage, action: Action) -> Rule {
    Rule {
        stage,
        recipient: None,
        action,
        times: None,
    }
}
