//! From a [`Page`] to the parts that the template draws.

use std::borrow::Cow;

use chrono::SecondsFormat;
use serde::Serialize;

use super::{Due, Owed, OwedLine, Page, STYLE, Settled, Shop};
use crate::language::{
    Language,
    pages::{Button, Pages, Words},
};
use crate::order::Kind;

/// The parts of a page; the field names are the template's.
#[derive(Serialize)]
pub(super) struct View<'a> {
    style: &'static str,
    lang: &'static str,
    text: &'static Pages,
    shop: &'a Shop,
    tone: Tone,
    words: &'static Words,
    why: Option<&'a str>,
    amount: Option<&'a str>,
    facts: Vec<Fact<'a>>,
    lines: &'a [OwedLine],
    caption: String,
    /// Left out under a single line, which says the same.
    total: Option<&'a str>,
    form: Option<Form<'a>>,
    refresh: Option<u32>,
    /// For the subject of a mail to support.
    reference: Option<&'a str>,
}

/// What the page feels like; chooses the mark above the heading and its colour.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Tone {
    /// Something to do: no mark, the amount or the button speaks.
    Due,
    /// All is well.
    Done,
    /// Something is under way.
    Wait,
    /// Nothing goes on here.
    Stop,
}

/// A button, and where it posts to.
#[derive(Serialize)]
struct Form<'a> {
    action: &'a str,
    label: &'static str,
    note: Option<&'static str>,
}

/// Something named, such as `Reference: T-1`.
#[derive(Serialize)]
struct Fact<'a> {
    label: &'static str,
    value: Cow<'a, str>,
    /// The same for machines, where the value is a time.
    datetime: Option<String>,
}

/// What is said of a bill, or of a cart.
fn by_kind<T: Copy>(kind: Kind, bill: T, cart: T) -> T {
    match kind {
        Kind::Billed => bill,
        Kind::Recovered => cart,
    }
}

impl<'a> View<'a> {
    pub(super) fn new(shop: &'a Shop, language: Language, page: &Page<'a>) -> Self {
        let text = &language.words().pages;
        let say = |tone, words| Self::plain(language, shop, tone, words);
        let (pages, cart) = (&text.pages, &text.cart);
        match *page {
            Page::Continue(due) => say(
                Tone::Due,
                by_kind(due.owed.kind, &pages.to_pay, &cart.to_pay),
            )
            .due(due),
            Page::LinkReplaced {
                why,
                due: Some(due),
            } => {
                let (bill, cart) = (&pages.replaced_with_due, &cart.replaced);
                say(Tone::Due, by_kind(due.owed.kind, bill, cart))
                    .why(why)
                    .due(due)
            }
            Page::LinkReplaced { why, due: None } => {
                say(Tone::Stop, &pages.replaced_nothing_due).why(why)
            }
            Page::NotYetPaid(due) => {
                let (bill, cart) = (&pages.not_yet_paid, &cart.not_yet_paid);
                say(Tone::Due, by_kind(due.owed.kind, bill, cart)).due(due)
            }
            Page::DebitFailed(due) => {
                let (bill, cart) = (&pages.debit_failed, &cart.debit_failed);
                say(Tone::Due, by_kind(due.owed.kind, bill, cart)).due(due)
            }
            Page::Processing(owed) => say(Tone::Wait, &pages.processing)
                .amount(&owed.total)
                .owed(owed),
            Page::InReview { owed, received } => say(Tone::Wait, &pages.in_review)
                .amount(received)
                .owed(owed)
                .fact(by_kind(owed.kind, text.owed, text.total), &owed.total),
            Page::JustPaid(settled) => say(Tone::Done, &pages.just_paid).settled(settled),
            Page::Paid(settled) => say(Tone::Done, &pages.paid).settled(settled),
            Page::SettledOffline(owed) => say(Tone::Done, &pages.settled_offline).owed(owed),
            Page::Refunded { owed, refunded } => {
                say(Tone::Done, &pages.refunded).amount(refunded).owed(owed)
            }
            Page::PartlyRefunded { owed, refunded } => say(Tone::Done, &pages.partly_refunded)
                .amount(refunded)
                .owed(owed),
            Page::Cancelled { kind, reference } => {
                let words = by_kind(kind, &pages.cancelled, &cart.cancelled);
                say(Tone::Stop, words).reference(kind, reference)
            }
            Page::Gone => say(Tone::Stop, &pages.gone),
            Page::NotFound => say(Tone::Stop, &pages.not_found),
            Page::Busy {
                retry_after_seconds,
            } => say(Tone::Wait, &pages.busy).refresh(retry_after_seconds),
            Page::Refused { kind, reference } => {
                let words = by_kind(kind, &pages.refused, &cart.refused);
                say(Tone::Stop, words).reference(kind, reference)
            }
            Page::TooMany => say(Tone::Wait, &pages.too_many),
            Page::TooManyWrong { .. } => say(Tone::Wait, &pages.too_many_wrong),
            Page::Unsubscribe { action } => {
                say(Tone::Due, &pages.unsubscribe).button(action, &text.unsubscribe)
            }
            Page::Unsubscribed => say(Tone::Done, &pages.unsubscribed),
            Page::NotYetUnsubscribed { action, .. } => {
                say(Tone::Wait, &pages.not_yet_unsubscribed).again(action, &text.unsubscribe)
            }
            Page::UnsubscribeUnknown => say(Tone::Stop, &pages.unsubscribe_unknown),
        }
    }

    /// A heading and its sentences; the rest of a page is added to it.
    fn plain(language: Language, shop: &'a Shop, tone: Tone, words: &'static Words) -> Self {
        let text = &language.words().pages;
        Self {
            style: STYLE,
            lang: language.words().code,
            text,
            shop,
            tone,
            words,
            why: None,
            amount: None,
            facts: Vec::new(),
            lines: &[],
            caption: text.lines.to_owned(),
            total: None,
            form: None,
            refresh: None,
            reference: None,
        }
    }

    fn due(self, due: Due<'a>) -> Self {
        let button = &self.text.pay;
        let page = self.amount(&due.owed.total).owed(due.owed);
        page.button(due.action, button)
    }

    fn button(self, action: &'a str, button: &'static Button) -> Self {
        let form = Form {
            action,
            label: button.label,
            note: Some(button.note),
        };
        Self {
            form: Some(form),
            ..self
        }
    }

    /// The same button for whoever has pressed it and knows what it is.
    fn again(self, action: &'a str, button: &'static Button) -> Self {
        let form = Form {
            action,
            label: button.label,
            note: None,
        };
        Self {
            form: Some(form),
            ..self
        }
    }

    fn settled(self, settled: Settled<'a>) -> Self {
        let mut page = self.amount(settled.paid).owed(settled.owed);
        page.facts.push(Fact {
            label: page.text.paid_on,
            value: (page.text.when)(settled.at.with_timezone(&page.shop.time_zone)).into(),
            datetime: Some(settled.at.to_rfc3339_opts(SecondsFormat::Secs, true)),
        });
        page
    }

    fn owed(self, owed: &'a Owed) -> Self {
        let total = (owed.lines.len() > 1).then_some(owed.total.as_str());
        Self {
            lines: &owed.lines,
            total,
            caption: by_kind(owed.kind, self.text.lines, self.text.cart.lines).to_owned()
                + owed.additions,
            ..self.reference(owed.kind, &owed.reference)
        }
    }

    /// A cart's is for the shop alone, which finds it in the subject of a mail to support.
    fn reference(self, kind: Kind, reference: &'a str) -> Self {
        let label = self.text.reference;
        let page = Self {
            reference: Some(reference),
            ..self
        };
        match kind {
            Kind::Billed => page.fact(label, reference),
            Kind::Recovered => page,
        }
    }

    fn fact(mut self, label: &'static str, value: &'a str) -> Self {
        self.facts.push(Fact {
            label,
            value: value.into(),
            datetime: None,
        });
        self
    }

    fn amount(self, amount: &'a str) -> Self {
        Self {
            amount: Some(amount),
            ..self
        }
    }

    fn why(self, why: Option<&'a str>) -> Self {
        Self { why, ..self }
    }

    fn refresh(self, seconds: u32) -> Self {
        Self {
            refresh: Some(seconds),
            ..self
        }
    }
}
