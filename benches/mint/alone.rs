//! What the simulator could do alone: the call that a mint makes, past the service.

use freshmint::{
    gateway::mint::{MintLine, MintParams},
    order::mode::Mode,
    random,
};
use freshmint_benches::{load::Target, world::World};
use freshmint_fakes::simulator;

/// Creations, each under a key of its own; the keys begin with `name`.
pub fn creations(world: &World, name: &str, count: usize) -> Vec<Target> {
    let now = world.app.clock.now();
    let return_url = format!("{}/pay/x/return", world.service);
    let body = params(world).body(random::row_id(now), &return_url);
    let secret_key = simulator::Settings::default().secret_key;
    let one = |number| Target {
        path: "/v1/checkout/sessions".to_owned(),
        body: body.clone(),
        headers: vec![
            ("Authorization", format!("Bearer {secret_key}")),
            (
                "Content-Type",
                "application/x-www-form-urlencoded".to_owned(),
            ),
            ("Idempotency-Key", format!("{name}-{number}")),
        ],
    };
    (0..count).map(one).collect()
}

fn params(world: &World) -> MintParams {
    MintParams {
        order_id: random::row_id(world.app.clock.now()),
        reference: "mint-1".to_owned(),
        customer_email: Some("parent@example.org".to_owned()),
        currency: "eur".to_owned(),
        lines: vec![MintLine::Inline {
            description: "Summer cup, U12".to_owned(),
            unit_amount: 4500,
            quantity: 1,
            recurring: None,
            tax_behavior: None,
        }],
        metadata: [].into(),
        locale: "auto".to_owned(),
        public_url: world.service.clone(),
        mode: Mode::Payment,
        automatic_tax: false,
        promotion_codes: false,
        also_asked: Vec::new(),
        livemode: false,
        link_version: 1,
        notice: None,
    }
}
