//! Who would get a mailing, what they would read, and what is wrong with it: pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::{
    content::{self, Digest},
    draft::Content,
    findings::Findings,
    trouble::Trouble,
};
use crate::{
    config::Shop,
    mail::{
        Text,
        letter::{self, About},
        template::{self, Holes, NAMES, Unfillable},
    },
    order::{Order, state::State},
};

/// What a mailing would be if it were started now.
#[derive(Debug, Default)]
pub struct Plan {
    /// Who gets a mail: open, with an address, and the mail can be written. By order id.
    pub recipients: BTreeMap<Uuid, Digest>,
    /// Who was approved and owes nothing any more, with the mail that they will not get.
    pub not_owed: BTreeMap<Uuid, Digest>,
    /// What is wrong.
    pub troubles: Vec<Trouble>,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The mailing.
    pub content: &'a Content,
    /// Whose it is.
    pub shop: &'a Shop,
    /// The orders that it selects, and those that were approved once, by id.
    pub orders: &'a [Order],
    /// Those of them that were approved, with their mails.
    pub approved: &'a HashMap<Uuid, Digest>,
    /// Those of them whose address is not written to.
    pub suppressed: &'a HashSet<Uuid>,
}

impl Plan {
    /// The plan.
    pub fn of(known: &Known) -> Self {
        let content = known.content;
        let names = match names(content) {
            Ok(names) => names,
            Err(wrong) => return Self::impossible(wrong),
        };
        let (mut plan, mut found) = (Self::default(), Findings::default());
        for order in known.orders {
            let selected = content.selection.takes(order);
            if order.state != State::Open {
                if selected {
                    found.not_open.push(order.reference.clone());
                }
                if known.approved.contains_key(&order.id)
                    && let Ok(mail) = draw(content, known.shop, order)
                {
                    plan.not_owed.insert(order.id, mail.digest);
                }
                continue;
            }
            if !selected {
                continue;
            }
            match draw(content, known.shop, order) {
                Ok(mail) => {
                    plan.recipients.insert(order.id, mail.digest);
                    found.recipient(order, known.suppressed.contains(&order.id), mail.has_link);
                }
                Err(Undrawn::NoAddress) => found.no_address.push(order.reference.clone()),
                Err(Undrawn::Unfillable(why)) if why.for_every_order => {
                    return Self::impossible(Trouble::Template(why.to_string()));
                }
                Err(Undrawn::Unfillable(why)) => found.unfillable(order, &names, &why),
            }
        }
        let selected = known
            .orders
            .iter()
            .filter(|order| content.selection.takes(order));
        plan.troubles = found.troubles(selected.count(), plan.recipients.len(), &names);
        plan
    }

    /// What its approval is bound to.
    pub fn content_hash(&self, content: &Content) -> String {
        let digests = self.recipients.values().copied();
        content::hash(&content.subject, &content.body, digests)
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
    pub fn changed(&self, known: &Known) -> Vec<String> {
        let is_changed = |order: &&Order| {
            let (today, then) = (
                self.recipients.get(&order.id),
                known.approved.get(&order.id),
            );
            order.state == State::Open && today != then
        };
        let changed = known.orders.iter().filter(is_changed);
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
struct Drawn {
    /// What an approval is bound to.
    digest: Digest,
    has_link: bool,
}

/// Why there is no mail to an order.
#[derive(Debug)]
enum Undrawn {
    /// Nobody to write to.
    NoAddress,
    /// It cannot be written.
    Unfillable(Unfillable),
}

/// The orders whose mail can be written, by id: written one by one, as they are asked for.
pub fn writable<'a>(known: &Known<'a>) -> impl Iterator<Item = &'a Order> {
    let (content, shop) = (known.content, known.shop);
    let orders = match names(content) {
        Ok(_) => known.orders,
        Err(_) => &[],
    };
    let wanted = orders
        .iter()
        .filter(|order| order.state == State::Open && content.selection.takes(order));
    let drawn = wanted.map(|order| (order, draw(content, shop, order)));
    // What is wrong for every order need not be tried a thousand times.
    let drawn = drawn.take_while(|(_, drawn)| match drawn {
        Err(Undrawn::Unfillable(why)) => !why.for_every_order,
        Ok(_) | Err(Undrawn::NoAddress) => true,
    });
    drawn.filter_map(|(order, drawn)| drawn.ok().map(|_| order))
}

/// Writes one order's mail with placeholders for its links.
fn draw(content: &Content, shop: &Shop, order: &Order) -> Result<Drawn, Undrawn> {
    let address = order.email.as_ref().ok_or(Undrawn::NoAddress)?;
    let about = About {
        holes: Holes {
            order,
            pay_url: content::PAY_URL,
            unsubscribe_url: content::UNSUBSCRIBE_URL,
            shop_name: &shop.shop_name,
        },
        shop,
    };
    let Text { subject, body } =
        letter::blast(&about, &content.subject, &content.body).map_err(Undrawn::Unfillable)?;
    let has_link = body.contains(content::PAY_URL);
    let text = Text { subject, body };
    Ok(Drawn {
        digest: Digest::of(order.id, address.as_str(), &text),
        has_link,
    })
}

/// The names that the two templates ask for, if we know them all.
fn names(content: &Content) -> Result<BTreeSet<String>, Trouble> {
    let mut all = BTreeSet::new();
    for (what, template) in [("subject", &content.subject), ("body", &content.body)] {
        let names =
            template::names_in(what, template).map_err(|why| Trouble::Template(why.to_string()))?;
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
    Ok(all)
}
