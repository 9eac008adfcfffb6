//! All mail waits: why, and letting it go on.

use actix_web::HttpResponse;
use diesel::{PgConnection, QueryResult};
use serde::Serialize;

use super::{
    super::{
        confirm::{Confirm, points},
        desk::{Desk, shown},
        form::{Nothing, Sent},
        guard::{Operator, doing},
        line::sentence,
        lists::{COUNTED, how_many},
        menu::Here,
        refusal::Refusal,
        when::When,
    },
    PATH,
    row::Reader,
    words,
};
use crate::{
    activity::feed::count_in_words,
    app::App,
    outbox::{self, Cause, State, Waiting, Why, view},
    people::once::Outcome,
};

/// What the list says while mail waits.
#[derive(Debug, Serialize)]
pub struct Paused {
    why: String,
    said: String,
    since: Option<When>,
    until: Option<When>,
    to_do: &'static str,
    queued: String,
    can_go_on: bool,
}

impl Paused {
    pub fn of(waiting: &Waiting, queued: i64, reader: &Reader) -> Self {
        let when = |at| When::of(at, reader.zone);
        Self {
            why: match waiting.since {
                // Behind its time, in one sentence.
                Some(_) => words::why(waiting.cause).to_owned(),
                None => sentence(words::why(waiting.cause)),
            },
            said: waiting.said.clone(),
            since: waiting.since.map(when),
            until: waiting.until.map(when),
            to_do: words::to_do(waiting.cause),
            queued: waiting_in_words(queued),
            can_go_on: reader.cookie.is_some() && cause(waiting).is_some(),
        }
    }
}

/// How many wait.
fn waiting_in_words(queued: i64) -> String {
    match queued {
        0 => "No mail waits at this moment.".to_owned(),
        1 => "1 mail waits.".to_owned(),
        many if many >= COUNTED => format!("{} mails wait.", count_in_words(many)),
        many => format!("{many} mails wait."),
    }
}

/// The pause, if a person can end it.
fn cause(waiting: &Waiting) -> Option<Cause> {
    match waiting.cause {
        Why::Paused(cause) => Some(cause).filter(|cause| cause.ends_by_a_person()),
        Why::Off | Why::NothingGetsThrough => None,
    }
}

const NOT_PAUSED: &str =
    "Mail is not paused: it goes out, or waits for what only the settings end.";

/// `GET /ops/mail/resume`: what going on would risk.
pub async fn ask_resume(Operator(person): Operator, desk: Desk) -> Result<HttpResponse, Refusal> {
    let app = desk.app.clone();
    let (waiting, queued) = desk.read(move |connection| look(connection, &app)).await?;
    let paused = waiting
        .as_ref()
        .and_then(|waiting| Some((cause(waiting)?, waiting)));
    let Some((cause, waiting)) = paused else {
        return Err(Refusal::not_now(&person, NOT_PAUSED));
    };
    let said = match waiting.said.is_empty() {
        true => String::new(),
        false => format!(" The last answer was: “{}”.", waiting.said),
    };
    let sends = match queued {
        0 => "What is queued from now on goes out at once.".to_owned(),
        many if many >= COUNTED => {
            "All mails that wait, 99 and more, go out from now on.".to_owned()
        }
        many => format!(
            "{} that waits its turn goes out from now on.",
            how_many(many, "mail", "mails")
        )
        .replace(
            "mails that waits its turn goes",
            "mails that wait their turn go",
        ),
    };
    let page = Confirm {
        question: "Let mail go on?".to_owned(),
        about: format!("It waits, since {}.{said}", words::why(waiting.cause)),
        back: PATH.to_owned(),
        crumb: "Mail".to_owned(),
        action: format!("{PATH}/resume"),
        happens: vec![sends, words::risk(cause).to_owned()],
        stays: points(&[
            "Nobody gets a mail twice: what was accepted stays accepted.",
            "Who has paid or unsubscribed meanwhile gets nothing: that is asked again for each.",
            "A mailing that stands still goes on standing still.",
        ]),
        grave: cause.bounces_after_all(),
        button: "Let mail go on".to_owned(),
        keep: "Let it wait",
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Mail).await
}

fn look(connection: &mut PgConnection, app: &App) -> QueryResult<(Option<Waiting>, i64)> {
    let waiting = outbox::waiting(connection, Some(&app.mailer), app.clock.now())?;
    let counts = view::counts(connection, COUNTED)?;
    Ok((waiting, counts.of(State::Queued).unwrap_or_default()))
}

/// `POST /ops/mail/resume`
pub async fn resume(
    Operator(person): Operator,
    desk: Desk,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut PgConnection| {
        Ok(match outbox::resume(connection, &doing)? {
            false => Err(()),
            true => Ok(Outcome {
                to: PATH.to_owned(),
                title: "Mail goes on".to_owned(),
                text: "What waits goes out from now on. If it is refused again, this page says so."
                    .to_owned(),
            }),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => {
            desk.app.wake_mail.notify_one();
            Ok(shown(&pressed))
        }
        Err(()) => Err(Refusal::not_now(&person, NOT_PAUSED)),
    }
}
