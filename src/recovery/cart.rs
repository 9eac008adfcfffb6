//! A cart as it was, put into an order: pure. Prices of the catalogue stay prices; one that cannot be
//! used any more becomes an amount.

use sha2::{Digest, Sha256};

use crate::{
    gateway::{Session, items::Item},
    order::{
        currency::Currency,
        draft::NewOrder,
        email::Email,
        line::{Line, PriceId, Quantity, Recurring, Seen},
        locale::Locale,
        metadata::Metadata,
        mode::Mode,
        text::{Description, Reference},
    },
};

/// What a payer is told who reads no name.
const NAMELESS: &str = "Item";

/// A cart, ready to become an order.
#[derive(Debug, Clone)]
pub(super) struct Cart {
    pub order: NewOrder,
    /// What it came to before taxes and discounts, in minor units.
    pub amount: i64,
}

/// A cart that cannot be put together again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cart cannot be restored: {0}")]
pub struct Unrestorable(&'static str);

/// The order that restores a session's cart.
pub(super) fn of(session: &Session, items: &[Item]) -> Result<Cart, Unrestorable> {
    let currency = session.currency.as_deref().unwrap_or_default();
    let currency =
        Currency::parse(currency).map_err(|_| Unrestorable("its currency is not known"))?;
    let email = session.email.as_deref().unwrap_or_default();
    let email = Email::parse(email).map_err(|_| Unrestorable("it has no address"))?;
    let lines: Vec<Line> = items.iter().filter_map(line).collect();
    let amount = items.iter().map(|item| item.amount_subtotal).sum();
    if lines.is_empty() || amount <= 0 {
        return Err(Unrestorable("there is nothing to be paid in it"));
    }
    let mode = session.mode.as_deref().map(Mode::parse).transpose();
    let locale = session.locale.as_deref().map(Locale::parse);
    Ok(Cart {
        order: NewOrder {
            reference: reference(&session.id),
            email: Some(email),
            name: None,
            currency,
            lines,
            metadata: metadata(session),
            mode: mode
                .map_err(|_| Unrestorable("it is neither a payment nor a subscription"))?
                .unwrap_or_default(),
            locale: locale.and_then(Result::ok).unwrap_or_default(),
            remind: true,
            automatic_tax: session.automatic_tax,
            promotion_codes: session.promotion_codes,
        },
        amount,
    })
}

fn line(item: &Item) -> Option<Line> {
    let description = Description::parse(&item.description)
        .or_else(|_| Description::parse(NAMELESS))
        .ok()?;
    let quantity = Quantity::try_from(item.quantity).ok()?;
    let price = item.price.as_ref();
    let of_the_catalogue = price
        .filter(|price| price.active)
        .and_then(|price| PriceId::try_from(price.id.clone()).ok());
    if let Some(price) = of_the_catalogue {
        return Some(Line::Catalogue {
            price,
            quantity,
            seen: Some(Seen {
                description,
                amount: item.amount_subtotal,
            }),
        });
    }
    if item.amount_subtotal <= 0 {
        return None;
    }
    let recurring = price.and_then(|price| price.recurring.clone());
    let recurring = recurring.and_then(|(interval, count)| {
        Some(Recurring {
            interval,
            interval_count: u32::try_from(count).ok()?,
        })
    });
    // A price of fractions of a cent, or in steps, is kept as what the line came to.
    let each = price
        .and_then(|price| price.unit_amount)
        .filter(|each| each.checked_mul(quantity.get().into()) == Some(item.amount_subtotal));
    let (unit_amount, quantity) = match each {
        Some(each) => (each, quantity),
        None => (item.amount_subtotal, Quantity::ONE),
    };
    Some(Line::Inline {
        description,
        unit_amount,
        quantity,
        recurring,
    })
}

/// The shop's own keys go with the cart, so that whatever fulfils it knows what it is about.
fn metadata(session: &Session) -> Metadata {
    let mut metadata = Metadata::default();
    for (key, value) in &session.metadata {
        // One that cannot be kept beside our own is left out: the cart is worth more.
        let _ = metadata.insert(key, value);
    }
    metadata
}

/// A short name that is the same whenever the session is looked at.
fn reference(stripe_id: &str) -> Reference {
    let hash = hex::encode(Sha256::digest(stripe_id));
    Reference::parse(&format!("cart-{}", &hash[..12])).expect("it is short and plain")
}
