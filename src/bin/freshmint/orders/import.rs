//! `freshmint orders import FILE.csv`.

use std::path::PathBuf;

use clap::Args;
use diesel::Connection;
use freshmint::{
    clock::Clock,
    config,
    db::Db,
    order::{
        self, Created, Doing,
        csv::{self, BadLine},
        draft::NewOrder,
    },
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{Done, Failure};

const TAKEN: &str = "another order stands under this reference, with other content; change it there, or choose another reference";
const CHANGED: &str =
    "the order was changed since it was imported; bring this line in line with it, or take it out";

#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    database: config::Database,
    /// The file: reference, email, name, currency, description, amount; optional quantity, locale, meta.KEY
    file: PathBuf,
    /// Check and tell, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the good orders in although others are bad
    #[arg(long)]
    skip_bad: bool,
}

impl Import {
    pub fn run(self) -> Done {
        let bytes = std::fs::read(&self.file).map_err(|error| {
            Failure::new(format!("{} cannot be read: {error}.", self.file.display()))
        })?;
        let parsed = csv::parse(&bytes)
            .map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))?;
        let mut report = Report {
            bad: parsed.bad,
            ..Report::default()
        };
        // With bad lines and all-or-nothing, the database is asked too, so that one run tells everything.
        let keep = !self.dry_run && (report.bad.is_empty() || self.skip_bad);
        take_in(
            &self.database,
            &parsed.orders,
            keep,
            self.skip_bad,
            &mut report,
        )?;
        report.print(self.dry_run)
    }
}

#[derive(Default)]
struct Report {
    created: usize,
    unchanged: usize,
    bad: Vec<BadLine>,
    kept: bool,
}

/// One transaction: every order, or none. It is rolled back for a dry run, and where something is bad.
fn take_in(
    database: &config::Database,
    orders: &[(u64, NewOrder)],
    keep: bool,
    skip_bad: bool,
    report: &mut Report,
) -> Done {
    let db = Db::new(&database.database_url, 1);
    let doing = Doing {
        actor: "command line".to_owned(),
        at: Clock::system().now(),
        note: None,
    };
    let bar = progress(orders.len());
    let done = db.run_blocking(|connection| {
        let mut seen = Report::default();
        bar.set_position(0);
        let outcome = connection.transaction::<(), Rollback, _>(|connection| {
            for (line, order) in orders {
                match order::create(connection, order, &doing)? {
                    Created::New(_) => seen.created += 1,
                    Created::Stands { as_today: true, .. } => seen.unchanged += 1,
                    Created::Stands { as_given, .. } => {
                        seen.bad
                            .push(bad(*line, order, if as_given { CHANGED } else { TAKEN }));
                    }
                }
                bar.inc(1);
            }
            if keep && (seen.bad.is_empty() || skip_bad) {
                Ok(())
            } else {
                Err(Rollback::Wanted)
            }
        });
        match outcome {
            Ok(()) => seen.kept = true,
            Err(Rollback::Wanted) => {}
            Err(Rollback::Query(error)) => return Err(error),
        }
        Ok(seen)
    });
    bar.finish_and_clear();
    let seen = done?;
    report.created = seen.created;
    report.unchanged = seen.unchanged;
    report.kept = seen.kept;
    report.bad.extend(seen.bad);
    report.bad.sort_by_key(|bad| bad.line);
    Ok(())
}

enum Rollback {
    Wanted,
    Query(diesel::result::Error),
}

impl From<diesel::result::Error> for Rollback {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(error)
    }
}

fn bad(line: u64, order: &NewOrder, reason: &str) -> BadLine {
    BadLine {
        line,
        reference: Some(order.reference.to_string()),
        reason: reason.to_owned(),
    }
}

impl Report {
    fn print(&self, dry_run: bool) -> Done {
        for bad in &self.bad {
            match &bad.reference {
                Some(reference) => eprintln!("line {}: {}: {}", bad.line, reference, bad.reason),
                None => eprintln!("line {}: {}", bad.line, bad.reason),
            }
        }
        let Self {
            created,
            unchanged,
            kept,
            ..
        } = self;
        let bad = self.bad.len();
        match (kept, dry_run) {
            (true, _) => println!("{created} created, {unchanged} unchanged, {bad} bad"),
            (false, true) => println!(
                "dry run: {created} would be created, {unchanged} unchanged, {bad} bad; nothing was changed"
            ),
            (false, false) => println!(
                "nothing was imported: {bad} bad, {created} would have been created, {unchanged} unchanged"
            ),
        }
        match bad {
            0 => Ok(()),
            // Asked for with --skip-bad.
            _ if *kept => Ok(()),
            _ => Err(Failure::new(format!(
                "{bad} {} bad; mend the file and import it again, or leave the bad out with --skip-bad.",
                if bad == 1 { "line is" } else { "lines are" }
            ))),
        }
    }
}

/// A bar on a terminal; elsewhere nothing but the closing line.
fn progress(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} orders  {eta}") {
        bar.set_style(style);
    }
    bar
}
