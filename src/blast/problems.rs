//! What is worth a look in the mails of a mailing though each of them can be sent: what a family would find
//! wrong in its own, and what is unusual beside the others. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use super::{draft::Content, trouble::named};
use crate::{
    language::Language,
    mail::template::Templates,
    order::{
        Order,
        metadata::{MAX_KEYS, RESERVED},
        money::Money,
    },
};

/// An amount is unusual that is more than so many times the one in the middle.
const TIMES: f64 = 3.0;
/// A mail is unusual that is more than so many times as long as the one in the middle, or as short.
const TIMES_AS_LONG: f64 = 1.5;
/// Among fewer, none is usual.
const FEWEST: usize = 3;
/// Where more than one in so many is alone in its size, each owes a sum of its own, and none stands out by that.
const SELDOM: usize = 10;

/// What is wrong with one order's mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// The link in it leads nowhere.
    DeadLink,
    /// The order is open, and nothing is to be paid.
    NothingOwed,
    /// Stripe charges no less than this, in words.
    UnderMinimum(String),
    /// Stripe would refuse its metadata.
    Metadata,
    /// The words ask for this field, and it is empty.
    Empty(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadLink => f.write_str("the pay link does not verify"),
            Self::NothingOwed => f.write_str("nothing is owed"),
            Self::UnderMinimum(least) => {
                write!(
                    f,
                    "under Stripe's minimum of {least}, so that it cannot be paid"
                )
            }
            Self::Metadata => write!(
                f,
                "over Stripe's metadata limits ({MAX_KEYS} keys of 40 letters, values of 500), so that it cannot \
                 be paid"
            ),
            Self::Empty(field) => write!(f, "{field} is empty"),
        }
    }
}

/// The fields of an order whose absence shows in a mail of these words: those that the words ask for without
/// asking first whether they are there.
pub fn fields_asked_for(content: &Content) -> BTreeSet<String> {
    let Ok(templates) = Templates::new(&content.subject, &content.body) else {
        return BTreeSet::new();
    };
    let names = templates.names().into_iter().flat_map(|(_, names)| names);
    let of_an_order = |name: &String| name == "name" || name.starts_with("meta.");
    let taken_care_of = |name: &String| {
        [&content.subject, &content.body]
            .iter()
            .any(|words| asks_whether(words, name))
    };
    names
        .filter(|name| of_an_order(name) && !taken_care_of(name))
        .collect()
}

/// `{% if name %}` or `{{ name | default('…') }}`.
fn asks_whether(words: &str, name: &str) -> bool {
    words.match_indices(name).any(|(at, _)| {
        let before = words[..at].trim_end();
        let behind = words[at + name.len()..].trim_start();
        let behind = behind.strip_prefix('|').map(str::trim_start);
        ["if", "elif", "not"]
            .iter()
            .any(|word| before.ends_with(word))
            || behind.is_some_and(|filter| filter.starts_with("default"))
    })
}

/// What is wrong with an order's mail, of words that ask for these fields.
pub fn flaws(order: &Order, fields: &BTreeSet<String>, link_verifies: bool) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if !link_verifies {
        flaws.push(Flaw::DeadLink);
    }
    if order.amount_total == Some(0) {
        flaws.push(Flaw::NothingOwed);
    }
    if let Some(least) = order.is_under() {
        flaws.push(Flaw::UnderMinimum(least.format(Language::ENGLISH)));
    }
    if !is_taken_by_stripe(&order.metadata) {
        flaws.push(Flaw::Metadata);
    }
    let is_empty = |field: &&String| match field.strip_prefix("meta.") {
        // Without the key at all the mail cannot be written, which is told elsewhere.
        Some(key) => order
            .metadata
            .get(key)
            .is_some_and(|value| value.trim().is_empty()),
        None => order.name.as_deref().unwrap_or_default().trim().is_empty(),
    };
    flaws.extend(fields.iter().filter(is_empty).cloned().map(Flaw::Empty));
    flaws
}

fn is_taken_by_stripe(metadata: &BTreeMap<String, String>) -> bool {
    let fits = |(key, value): (&String, &String)| {
        key.chars().count() <= 40
            && !key.contains(['[', ']'])
            && !RESERVED.contains(&key.as_str())
            && value.chars().count() <= 500
    };
    metadata.len() <= MAX_KEYS && metadata.iter().all(fits)
}

/// The same of all of them in sentences, each with its references.
pub fn sentences(found: impl IntoIterator<Item = (Flaw, String)>) -> Vec<String> {
    let mut by_flaw: BTreeMap<Flaw, Vec<String>> = BTreeMap::new();
    for (flaw, reference) in found {
        by_flaw.entry(flaw).or_default().push(reference);
    }
    let sentence =
        |(flaw, references): (Flaw, Vec<String>)| format!("{flaw}: {}", named(&references));
    by_flaw.into_iter().map(sentence).collect()
}

/// That amounts stand out, a sentence for each currency in which some do: of more than three times the amount in
/// the middle, or alone in their size; the most unusual first.
pub fn standing_out<'a>(orders: impl IntoIterator<Item = &'a Order>) -> Vec<String> {
    let told = by_currency(orders).into_values().filter_map(|amounts| {
        let (middle, of) = *amounts.get(amounts.len() / 2)?;
        let unusual = unusual(&amounts, middle);
        let named: Vec<String> = unusual
            .iter()
            .map(|(minor, order)| format!("{} for {}", told_amount(*minor, order), order.reference))
            .collect();
        let (what, misplaced) = match named.len() {
            0 => return None,
            1 => ("one amount stands out".to_owned(), "is a comma misplaced?"),
            many => (
                format!("{many} amounts stand out, the most unusual first"),
                "are commas misplaced?",
            ),
        };
        Some(format!(
            "{what}: {}; in the middle is {}: {misplaced}",
            super::trouble::listed(&named, ", ", "amounts"),
            told_amount(middle, of)
        ))
    });
    told.collect()
}

/// What orders ask for, by currency and then sorted.
fn by_currency<'a>(
    orders: impl IntoIterator<Item = &'a Order>,
) -> BTreeMap<&'static str, Vec<(i64, &'a Order)>> {
    let mut found: BTreeMap<&str, Vec<(i64, &Order)>> = BTreeMap::new();
    for order in orders {
        if let Some(Money { minor, currency }) = order.owed() {
            found
                .entry(currency.code())
                .or_default()
                .push((minor, order));
        }
    }
    for amounts in found.values_mut() {
        amounts.sort_by_key(|(minor, order)| (*minor, order.id));
    }
    found
}

/// A mail among the others.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// What it is about.
    pub order: &'a Order,
    /// How long it is.
    pub letters: usize,
    /// How many mails go to its address, if it is not the only one.
    pub siblings: Option<usize>,
}

/// The orders of mails, the most unusual first: those whose amount stands out, then those that are much longer or
/// shorter than most, then those of which an address gets several; the others as they come.
pub fn most_unusual_first(mut mails: Vec<Beside<'_>>) -> Vec<&Order> {
    let mut amounts: HashMap<uuid::Uuid, f64> = HashMap::new();
    for of_currency in by_currency(mails.iter().map(|mail| mail.order)).values() {
        let middle = of_currency.get(of_currency.len() / 2).map_or(0, |it| it.0);
        let unusual = unusual(of_currency, middle).into_iter();
        amounts.extend(unusual.map(|(minor, order)| (order.id, far(minor, middle))));
    }
    let mut lengths: Vec<usize> = mails.iter().map(|mail| mail.letters).collect();
    lengths.sort_unstable();
    let middle = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    let length = |mail: &Beside| far(mail.letters as i64, middle as i64);
    let key = |mail: &Beside| {
        let amount = amounts.get(&mail.order.id).copied().unwrap_or(0.0);
        let length = Some(length(mail)).filter(|times| *times > TIMES_AS_LONG);
        (amount, length.unwrap_or(0.0), mail.siblings)
    };
    mails.sort_by(|one, other| {
        let (one, other) = (key(one), key(other));
        let amount = other.0.total_cmp(&one.0);
        let length = other.1.total_cmp(&one.1);
        amount.then(length).then(other.2.cmp(&one.2))
    });
    mails.into_iter().map(|mail| mail.order).collect()
}

/// How many times as large as the one in the middle, or as small.
fn far(one: i64, middle: i64) -> f64 {
    let (one, middle) = (one.max(1) as f64, middle.max(1) as f64);
    (one / middle).max(middle / one)
}

fn told_amount(minor: i64, order: &Order) -> String {
    Money::new(minor, order.currency).format(Language::ENGLISH)
}

/// Of amounts that are sorted.
fn unusual<'a>(amounts: &[(i64, &'a Order)], middle: i64) -> Vec<(i64, &'a Order)> {
    if amounts.len() < FEWEST {
        return Vec::new();
    }
    let mut times: HashMap<i64, usize> = HashMap::new();
    for (minor, _) in amounts {
        *times.entry(*minor).or_default() += 1;
    }
    let alone = times.values().filter(|times| **times == 1).count();
    let is_seldom = alone == 1 || alone * SELDOM <= amounts.len();
    let is_unusual = |(minor, _): &&(i64, &Order)| {
        let many_times = *minor as f64 > TIMES * middle as f64;
        many_times || is_seldom && times.get(minor) == Some(&1)
    };
    let mut unusual: Vec<_> = amounts.iter().filter(is_unusual).copied().collect();
    unusual.sort_by(|(one, _), (other, _)| far(*other, middle).total_cmp(&far(*one, middle)));
    unusual
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::samples::fee;

    fn owing(amounts: &[i64]) -> Vec<Order> {
        let order = |(at, minor): (usize, &i64)| Order {
            id: uuid::Uuid::from_u128(at as u128),
            reference: format!("CUP-{}", at + 1),
            amount_total: Some(*minor),
            ..fee("en")
        };
        amounts.iter().enumerate().map(order).collect()
    }

    #[test]
    fn an_amount_stands_out_that_is_far_from_the_middle_or_alone() {
        let told = |amounts: &[i64]| standing_out(&owing(amounts)).join("\n");
        assert_eq!(told(&[4_500, 4_500, 4_500]), "");
        assert_eq!(told(&[4_500, 9_000]), "", "of two none is usual");
        assert_eq!(
            told(&[4_500, 45_000, 4_500, 4_500]),
            "one amount stands out: €450.00 for CUP-2; in the middle is €45.00: is a comma misplaced?"
        );
        assert_eq!(
            told(&[4_500, 450, 4_500]),
            "one amount stands out: €4.50 for CUP-2; in the middle is €45.00: is a comma misplaced?"
        );
        assert_eq!(told(&[4_500, 4_600, 4_700, 4_800]), "", "each its own");
        assert_eq!(
            told(&[4_500, 4_600, 4_700, 4_800, 20_000, 48_000]),
            "2 amounts stand out, the most unusual first: €480.00 for CUP-6, €200.00 for CUP-5; in the middle is \
             €48.00: are commas misplaced?"
        );
        assert_eq!(
            told(&[4_500, 4_500, 13_500, 13_500, 4_500]),
            "",
            "three times"
        );
    }

    #[test]
    fn the_most_unusual_mail_comes_first() {
        let orders = owing(&[4_500, 4_500, 4_500, 4_500, 45_000, 90_000]);
        let beside = |(at, order)| Beside {
            order,
            letters: if at == 3 { 900 } else { 500 + at },
            siblings: (at == 2).then_some(2),
        };
        let first = most_unusual_first(orders.iter().enumerate().map(beside).collect());
        let references: Vec<&str> = first.iter().map(|order| &*order.reference).collect();
        assert_eq!(
            references,
            ["CUP-6", "CUP-5", "CUP-4", "CUP-3", "CUP-1", "CUP-2"]
        );
        assert!(most_unusual_first(Vec::new()).is_empty());
    }

    #[test]
    fn each_flaw_of_a_row_is_told() {
        let fields = BTreeSet::from(["name".to_owned(), "meta.team".to_owned()]);
        let fine = fee("en");
        assert_eq!(flaws(&fine, &fields, true), []);
        let mut order = Order {
            amount_total: Some(49),
            name: Some(" ".to_owned()),
            ..fine
        };
        order.metadata.insert("team".to_owned(), String::new());
        order.metadata.insert("long".to_owned(), "x".repeat(501));
        let told = flaws(&order, &fields, false);
        let references = told.into_iter().map(|flaw| (flaw, "CUP-1".to_owned()));
        insta::assert_snapshot!(sentences(references).join("\n"), @"
        the pay link does not verify: CUP-1
        under Stripe's minimum of €0.50, so that it cannot be paid: CUP-1
        over Stripe's metadata limits (47 keys of 40 letters, values of 500), so that it cannot be paid: CUP-1
        meta.team is empty: CUP-1
        name is empty: CUP-1
        ");
        let free = Order {
            amount_total: Some(0),
            ..fee("en")
        };
        assert_eq!(flaws(&free, &fields, true), [Flaw::NothingOwed]);
    }

    #[test]
    fn a_field_that_the_words_themselves_ask_about_may_be_empty() {
        for (words, asked) in [
            ("Hello {{ name }}", true),
            ("Hello{% if name %} {{ name }}{% endif %}", false),
            (
                "{% if not name %}Hello{% else %}{{ name }}{% endif %}",
                false,
            ),
            ("Hello {{ name | default('you') }}", false),
            ("Hello {{ name|default('you') }}", false),
            ("Hello {{ shop_name }}", false),
        ] {
            let draft = serde_json::json!({
                "name": "x", "subject": "x", "body": words, "filter": {}
            });
            let draft: super::super::Draft = serde_json::from_value(draft).unwrap();
            let fields = fields_asked_for(&Content::try_from(draft).unwrap());
            assert_eq!(!fields.is_empty(), asked, "{words}");
        }
    }
}
