//! `freshmint recovery simulate --since DATE`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use clap::Args;
use freshmint::{
    app::App, clock::Clock, config, recovery::simulate, reminder::rule::Reason, zone::begin_of,
};

use super::{day, total};
use crate::{
    Done, block_on,
    print::{self, shown},
};

#[derive(Args)]
pub struct Simulate {
    #[command(flatten)]
    settings: config::Service,
    /// Of carts that expired since this day, as 2026-11-01
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: NaiveDate,
}

impl Simulate {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let since = begin_of(self.since, app.time_zone);
        let carts = block_on(simulate::simulate(&app, since))?;
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for cart in &carts {
            let verdict = cart.reason.map_or("would be reminded", Reason::name);
            *counts.entry(verdict).or_default() += 1;
            let at = print::moment(cart.expired_at, app.time_zone);
            say!("{}  {at}  {verdict}", shown(&cart.session_id));
        }
        say!("{}", total(carts.len(), &counts));
        Ok(())
    }
}
