//! Texts with holes, Jinja-style: our own, and those that a shop writes for a mailing.
//!
//! The holes are `name`, `reference`, `amount`, `lines`, `pay_url`, `unsubscribe_url`, `shop_name`
//! and `meta.KEY`. Any other name is an error, not an empty string in somebody's mail.

use std::{collections::BTreeSet, fmt, sync::Arc};

use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value,
    value::{Enumerator, Object, ObjectRepr},
};

use super::{
    Text,
    layout::{one_line, wrap},
};
use crate::order::{Order, line::Line, money::Money};

/// More than any template needs: one that goes round in circles is stopped.
const STEPS: u64 = 100_000;

/// What fills the holes for one order.
#[derive(Debug, Clone, Copy)]
pub struct Holes<'a> {
    /// Whom it is for.
    pub order: &'a Order,
    /// The order's pay link.
    pub pay_url: &'a str,
    /// Where to say that no more mail is wanted.
    pub unsubscribe_url: &'a str,
    /// Whose mail it is.
    pub shop_name: &'a str,
}

/// The names that a template may use.
pub const NAMES: [&str; 8] = [
    "name",
    "reference",
    "amount",
    "lines",
    "pay_url",
    "unsubscribe_url",
    "shop_name",
    "meta",
];

/// Why a template cannot be filled: a sentence for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Unfillable {
    sentence: String,
    /// The template itself is wrong: it will do no better for another order.
    pub for_every_order: bool,
}

/// The names that a template asks for, whichever way it goes: `name`, `meta.team` …
///
/// # Errors
/// [`Unfillable`] for what is no template.
pub fn names_in(what: &str, template: &str) -> Result<BTreeSet<String>, Unfillable> {
    let engine = Environment::new();
    let parsed = engine
        .template_from_str(template)
        .map_err(|error| explain(what, &error))?;
    let mut names: BTreeSet<String> = parsed.undeclared_variables(true).into_iter().collect();
    for (ours, _) in engine.globals() {
        names.remove(ours);
    }
    Ok(names)
}

/// Fills a subject and a body.
///
/// # Errors
/// [`Unfillable`] for an unknown name, or a mistake in the template.
pub fn fill(subject: &str, body: &str, holes: &Holes) -> Result<Text, Unfillable> {
    let context = context(holes);
    let subject = one_line(&render("subject", subject, &context)?);
    let body = wrap(&render("body", body, &context)?);
    Ok(Text { subject, body })
}

fn render(what: &str, template: &str, context: &Value) -> Result<String, Unfillable> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(STEPS));
    engine
        .render_str(template, context)
        .map_err(|error| explain(what, &error))
}

fn explain(what: &str, error: &minijinja::Error) -> Unfillable {
    let line = error.line().map(|line| format!(", line {line}"));
    let place = format!("the {what}{}", line.unwrap_or_default());
    let sentence = match error.kind() {
        ErrorKind::UndefinedError => format!(
            "{place} has a name that this order does not know; there are name, reference, amount, lines, \
             pay_url, unsubscribe_url, shop_name and meta.KEY{}",
            error
                .detail()
                .map(|detail| format!(" ({detail})"))
                .unwrap_or_default()
        ),
        ErrorKind::OutOfFuel => {
            format!("{place} takes far too many steps: does it go round in circles?")
        }
        _ => format!("{place} cannot be filled: {error}"),
    };
    Unfillable {
        sentence,
        for_every_order: matches!(error.kind(), ErrorKind::SyntaxError | ErrorKind::OutOfFuel),
    }
}

fn context(holes: &Holes) -> Value {
    let order = holes.order;
    let lines = Lines::of(order);
    minijinja::context! {
        name => order.name.as_deref().unwrap_or_default(),
        reference => &order.reference,
        amount => order.total.format(order.locale.language()),
        lines => Value::from_object(lines),
        pay_url => holes.pay_url,
        unsubscribe_url => holes.unsubscribe_url,
        shop_name => holes.shop_name,
        meta => &order.metadata,
    }
}

/// The lines of an order: written out, one indented line each; and a list to go through, each with
/// `description`, `quantity` and `amount`.
#[derive(Debug)]
struct Lines(Vec<(String, u32, String)>);

impl Lines {
    fn of(order: &Order) -> Self {
        let written = order.lines.iter().filter_map(|line| match line {
            Line::Inline {
                description,
                quantity,
                ..
            } => Some((
                description.to_string(),
                quantity.get(),
                Money::new(line.total()?, order.total.currency).format(order.locale.language()),
            )),
            Line::Catalogue { .. } => None,
        });
        Self(written.collect())
    }
}

impl Object for Lines {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let (description, quantity, amount) = self.0.get(key.as_usize()?)?;
        Some(minijinja::context! { description, quantity, amount })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (description, quantity, amount)) in self.0.iter().enumerate() {
            let line_end = if at == 0 { "" } else { "\n" };
            match quantity {
                1 => write!(f, "{line_end}  {description}: {amount}")?,
                many => write!(f, "{line_end}  {many} × {description}: {amount}")?,
            }
        }
        Ok(())
    }
}
