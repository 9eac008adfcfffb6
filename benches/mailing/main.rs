//! `cargo bench --bench mailing`: a mailing to twenty thousand. From the spreadsheet to the start: time,
//! statements, memory; and while it sends: its counts, a page of its recipients and a click, beside the same
//! when all is sent.

mod sending;
mod steps;

use freshmint_benches::{Bench, statements, world::World};
use freshmint_fakes::{
    mailbox::{self, Mailbox},
    postgres::Durability,
};

/// Recipients of the mailing.
const FULL: usize = 20_000;
const QUICK: usize = 500;
/// Orders of the largest file.
const MANY: usize = 300_000;
const QUICK_MANY: usize = 5_000;

fn main() {
    let Some(mut bench) = Bench::begin("mailing") else {
        return;
    };
    let recipients = bench.size(FULL, QUICK);
    // Before the first connection: every one of them counts.
    statements::count();
    let mailbox = Mailbox::start(mailbox::Settings::default()).expect("the mailbox starts");
    mailbox.keep_only_counts(true);
    let world = World::with_mail(Durability::ThrowAway, &mailbox.smtp_url());
    let id = steps::measure(&mut bench, &world, recipients);
    sending::measure(&mut bench, &world, &mailbox, id, recipients);
    let many = bench.size(MANY, QUICK_MANY);
    steps::take_in_many(&mut bench, &world, many);
    bench.end(&format!(
        "{recipients} recipients, into a local sink. A throw-away database. Memory is what the process took more at its peak."
    ));
}
