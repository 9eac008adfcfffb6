//! Who would get a mailing, what they would read, and what is wrong with it; and the hash of all that,
//! which an approval is bound to. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    draft::Content,
    trouble::{Findings, PayLink, Trouble},
};
use crate::{
    config::Shop,
    mail::{
        Text,
        letter::{self, About},
        template::{Holes, NAMES, Templates, Unfillable},
    },
    order::{Order, state::State},
};

/// Stands for the pay link while a mail is compared: keys can be rotated without voiding approvals.
const PAY_URL: &str = "https://pay.invalid/pay/link";
/// Stands for the link to unsubscribe.
const UNSUBSCRIBE_URL: &str = "https://pay.invalid/unsubscribe/link";

/// What a mailing would be if it were started now.
#[derive(Debug, Default)]
pub struct Plan {
    /// Who gets a mail: open, with an address, and the mail can be written. By order id.
    pub recipients: BTreeMap<Uuid, Digest>,
    /// How long their mails are. By order id.
    pub letters: HashMap<Uuid, usize>,
    /// Who was approved and owes nothing any more, with the mail that they will not get.
    pub not_owed: BTreeMap<Uuid, Digest>,
    /// What is wrong.
    pub troubles: Vec<Trouble>,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanFacts<'a> {
    /// The mailing.
    pub content: &'a Content,
    /// Whose it is.
    pub shop: &'a Shop,
    /// The orders that it selects, and those that were approved once, by id.
    pub orders: &'a [Order],
    /// Those of them that are selected.
    pub selected: &'a HashSet<Uuid>,
    /// Those of them that were approved, with their mails.
    pub approved: &'a HashMap<Uuid, Digest>,
    /// Those of them whose address is not written to.
    pub suppressed: &'a HashSet<Uuid>,
}

impl Plan {
    /// The plan. Only the digests of the mails are kept; `go_on` is asked before each of them.
    ///
    /// # Errors
    /// Those of `go_on`.
    pub fn new<S>(facts: &PlanFacts, go_on: impl Fn() -> Result<(), S>) -> Result<Self, S> {
        let content = facts.content;
        let (templates, names) = match read(content) {
            Ok(read) => read,
            Err(wrong) => return Ok(Self::impossible(wrong)),
        };
        let (mut plan, mut found) = (Self::default(), Findings::default());
        for order in facts.orders {
            go_on()?;
            let selected = facts.selected.contains(&order.id);
            if order.state != State::Open {
                if selected {
                    found.not_open.push(order.reference.clone());
                }
                if facts.approved.contains_key(&order.id)
                    && let Ok(mail) = render(&templates, facts.shop, order)
                {
                    plan.not_owed.insert(order.id, mail.digest);
                }
                continue;
            }
            if !selected {
                continue;
            }
            match render(&templates, facts.shop, order) {
                Ok(mail) => {
                    plan.recipients.insert(order.id, mail.digest);
                    plan.letters.insert(order.id, mail.letters);
                    found.recipient(order, facts.suppressed.contains(&order.id), mail.link);
                }
                Err(NoMail::NoAddress) => found.no_address.push(order.reference.clone()),
                Err(NoMail::Unfillable(why)) if why.for_every_order => {
                    return Ok(Self::impossible(Trouble::Template(why.to_string())));
                }
                Err(NoMail::Unfillable(why)) => found.unfillable(order, &names, &why),
            }
        }
        plan.troubles = found.troubles(facts.selected.len(), plan.recipients.len(), &names);
        Ok(plan)
    }

    /// What its approval is bound to.
    pub fn content_hash(&self, content: &Content) -> String {
        let digests = self.recipients.values().copied();
        let who = content.who.canonical();
        content_hash([&content.subject, &content.body, &who], digests)
    }

    /// What stands in the way of an approval, if anything does.
    pub fn objection(&self) -> Option<String> {
        let blocked = self.troubles.iter().any(Trouble::blocks);
        blocked.then(|| {
            // Where nobody gets a mail, whatever keeps them from it is of interest.
            let told = |trouble: &&Trouble| trouble.blocks() || self.recipients.is_empty();
            let told = self.troubles.iter().filter(told);
            told.map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })
    }

    /// The orders whose mail is not what was approved, or was not approved at all. Whoever owes
    /// nothing any more is not among them.
    pub fn changed(&self, facts: &PlanFacts) -> Vec<String> {
        let is_changed = |order: &&Order| {
            let (today, then) = (
                self.recipients.get(&order.id),
                facts.approved.get(&order.id),
            );
            order.state == State::Open && today != then
        };
        let changed = facts.orders.iter().filter(is_changed);
        changed.map(|order| order.reference.clone()).collect()
    }

    fn impossible(why: Trouble) -> Self {
        Self {
            troubles: vec![why],
            ..Self::default()
        }
    }
}

/// The mail to one order, as it is compared.
#[derive(Debug)]
struct Rendered {
    /// What an approval is bound to.
    digest: Digest,
    letters: usize,
    link: PayLink,
}

/// Why there is no mail to an order.
#[derive(Debug)]
enum NoMail {
    /// Nobody to write to.
    NoAddress,
    /// It cannot be written.
    Unfillable(Unfillable),
}

/// The orders whose mail can be written, by id: written one by one, as they are asked for, and `go_on`
/// is asked before each of them.
pub fn writable<'a, S>(
    facts: &PlanFacts<'a>,
    go_on: impl Fn() -> Result<(), S>,
) -> impl Iterator<Item = Result<&'a Order, S>> {
    let (content, shop) = (facts.content, facts.shop);
    let templates = read(content).ok().map(|(templates, _)| templates);
    let wanted = facts
        .orders
        .iter()
        .filter(|order| order.state == State::Open && facts.selected.contains(&order.id));
    let rendered = wanted.map_while(move |order| {
        let templates = templates.as_ref()?;
        if let Err(stopped) = go_on() {
            return Some(Some(Err(stopped)));
        }
        match render(templates, shop, order) {
            Ok(_) => Some(Some(Ok(order))),
            // What is wrong for every order need not be tried a thousand times.
            Err(NoMail::Unfillable(why)) if why.for_every_order => None,
            Err(NoMail::Unfillable(_) | NoMail::NoAddress) => Some(None),
        }
    });
    rendered.flatten()
}

/// Writes one order's mail with placeholders for its links.
fn render(templates: &Templates, shop: &Shop, order: &Order) -> Result<Rendered, NoMail> {
    let address = order.email.as_ref().ok_or(NoMail::NoAddress)?;
    render_to(templates, shop, order, address.as_str()).map_err(NoMail::Unfillable)
}

/// What an approval of one order's mail would be bound to, had it gone to this address.
pub fn digest_to(
    templates: &Templates,
    shop: &Shop,
    order: &Order,
    address: &str,
) -> Option<Digest> {
    let rendered = render_to(templates, shop, order, address).ok()?;
    Some(rendered.digest)
}

fn render_to(
    templates: &Templates,
    shop: &Shop,
    order: &Order,
    address: &str,
) -> Result<Rendered, Unfillable> {
    let about = About {
        holes: Holes {
            order,
            pay_url: PAY_URL,
            unsubscribe_url: UNSUBSCRIBE_URL,
            shop_name: &shop.shop_name,
        },
        shop,
    };
    let Text { subject, body } = letter::blast(&about, templates)?;
    let link = PayLink::of(&body, PAY_URL);
    let letters = subject.len() + body.len();
    let text = Text { subject, body };
    Ok(Rendered {
        letters,
        digest: Digest::of_mail(order, address, &text),
        link,
    })
}

/// The two templates, and the names that they ask for, if we know them all.
fn read(content: &Content) -> Result<(Templates<'_>, BTreeSet<String>), Trouble> {
    let templates = Templates::new(&content.subject, &content.body)
        .map_err(|why| Trouble::Template(why.to_string()))?;
    let mut all = BTreeSet::new();
    for (what, names) in templates.names() {
        let top = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
        if let Some(unknown) = names
            .iter()
            .map(top)
            .find(|name| !NAMES.contains(&name.as_str()))
        {
            return Err(Trouble::Template(format!(
                "the {what} has the unknown name {unknown}; there are name, reference, amount, lines, \
                 pay_url, unsubscribe_url, shop_name and meta.KEY"
            )));
        }
        all.extend(names);
    }
    Ok((templates, all))
}

/// One recipient's mail in 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Of whom it goes to, of what they owe, whether the mail says so or not, and of what it says with
    /// [`PAY_URL`] and [`UNSUBSCRIBE_URL`] in it.
    fn of_mail(order: &Order, address: &str, text: &Text) -> Self {
        let owed = order.owed().map_or_else(String::new, |owed| {
            format!("{} {}", owed.minor, owed.currency)
        });
        Self::of((order.id, &owed), address, text)
    }

    fn of((order, owed): (Uuid, &str), address: &str, text: &Text) -> Self {
        let mut hash = Sha256::new();
        hash.update(order.as_bytes());
        for part in [owed, address, &text.subject, &text.body] {
            put_with_length(&mut hash, part);
        }
        Self(hash.finalize().into())
    }

    /// Reads the column.
    pub fn from_column(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// The hash that an approval names: of both templates, of whom it is for as somebody said it, and of the
/// recipients in order-id order.
fn content_hash(said: [&str; 3], recipients: impl IntoIterator<Item = Digest>) -> String {
    let mut hash = Sha256::new();
    for part in said {
        put_with_length(&mut hash, part);
    }
    for Digest(recipient) in recipients {
        hash.update(recipient);
    }
    hex::encode(hash.finalize())
}

/// The length comes first, so that no two lists of texts look alike.
fn put_with_length(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(subject: &str, body: &str) -> Text {
        Text {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn each_part_counts_and_so_does_where_it_ends() {
        let one = Digest::of(
            (Uuid::nil(), "4500 eur"),
            "kim@example.org",
            &text("a", "b"),
        );
        let others = [
            Digest::of(
                (Uuid::nil(), "450000 eur"),
                "kim@example.org",
                &text("a", "b"),
            ),
            Digest::of(
                (Uuid::max(), "4500 eur"),
                "kim@example.org",
                &text("a", "b"),
            ),
            Digest::of(
                (Uuid::nil(), "4500 eur"),
                "joe@example.org",
                &text("a", "b"),
            ),
            Digest::of(
                (Uuid::nil(), "4500 eur"),
                "kim@example.org",
                &text("ab", ""),
            ),
            Digest::of(
                (Uuid::nil(), "4500 eur"),
                "kim@example.org",
                &text("", "ab"),
            ),
        ];
        assert!(others.iter().all(|other| *other != one));
        assert_eq!(
            one,
            Digest::of(
                (Uuid::nil(), "4500 eur"),
                "kim@example.org",
                &text("a", "b")
            )
        );
    }

    #[test]
    fn the_hash_is_of_what_was_said_and_of_every_recipient_in_turn() {
        let [one, two] = [Digest([1; 32]), Digest([2; 32])];
        let all = [
            content_hash(["a", "b", "c"], [one, two]),
            content_hash(["a", "b", "c"], [two, one]),
            content_hash(["a", "b", "c"], [one]),
            content_hash(["a", "b", "c"], []),
            content_hash(["ab", "", "c"], [one, two]),
            content_hash(["a", "bc", ""], [one, two]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 64);
            assert!(!all[at + 1..].contains(one));
        }
    }
}
