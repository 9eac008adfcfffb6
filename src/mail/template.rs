//! Texts with holes, Jinja-style: our own, and those that a shop writes for a mailing.
//!
//! The holes are `name`, `reference`, `amount`, `lines`, `pay_url`, `unsubscribe_url`, `shop_name`
//! and `meta.KEY`. Any other name is an error, not an empty string in somebody's mail.
//!
//! **Limits.** What a template may consist of is said in `allowed`; rendering one takes at most
//! `STEPS` steps, handles the bytes of a `budget` and gives `LONGEST` bytes.

mod allowed;
mod budget;
mod odd_sign;
#[cfg(test)]
mod tests_of_limits;
mod values;

use std::{borrow::Cow, collections::BTreeSet, io, sync::Arc};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, filters,
    value::StringInput,
};

use self::{allowed::Refused, budget::Budget};
use super::{
    Text,
    layout::{one_line, tidy},
};
use crate::order::Order;

/// More than any template needs: one that goes round in circles is stopped. A loop over a hundred
/// lines with a choice of ten for each takes 5,000.
const STEPS: u64 = 20_000;
/// Bytes that a filled template may have; a mail of an order with a hundred lines has 30,000.
const LONGEST: usize = 200_000;
/// Bytes that a filter of texts takes and gives: a name keeps them, and each step may copy them.
const LONGEST_FILTERED: usize = 10_000;

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

/// A subject's and a body's template, checked and read once for all the mails of a mailing.
#[derive(Debug)]
pub struct Templates<'a> {
    engine: Environment<'a>,
    budget: Arc<Budget>,
}

/// What a template is called in sentences, and in the engine.
const PARTS: [&str; 2] = ["subject", "body"];

impl<'a> Templates<'a> {
    /// Reads both.
    ///
    /// # Errors
    /// [`Unfillable`] for what is no template, or has more in it than a mail needs.
    pub fn new(subject: &'a str, body: &'a str) -> Result<Self, Unfillable> {
        let budget = Arc::<Budget>::default();
        let mut engine = engine(&budget);
        for (part, template) in PARTS.into_iter().zip([subject, body]) {
            allowed::check(template).map_err(|refused| not_allowed(part, &refused))?;
            let read = engine.add_template(part, template);
            read.map_err(|error| explain(part, &error))?;
        }
        Ok(Self { engine, budget })
    }

    /// The names that each of the two asks for, whichever way it goes: `name`, `meta.team` …
    pub fn names(&self) -> [(&'static str, BTreeSet<String>); 2] {
        PARTS.map(|part| {
            let template = self.engine.get_template(part);
            let names = template.map(|template| template.undeclared_variables(true));
            let ours = |name: &String| self.engine.globals().all(|(known, _)| known != name);
            (part, names.into_iter().flatten().filter(ours).collect())
        })
    }

    /// Fills both.
    ///
    /// # Errors
    /// [`Unfillable`] for an unknown name, or what is too much.
    pub fn fill(&self, holes: &Holes) -> Result<Text, Unfillable> {
        let context = values::context(holes, &self.budget);
        Ok(Text {
            subject: one_line(&self.render("subject", &context)?),
            body: tidy(&self.render("body", &context)?),
        })
    }

    fn render(&self, part: &str, context: &Value) -> Result<String, Unfillable> {
        self.budget.refill();
        let mut filled = Filled(Vec::new());
        let rendered = self.engine.get_template(part).and_then(|template| {
            template.render_captured_to(context, &mut filled)?;
            if self.budget.is_overdrawn() {
                return Err(ErrorKind::OutOfFuel.into());
            }
            Ok(())
        });
        rendered.map_err(|error| explain(part, &error))?;
        Ok(String::from_utf8_lossy(&filled.0).into_owned())
    }
}

/// Fills a subject and a body.
///
/// # Errors
/// As [`Templates::new`] and [`Templates::fill`].
pub fn fill(subject: &str, body: &str, holes: &Holes) -> Result<Text, Unfillable> {
    Templates::new(subject, body)?.fill(holes)
}

/// Of the library's filters those that one needs in a mail; with some of the others a short template
/// makes a text that fills the memory, which counting steps does not stop.
fn engine<'a>(budget: &Arc<Budget>) -> Environment<'a> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(STEPS));
    engine.add_filter("default", filters::default);
    engine.add_filter("first", filters::first);
    engine.add_filter("last", filters::last);
    engine.add_filter("length", filters::length);
    for (name, change) in CHANGES {
        let budget = Arc::clone(budget);
        engine.add_filter(name, move |text: StringInput| {
            take(&budget, &text).map(|()| change(text))
        });
    }
    let budget = Arc::clone(budget);
    engine.add_filter("trim", move |text: StringInput, what: Option<Cow<str>>| {
        take(&budget, &text).map(|()| filters::trim(text, what))
    });
    engine.add_test("defined", minijinja::tests::is_defined);
    engine.add_test("undefined", minijinja::tests::is_undefined);
    engine.add_function("range", minijinja::functions::range);
    engine
}

/// Makes one text of another.
type Change = fn(StringInput) -> Value;

/// The filters that do.
const CHANGES: [(&str, Change); 4] = [
    ("capitalize", |text| filters::capitalize(text)),
    ("lower", |text| filters::lower(text)),
    ("title", |text| filters::title(text.as_str().into()).into()),
    ("upper", |text| filters::upper(text)),
];

fn take(budget: &Budget, text: &StringInput) -> Result<(), Error> {
    let length = text.as_str().len();
    if length > LONGEST_FILTERED {
        return Err(ErrorKind::WriteFailure.into());
    }
    // To change letters takes as long as to copy twenty times as many.
    if budget.take(20 * length) {
        Ok(())
    } else {
        Err(ErrorKind::OutOfFuel.into())
    }
}

fn not_allowed(part: &str, Refused { line, why }: &Refused) -> Unfillable {
    Unfillable {
        sentence: format!("the {part}, line {line} has {why}"),
        for_every_order: true,
    }
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

fn explain(what: &str, error: &Error) -> Unfillable {
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
            (
                "\n{% include 'x' %}",
                "has {% include %}, which mails do not have",
            ),
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
                "{% macro %}",
            ),
            ("{{ 'x' * 999999999 }}", "a product"),
            ("{{ '%0999999999d'|format(1) }}", "filter format is unknown"),
            ("{{ range(99999999)|length }}", "range"),
        ] {
            let said = refused(body);
            assert!(said.contains(what), "{said}");
        }
    }
}
