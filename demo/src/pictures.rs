//! The README's pictures: pages of the demo, as a browser shows them.
//!
//! The same happens each time, at the same time of a pretended day, so that a picture differs from the last one
//! only where its page does.

mod browser;
mod visitors;

use std::{fs, path::Path};

use chrono::{DateTime, TimeDelta, Utc};

use self::browser::Browser;
use crate::{
    club,
    failure::Failure,
    seed::{Link, Shop},
    stripe::Stripe,
};

/// When it all happens: a Saturday, three weeks before the tournament.
const BEGIN: &str = "2026-05-16T08:30:00Z";
/// Whose order is shown: they had the mailing, open the link some hours later, and leave the payment page.
const STORY: &str = "CUP-2026-002";
const LATER: TimeDelta = TimeDelta::hours(3);
/// Which mailing: the one that stopped itself.
const MAILING: &str = "Summer Cup 2026, guest clubs";

/// Why there are none.
const SIMULATOR: &str = "Pictures are taken with the simulator: unset STRIPE_SECRET_KEY.";

/// Sets the clock, before anything has happened.
pub fn set_clock(stripe: &Stripe) -> Result<(), Failure> {
    let no_simulator = || Failure::new(SIMULATOR);
    let simulator = stripe.simulator().ok_or_else(no_simulator)?;
    let begin: DateTime<Utc> = BEGIN.parse().map_err(Failure::new)?;
    simulator.set_now(begin);
    Ok(())
}

/// Takes them into this folder.
pub fn take(shop: &Shop<'_>, links: &[Link], folder: &Path) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::new)?;
    runtime.block_on(taken(shop, links, folder))
}

async fn taken(shop: &Shop<'_>, links: &[Link], folder: &Path) -> Result<(), Failure> {
    let no_simulator = || Failure::new(SIMULATOR);
    let simulator = shop.stripe.simulator().ok_or_else(no_simulator)?;
    fs::create_dir_all(folder).map_err(Failure::new)?;
    simulator.advance(LATER);
    let order = shop.is_left_and_reminded(STORY, simulator).await?;
    let blast = shop.mailing_called(MAILING).await?;
    let browser = Browser::open().await?;
    let page = |path: &str| format!("{}{path}", shop.address);
    browser
        .sign_in(shop.address, club::ADMIN.1, club::PASSWORD)
        .await?;
    let pictures = [
        ("today", 900, page("/ops")),
        // Down to its story.
        ("order", 1100, page(&format!("/ops/orders/{order}"))),
        ("mailing", 900, page(&format!("/ops/blasts/{blast}"))),
    ];
    for (name, height, url) in pictures {
        let file = folder.join(format!("{name}.png"));
        browser.picture(&url, height, &file).await?;
    }
    for day in 0..visitors::A_DAY.len() {
        if day > 0 {
            simulator.advance(TimeDelta::days(1));
        }
        visitors::come(links, day).await?;
    }
    // The browser's session is as old as all of that.
    browser
        .sign_in(shop.address, club::ADMIN.1, club::PASSWORD)
        .await?;
    let visits = page("/ops/visits?from=2026-05-16&to=2026-05-28&by=day");
    let file = folder.join("visits.png");
    browser.picture(&visits, 900, &file).await?;
    browser.close().await;
    Ok(())
}
