//! `freshmint orders import FILE.csv`.

use std::path::PathBuf;

use clap::Args;
use diesel::Connection;
use freshmint::{
    activity::Doing,
    clock::Clock,
    config,
    db::{Db, gather_statistics},
    import::{
        self, Brought, ImportName, Taken,
        file::{self, Entry},
    },
    legible::excerpt,
    spreadsheet::BadLine,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{Done, Failure, print::count, read};

/// Letters of a reference that are printed: as many as it may have.
const REFERENCE: usize = 120;

#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    database: config::Database,
    /// The file: reference, email, name, currency, description, amount; optional quantity, locale,
    /// meta.KEY, and from an older system stripe_session_id, paid_at
    file: PathBuf,
    /// Check, give a verdict for each order, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the good orders in although others are bad
    #[arg(long)]
    skip_bad: bool,
}

impl Import {
    pub fn run(self) -> Done {
        let parsed = file::parse(&read(&self.file)?, Clock::system().now())
            .map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))?;
        let mut report = Report {
            bad: parsed.bad,
            ..Report::default()
        };
        // With bad lines and all-or-nothing, the database is asked too, so that one run tells everything.
        let keep = !self.dry_run && (report.bad.is_empty() || self.skip_bad);
        let name = self.file.file_name().unwrap_or_default();
        take_in(
            &self.database,
            &name.to_string_lossy(),
            &parsed.orders,
            keep,
            self.skip_bad,
            &mut report,
        )?;
        if self.dry_run {
            report.print_verdicts();
        }
        report.print(self.dry_run)
    }
}

#[derive(Default)]
struct Report {
    /// Line, reference and what became of it, of each order that is not bad.
    taken: Vec<(u64, String, Taken)>,
    bad: Vec<BadLine>,
    /// Events of Stripe that are taken up again.
    events: usize,
    kept: bool,
}

/// One transaction: every order, or none. It is rolled back for a dry run, and where something is bad.
fn take_in(
    database: &config::Database,
    file: &str,
    entries: &[Entry],
    keep: bool,
    skip_bad: bool,
    report: &mut Report,
) -> Done {
    let db = Db::for_command(database);
    let doing = Doing {
        actor: "command line".to_owned(),
        at: Clock::system().now(),
        note: None,
    };
    let bar = progress(entries.len());
    let done = db.run_blocking(|connection| {
        let mut seen = Report::default();
        bar.set_position(0);
        let outcome = connection.transaction::<(), Rollback, _>(|connection| {
            let name = ImportName::of_file(connection, file)?;
            for entries in entries.chunks(import::AT_ONCE) {
                let taken = import::take_in(connection, entries, &name, &doing)?;
                for (entry, taken) in entries.iter().zip(taken) {
                    seen.note(entry, taken);
                }
                bar.inc(entries.len() as u64);
            }
            seen.events = import::take_up_events(connection, entries)?;
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
    let mut seen = done?;
    if seen.kept {
        // PostgreSQL would come to it in some minutes; the mailing may follow in one. The orders are kept,
        // whatever becomes of this.
        if let Err(error) = db.run_blocking(gather_statistics) {
            log::warn!("PostgreSQL was not asked to look at its tables: {error}");
        }
    }
    seen.bad.append(&mut report.bad);
    seen.bad.sort_by_key(|bad| bad.line);
    *report = seen;
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

impl Report {
    fn note(&mut self, entry: &Entry, taken: Taken) {
        let reference = entry.order.reference.to_string();
        match taken {
            Taken::Refused(reason) => self.bad.push(BadLine {
                line: entry.line,
                reference: Some(reference),
                reason,
            }),
            taken => self.taken.push((entry.line, reference, taken)),
        }
    }

    /// How many were created, updated and left alone, in this tense.
    fn counts(&self, tense: &str) -> String {
        let those = |is: fn(&Taken) -> bool| self.taken.iter().filter(|taken| is(&taken.2)).count();
        let created = those(|taken| matches!(taken, Taken::New(_)));
        let updated = those(|taken| matches!(taken, Taken::Updated(_)));
        let unchanged = those(|taken| matches!(taken, Taken::Unchanged));
        let updated = match updated {
            0 => String::new(),
            _ => format!(" {updated} {tense}updated,"),
        };
        format!("{created} {tense}created,{updated} {unchanged} unchanged")
    }

    /// What came of an older system's work, if anything did.
    fn of_an_older_system(&self) -> Option<String> {
        let brought = self.taken.iter().map(|(_, _, taken)| brought(taken));
        let (paid, sessions) = brought.fold((0, 0), |(paid, sessions), brought| {
            (
                paid + usize::from(brought.paid),
                sessions + brought.sessions,
            )
        });
        let events = self.events;
        (paid + sessions + events > 0).then(|| {
            format!(
                "from an older system: {paid} paid, {}, {} of Stripe to act on",
                count(sessions, "session", "sessions"),
                count(events, "event", "events")
            )
        })
    }

    fn print_verdicts(&self) {
        for (line, reference, taken) in &self.taken {
            say!("line {line}: {reference}: {}", verdict(taken));
        }
    }

    fn print(&self, dry_run: bool) -> Done {
        for bad in &self.bad {
            match &bad.reference {
                Some(reference) => {
                    let reference = excerpt(reference, REFERENCE);
                    complain!("line {}: {reference}: {}", bad.line, bad.reason);
                }
                None => complain!("line {}: {}", bad.line, bad.reason),
            }
        }
        let bad = self.bad.len();
        match (self.kept, dry_run) {
            (true, _) => say!("{}, {bad} bad", self.counts("")),
            (false, true) => say!(
                "dry run: {}, {bad} bad; nothing was changed",
                self.counts("would be ")
            ),
            (false, false) => say!(
                "nothing was imported: {bad} bad, {}",
                self.counts("would have been ")
            ),
        }
        if let Some(older) = self.of_an_older_system() {
            say!("{older}");
        }
        match bad {
            0 => Ok(()),
            // Asked for with --skip-bad.
            _ if self.kept => Ok(()),
            _ => Err(Failure::new(format!(
                "{} bad; mend the file and import it again, or leave the bad out with --skip-bad.",
                count(bad, "line is", "lines are")
            ))),
        }
    }
}

/// What becomes of one order, in a few words.
fn verdict(taken: &Taken) -> String {
    let word = match taken {
        Taken::New(_) => "new",
        Taken::Updated(_) => "updated",
        Taken::Unchanged => "unchanged",
        Taken::Refused(reason) => reason,
    };
    let brought = brought(taken);
    let mut words = vec![word.to_owned()];
    words.extend(brought.paid.then(|| "paid".to_owned()));
    words.extend(match brought.sessions {
        0 => None,
        known => Some(format!("{} known", count(known, "session", "sessions"))),
    });
    words.join(", ")
}

fn brought(taken: &Taken) -> Brought {
    match taken {
        Taken::New(brought) | Taken::Updated(brought) => *brought,
        Taken::Unchanged | Taken::Refused(_) => Brought::default(),
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
