//! `/api/v1/imports`: a spreadsheet of orders, taken in as one thing.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, PayloadConfig, Query},
};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};

use super::{caller::Operator, input::kind_of_body, problem::Problem};
use crate::{
    app::App,
    import::{
        Came, Counts, Differs, Ran, Report, Taken, Way,
        file::{self, Import},
        kept::LARGEST,
        run, whole,
    },
    order::problem::Problems,
};

/// Of what changed, and of what was left out, so many are listed: whoever has more sees the numbers.
const LISTED: usize = 200;
/// How orders are changed here.
const UPDATE: &str = "send it with update=true";

/// How it is taken in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asked {
    update: bool,
    dry_run: bool,
    skip_bad: bool,
    file: String,
}

#[derive(Serialize)]
struct Answer {
    /// What its new orders can be found by; null where nothing was kept.
    import: Option<String>,
    counts: Counts,
    changed: Vec<Changed>,
    left_alone: Vec<LeftAlone>,
    bad: Vec<Bad>,
}

#[derive(Serialize)]
struct Changed {
    line: u64,
    reference: String,
    changes: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    field: String,
    before: String,
    after: String,
}

#[derive(Serialize)]
struct LeftAlone {
    line: u64,
    reference: String,
    reason: String,
}

#[derive(Serialize)]
struct Bad {
    line: u64,
    reference: Option<String>,
    reason: String,
}

/// Bodies of this call may be larger than others.
pub fn limit() -> PayloadConfig {
    PayloadConfig::new(LARGEST)
}

/// `POST /imports`
pub async fn take_in(
    caller: Operator,
    app: Data<App>,
    request: HttpRequest,
    asked: Query<Asked>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let body = body.map_err(|error| Problem::from_body(&error))?;
    if !is_a_file(&request) {
        return Err(Problem::wrong_type("text/csv"));
    }
    let (asked, doing) = (asked.into_inner(), caller.doing(&app, None));
    let now = doing.at.with_timezone(&app.time_zone);
    let turn = move |connection: &mut PgConnection| {
        let import = match file::parse(&body, now) {
            Ok(import) => import,
            Err(error) => return Ok(Ok(Err(error.to_string()))),
        };
        let may = |report: &Report| asked.skip_bad || report.is_sound(&import);
        let what = (asked.file.as_str(), &import, Way::of(asked.update));
        let came = whole(connection, what, &doing, asked.dry_run, may, |_| {})?;
        Ok(match came {
            Came::StillOpen(orders) => Err(orders),
            Came::Kept(report) => {
                let name = report.name.as_str().to_owned();
                Ok(Ok((Answer::of(&import, &report.taken, Some(name)), true)))
            }
            Came::Undone(report) => {
                let fits = asked.dry_run || may(&report);
                Ok(Ok((Answer::of(&import, &report.taken, None), fits)))
            }
        })
    };
    match run(&app, turn).await? {
        Ran::Came(Ok((answer, true))) => Ok(HttpResponse::Ok().json(answer)),
        Ran::Came(Ok((answer, false))) => Err(Problem::invalid(answer.problems())),
        Ran::Came(Err(why)) => Err(Problem::unsupported(why)),
        Ran::NoAnswer => Err(Problem::stripe_is_away()),
        Ran::Late => Err(Problem::busy(
            "open checkouts of these orders are still being closed; nothing has changed, send it again and it goes on",
        )),
    }
}

impl Answer {
    fn of(import: &Import, taken: &[Taken], name: Option<String>) -> Self {
        let mut bad: Vec<Bad> = import
            .bad
            .iter()
            .map(|bad| Bad {
                line: bad.line,
                reference: bad.reference.clone(),
                reason: bad.reason(),
            })
            .collect();
        let mut answer = Self {
            import: name,
            counts: Counts::of(taken),
            changed: Vec::new(),
            left_alone: Vec::new(),
            bad: Vec::new(),
        };
        for (entry, taken) in import.orders.iter().zip(taken) {
            let (line, reference) = (entry.line, entry.order.reference.to_string());
            match taken {
                Taken::Changed(differs, _) if answer.changed.len() < LISTED => {
                    let changes = changes(differs);
                    answer.changed.push(Changed {
                        line,
                        reference,
                        changes,
                    });
                }
                Taken::LeftAlone(left, _) if answer.left_alone.len() < LISTED => {
                    let reason = left.sentence();
                    answer.left_alone.push(LeftAlone {
                        line,
                        reference,
                        reason,
                    });
                }
                Taken::Refused(why) => bad.push(Bad {
                    line,
                    reference: Some(reference),
                    reason: why.sentence(UPDATE),
                }),
                Taken::New(_)
                | Taken::Updated(_)
                | Taken::Unchanged
                | Taken::Changed(..)
                | Taken::LeftAlone(..) => {}
            }
        }
        bad.sort_by_key(|bad| bad.line);
        answer.counts.refused = bad.len();
        bad.truncate(LISTED);
        Self { bad, ..answer }
    }

    fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        for bad in &self.bad {
            problems.add(format!("line {}", bad.line), &bad.reason);
        }
        problems
    }
}

fn changes(differs: &Differs) -> Vec<Change> {
    let change = |difference: &crate::import::Difference| Change {
        field: difference.what.field(),
        before: difference.now.clone(),
        after: difference.would_be.clone(),
    };
    differs.differences.iter().map(change).collect()
}

/// `curl --data-binary @orders.csv` says that it is a form, and nobody thinks of that.
fn is_a_file(request: &HttpRequest) -> bool {
    let kind = kind_of_body(request, "text/csv");
    matches!(
        kind.as_str(),
        "text/csv"
            | "text/plain"
            | "text/tab-separated-values"
            | "application/octet-stream"
            | "application/x-www-form-urlencoded"
    )
}
