//! A mailing before its start: who would get what, what is wrong with it, and whose turn it is.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;
use uuid::Uuid;

use super::{
    mails::{Row, rows},
    start, words,
};
use crate::{
    blast::{self, Asked, Blast, Preview, Size, state::State},
    language::Language,
    link::without_keys,
    order::money::as_told,
    people::{self, Person},
    settings,
    token::Role,
    web::ops::{
        confirm::Letter,
        desk::Desk,
        line::{in_a_sentence, named},
        lists::{Pill, grouped, how_many, pill},
        menu::Here,
        orders::sum::listed,
        refusal::Refusal,
        when::When,
    },
};

#[derive(Serialize)]
struct Page {
    id: Uuid,
    name: String,
    pill: Pill,
    author: String,
    at: When,
    works: bool,
    is_approved: bool,
    approved: Option<Approved>,
    begins: Option<When>,
    corrects: Option<Uuid>,
    /// Why there is nothing to look at just now.
    busy: Option<String>,
    looked: Option<Looked>,
    /// Whoever looks wrote it, and somebody else has to approve it.
    is_own: bool,
    needs_two: bool,
    tester: String,
}

#[derive(Serialize)]
struct Approved {
    by: String,
    at: When,
}

#[derive(Serialize)]
struct Looked {
    hash: String,
    /// How many go, how many of all do not, and how many they are together.
    mails: i64,
    none: i64,
    all: i64,
    button: String,
    amounts: String,
    lasts: String,
    blocking: Vec<String>,
    worth: Vec<String>,
    heading: String,
    sizes: Vec<SizeRow>,
    rows: Vec<Row>,
    letter: Option<Letter>,
}

#[derive(Serialize)]
struct SizeRow {
    amount: String,
    mails: i64,
    all: String,
}

impl Looked {
    /// Nobody can approve it as it is.
    fn is_blocked(&self) -> bool {
        !self.blocking.is_empty()
    }
}

/// The page.
pub async fn show(person: &Person, desk: &Desk, blast: Blast) -> Result<HttpResponse, Refusal> {
    let (id, actor) = (blast.id, people::actor(&person.name));
    let read = move |connection: &mut diesel::PgConnection| {
        let own = blast::is_ones_own(connection, id, &actor)?;
        let needs_two = settings::read(connection)?.two_person_approval;
        Ok((own.unwrap_or(false), needs_two))
    };
    let (is_own, needs_two) = desk.read(read).await?;
    let (looked, busy) = match looked(desk, &blast).await? {
        Ok(looked) => (Some(looked), None),
        Err(why) => (None, Some(why)),
    };
    let zone = desk.site.zone;
    let page = Page {
        id,
        pill: match looked.as_ref().is_some_and(Looked::is_blocked) {
            true => pill("bad", "stop", "To be mended"),
            false => words::state(&blast),
        },
        author: named(&blast.author),
        at: When::of(blast.created_at, zone),
        works: person.role >= Role::Operator,
        is_approved: blast.state == State::Approved,
        approved: blast.approval.as_ref().map(|approval| Approved {
            by: named(&approval.approved_by),
            at: When::of(approval.approved_at, zone),
        }),
        begins: blast.send_at.map(|at| When::of(at, zone)),
        corrects: blast.corrects,
        name: blast.name,
        busy,
        looked,
        is_own,
        needs_two,
        tester: person.email.clone(),
    };
    desk.page(person, Here::Blasts, "blast-look.html", &page)
        .await
}

/// Its preview, or why there is none now.
pub async fn preview(desk: &Desk, id: Uuid) -> Result<Result<Preview, String>, Refusal> {
    let asked = blast::preview(&desk.app, id).await;
    let asked = asked.map_err(|error| Refusal::database(&desk.site, &error))?;
    Ok(match asked {
        Asked::Done(preview) => Ok(preview),
        Asked::NotNow(why) | Asked::Busy(why) => Err(in_a_sentence(&why)),
        Asked::Invalid(problems) => Err(in_a_sentence(&problems.to_string())),
        Asked::Grounded(_) | Asked::NoBlast => Err("It is not there any more.".to_owned()),
    })
}

async fn looked(desk: &Desk, blast: &Blast) -> Result<Result<Looked, String>, Refusal> {
    let preview = match preview(desk, blast.id).await? {
        Ok(preview) => preview,
        Err(why) => return Ok(Err(why)),
    };
    let blocking: Vec<String> = preview
        .blocking
        .iter()
        .map(|it| in_a_sentence(it))
        .collect();
    let is_worth = |problem: &&String| !preview.blocking.contains(problem);
    let worth: Vec<String> = preview
        .problems
        .iter()
        .filter(is_worth)
        .map(|it| in_a_sentence(miscounted(blast, &preview, it).as_ref().unwrap_or(it)))
        .collect();
    let mails = count(preview.going.mails);
    Ok(Ok(Looked {
        heading: heading(blocking.len(), worth.len()),
        hash: preview.content_hash,
        mails,
        none: count(preview.going.none),
        all: count(preview.recipients),
        button: words::mails(mails),
        amounts: amounts(&preview.going.amounts),
        lasts: words::lasts(start::lasts(blast, mails, &desk.app.mailer)),
        blocking,
        worth,
        sizes: preview.going.sizes.iter().map(SizeRow::of).collect(),
        rows: rows(blast, &preview.unusual, desk),
        letter: preview.samples.into_iter().next().map(|sample| Letter {
            to: sample.to,
            subject: sample.subject,
            body: without_keys(&sample.body, &desk.app.public_url),
        }),
    }))
}

/// That another number was expected, as whoever approves it on the page is asked.
fn miscounted(blast: &Blast, preview: &Preview, problem: &str) -> Option<String> {
    let found = preview.recipients;
    let (said, expected) = (blast.who.miscounted(found)?, blast.who.expected?);
    (said == problem).then(|| {
        format!(
            "You expected {}, and there are {}: to approve it you type the number {found}",
            grouped(i64::from(expected)),
            with_none(preview),
        )
    })
}

/// `20` · `23, with 3 that get none`
pub fn with_none(preview: &Preview) -> String {
    let all = grouped(count(preview.recipients));
    match count(preview.going.none) {
        0 => all,
        none => format!(
            "{all}, with {}",
            how_many(none, "that gets none", "that get none")
        ),
    }
}

/// What is counted in memory.
pub fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

/// `€1,347.50 and £20.00`
pub fn amounts(amounts: &BTreeMap<String, i64>) -> String {
    let said = amounts.iter();
    let said = said.map(|(currency, minor)| as_told(*minor, currency));
    match amounts.is_empty() {
        true => "nothing".to_owned(),
        false => listed(&said.collect::<Vec<String>>()),
    }
}

fn heading(blocking: usize, worth: usize) -> String {
    let things = |count: usize| match count {
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    };
    match (blocking, worth) {
        (0, 0) => "Nothing stands in the way".to_owned(),
        (0, worth) => format!("Nothing stands in the way; {} to look at", things(worth)),
        (blocking, _) => format!("{} to mend first", things(blocking)),
    }
}

impl SizeRow {
    fn of(size: &Size) -> Self {
        let said = |minor: i64| crate::order::money::Money::new(minor, size.amount.currency);
        let times = count(size.mails);
        Self {
            amount: size.amount.format(Language::ENGLISH),
            mails: count(size.mails),
            all: said(size.amount.minor.saturating_mul(times)).format(Language::ENGLISH),
        }
    }
}
