//! Its orders imported, looked at, approved, started.

use std::{
    fmt::Debug,
    future::Future,
    time::{Duration, Instant},
};

use freshmint::{
    blast::{self, Asked, Content, Draft, Seen},
    db::{self, DbError},
    import::{self, Came, Taken, Way, file},
};
use freshmint_benches::{Bench, Line, memory, statements, world::World};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// What is to be reached, in milliseconds.
const IMPORT: f64 = 3_000.0;
const START: f64 = 2_000.0;
/// What each step may take of the memory, however many recipients there are.
const STEP_MIB: f64 = 64.0;
/// What the largest file may take: its rows are read before the first one is written.
const MANY_MIB: f64 = 400.0;

/// Takes a spreadsheet of so many in, and starts a mailing to all of them; tells which.
pub fn measure(bench: &mut Bench, world: &World, recipients: usize) -> Uuid {
    let runtime = Runtime::new().expect("threads");
    let file = spreadsheet(recipients, "cup");
    Step::of(|| take_in(world, &file)).add(bench, "import", Some(IMPORT));
    let id = created(world);
    let step = Step::of(|| done(&runtime, blast::preview(&world.app, id)));
    assert_eq!(step.gave.recipients, recipients);
    step.add(bench, "preview", None);
    let (app, doing) = (&world.app, world.doing());
    let seen = Seen::from(step.gave.content_hash.as_str());
    let approve = || done(&runtime, blast::approve(app, id, &seen, &doing));
    Step::of(approve).add(bench, "approval", None);
    let start = || done(&runtime, blast::start(app, id, &doing));
    Step::of(start).add(bench, "start", Some(START));
    id
}

/// A file that is as large as one may be: what it takes of the memory has an end.
pub fn take_in_many(bench: &mut Bench, world: &World, orders: usize) {
    let file = spreadsheet(orders, "many");
    let step = Step::of(|| take_in(world, &file));
    let name = format!("import of {orders}");
    bench.add(Line::time(&name, step.took));
    let statements = step.statements as f64 * 1_000.0 / orders as f64;
    bench.add(Line::count(
        format!("{name}: statements for each thousand"),
        statements,
    ));
    bench.add(Line::count(format!("{name}: MiB"), step.memory).goal_at_most(MANY_MIB));
}

/// Something that was done, and what it took.
struct Step<T> {
    gave: T,
    took: Duration,
    statements: usize,
    memory: f64,
}

impl<T> Step<T> {
    fn of(work: impl FnOnce() -> T) -> Self {
        let (held, asked) = (memory::begin(), statements::so_far());
        let begun = Instant::now();
        let gave = work();
        Self {
            gave,
            took: begun.elapsed(),
            statements: statements::so_far() - asked,
            memory: memory::peak() - held,
        }
    }

    fn add(&self, bench: &mut Bench, name: &str, goal: Option<f64>) {
        let line = Line::time(name, self.took);
        bench.add(match goal {
            Some(goal) => line.goal_at_most(goal),
            None => line,
        });
        let statements = self.statements as f64;
        bench.add(Line::count(format!("{name}: statements"), statements));
        bench.add(Line::count(format!("{name}: MiB"), self.memory).goal_at_most(STEP_MIB));
    }
}

/// So many orders, all with the same mark.
fn spreadsheet(orders: usize, mark: &str) -> String {
    let mut text = "reference,email,name,currency,description,amount,meta.import\n".to_owned();
    for line in 0..orders {
        text.push_str(&format!(
            "{mark}-{line},a{line}@example.org,Kim,EUR,Fee,45.00,{mark}\n"
        ));
    }
    text
}

/// Reads it and takes it in, as `freshmint orders import` does it.
fn take_in(world: &World, file: &str) {
    let import = file::parse(file.as_bytes(), world.app.local_now()).expect("a spreadsheet");
    assert!(import.bad.is_empty(), "{:?}", import.bad);
    let doing = world.doing();
    let came = world.app.db.patient().run_blocking(|connection| {
        let what = ("mailing.csv", &import, Way::Add);
        import::whole(connection, what, &doing, false, |_| true, |_| {})
    });
    let Ok(Came::Kept(report)) = came else {
        panic!("it was not taken in: {came:?}");
    };
    let mut taken = report.taken.iter();
    assert!(
        taken.all(|taken| matches!(taken, Taken::New(_))),
        "{:?}",
        report.taken
    );
    // At its end, as the command does it.
    world
        .app
        .db
        .patient()
        .run_blocking(db::gather_statistics)
        .expect("statistics");
}

fn created(world: &World) -> Uuid {
    let draft: Draft = serde_json::from_value(json!({
        "name": "bench",
        "subject": "The fee for {{ name }}",
        "body": "Hello {{ name }},\n\nplease pay {{ amount }} for {{ reference }}: {{ pay_url }}\n\nThank you",
        "filter": { "metadata": { "import": "cup" } },
        "first_wave": 0,
    }))
    .expect("a mailing's fields");
    let content = Content::try_from(draft).unwrap_or_else(|why| panic!("{why:?}"));
    let doing = world.doing();
    let created = (world.app.db)
        .transaction_blocking(|connection| blast::create(connection, &content, &doing));
    match created {
        Ok(Asked::Done(blast)) => blast.id,
        other => panic!("{other:?}"),
    }
}

fn done<T: Debug>(runtime: &Runtime, asked: impl Future<Output = Result<Asked<T>, DbError>>) -> T {
    match runtime.block_on(asked) {
        Ok(Asked::Done(done)) => done,
        other => panic!("{other:?}"),
    }
}
