//! `freshmint orders import FILE.csv`.

use std::path::PathBuf;

use clap::Args;
use freshmint::{
    activity::Doing,
    clock::Clock,
    db::{Db, gather_statistics},
    import::{
        self, Came, Counts, Taken, Way,
        file::{self, Entry, Import as File},
        whole,
    },
    legible::excerpt,
    spreadsheet::BadLine,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::update::{self, Settings};
use crate::{Done, Failure, print::count, read};

/// Letters of a reference that are printed: as many as it may have.
const REFERENCE: usize = 120;
/// How orders are changed here, in a sentence about one that was not.
const UPDATE: &str = "import it with --update";
/// So often it is begun again where somebody opens a checkout that was just closed.
const TURNS: usize = 20;

#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    settings: Settings,
    /// The file: reference, email, name, currency, description, amount; optional quantity, locale,
    /// meta.KEY, and from an older system stripe_session_id, paid_at
    file: PathBuf,
    /// Check, give a verdict for each order, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Take the good orders in although others are bad
    #[arg(long)]
    skip_bad: bool,
    /// Change orders that stand with other content; their links stay, and what is paid, cancelled or settled is
    /// left alone
    #[arg(long)]
    update: bool,
}

impl Import {
    pub fn run(self) -> Done {
        let now = Clock::system().now();
        let now = now.with_timezone(&self.settings.time.time_zone);
        let parsed = file::parse(&read(&self.file)?, now)
            .map_err(|error| Failure::new(format!("{}: {error}", self.file.display())))?;
        let db = Db::for_command(&self.settings.database);
        let mut report = Report {
            update: self.update,
            ..Report::default()
        };
        if self.update {
            let taken = self.looked(&db, &parsed)?;
            update::print(&parsed.orders, &taken);
        }
        self.take_in(&db, &parsed, &mut report)?;
        report.bad.extend(parsed.bad.into_iter().map(BadLine::from));
        report.bad.sort_by_key(|bad| bad.line);
        if self.dry_run {
            report.print_verdicts();
        }
        report.print(self.dry_run)
    }

    fn way(&self) -> Way {
        Way::of(self.update)
    }

    fn name(&self) -> String {
        let name = self.file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// What would become of each order, which is printed before anything is changed.
    fn looked(&self, db: &Db, parsed: &File) -> Result<Vec<Taken>, Failure> {
        let doing = doing();
        let look = |connection: &mut _| import::look(connection, parsed, self.way(), &doing);
        Ok(db.transaction_blocking(look)?)
    }

    /// One transaction: every order, or none. It is rolled back for a dry run, and where something is bad; with bad
    /// lines and all or nothing the database is asked too, so that one run tells everything.
    fn take_in(&self, db: &Db, parsed: &File, report: &mut Report) -> Done {
        let (name, doing) = (self.name(), doing());
        let bar = progress(parsed.orders.len());
        let mut app = None;
        for _ in 0..TURNS {
            let came = db.run_blocking(|connection| {
                bar.set_position(0);
                whole(
                    connection,
                    (&name, parsed, self.way()),
                    &doing,
                    self.dry_run,
                    |seen| self.skip_bad || seen.is_sound(parsed),
                    |orders| bar.inc(orders as u64),
                )
            });
            match came? {
                Came::StillOpen(orders) => {
                    let app = match &app {
                        Some(app) => app,
                        None => app.insert(self.settings.app()?),
                    };
                    update::close(app, orders)?;
                }
                Came::Undone(seen) => {
                    bar.finish_and_clear();
                    report.note(&parsed.orders, seen);
                    return Ok(());
                }
                Came::Kept(seen) => {
                    bar.finish_and_clear();
                    report.kept = true;
                    report.note(&parsed.orders, seen);
                    look_at_tables(db);
                    return Ok(());
                }
            }
        }
        bar.finish_and_clear();
        Err(Failure::new(
            "Nothing was changed: payers open checkouts faster than they are closed. Try again in some minutes.",
        ))
    }
}

fn doing() -> Doing {
    Doing {
        actor: "command line".to_owned(),
        at: Clock::system().now(),
        note: None,
    }
}

/// PostgreSQL would come to it in some minutes; the mailing may follow in one. The orders are kept, whatever becomes
/// of this.
fn look_at_tables(db: &Db) {
    if let Err(error) = db.run_blocking(gather_statistics) {
        log::warn!("PostgreSQL was not asked to look at its tables: {error}");
    }
}

#[derive(Default)]
struct Report {
    /// Line, reference and what became of it, of each order that is not bad.
    taken: Vec<(u64, String, Taken)>,
    counts: Counts,
    bad: Vec<BadLine>,
    /// Events of Stripe that are taken up again.
    events: usize,
    /// Orders that stand with other content were to be changed.
    update: bool,
    kept: bool,
}

impl Report {
    fn note(&mut self, entries: &[Entry], seen: import::Report) {
        (self.counts, self.events) = (Counts::of(&seen.taken), seen.events);
        for (entry, taken) in entries.iter().zip(seen.taken) {
            let reference = entry.order.reference.to_string();
            match taken {
                Taken::Refused(why) => self.bad.push(BadLine {
                    line: entry.line,
                    reference: Some(reference),
                    reason: why.sentence(UPDATE),
                }),
                taken => self.taken.push((entry.line, reference, taken)),
            }
        }
    }

    /// How many were created, updated, changed and left alone, in this tense.
    fn counts(&self, tense: &str) -> String {
        let Counts {
            created,
            updated,
            changed,
            unchanged,
            left_alone,
            refused: _,
        } = self.counts;
        let updated = match updated {
            0 => String::new(),
            _ => format!(" {updated} {tense}updated,"),
        };
        let (changed, left_alone) = match self.update {
            false => Default::default(),
            true => (
                format!(" {changed} {tense}changed,"),
                format!(", {left_alone} left alone"),
            ),
        };
        format!("{created} {tense}created,{updated}{changed} {unchanged} unchanged{left_alone}")
    }

    /// What came of an older system's work, if anything did.
    fn of_an_older_system(&self) -> Option<String> {
        let brought = self.taken.iter().map(|(_, _, taken)| taken.brought());
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
        Taken::New(_) => "new".to_owned(),
        Taken::Updated(_) => "updated".to_owned(),
        Taken::Changed(..) => "changed".to_owned(),
        Taken::Unchanged => "unchanged".to_owned(),
        Taken::LeftAlone(left, _) => format!("left alone: {}", left.sentence()),
        Taken::Refused(why) => why.sentence(UPDATE),
    };
    let brought = taken.brought();
    let mut words = vec![word];
    words.extend(brought.paid.then(|| "paid".to_owned()));
    words.extend(match brought.sessions {
        0 => None,
        known => Some(format!("{} known", count(known, "session", "sessions"))),
    });
    words.join(", ")
}

/// A bar on a terminal; elsewhere nothing but the closing line.
fn progress(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} orders  {eta}") {
        bar.set_style(style);
    }
    bar
}
