//! What needs somebody, in words: what it is, what it means if it is left, since when, and one button.

use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{case_words, form::Guard, line::sentence, prose::Prose, wanted, when::When};
use crate::{
    order::{Kind, money::as_told},
    overview::{About, Group, Open, thing::Thing},
};

/// A row.
#[derive(Debug, Clone, Serialize)]
pub struct Todo {
    mark: &'static str,
    tone: &'static str,
    title: Prose,
    text: Prose,
    since: When,
    /// Lines of the log that it stands for.
    count: i64,
    href: String,
    button: &'static str,
    /// What it is about, for ears.
    about: String,
    /// Where a press leads, in place of the link.
    press: Option<Press>,
}

/// A button that does something at once, which does no harm if it is done again.
#[derive(Debug, Clone, Serialize)]
struct Press {
    action: String,
    form: Guard,
}

/// What is said of it.
pub struct Words {
    pub mark: &'static str,
    pub tone: &'static str,
    pub title: Prose,
    pub text: Prose,
    pub href: String,
    pub button: &'static str,
    pub press: Option<String>,
}

/// Who reads it.
pub struct Reading<'a> {
    pub zone: Tz,
    /// What their forms are bound to, if they may work.
    pub cookie: Option<&'a str>,
    pub needs_two: bool,
}

impl Reading<'_> {
    /// The row of a group of lines.
    pub fn todo(&self, group: &Group) -> Todo {
        let count = i64::try_from(group.lines.len()).unwrap_or(i64::MAX);
        let words = match group.lines.as_slice() {
            [line] => self.one(group.thing, line),
            lines => self.many(group.thing, lines),
        };
        let press = words.press.zip(self.cookie).map(|(action, cookie)| Press {
            action,
            form: Guard::of(cookie),
        });
        Todo {
            mark: words.mark,
            tone: words.tone,
            about: words.title.plain(),
            title: words.title,
            text: words.text,
            since: When::of(group.since, self.zone),
            count,
            href: words.href,
            button: words.button,
            press,
        }
    }

    /// What whoever may only look is offered.
    pub fn or_look(&self, button: &'static str) -> &'static str {
        if self.cookie.is_some() {
            button
        } else {
            "Look at it"
        }
    }

    fn one(&self, thing: Thing, line: &Open) -> Words {
        let who = line.order.as_ref().map(who);
        let order = line
            .order
            .as_ref()
            .map_or_else(|| tab(None), |order| format!("/ops/orders/{}", order.id));
        let (mark, tone) = mark(thing);
        let about_who = |before: &str, after: &str| match &who {
            Some(who) => Prose::from(before).and(who.clone()).and(after),
            None => Prose::from(before).and("somebody").and(after),
        };
        let (title, text, href, button) = match thing {
            Thing::Case => return self.case(line),
            Thing::Money | Thing::Entry => return self.entry(thing, line),
            Thing::Debit => (
                about_who("The bank debit of ", " did not arrive"),
                Prose::from(
                    "Their bank did not pay. The link works again; nobody writes to them by itself.",
                ),
                order,
                "Look at it",
            ),
            Thing::Bounced => (
                about_who("The mail to ", " came back"),
                unheard(line, "Their address takes no mail: "),
                match &line.order {
                    Some(_) if self.cookie.is_some() => format!("{order}/change"),
                    Some(_) => order,
                    None => "/ops/mail?state=bounced".to_owned(),
                },
                self.or_look("Correct the address"),
            ),
            Thing::GivenUp => (
                about_who("The mail to ", " was given up"),
                unheard(line, "No mail server took it: "),
                mail(line, "failed"),
                "Look at it",
            ),
            Thing::Unknown => (
                about_who("We cannot tell whether a mail to ", " was sent"),
                Prose::from(
                    "The mail server fell silent while taking it. It is never sent again by itself, so that nobody gets it twice.",
                ),
                mail(line, "unknown"),
                "Look at it",
            ),
            Thing::Unwritten => (
                about_who("", " still owes, and is not written to"),
                Prose::from(UNWRITTEN),
                order,
                "Look at it",
            ),
            Thing::Refused => (
                about_who("Stripe opens no payment page for ", ""),
                Prose::from("Whoever follows this link cannot pay."),
                order,
                "Look at it",
            ),
            Thing::Approval => (
                mailing(line, " waits for an approval"),
                Prose::from(self.approval()),
                mailing_page(line),
                "Look at it",
            ),
            Thing::MailingPaused => (
                mailing(line, " is paused"),
                Prose::from(wanted::MAILING_PAUSED),
                mailing_page(line),
                "Look at it",
            ),
            Thing::MailPaused => (
                Prose::from("No mail goes out"),
                Prose::from(wanted::MAIL_PAUSED),
                "/ops/mail".to_owned(),
                "See what is wrong",
            ),
            Thing::Event => (
                Prose::from("A message of Stripe could not be worked through"),
                Prose::from(wanted::KEPT),
                "/ops/events?state=failed".to_owned(),
                self.or_look("Try it again"),
            ),
            Thing::Silence => (
                Prose::from("Stripe’s messages do not reach us"),
                Prose::from(wanted::SILENCE),
                "/ops/events".to_owned(),
                "Look at it",
            ),
        };
        Words {
            mark,
            tone,
            title,
            text,
            href,
            button,
            // It is safe to repeat: what was done by then is not done twice.
            press: line
                .event
                .as_ref()
                .filter(|_| thing == Thing::Event)
                .map(|event| {
                    format!(
                        "/ops/events/{}/replay",
                        utf8_percent_encode(event, NON_ALPHANUMERIC)
                    )
                }),
        }
    }

    fn case(&self, line: &Open) -> Words {
        let (mark, tone) = mark(Thing::Case);
        let Some(case) = &line.case else {
            return self.entry(Thing::Money, line);
        };
        let who = line.order.as_ref().map(who);
        let amount = as_told(case.amount, &case.currency);
        Words {
            mark,
            tone,
            title: case_words::title(case.kind, who, &amount),
            text: Prose::from(case_words::left(case.kind)),
            href: format!("/ops/cases/{}", case.id),
            button: self.or_look("Decide"),
            press: None,
        }
    }

    /// A line that says itself what it is: somebody says that it is dealt with.
    fn entry(&self, thing: Thing, line: &Open) -> Words {
        let (mark, tone) = mark(thing);
        let what = sentence(&line.what);
        let title = match &line.order {
            Some(order) => who(order).and(": ").and_name(line.what.clone()),
            None => Prose::of_name(what),
        };
        Words {
            mark,
            tone,
            title,
            text: Prose::from("It stays here until somebody says that it is dealt with."),
            href: tab(None),
            button: self.or_look("It is dealt with"),
            press: Some(format!("/ops/activity/{}/dismiss", line.id)),
        }
    }

    pub fn approval(&self) -> &'static str {
        if self.needs_two {
            "Nothing goes out until somebody else than its author approves it."
        } else {
            wanted::APPROVAL
        }
    }
}

pub const UNWRITTEN: &str = "They asked not to be mailed, or the address takes no mail. Ask them another way: their link works.";

pub fn mark(thing: Thing) -> (&'static str, &'static str) {
    match thing {
        Thing::Case => ("scale", "bad"),
        Thing::Money => ("cash", "bad"),
        Thing::Debit => ("cash", "wait"),
        Thing::Bounced => ("mail-back", "bad"),
        Thing::GivenUp => ("mail", "bad"),
        Thing::Unknown => ("mail-unknown", "wait"),
        Thing::Unwritten => ("bell-off", "wait"),
        Thing::Refused => ("card", "bad"),
        Thing::Approval => ("send", "wait"),
        Thing::MailingPaused | Thing::MailPaused => ("pause", "bad"),
        Thing::Event => ("zap", "wait"),
        Thing::Silence => ("zap", "bad"),
        Thing::Entry => ("warn", "wait"),
    }
}

/// The lines that need somebody, of one category or of all.
pub fn tab(category: Option<&str>) -> String {
    match category {
        Some(category) => format!("/ops/activity?tab=attention&category={category}"),
        None => "/ops/activity?tab=attention".to_owned(),
    }
}

fn mail(line: &Open, state: &str) -> String {
    match line.mail {
        Some(mail) => format!("/ops/mail/{mail}"),
        None => format!("/ops/mail?state={state}"),
    }
}

/// The page of the mailing that it is about.
fn mailing_page(line: &Open) -> String {
    match &line.mailing {
        Some((id, _)) => format!("/ops/blasts/{id}"),
        None => "/ops/blasts".to_owned(),
    }
}

fn mailing(line: &Open, rest: &str) -> Prose {
    match &line.mailing {
        Some((_, name)) => Prose::from("“").and_name(name).and(format!("”{rest}")),
        None => Prose::from(format!("A mailing{rest}")),
    }
}

/// Who it is about: their name, or else the reference; of a cart the e-mail.
pub fn who(order: &About) -> Prose {
    let email = order
        .email
        .as_ref()
        .filter(|_| order.kind == Kind::Recovered);
    Prose::of_name(order.name.as_ref().or(email).unwrap_or(&order.reference))
}

/// The order's reference, what is owed, and the address that takes no mail.
fn unheard(line: &Open, before: &str) -> Prose {
    let Some(order) = &line.order else {
        return Prose::from("It was about no order.");
    };
    let said = Prose::from(before).and_name(order.email.clone().unwrap_or_default());
    let said = said.and(". They have not heard of what they owe");
    match order.amount {
        Some(amount) => said.and(format!(": {}.", as_told(amount, &order.currency))),
        None => said.and("."),
    }
}
