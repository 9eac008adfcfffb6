//! What is sent to Stripe to mint a Checkout Session (CONTRACT 6 of the design; docs/ARCHITECTURE.md).

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomText, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CustomTextPositionParam, ProductData,
};
use stripe_checkout::{CheckoutSessionLocale, CheckoutSessionMode};
use stripe_client_core::StripeRequest;
use stripe_types::Currency;
use uuid::Uuid;

use super::session::ROW_KEY;

/// The parameters of a mint that follow from the order and our settings, and from nothing else:
/// the same order gives the same parameters, so that their hash tells whether an open session
/// still says what it should.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MintParams {
    /// Our order's id.
    pub order_id: Uuid,
    /// The shop's name for the order.
    pub reference: String,
    /// Fills the e-mail field of the checkout.
    pub customer_email: Option<String>,
    /// Lower-case ISO code.
    pub currency: String,
    /// What is to be paid.
    pub lines: Vec<MintLine>,
    /// The order's own metadata.
    pub metadata: BTreeMap<String, String>,
    /// The checkout's language, one of Stripe's codes.
    pub locale: String,
    /// Where our links begin.
    pub public_url: String,
    /// Whether real money is asked for.
    pub livemode: bool,
    /// The version of the link that the payer comes back to.
    pub link_version: i32,
    /// What the page says of a debit that did not arrive and of a reminder that may follow.
    pub notice: Option<String>,
}

/// A line with its own price.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MintLine {
    /// Shown on the checkout.
    pub description: String,
    /// In minor units.
    pub unit_amount: i64,
    /// At least one.
    pub quantity: u32,
}

impl MintParams {
    /// A hash that changes when anything the payer would see changes.
    pub fn hash(&self) -> Vec<u8> {
        let text = serde_json::to_vec(self).expect("strings and numbers always serialise");
        Sha256::digest(text).to_vec()
    }

    /// The request's body, for the row `row`; `return_url` is where Stripe sends the payer back.
    pub fn body(&self, row: Uuid, return_url: &str) -> String {
        let mut metadata: Vec<(String, String)> = vec![
            ("order_id".to_owned(), self.order_id.to_string()),
            ("reference".to_owned(), self.reference.clone()),
            (ROW_KEY.to_owned(), row.to_string()),
        ];
        metadata.extend(self.metadata.clone());
        let metadata: std::collections::HashMap<_, _> = metadata.into_iter().collect();
        // Refunds and disputes carry the payment intent's metadata only.
        let mut intent = CreateCheckoutSessionPaymentIntentData::new();
        intent.metadata = Some(metadata.clone());
        let mut create = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .line_items(
                self.lines
                    .iter()
                    .map(|line| self.line_item(line))
                    .collect::<Vec<_>>(),
            )
            .client_reference_id(self.order_id.to_string())
            .success_url(return_url)
            .cancel_url(return_url)
            .metadata(metadata)
            .payment_intent_data(intent);
        let locale: CheckoutSessionLocale =
            self.locale.parse().unwrap_or_else(|never| match never {});
        create = create.locale(locale);
        if let Some(email) = &self.customer_email {
            create = create.customer_email(email);
        }
        if let Some(notice) = &self.notice {
            let mut text = CreateCheckoutSessionCustomText::new();
            text.submit = Some(CustomTextPositionParam::new(notice.clone()));
            create = create.custom_text(text);
        }
        create.build().body.unwrap_or_default()
    }

    fn line_item(&self, line: &MintLine) -> CreateCheckoutSessionLineItems {
        let currency: Currency = self.currency.parse().unwrap_or_else(|never| match never {});
        let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency);
        price.unit_amount = Some(line.unit_amount);
        price.product_data = Some(ProductData::new(line.description.clone()));
        let mut item = CreateCheckoutSessionLineItems::new();
        item.price_data = Some(price);
        item.quantity = Some(u64::from(line.quantity));
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params() -> MintParams {
        MintParams {
            order_id: Uuid::from_u128(1),
            reference: "CUP-1".into(),
            customer_email: Some("kim@example.org".into()),
            currency: "eur".into(),
            lines: vec![MintLine {
                description: "Cup & shirt".into(),
                unit_amount: 4_500,
                quantity: 2,
            }],
            metadata: [("team".to_owned(), "U12".to_owned())].into(),
            locale: "de".into(),
            public_url: "https://pay.example.org/".into(),
            livemode: false,
            link_version: 1,
            notice: Some("One reminder may follow.".into()),
        }
    }

    fn decoded(body: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        pairs.sort();
        pairs
    }

    #[test]
    fn the_body_says_what_the_order_says_and_no_more() {
        let pairs =
            decoded(&params().body(Uuid::from_u128(2), "https://pay.example.org/pay/t/return"));
        let text: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    }

    #[test]
    fn the_hash_changes_with_whatever_the_payer_would_see() {
        let same = params().hash();
        assert_eq!(params().hash(), same);
        let changes: [fn(&mut MintParams); 7] = [
            |params| params.notice = None,
            |params| params.customer_email = None,
            |params| params.lines[0].unit_amount += 1,
            |params| params.lines[0].description.push('!'),
            |params| params.public_url.push('x'),
            |params| params.link_version += 1,
            |params| params.livemode = true,
        ];
        for change in changes {
            let mut changed = params();
            change(&mut changed);
            assert_ne!(changed.hash(), same, "{changed:?}");
        }
    }
}
