//! Texts with holes, Jinja-style: our own, and those that a shop writes for a mailing.
//!
//! The holes are `name`, `reference`, `amount`, `lines`, `pay_url`, `unsubscribe_url`, `shop_name`
//! and `meta.KEY`. Any other name is an error, not an empty string in somebody's mail.

use std::{collections::BTreeSet, fmt, io, sync::Arc};

use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, filters,
    value::{Enumerator, Object, ObjectRepr},
};

use super::{
    Text,
    layout::{one_line, tidy},
};
use crate::order::{
    Order,
    wording::{self, WrittenLine},
};

/// More than any template needs: one that goes round in circles is stopped.
const STEPS: u64 = 100_000;
/// Bytes that a filled template may have; a mail of an order with a hundred lines has 30,000.
const LONGEST: usize = 200_000;

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
    let engine = engine();
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
    let body = tidy(&render("body", body, &context)?);
    Ok(Text { subject, body })
}

fn render(what: &str, template: &str, context: &Value) -> Result<String, Unfillable> {
    let mut filled = Filled(Vec::new());
    engine()
        .template_from_str(template)
        .and_then(|template| template.render_captured_to(context, &mut filled))
        .map_err(|error| explain(what, &error))?;
    Ok(String::from_utf8_lossy(&filled.0).into_owned())
}

/// Of the library's filters those that one needs in a mail; with some of the others a short template
/// makes a text that fills the memory, which counting steps does not stop.
fn engine<'a>() -> Environment<'a> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(STEPS));
    engine.add_filter("capitalize", filters::capitalize);
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
    engine.add_filter("last", filters::last);
    engine.add_filter("length", filters::length);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("title", filters::title);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("upper", filters::upper);
    engine.add_test("defined", minijinja::tests::is_defined);
    engine.add_test("undefined", minijinja::tests::is_undefined);
    engine.add_function("range", minijinja::functions::range);
    engine
}

/// A text that is being written, and does not become endless.
struct Filled(Vec<u8>);

impl io::Write for Filled {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.0.len() + more.len() > LONGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.write(more)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn explain(what: &str, error: &minijinja::Error) -> Unfillable {
    let line = error.line().map(|line| format!(", line {line}"));
    let place = format!("the {what}{}", line.unwrap_or_default());
    let (kind, detail) = (error.kind(), error.detail());
    let sentence = match kind {
        ErrorKind::UndefinedError => format!(
            "{place} has a name that this order does not know: {}; there are name, reference, amount, lines \
             (each with description, quantity and amount), pay_url, unsubscribe_url, shop_name and meta.KEY",
            detail.unwrap_or("it is undefined")
        ),
        ErrorKind::OutOfFuel => {
            format!("{place} takes far too many steps: does it go round in circles?")
        }
        ErrorKind::WriteFailure => {
            format!("{place} becomes longer than {LONGEST} letters; shorten it")
        }
        _ => match detail {
            Some(detail) => format!("{place} cannot be filled: {kind}: {detail}"),
            None => format!("{place} cannot be filled: {kind}"),
        },
    };
    Unfillable {
        sentence,
        for_every_order: matches!(
            kind,
            ErrorKind::SyntaxError
                | ErrorKind::UnknownFilter
                | ErrorKind::UnknownTest
                | ErrorKind::TemplateNotFound
                | ErrorKind::OutOfFuel
                | ErrorKind::WriteFailure
        ),
    }
}

fn context(holes: &Holes) -> Value {
    let order = holes.order;
    minijinja::context! {
        name => order.name.as_deref().unwrap_or_default(),
        reference => &order.reference,
        amount => wording::amount(order),
        lines => Value::from_object(Lines {
            written: wording::lines(order).collect(),
            unpriced: wording::unpriced(order.locale.language()),
        }),
        pay_url => holes.pay_url,
        unsubscribe_url => holes.unsubscribe_url,
        shop_name => holes.shop_name,
        meta => &order.metadata,
    }
}

/// The lines of an order: written out, one indented line each; and a list to go through, each with
/// `description`, `quantity` and `amount`.
#[derive(Debug)]
struct Lines {
    written: Vec<WrittenLine>,
    /// For the amount of what the checkout alone prices.
    unpriced: &'static str,
}

impl Object for Lines {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let WrittenLine {
            description,
            quantity,
            amount,
        } = self.written.get(key.as_usize()?)?;
        let amount = amount.as_deref().unwrap_or(self.unpriced);
        Some(minijinja::context! { description, quantity, amount })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.written.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.written.iter().enumerate() {
            f.write_str(if at == 0 { "  " } else { "\n  " })?;
            if line.quantity > 1 {
                write!(f, "{} × ", line.quantity)?;
            }
            f.write_str(&line.description)?;
            if let Some(amount) = &line.amount {
                write!(f, ": {amount}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PAY_URL, UNSUBSCRIBE_URL, family, fee, holes, membership, order};
    use super::*;

    fn filled(order: &Order, body: &str) -> Result<String, String> {
        let text = fill("Cup", body, &holes(order)).map_err(|error| error.to_string())?;
        Ok(text.body.trim_end().to_owned())
    }

    fn refused(body: &str) -> String {
        filled(&fee("en"), body).expect_err(body)
    }

    #[test]
    fn every_hole_is_filled() {
        for (hole, filling) in [
            ("name", "Kim Müller"),
            ("reference", "CUP-U12-7"),
            ("amount", "€45.00"),
            ("lines", "  Summer cup, U12: €45.00"),
            ("pay_url", PAY_URL),
            ("unsubscribe_url", UNSUBSCRIBE_URL),
            ("shop_name", "Rovers Youth FC"),
            ("meta.team", "U12 blue"),
        ] {
            assert_eq!(
                filled(&fee("en"), &format!("{{{{ {hole} }}}}")),
                Ok(filling.to_owned())
            );
        }
    }

    #[test]
    fn a_name_that_we_do_not_have_is_empty_and_can_be_asked_for() {
        let greeting = "Hello{% if name %} {{ name }}{% endif %}!";
        assert_eq!(filled(&fee("en"), greeting).unwrap(), "Hello Kim Müller!");
        assert_eq!(filled(&family("en"), greeting).unwrap(), "Hello!");
    }

    #[test]
    fn lines_are_written_out_or_gone_through() {
        let order = order(
            "de",
            None,
            &[("Sommercup", 4_500, 2), ("T-Shirt", 1_250, 1)],
        );
        assert_eq!(
            filled(&order, "{{ lines }}").unwrap(),
            "  2 × Sommercup: 90,00 €\n  T-Shirt: 12,50 €"
        );
        let one_by_one = "{% for line in lines %}{{ line.quantity }}*{{ line.description }}={{ line.amount }};{% endfor %}";
        assert_eq!(
            filled(&order, one_by_one).unwrap(),
            "2*Sommercup=90,00 €;1*T-Shirt=12,50 €;"
        );
        assert_eq!(filled(&order, "{{ lines|length }}").unwrap(), "2");
    }

    #[test]
    fn where_the_checkout_alone_knows_an_amount_words_say_so() {
        let (english, german) = (membership("en"), membership("de"));
        let please = "Please pay {{ amount }}.";
        assert_eq!(
            filled(&english, please).unwrap(),
            "Please pay the sum shown at the checkout."
        );
        assert_eq!(
            filled(&german, "{{ lines }}").unwrap(),
            "  Team shirt: 23,50 €\n  2 × Posten laut Bezahlseite"
        );
        let one_by_one = "{% for line in lines %}{{ line.quantity }}*{{ line.description }}={{ line.amount }};{% endfor %}";
        assert_eq!(
            filled(&english, one_by_one).unwrap(),
            "1*Team shirt=€23.50;2*Item as named at the checkout=the sum shown at the checkout;"
        );
        let known = Order {
            amount_total: Some(11_350),
            ..english
        };
        assert_eq!(filled(&known, please).unwrap(), "Please pay €113.50.");
    }

    #[test]
    fn what_a_payer_is_called_is_no_template_and_no_html() {
        let order = order("en", Some("{{ meta.team }} <b> & Co"), &[("Fee", 100, 1)]);
        assert_eq!(
            filled(&order, "{{ name }}").unwrap(),
            "{{ meta.team }} <b> & Co"
        );
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_it_and_its_line() {
        for (body, name) in [
            ("Hello\n{{ nmae }}", "nmae"),
            ("Hello\n{{ meta.taem }}", "meta.taem"),
            ("Hello\n{% if nmae %}x{% endif %}", "nmae"),
            ("Hello\n{{ nmae|upper }}", "nmae"),
            ("Hello\n{% for line in liens %}{% endfor %}", "liens"),
            (
                "Hello\n{% for line in lines %}{{ line.price }}{% endfor %}",
                "line.price",
            ),
        ] {
            let said = refused(body);
            assert!(said.starts_with("the body, line 2 "), "{said}");
            assert!(said.contains(&format!("`{name}`")), "{said}");
        }
        let subject = fill("{{ nmae }}", "", &holes(&fee("en"))).unwrap_err();
        assert!(subject.to_string().starts_with("the subject"), "{subject}");
    }

    #[test]
    fn a_mistake_says_where_and_what() {
        for (body, what) in [
            ("\n{{ name", "syntax error: unexpected end of input"),
            ("\n{% if name %}", "syntax error: unexpected end of input"),
            ("\n{{ name|uper }}", "filter uper is unknown"),
            ("\n{% include 'x' %}", "template not found"),
        ] {
            let said = refused(body);
            assert!(said.starts_with("the body, line 2 "), "{said}");
            assert!(said.contains(what), "{said}");
            assert!(!said.contains("<string>"), "{said}");
        }
    }

    #[test]
    fn a_key_that_not_every_order_has_can_be_given_a_default() {
        for (body, filling) in [
            ("{{ meta.coach|default('nobody') }}", "nobody"),
            ("{{ meta.team|default('nobody')|upper }}", "U12 BLUE"),
            ("{% if meta.coach is defined %}x{% else %}y{% endif %}", "y"),
        ] {
            assert_eq!(filled(&fee("en"), body).unwrap(), filling);
        }
    }

    #[test]
    fn what_goes_round_and_round_or_becomes_endless_is_stopped() {
        let many = "['x','x','x','x','x','x','x','x','x','x']";
        let round = |inside: &str| {
            let body = (0..6).fold(inside.to_owned(), |inside, at| {
                format!("{{% for i{at} in {many} %}}{inside}{{% endfor %}}")
            });
            refused(&body)
        };
        assert!(round("").contains("far too many steps"), "{}", round(""));
        let long = "x".repeat(30_000);
        assert!(round(&long).contains("longer than"), "{}", round(&long));
        for (body, what) in [
            (
                "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
                "recursion",
            ),
            ("{{ 'x' * 999999999 }}", "too large"),
            ("{{ '%0999999999d'|format(1) }}", "filter format is unknown"),
            ("{{ range(99999999)|length }}", "range"),
        ] {
            let said = refused(body);
            assert!(said.contains(what), "{said}");
        }
    }
}
