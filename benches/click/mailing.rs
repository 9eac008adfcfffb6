//! A mailing whose preview is costly, and a token to ask for it.

use freshmint::{
    blast,
    token::{self, Role},
};
use freshmint_benches::world::World;
use serde_json::json;

/// An operator's bearer token.
pub fn token(world: &World) -> String {
    let now = world.app.clock.now();
    let added = (world.app.db)
        .run_blocking(|connection| token::add(connection, "bench", Role::Operator, now));
    added.expect("a token").expose().to_owned()
}

/// The id of a mailing to all orders, whose template is as costly as it may be.
pub fn costly(world: &World) -> String {
    let draft: blast::Draft = serde_json::from_value(json!({
        "name": "bench",
        "subject": "The fee",
        "body": "{{ pay_url }}{% for i in range(300) %}{% if meta ~ lines == name|upper %}x{% endif %}{% endfor %}",
        "filter": {},
    }))
    .expect("a mailing's fields");
    let content = blast::Content::try_from(draft).unwrap_or_else(|why| panic!("{why:?}"));
    let doing = world.doing();
    let created = (world.app.db)
        .transaction_blocking(|connection| blast::create(connection, &content, &doing));
    match created {
        Ok(blast::Asked::Done(blast)) => blast.id.to_string(),
        other => panic!("{other:?}"),
    }
}
