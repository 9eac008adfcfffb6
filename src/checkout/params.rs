//! What is asked of Stripe for an order as it is today.

use crate::{
    app::App,
    checkout::row::CheckoutFacts,
    gateway::mint::{MintLine, MintParams},
    order::line::Line,
};

/// What Stripe takes for `custom_text`. <https://docs.stripe.com/api/checkout/sessions/create>
const MOST_LETTERS: usize = 1_200;

/// The parameters of a mint; their hash tells whether an open session still says what it should.
pub fn mint_params(app: &App, found: &CheckoutFacts) -> MintParams {
    let order = &found.order;
    MintParams {
        order_id: order.id,
        reference: order.reference.clone(),
        customer_email: order.email.as_ref().map(|email| email.as_str().to_owned()),
        currency: order.currency.code().to_owned(),
        lines: order.lines.iter().map(mint_line).collect(),
        metadata: order.metadata.clone(),
        locale: order.locale.as_str().to_owned(),
        public_url: app.public_url.to_string(),
        mode: order.mode,
        automatic_tax: order.automatic_tax,
        promotion_codes: order.promotion_codes,
        also_asked: order.checkout_params.clone(),
        livemode: app.livemode,
        link_version: order.link_version,
        notice: notice(found),
    }
}

/// What the checkout says beside what is to be paid: that a bank debit did not arrive, and that a
/// reminder may follow.
fn notice(found: &CheckoutFacts) -> Option<String> {
    let (order, settings) = (&found.order, &found.settings);
    let words = &order.locale.language().words().mails;
    let debit = order.debit_failed_at.map(|_| words.debit_failed);
    let wanted = settings.reminders_enabled && order.remind;
    let may_follow = wanted && order.email.is_some() && !found.reminded;
    let reminder = may_follow.then(|| settings.notice_text.as_deref().unwrap_or(words.notice));
    let said: Vec<&str> = debit.into_iter().chain(reminder).collect();
    let said: String = said.join(" ").chars().take(MOST_LETTERS).collect();
    (!said.is_empty()).then_some(said)
}

fn mint_line(line: &Line) -> MintLine {
    match line {
        Line::Inline {
            description,
            unit_amount,
            quantity,
            recurring,
            tax_behavior,
        } => MintLine::Inline {
            description: description.to_string(),
            unit_amount: *unit_amount,
            quantity: quantity.get(),
            recurring: recurring.clone(),
            tax_behavior: tax_behavior.clone(),
        },
        Line::Catalogue {
            price, quantity, ..
        } => MintLine::Catalogue {
            price: price.as_str().to_owned(),
            quantity: quantity.get(),
        },
    }
}
