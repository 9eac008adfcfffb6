//! An order that restores a cart, and what becomes of it when Stripe does not take the cart any more as
//! it was: a price has been retired, a shipping rate or a coupon is gone.

use diesel::prelude::*;

use super::{Kind, Order, draft::NewOrder, history, line::Line, row::Simplified};
use crate::{activity::Doing, activity::Level, schema::orders};

/// A parameter of a checkout as Stripe's form writes it: `("phone_number_collection[enabled]", "true")`.
pub type Param = (String, String);

/// A cart, ready to become an order.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What was in it.
    pub order: NewOrder,
    /// What it came to before shipping, taxes and discounts, in minor units.
    pub amount: i64,
    /// What else its checkout asked for.
    pub checkout_params: Vec<Param>,
}

const WHERE_TO: &str = "shipping_address_collection";

/// What a checkout can do without, the most dispensable first.
const ADDITIONS: [&str; 12] = [
    "submit_type",
    "customer_update",
    "customer",
    "customer_creation",
    "invoice_creation",
    "tax_id_collection",
    "discounts",
    "phone_number_collection",
    "billing_address_collection",
    "consent_collection",
    "custom_fields",
    "shipping_options",
];

/// A cart that asks for less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simpler {
    lines: Vec<Line>,
    checkout_params: Vec<Param>,
}

impl Order {
    /// The same cart without what Stripe refused: a price of the catalogue becomes the amount that it
    /// was, anything else is left out. `param` is Stripe's name of it; where it names nothing that is
    /// asked for here, one addition goes after the other, then the prices. Where to ship to is never
    /// left out: nobody pays for what cannot be sent. `None`: it cannot be simpler.
    pub fn simpler(&self, param: Option<&str>) -> Option<Simpler> {
        if self.kind != Kind::Recovered {
            return None;
        }
        let param = param.unwrap_or_default();
        let one_less = || ADDITIONS.into_iter().find_map(|name| self.without(name));
        let named = self
            .without(top(param))
            .or_else(|| self.priced(|at| Some(at) == line_of(param)));
        let all_priced = || self.priced(|_| true);
        named.or_else(|| {
            if top(param) == "line_items" {
                all_priced().or_else(one_less)
            } else {
                one_less().or_else(all_priced)
            }
        })
    }

    /// With the amounts that prices of the catalogue were, in these lines.
    fn priced(&self, in_line: impl Fn(usize) -> bool) -> Option<Simpler> {
        let lines = self.lines.iter().enumerate().map(|(at, line)| {
            let amount = priced(line).filter(|_| in_line(at));
            amount.unwrap_or_else(|| line.clone())
        });
        let lines: Vec<Line> = lines.collect();
        (lines != self.lines).then(|| Simpler {
            lines,
            checkout_params: self.checkout_params.clone(),
        })
    }

    /// Without one addition, if that is asked for.
    fn without(&self, name: &str) -> Option<Simpler> {
        let goes = |asked: &Param| match name {
            WHERE_TO => false,
            // What may be kept of a customer means nothing without one.
            "customer" => asked.0.starts_with("customer"),
            name => top(&asked.0) == name,
        };
        let mut params = self.checkout_params.clone();
        params.retain(|asked| !goes(asked));
        (params != self.checkout_params).then(|| Simpler {
            lines: self.lines.clone(),
            checkout_params: params,
        })
    }

    /// Whether what is paid may be more or less than the lines, by shipping, taxes or a discount.
    pub fn has_additions(&self) -> bool {
        let adds = ["shipping_options", "discounts"];
        self.automatic_tax
            || self
                .checkout_params
                .iter()
                .any(|(name, _)| adds.contains(&top(name)))
    }
}

/// `shipping_options[0][shipping_rate]` is about `shipping_options`.
fn top(param: &str) -> &str {
    param.split('[').next().unwrap_or_default()
}

/// The line that `line_items[1][price]` is about.
fn line_of(param: &str) -> Option<usize> {
    let rest = param.strip_prefix("line_items[")?;
    rest.split(']').next()?.parse().ok()
}

/// A line with the amount that its price of the catalogue was.
fn priced(line: &Line) -> Option<Line> {
    match line {
        Line::Catalogue {
            quantity,
            seen: Some(seen),
            ..
        } => Some(Line::as_seen(seen.clone(), *quantity)),
        Line::Catalogue { seen: None, .. } | Line::Inline { .. } => None,
    }
}

/// Makes a locked order the simpler one; the version counts up.
pub fn simplify(
    connection: &mut PgConnection,
    order: &Order,
    simpler: &Simpler,
    doing: &Doing,
) -> QueryResult<()> {
    let changed = Simplified::new(&simpler.lines, &simpler.checkout_params);
    diesel::update(orders::table.find(order.id))
        .set((changed, orders::version.eq(orders::version + 1)))
        .execute(connection)?;
    let what = "Stripe does not take the cart as it was; a simpler checkout is opened";
    history(connection, order, doing, Level::Info, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mail::samples::fee,
        order::{
            line::{PriceId, Quantity, Seen},
            text::Description,
        },
    };

    fn cart(params: &[&str]) -> Order {
        let priced = |price: &str| Line::Catalogue {
            price: PriceId::try_from(price.to_owned()).expect("an id"),
            quantity: Quantity::try_from(2).expect("a quantity"),
            seen: Some(Seen {
                description: Description::parse("Scarf").expect("a text"),
                amount: 5_800,
                recurring: None,
                tax_behavior: None,
            }),
        };
        Order {
            kind: Kind::Recovered,
            lines: vec![priced("price_1"), priced("price_2")],
            checkout_params: params
                .iter()
                .map(|name| ((*name).to_owned(), "x".to_owned()))
                .collect(),
            ..fee("en")
        }
    }

    /// What is left: `price` or `amount` for each line, then the names of the additions.
    fn told(simpler: Option<Simpler>) -> String {
        let Some(simpler) = simpler else {
            return "nothing".to_owned();
        };
        let lines = simpler.lines.iter().map(|line| match line {
            Line::Catalogue { .. } => "price",
            Line::Inline { .. } => "amount",
        });
        let params = simpler
            .checkout_params
            .iter()
            .map(|(name, _)| name.as_str());
        lines.chain(params).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_stripe_refuses_goes_and_the_rest_stays() {
        let cart = cart(&["shipping_options[0][shipping_rate]", "discounts[0][coupon]"]);
        let without = |param: &str| told(cart.simpler(Some(param)));
        assert_eq!(
            without("line_items[1][price]"),
            "price amount shipping_options[0][shipping_rate] discounts[0][coupon]"
        );
        assert_eq!(
            without("shipping_options[0][shipping_rate]"),
            "price price discounts[0][coupon]"
        );
        assert_eq!(
            without("discounts"),
            "price price shipping_options[0][shipping_rate]"
        );
    }

    #[test]
    fn where_stripe_does_not_say_what_it_is_one_addition_goes_after_the_other_and_then_the_prices()
    {
        let mut cart = cart(&[
            "shipping_address_collection[allowed_countries][0]",
            "shipping_options[0][shipping_rate]",
            "discounts[0][coupon]",
            "customer",
        ]);
        let mut left = Vec::new();
        while let Some(simpler) = cart.simpler(None) {
            left.push(told(Some(simpler.clone())));
            cart.lines = simpler.lines;
            cart.checkout_params = simpler.checkout_params;
        }
        assert_eq!(
            left,
            [
                "price price shipping_address_collection[allowed_countries][0] \
                 shipping_options[0][shipping_rate] discounts[0][coupon]",
                "price price shipping_address_collection[allowed_countries][0] \
                 shipping_options[0][shipping_rate]",
                "price price shipping_address_collection[allowed_countries][0]",
                "amount amount shipping_address_collection[allowed_countries][0]",
            ]
        );
    }

    #[test]
    fn where_the_lines_are_meant_the_prices_go_first() {
        let mut cart = cart(&["discounts[0][coupon]"]);
        let simpler = cart.simpler(Some("line_items"));
        assert_eq!(told(simpler.clone()), "amount amount discounts[0][coupon]");
        cart.lines = simpler.expect("it is").lines;
        assert_eq!(told(cart.simpler(Some("line_items"))), "amount amount");
    }

    #[test]
    fn every_addition_that_a_checkout_repeats_can_go_but_where_to_ship_to() {
        let names = ADDITIONS.into_iter().chain([WHERE_TO]);
        for name in names {
            let cart = cart(&[name]);
            let goes = cart
                .simpler(Some(name))
                .is_some_and(|simpler| simpler.checkout_params.is_empty());
            assert_eq!(goes, name != WHERE_TO, "{name}");
        }
    }

    #[test]
    fn with_a_customer_goes_what_may_be_kept_of_them() {
        let cart = cart(&["customer", "customer_update[address]"]);
        assert_eq!(told(cart.simpler(Some("customer"))), "price price");
    }

    #[test]
    fn a_plain_cart_cannot_be_simpler_and_an_order_of_the_shop_is_as_the_shop_says() {
        let plain = Order {
            kind: Kind::Recovered,
            ..fee("en")
        };
        assert_eq!(plain.simpler(Some("line_items[0][price]")), None);
        let billed = Order {
            kind: Kind::Billed,
            ..cart(&["discounts[0][coupon]"])
        };
        assert_eq!(billed.simpler(Some("discounts")), None);
    }

    #[test]
    fn shipping_taxes_and_discounts_make_it_another_sum() {
        assert!(cart(&["shipping_options[0][shipping_rate]"]).has_additions());
        assert!(cart(&["discounts[0][coupon]"]).has_additions());
        assert!(!cart(&["phone_number_collection[enabled]"]).has_additions());
    }
}
