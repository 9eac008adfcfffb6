//! `freshmint recovery backfill (FILE.csv | --from-stripe --since DATE)`.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use clap::Args;
use freshmint::{
    app::App,
    clock::Clock,
    config,
    recovery::{
        Asking, Decision,
        backfill::{self, page},
        people,
    },
    reminder::Terms,
    settings,
    upstream::UpstreamError,
    zone::begin_of,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{day, total};
use crate::{Done, Failure, block_on, print::shown, read};

const USUAL_MAX_AGE: Duration = Duration::days(30);

#[derive(Args)]
pub struct Backfill {
    #[command(flatten)]
    settings: config::Service,
    /// A column email is enough; session_id where it is known
    #[arg(
        required_unless_present = "from_stripe",
        conflicts_with = "from_stripe"
    )]
    file: Option<PathBuf>,
    /// All expired sessions that Stripe has
    #[arg(long, requires = "since")]
    from_stripe: bool,
    /// Of sessions opened since this day, as 2026-11-01
    #[arg(long, value_name = "DATE", requires = "from_stripe", value_parser = day)]
    since: Option<NaiveDate>,
    /// Give a verdict for each, and write nobody
    #[arg(long)]
    dry_run: bool,
    /// How long ago a cart may have expired, as 48h; 30d, or as long as carts are kept
    #[arg(long, value_name = "AGE", value_parser = age)]
    max_age: Option<Duration>,
}

impl Backfill {
    pub fn run(self) -> Done {
        let app = App::new(&self.settings, Clock::system())?;
        let kept = app.db.run_blocking(settings::read)?.recovered_orders_days;
        let most = Duration::days(kept.into());
        let max_age = self.max_age.unwrap_or(USUAL_MAX_AGE.min(most));
        if max_age > most {
            return Err(Failure::new(format!(
                "--max-age can be at most {kept}d: carts are kept so long (recovered_orders_days), and \
                 whoever was written to before that is not known any more."
            )));
        }
        let asking = Asking {
            terms: Terms {
                max_age,
                ..app.reminders
            },
            by_hand: true,
            dry_run: self.dry_run,
        };
        let run = backfill::Backfill::new(&app, asking);
        let mut verdicts = Verdicts {
            dry_run: self.dry_run,
            counts: BTreeMap::new(),
        };
        match (&self.file, self.since) {
            (Some(file), _) => {
                let people = people::parse(&read(file)?)
                    .map_err(|error| Failure::new(format!("{}: {error}.", file.display())))?;
                block_on(from_file(run, people, &mut verdicts))?;
            }
            (None, Some(since)) => {
                let since = begin_of(since, app.time_zone);
                block_on(from_stripe(&app, run, since, &mut verdicts))?;
            }
            (None, None) => {
                return Err(Failure::new("Name a file, or --from-stripe --since DATE."));
            }
        }
        verdicts.print();
        Ok(())
    }
}

async fn from_file(
    mut run: backfill::Backfill<'_>,
    lines: Vec<people::Line>,
    verdicts: &mut Verdicts,
) -> Done {
    let bar = ProgressBar::new(lines.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} carts  {eta}") {
        bar.set_style(style);
    }
    for (number, wanted) in lines {
        let verdict = match wanted {
            Ok(wanted) => verdicts.of(run.look(&wanted).await)?,
            Err(reason) => verdicts.bad(&reason),
        };
        bar.suspend(|| say!("line {number}: {verdict}"));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

async fn from_stripe(
    app: &App,
    mut run: backfill::Backfill<'_>,
    since: DateTime<Utc>,
    verdicts: &mut Verdicts,
) -> Done {
    let bar = ProgressBar::new_spinner();
    let mut after = None;
    loop {
        let page = page(app, since, after)
            .await
            .map_err(|error| failed(error.into()))?;
        for session in page.sessions {
            let told = match session {
                Ok(session) => {
                    let verdict = verdicts.of(run.decide(&session).await)?;
                    format!("{}: {verdict}", shown(&session.id))
                }
                Err(error) => verdicts.bad(&error.to_string()),
            };
            bar.suspend(|| say!("{told}"));
            bar.inc(1);
        }
        match page.next {
            Some(_) => after = page.next,
            None => break,
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The verdicts so far, counted.
struct Verdicts {
    dry_run: bool,
    counts: BTreeMap<&'static str, usize>,
}

impl Verdicts {
    /// The word for a decision; an error where the run cannot go on.
    fn of(&mut self, decided: Result<Decision, UpstreamError>) -> Result<String, Failure> {
        let word = match decided {
            Ok(Decision::Scheduled) if self.dry_run => "would be reminded",
            Ok(Decision::Scheduled) => "scheduled",
            Ok(Decision::Known) => "decided before",
            Ok(Decision::Skipped(reason)) => reason.name(),
            Err(error) => return Err(failed(error)),
        };
        Ok(self.counted(word).to_owned())
    }

    fn bad(&mut self, reason: &str) -> String {
        format!("{}: {reason}", self.counted("bad"))
    }

    fn counted(&mut self, word: &'static str) -> &'static str {
        *self.counts.entry(word).or_default() += 1;
        word
    }

    fn print(&self) {
        let all: usize = self.counts.values().sum();
        say!("{}", total(all, &self.counts));
    }
}

fn failed(error: UpstreamError) -> Failure {
    match error {
        UpstreamError::Database(error) => error.into(),
        error => Failure::new(format!(
            "{error}: what was decided so far stands; run it again, and it goes on from there."
        )),
    }
}

fn age(text: &str) -> Result<Duration, String> {
    let so_many = |unit, most| {
        let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
        (1..=most).contains(&number).then_some(number)
    };
    let days = so_many('d', 3_650).map(Duration::days);
    let hours = || so_many('h', 87_600).map(Duration::hours);
    days.or_else(hours)
        .ok_or_else(|| "write it as 30d or 48h".to_owned())
}
