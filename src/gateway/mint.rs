//! What is sent to Stripe to mint a Checkout Session (CONTRACT 6 of the design; docs/ARCHITECTURE.md).

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sha2::{Digest, Sha256};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionCustomText,
    CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionLineItemsPriceDataRecurring,
    CreateCheckoutSessionLineItemsPriceDataRecurringInterval,
    CreateCheckoutSessionPaymentIntentData, CreateCheckoutSessionSubscriptionData,
    CustomTextPositionParam, ProductData,
};
use stripe_checkout::{CheckoutSessionLocale, CheckoutSessionMode};
use stripe_client_core::StripeRequest;
use stripe_types::Currency;
use url::Url;
use uuid::Uuid;

use super::session::ROW_KEY;
use crate::order::Param;
use crate::order::line::Recurring;
use crate::order::mode::Mode;

/// The parameters of a mint that follow from the order and our settings, and from nothing else:
/// the same order gives the same parameters, so that their hash tells whether an open session
/// still says what it should. What is not asked for is left out, so that the hashes of sessions that
/// are open stay what they are.
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
    /// One payment, or a subscription.
    #[serde(skip_serializing_if = "is_payment")]
    pub mode: Mode,
    /// Whether Stripe works out the taxes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic_tax: bool,
    /// Whether the checkout takes promotion codes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub promotion_codes: bool,
    /// What else a restored checkout asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_asked: Vec<Param>,
    /// Whether real money is asked for.
    pub livemode: bool,
    /// The version of the link that the payer comes back to.
    pub link_version: i32,
    /// What the page says of a debit that did not arrive and of a reminder that may follow.
    pub notice: Option<String>,
}

/// What is to be paid for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MintLine {
    /// A line with its own price.
    Inline {
        /// Shown on the checkout.
        description: String,
        /// In minor units.
        unit_amount: i64,
        /// At least one.
        quantity: u32,
        /// How often it is paid, if again and again.
        #[serde(skip_serializing_if = "Option::is_none")]
        recurring: Option<Recurring>,
        /// Whether taxes are in it, if Stripe works them out and it says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        tax_behavior: Option<String>,
    },
    /// A price of the shop's catalogue, which brings its name and amount.
    Catalogue {
        /// `price_…`
        price: String,
        /// At least one.
        quantity: u32,
    },
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
        let metadata: HashMap<_, _> = metadata.into_iter().collect();
        let mut create = CreateCheckoutSession::new()
            .line_items(
                self.lines
                    .iter()
                    .map(|line| self.line_item(line))
                    .collect::<Vec<_>>(),
            )
            .client_reference_id(self.order_id.to_string())
            .success_url(return_url)
            .cancel_url(return_url);
        create = self.paid_by_mode(create, &metadata).metadata(metadata);
        let locale: CheckoutSessionLocale =
            self.locale.parse().unwrap_or_else(|never| match never {});
        create = create.locale(locale);
        // A customer brings an address: Stripe takes one of the two.
        let is_customers = self.also_asked.iter().any(|(name, _)| name == "customer");
        if let Some(email) = self.customer_email.as_ref().filter(|_| !is_customers) {
            create = create.customer_email(email);
        }
        if let Some(notice) = &self.notice {
            let mut text = CreateCheckoutSessionCustomText::new();
            text.submit = Some(CustomTextPositionParam::new(notice.clone()));
            create = create.custom_text(text);
        }
        if self.automatic_tax {
            create = create.automatic_tax(CreateCheckoutSessionAutomaticTax::new(true));
        }
        if self.promotion_codes {
            create = create.allow_promotion_codes(true);
        }
        // A catalogue price may have several currencies: this one is owed, whatever the payer's is.
        if self
            .lines
            .iter()
            .any(|line| matches!(line, MintLine::Catalogue { .. }))
        {
            create = create.currency(self.stripe_currency());
        }
        let body = create.build().body.unwrap_or_default();
        let mut form = url::form_urlencoded::Serializer::for_suffix(body, 0);
        form.extend_pairs(&self.also_asked).finish()
    }

    /// The mode, and the metadata on what lives longer than the session: refunds and disputes carry
    /// the payment intent's only, and a subscription has no payment intent of its own.
    fn paid_by_mode(
        &self,
        create: CreateCheckoutSession,
        metadata: &HashMap<String, String>,
    ) -> CreateCheckoutSession {
        match self.mode {
            Mode::Payment => {
                let mut intent = CreateCheckoutSessionPaymentIntentData::new();
                intent.metadata = Some(metadata.clone());
                create
                    .mode(CheckoutSessionMode::Payment)
                    .payment_intent_data(intent)
            }
            Mode::Subscription => {
                let mut subscription = CreateCheckoutSessionSubscriptionData::new();
                subscription.metadata = Some(metadata.clone());
                create
                    .mode(CheckoutSessionMode::Subscription)
                    .subscription_data(subscription)
            }
        }
    }

    fn line_item(&self, line: &MintLine) -> CreateCheckoutSessionLineItems {
        let mut item = CreateCheckoutSessionLineItems::new();
        match line {
            MintLine::Inline {
                description,
                unit_amount,
                quantity,
                recurring,
                tax_behavior,
            } => {
                let mut price =
                    CreateCheckoutSessionLineItemsPriceData::new(self.stripe_currency());
                price.unit_amount = Some(*unit_amount);
                price.product_data = Some(ProductData::new(description.clone()));
                price.recurring = recurring.as_ref().map(|often| {
                    let interval: CreateCheckoutSessionLineItemsPriceDataRecurringInterval = often
                        .interval
                        .parse()
                        .unwrap_or_else(|never| match never {});
                    let mut recurring =
                        CreateCheckoutSessionLineItemsPriceDataRecurring::new(interval);
                    recurring.interval_count = Some(u64::from(often.interval_count));
                    recurring
                });
                price.tax_behavior = tax_behavior
                    .as_ref()
                    .map(|said| said.parse().unwrap_or_else(|never| match never {}));
                item.price_data = Some(price);
                item.quantity = Some(u64::from(*quantity));
            }
            MintLine::Catalogue { price, quantity } => {
                item.price = Some(price.clone());
                item.quantity = Some(u64::from(*quantity));
            }
        }
        item
    }

    fn stripe_currency(&self) -> Currency {
        self.currency.parse().unwrap_or_else(|never| match never {})
    }
}

/// Stands for what decides on parameters beside an order and the settings in the database: the program's
/// source, words and all, and its configuration. Another number says nothing: they may be the same.
pub fn build(public_url: &Url, livemode: bool) -> i64 {
    let all = format!("{} {livemode} {public_url}", env!("FRESHMINT_SOURCE"));
    let digest = Sha256::digest(all);
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| (number << 8) | i64::from(*byte))
}

fn is_payment(mode: &Mode) -> bool {
    *mode == Mode::Payment
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
            lines: vec![line("Cup & shirt", 4_500)],
            metadata: [("team".to_owned(), "U12".to_owned())].into(),
            locale: "de".into(),
            public_url: "https://pay.example.org/".into(),
            mode: Mode::Payment,
            automatic_tax: false,
            promotion_codes: false,
            also_asked: Vec::new(),
            livemode: false,
            link_version: 1,
            notice: Some("One reminder may follow.".into()),
        }
    }

    fn line(description: &str, unit_amount: i64) -> MintLine {
        MintLine::Inline {
            description: description.into(),
            unit_amount,
            quantity: 2,
            recurring: None,
            tax_behavior: None,
        }
    }

    fn decoded(body: &str) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect();
        pairs.sort();
        pairs
    }

    fn written(params: &MintParams) -> String {
        let pairs =
            decoded(&params.body(Uuid::from_u128(2), "https://pay.example.org/pay/t/return"));
        let text: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        text.join("\n")
    }

    #[test]
    fn the_body_says_what_the_order_says_and_no_more() {
        insta::assert_snapshot!(written(&params()));
    }

    #[test]
    fn a_subscription_names_its_prices_and_has_no_payment_intent() {
        let subscription = MintParams {
            mode: Mode::Subscription,
            automatic_tax: true,
            promotion_codes: true,
            lines: vec![MintLine::Catalogue {
                price: "price_monthly".into(),
                quantity: 2,
            }],
            ..params()
        };
        insta::assert_snapshot!(written(&subscription));
    }

    #[test]
    fn a_restored_checkout_asks_for_what_the_first_one_did_and_for_its_customer_instead_of_an_address()
     {
        let asked = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let restored = MintParams {
            also_asked: vec![
                asked("shipping_address_collection[allowed_countries][0]", "DE"),
                asked("customer", "cus_1"),
                asked("custom_fields[0][label][custom]", "Größe & Farbe"),
            ],
            ..params()
        };
        insta::assert_snapshot!(written(&restored));
    }

    #[test]
    fn a_session_that_was_opened_by_an_earlier_version_is_known_by_its_hash() {
        assert_eq!(
            hex::encode(params().hash()),
            "e06027eed63856ee5f6feb2b0bb262daad458b408fb8fe8a7fa06d4fecfccc4e"
        );
    }

    #[test]
    fn the_hash_changes_with_whatever_the_payer_would_see() {
        let same = params().hash();
        assert_eq!(params().hash(), same);
        let changes: [fn(&mut MintParams); 12] = [
            |params| {
                let shipped = ("shipping_options[0][shipping_rate]", "shr_1");
                params.also_asked = vec![(shipped.0.to_owned(), shipped.1.to_owned())];
            },
            |params| params.notice = None,
            |params| params.customer_email = None,
            |params| params.lines = vec![line("Cup & shirt", 4_501)],
            |params| params.lines = vec![line("Cup & shirts", 4_500)],
            |params| {
                params.lines = vec![MintLine::Catalogue {
                    price: "price_1".into(),
                    quantity: 2,
                }];
            },
            |params| params.mode = Mode::Subscription,
            |params| params.automatic_tax = true,
            |params| params.promotion_codes = true,
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
