//! What is in a Checkout Session's cart. <https://docs.stripe.com/api/checkout/sessions/line_items>

use miniserde::Deserialize;
use stripe_checkout::checkout_session::ListLineItemsCheckoutSession;
use tokio::time::Instant;

use super::{CallError, Gateway, LONGEST_PAGE, path_id, session::ListPage, value::word};

/// A position of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartItem {
    /// As the payer saw it.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// What it comes to before taxes and discounts, in minor units.
    pub amount_subtotal: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// Its price.
    pub price: Option<CartPrice>,
}

/// A price, of the catalogue or made for one checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CartPrice {
    /// `price_…`
    pub id: String,
    /// Whether it can be used again. One that was made for a checkout cannot.
    pub active: bool,
    /// How often it is paid, if more than once: `month`, and each how many of them.
    pub recurring: Option<(String, i64)>,
    /// Whether it is paid by what was used, which no cart tells.
    pub metered: bool,
    /// Whether taxes are in it: `inclusive`, `exclusive` or `unspecified`.
    pub tax_behavior: Option<String>,
}

#[derive(Deserialize)]
struct WireItem {
    description: Option<String>,
    quantity: Option<i64>,
    amount_subtotal: i64,
    currency: String,
    price: Option<WirePrice>,
}

#[derive(Deserialize)]
struct WirePrice {
    id: String,
    active: Option<bool>,
    recurring: Option<WireRecurring>,
    tax_behavior: Option<String>,
}

#[derive(Deserialize)]
struct WireRecurring {
    interval: String,
    interval_count: Option<i64>,
    usage_type: Option<String>,
}

impl From<WireItem> for CartItem {
    fn from(wire: WireItem) -> Self {
        Self {
            description: wire.description.unwrap_or_default(),
            quantity: wire.quantity.unwrap_or(1),
            amount_subtotal: wire.amount_subtotal,
            currency: word(&wire.currency),
            price: wire.price.map(CartPrice::from),
        }
    }
}

impl From<WirePrice> for CartPrice {
    fn from(wire: WirePrice) -> Self {
        let usage = wire.recurring.as_ref();
        let usage = usage.and_then(|recurring| recurring.usage_type.as_deref());
        Self {
            metered: usage == Some("metered"),
            id: wire.id,
            active: wire.active.unwrap_or(false),
            tax_behavior: wire.tax_behavior.as_deref().map(word),
            recurring: wire.recurring.map(|recurring| {
                let count = recurring.interval_count.unwrap_or(1);
                (word(&recurring.interval), count)
            }),
        }
    }
}

impl Gateway {
    /// What was in a session's cart: all of it, since a session has at most a hundred positions.
    ///
    /// # Errors
    /// As [`Gateway::read`].
    pub async fn line_items(
        &self,
        stripe_id: &str,
        deadline: Instant,
    ) -> Result<Vec<CartItem>, CallError> {
        let request = ListLineItemsCheckoutSession::new(path_id(stripe_id)?).limit(LONGEST_PAGE);
        let page: ListPage<WireItem> = self.ask(&request, deadline).await?;
        Ok(page.data.into_iter().map(CartItem::from).collect())
    }
}
