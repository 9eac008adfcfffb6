//! What people do about what they were told: they look after mails that nobody else can.

use std::time::{Duration, Instant};

use freshmint::token::Role;
use reqwest::Method;

use super::Ground;

/// Whoever was not told by then looks all the same.
const PATIENCE: Duration = Duration::from_secs(60);
const BY_HAND: &str = "SELECT id::text AS text FROM outbox WHERE state IN ('unknown', 'failed')";

/// Once told, somebody drops each mail of which nobody knows whether it was sent, and each that was given up.
pub fn look_after_mails(ground: &Ground) {
    let world = &ground.world;
    let until = Instant::now() + PATIENCE;
    let mails = world.texts(BY_HAND);
    while Instant::now() < until && !mails.iter().all(|id| is_told(ground, id)) {
        std::thread::sleep(Duration::from_millis(300));
    }
    for id in &mails {
        let path = format!("/outbox/{id}/drop");
        let dropped = world.api(Role::Operator, Method::POST, &path, None);
        assert_eq!(dropped.status, 200, "{}", dropped.body);
    }
}

/// Of this one, or of many at once.
fn is_told(ground: &Ground, id: &str) -> bool {
    let told = ground.receiver.told();
    told.iter().any(|told| {
        told.ends_with(id) || told == "begins unknown_mail" || told == "begins failed_mail"
    })
}
