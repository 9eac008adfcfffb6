//! Prices: the few that stand in the account, and the ones made inline with a session.

use serde_json::{Value, json};

use super::ids;

/// A price of the account, as a test or the demo sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// `price_…`
    pub id: String,
    /// False once it cannot be bought any more.
    pub active: bool,
    /// Lower case, three letters.
    pub currency: String,
    /// In the currency's smallest unit.
    pub unit_amount: i64,
    /// `month`, `year` …; none for a price that is paid once.
    pub recurring: Option<String>,
    /// The product's name, which line items show.
    pub product: String,
    /// False once the product is archived; the price itself stays active then.
    pub product_active: bool,
    /// Billed by use: its lines have no quantity.
    pub metered: bool,
}

impl Default for Price {
    fn default() -> Price {
        Price {
            id: "price_simulated".to_owned(),
            active: true,
            currency: "eur".to_owned(),
            unit_amount: 4500,
            recurring: None,
            product: "Membership".to_owned(),
            product_active: true,
            metered: false,
        }
    }
}

impl Price {
    /// The price made from `price_data`, which exists for its session only.
    pub fn inline(data: &Value) -> Price {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let product = match &data["product_data"]["name"] {
            Value::String(name) => name.clone(),
            _ => text(&data["product"]),
        };
        Price {
            id: ids::short("price"),
            active: false,
            currency: text(&data["currency"]).to_lowercase(),
            unit_amount: data["unit_amount"].as_i64().unwrap_or_default(),
            recurring: data["recurring"]["interval"].as_str().map(str::to_owned),
            product,
            ..Price::default()
        }
    }

    /// The prices that a new simulator starts with.
    pub fn seeds() -> Vec<Price> {
        let seed = |id: &str, active, recurring: Option<&str>, product: &str| Price {
            id: id.to_owned(),
            active,
            recurring: recurring.map(str::to_owned),
            product: product.to_owned(),
            ..Price::default()
        };
        vec![
            seed("price_simulated_once", true, None, "Membership"),
            seed(
                "price_simulated_monthly",
                true,
                Some("month"),
                "Monthly membership",
            ),
            seed(
                "price_simulated_retired",
                false,
                None,
                "Last year's membership",
            ),
        ]
    }

    /// Stripe's price object.
    pub fn to_json(&self, created: i64) -> Value {
        let recurring = self.recurring.as_ref().map(|interval| {
            let (usage, meter) = match self.metered {
                true => ("metered", Some("mtr_simulated")),
                false => ("licensed", None),
            };
            json!({
                "interval": interval, "interval_count": 1, "meter": meter,
                "trial_period_days": null, "usage_type": usage,
            })
        });
        json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": "per_unit",
            "created": created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": null,
            "metadata": {},
            "nickname": null,
            "product": self.id.replacen("price", "prod", 1),
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }
}
