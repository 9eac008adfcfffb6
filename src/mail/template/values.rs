//! What an order fills the holes with.

use std::{collections::BTreeMap, fmt, sync::Arc};

use minijinja::{
    Value,
    value::{Enumerator, Object, ObjectRepr},
};

use super::{Holes, budget::Budget};
use crate::{
    language::orders::Orders,
    order::wording::{self, WrittenLine},
};

/// What a line counts as that is looked at by itself: its three texts are copied.
const BYTES_OF_A_LINE: usize = 200;

/// The names of a template for one order.
pub(super) fn context(holes: &Holes, budget: &Arc<Budget>) -> Value {
    let order = holes.order;
    minijinja::context! {
        name => order.name.as_deref().unwrap_or_default(),
        reference => &order.reference,
        amount => wording::amount(order),
        lines => Value::from_object(Lines {
            written: wording::lines(order).collect(),
            words: &order.locale.language().words().orders,
            budget: Arc::clone(budget),
        }),
        pay_url => holes.pay_url,
        unsubscribe_url => holes.unsubscribe_url,
        shop_name => holes.shop_name,
        meta => Value::from_object(Meta {
            pairs: order.metadata.clone(),
            budget: Arc::clone(budget),
        }),
    }
}

/// The lines of an order: written out, one indented line each; and a list to go through, each with
/// `description`, `quantity` and `amount`.
#[derive(Debug)]
struct Lines {
    written: Vec<WrittenLine>,
    /// What stands around them in the order's language.
    words: &'static Orders,
    budget: Arc<Budget>,
}

impl Object for Lines {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        // To look for something among the lines makes each of them a value, at every step.
        if !self.budget.take(BYTES_OF_A_LINE) {
            return None;
        }
        let WrittenLine {
            description,
            quantity,
            amount,
        } = self.written.get(key.as_usize()?)?;
        let amount = amount.as_deref().unwrap_or(self.words.unpriced);
        Some(minijinja::context! { description, quantity, amount })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.written.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.written.iter().enumerate() {
            // An error here would be a panic in the engine; the render is given up at its end.
            if !self.budget.take(line.description.len() + 30) {
                break;
            }
            f.write_str(if at == 0 { "  " } else { "\n  " })?;
            if line.quantity > 1 {
                write!(f, "{} × ", line.quantity)?;
            }
            f.write_str(&line.description)?;
            if let Some(amount) = &line.amount {
                write!(f, "{}{amount}", self.words.colon)?;
            }
        }
        Ok(())
    }
}

/// The order's metadata, by key.
#[derive(Debug)]
struct Meta {
    pairs: BTreeMap<String, String>,
    budget: Arc<Budget>,
}

impl Object for Meta {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.pairs.get(key.as_str()?).map(Value::from)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.pairs.keys().map(Value::from).collect())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length: usize = self
            .pairs
            .iter()
            .map(|(key, text)| key.len() + text.len())
            .sum();
        if self.budget.take(length) {
            fmt::Debug::fmt(&self.pairs, f)
        } else {
            Ok(())
        }
    }
}
