//! A cart as it was, put into an order: pure. Prices of the catalogue stay prices; one that cannot be
//! used any more becomes an amount.

use sha2::{Digest, Sha256};

use crate::{
    gateway::{
        Session,
        items::{CartItem, CartPrice},
    },
    order::{
        Restored,
        currency::Currency,
        draft::NewOrder,
        email::Email,
        line::{Line, PriceId, Quantity, Recurring, Seen},
        locale::Locale,
        metadata::{Metadata, RESERVED},
        mode::Mode,
        text::{Description, Reference},
    },
};

/// What Stripe charges at most, in minor units: twelve digits, of rupiah
/// (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>).
const MOST: i64 = 999_999_999_999;
/// What a payer is told who reads no name.
const NAMELESS: &str = "Item";

/// The order that restores a session's cart. `None`: it cannot be restored, since nothing was to be
/// paid, or what is to be paid is not in the cart (usage that is metered, a trial that begins free, a
/// card that is set up), or it is in words that we do not know.
pub(super) fn of(session: &Session, items: &[CartItem]) -> Option<Restored> {
    let lines = items.iter().map(line).collect::<Option<Vec<Line>>>()?;
    let amount = items
        .iter()
        .try_fold(0_i64, |sum, item| sum.checked_add(item.amount_subtotal))?;
    if !(1..=MOST).contains(&amount) {
        return None;
    }
    let mode = session
        .mode
        .as_deref()
        .map_or(Ok(Mode::default()), Mode::parse);
    Some(Restored {
        order: NewOrder {
            reference: reference(session.id.as_str()),
            email: Some(Email::parse(session.email.as_deref()?).ok()?),
            name: None,
            currency: Currency::parse(session.currency.as_deref()?).ok()?,
            lines,
            metadata: metadata(session),
            mode: mode.ok()?,
            // Without one, Stripe's page speaks the browser's language.
            locale: Locale::parse(session.locale.as_deref().unwrap_or("auto")).unwrap_or_default(),
            remind: true,
            automatic_tax: session.automatic_tax,
            promotion_codes: session.promotion_codes,
        },
        amount,
        checkout_params: session.also_asked.clone(),
    })
}

fn line(item: &CartItem) -> Option<Line> {
    let quantity = Quantity::try_from(item.quantity).ok()?;
    let price = item.price.as_ref();
    let recurring = price.and_then(recurring);
    let is_trial = recurring.is_some() && item.amount_subtotal == 0;
    if is_trial || price.is_some_and(|price| price.metered) || item.amount_subtotal < 0 {
        return None;
    }
    let seen = Seen {
        description: Description::fitted(&item.description)
            .or_else(|| Description::fitted(NAMELESS))?,
        amount: item.amount_subtotal,
        recurring,
        tax_behavior: price.and_then(|price| price.tax_behavior.clone()),
    };
    let of_the_catalogue = price
        .filter(|price| price.active)
        .and_then(|price| PriceId::try_from(price.id.clone()).ok());
    Some(match of_the_catalogue {
        Some(price) => Line::Catalogue {
            price,
            quantity,
            seen: Some(seen),
        },
        None => Line::as_seen(seen, quantity),
    })
}

fn recurring(price: &CartPrice) -> Option<Recurring> {
    let (interval, count) = price.recurring.clone()?;
    Some(Recurring {
        interval,
        interval_count: u32::try_from(count).ok()?,
    })
}

/// The shop's own keys go with the cart, so that whatever fulfils it knows what it is about: those
/// whose names are ours on a checkout stand beside as `original_…`, and `recovered_from` names the
/// checkout that was left.
fn metadata(session: &Session) -> Metadata {
    let named = session.client_reference_id.as_deref();
    let named = named.map(|named| ("original_client_reference_id".to_owned(), named));
    let theirs = session.metadata.iter().map(|(key, value)| {
        let ours = RESERVED.contains(&key.as_str());
        let key = if ours {
            format!("original_{key}")
        } else {
            key.clone()
        };
        (key, value.as_str())
    });
    let mut metadata = Metadata::default();
    let from = ("recovered_from".to_owned(), session.id.as_str());
    for (key, value) in [from].into_iter().chain(named).chain(theirs) {
        metadata.keep(&key, value);
    }
    metadata
}

/// A short name that is the same whenever the session is looked at.
fn reference(stripe_id: &str) -> Reference {
    let hash = hex::encode(Sha256::digest(stripe_id));
    Reference::parse(&format!("cart-{}", &hash[..12])).expect("it is short and plain")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::session::Status;

    fn session() -> Session {
        Session {
            amount_total: Some(5_800),
            amount_subtotal: Some(5_800),
            email: Some("kim@example.org".to_owned()),
            mode: Some("payment".to_owned()),
            ..Session::sample(Status::Expired)
        }
    }

    fn item(quantity: i64, amount_subtotal: i64, price: CartPrice) -> CartItem {
        CartItem {
            description: "Scarf".to_owned(),
            quantity,
            amount_subtotal,
            currency: "eur".to_owned(),
            price: Some(price),
        }
    }

    fn price(active: bool) -> CartPrice {
        CartPrice {
            id: "price_1".to_owned(),
            active,
            recurring: None,
            metered: false,
            tax_behavior: None,
        }
    }

    fn monthly() -> CartPrice {
        CartPrice {
            recurring: Some(("month".to_owned(), 1)),
            ..price(true)
        }
    }

    fn can_be_restored(items: &[CartItem]) -> bool {
        of(&session(), items).is_some()
    }

    #[test]
    fn what_is_to_be_paid_can_be_restored() {
        let carts = [
            vec![item(2, 5_800, price(true))],
            vec![item(2, 5_800, price(false)), item(1, 0, price(false))],
            vec![item(1, 2_000, price(true)), item(1, 900, monthly())],
            vec![item(1, 999_999_999_999, price(false))],
        ];
        for cart in carts {
            assert!(can_be_restored(&cart), "{cart:?}");
        }
    }

    #[test]
    fn what_is_free_or_metered_or_begins_with_a_trial_cannot() {
        let metered = CartPrice {
            metered: true,
            ..monthly()
        };
        let carts = [
            vec![],
            vec![item(1, 0, price(true))],
            vec![item(1, 2_000, price(true)), item(1, 0, monthly())],
            vec![item(1, 2_000, price(true)), item(1, 0, metered.clone())],
            vec![item(1, 2_000, metered)],
        ];
        for cart in carts {
            assert!(!can_be_restored(&cart), "{cart:?}");
        }
    }

    #[test]
    fn numbers_that_no_checkout_has_are_no_cart() {
        let carts = [
            vec![item(1, i64::MAX, price(false)), item(1, 1, price(false))],
            vec![item(1, 1_000_000_000_000, price(false))],
            vec![item(1, 5_800, price(true)), item(1, -1, price(true))],
            vec![item(0, 5_800, price(true))],
            vec![item(1_000_000, 5_800, price(true))],
        ];
        for cart in carts {
            assert!(!can_be_restored(&cart), "{cart:?}");
        }
    }
}
