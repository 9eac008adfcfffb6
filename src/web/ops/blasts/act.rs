//! Holding a mailing, letting it go on, giving it up, sending again what came to nothing, and a test to oneself.

use actix_web::{HttpResponse, web::Path};

use super::{
    PATH,
    found::{Refused, answered, done, found, outcome},
    words,
};
use crate::{
    blast::{
        self, Blast, Retried,
        state::{Move, State, Wish},
    },
    order::email::Email,
    people::Person,
    web::ops::{
        confirm::{Confirm, points},
        desk::Desk,
        form::{Nothing, Sent},
        guard::{Operator, doing},
        line::in_a_sentence,
        lists::how_many,
        menu::Here,
        refusal::Refusal,
        when::When,
    },
};

/// What is asked for on a page of its own, and then done.
#[derive(Clone, Copy)]
enum Deed {
    Pause,
    Resume,
    Cancel,
    Retry,
}

macro_rules! deeds {
    ($($deed:ident: $ask:ident, $act:ident, $path:literal;)*) => {$(
        #[doc = concat!("`GET /ops/blasts/{id}/", $path, "`")]
        pub async fn $ask(
            Operator(person): Operator,
            desk: Desk,
            id: Path<String>,
        ) -> Result<HttpResponse, Refusal> {
            ask(&person, &desk, &id, Deed::$deed).await
        }

        #[doc = concat!("`POST /ops/blasts/{id}/", $path, "`")]
        pub async fn $act(
            Operator(person): Operator,
            desk: Desk,
            id: Path<String>,
            sent: Sent<Nothing>,
        ) -> Result<HttpResponse, Refusal> {
            act(&person, &desk, &id, &sent.once, Deed::$deed).await
        }
    )*};
}

deeds! {
    Pause: ask_pause, pause, "pause";
    Resume: ask_resume, resume, "resume";
    Cancel: ask_cancel, cancel, "cancel";
    Retry: ask_retry, retry_failed, "retry-failed";
}

impl Deed {
    fn wish(self) -> Wish {
        match self {
            Self::Pause => Wish::Pause,
            Self::Resume => Wish::Resume,
            Self::Cancel => Wish::Cancel,
            Self::Retry => Wish::RetryFailed,
        }
    }
}

async fn ask(person: &Person, desk: &Desk, id: &str, deed: Deed) -> Result<HttpResponse, Refusal> {
    let blast = found(person, desk, id).await?;
    match blast.state.after(deed.wish()) {
        Move::To(_) => {}
        Move::Stay => return Err(Refusal::not_now(person, "It is so already.")),
        Move::Refuse(why) => return Err(Refusal::not_now(person, &in_a_sentence(why))),
    }
    let confirm = match deed {
        Deed::Pause => before_pause(&blast),
        Deed::Resume => before_resume(&blast, begins(&blast, desk)),
        Deed::Cancel => before_cancel(&blast),
        Deed::Retry => before_retry(&blast),
    };
    let page = Confirm {
        back: format!("{PATH}/{}", blast.id),
        crumb: blast.name,
        ..confirm
    };
    page.show(person, desk, Here::Blasts).await
}

fn out(blast: &Blast) -> i64 {
    super::counted::far(&blast.counts).out
}

/// When it begins, if that is to come.
fn begins(blast: &Blast, desk: &Desk) -> Option<String> {
    let at = blast.send_at.filter(|at| *at > desk.app.clock.now())?;
    Some(When::of(at, desk.site.zone).text)
}

/// `5 mails are out`
fn are_out(count: i64) -> String {
    how_many(count, "mail is out", "mails are out")
}

fn before_pause(blast: &Blast) -> Confirm {
    let waiting = blast.counts.queued;
    Confirm {
        question: format!("Pause “{}”?", blast.name),
        about: format!(
            "{}, {}.",
            are_out(out(blast)),
            how_many(waiting, "waits", "wait")
        ),
        action: format!("{PATH}/{}/pause", blast.id),
        happens: vec![format!(
            "The {}. A mail that is being handed over at this moment still goes.",
            how_many(
                waiting,
                "mail that waits stays waiting, until somebody lets it go on",
                "mails that wait stay waiting, until somebody lets them go on"
            )
        )],
        stays: points(&[
            "No mail is lost.",
            "The links that are out work as before.",
            "Reminders and mails of other mailings go out.",
        ]),
        button: "Pause it".to_owned(),
        keep: "Let it go on",
        ..Confirm::default()
    }
}

fn before_resume(blast: &Blast, begins: Option<String>) -> Confirm {
    let (waiting, count) = (words::mails(blast.counts.queued), blast.counts.queued);
    let stopped = blast.paused_by.is_some_and(blast::PausedBy::is_a_stop);
    let goes = match (begins, stopped) {
        (Some(at), _) => format!(
            "The {} when the time has come, {at}, at the mailing’s pace.",
            how_many(count, "mail that waits goes out", "mails that wait go out")
        ),
        (None, true) => format!(
            "The {}, at the mailing’s pace.",
            how_many(
                count,
                "mail that waits goes out from now on",
                "mails that wait go out from now on, all of them"
            )
        ),
        (None, false) => format!(
            "The {}, at the mailing’s pace.",
            how_many(
                count,
                "mail that waits goes out from now on",
                "mails that wait go on from where they were"
            )
        ),
    };
    Confirm {
        question: format!("Let “{}” go on?", blast.name),
        about: format!("{}.", are_out(out(blast))),
        action: format!("{PATH}/{}/resume", blast.id),
        happens: vec![goes, words::risk(blast.paused_by).to_owned()],
        stays: points(&[
            "Nobody gets a mail twice.",
            "Who has paid meanwhile, or does not want mail, gets none: that is asked for each of them.",
        ]),
        button: format!("Go on with {waiting}"),
        keep: "Leave it paused",
        ..Confirm::default()
    }
}

fn before_cancel(blast: &Blast) -> Confirm {
    let (out, waiting) = (out(blast), blast.counts.queued);
    let (question, button, happens) = match blast.started_at {
        None => (
            format!("Drop “{}”?", blast.name),
            "Drop the mailing".to_owned(),
            vec!["It is never sent. Nobody has been mailed.".to_owned()],
        ),
        Some(_) => (
            format!("Do not send the rest of “{}”?", blast.name),
            format!("Do not send {}", words::mails(waiting)),
            vec![
                match waiting {
                    0 => "No mail waits.".to_owned(),
                    _ => how_many(
                        waiting,
                        "mail that waits is not sent, and never will be by this mailing.",
                        "mails that wait are not sent, and never will be by this mailing.",
                    ),
                },
                match out {
                    0 => "No mail is out.".to_owned(),
                    _ => how_many(
                        out,
                        "mail that is out stays valid, and so does its link.",
                        "mails that are out stay valid, and so do their links.",
                    ),
                },
            ],
        ),
    };
    Confirm {
        question,
        action: format!("{PATH}/{}/cancel", blast.id),
        happens,
        stays: points(&[
            "What is owed stays as it is.",
            "Nobody is told. If the mail itself is wrong, call the mailing back instead.",
            "It cannot be taken back: for the rest, write a new mailing.",
        ]),
        grave: true,
        button,
        keep: "Keep it",
        ..Confirm::default()
    }
}

fn before_retry(blast: &Blast) -> Confirm {
    let counts = &blast.counts;
    Confirm {
        question: format!("Try again what came to nothing of “{}”?", blast.name),
        about: format!("{} given up, {} came back.", counts.failed, counts.bounced),
        action: format!("{PATH}/{}/retry-failed", blast.id),
        happens: vec![
            format!(
                "{} that were given up are sent once more, if they are owed and as they were approved.",
                words::mails(counts.failed)
            ),
            format!(
                "Of the {} that came back, those go out whose order has another address by now.",
                counts.bounced
            ),
        ],
        stays: points(&[
            "An address that refused a mail does not get it again: correct it on the order’s page first.",
            "What is not known is not sent again: somebody decides on each of those.",
            "Nobody who has the mail gets it twice.",
        ]),
        button: "Try them again".to_owned(),
        keep: "Leave them",
        ..Confirm::default()
    }
}

async fn act(
    person: &Person,
    desk: &Desk,
    id: &str,
    once: &str,
    deed: Deed,
) -> Result<HttpResponse, Refusal> {
    let (app, id) = (desk.app.clone(), Desk::id(person, id)?);
    let doing = doing(person, &desk.app);
    let act = || async move {
        let said = match deed {
            Deed::Pause => done(blast::pause(&app, id, &doing).await?).map(|it| paused(&it)),
            Deed::Resume => done(blast::resume(&app, id, &doing).await?).map(|it| resumed(&it)),
            Deed::Cancel => done(blast::cancel(&app, id, &doing).await?).map(|_| cancelled()),
            Deed::Retry => done(blast::retry_failed(&app, id, &doing).await?).map(retried),
        };
        Ok(said.map(|(title, text)| outcome(id, title, text)))
    };
    let came = desk.long_press(person, once, act).await?;
    answered(person, came)
}

fn paused(blast: &Blast) -> (String, String) {
    let waiting = how_many(
        blast.counts.queued,
        "mail waits. It is not lost.",
        "mails wait. None is lost.",
    );
    ("Paused".to_owned(), waiting)
}

fn resumed(blast: &Blast) -> (String, String) {
    let waiting = how_many(
        blast.counts.queued,
        "mail has its turn before it.",
        "mails have their turn before them.",
    );
    match blast.state {
        State::Done => ("It has gone out already".to_owned(), String::new()),
        _ => ("It goes on".to_owned(), waiting),
    }
}

fn cancelled() -> (String, String) {
    (
        "The rest is not sent".to_owned(),
        "What is out stays valid. Nobody was told.".to_owned(),
    )
}

fn retried(retried: Retried) -> (String, String) {
    let again = i64::try_from(retried.retried).unwrap_or(i64::MAX);
    let title = match again {
        0 => "Nothing could be tried again".to_owned(),
        1 => "1 mail is tried again".to_owned(),
        again => format!("{} are tried again", words::mails(again)),
    };
    let text = match retried.left {
        0 => "None was left out.".to_owned(),
        left => format!(
            "{left} stay as they are: paid meanwhile, changed since the approval, or with no other address."
        ),
    };
    (title, text)
}

/// `POST /ops/blasts/{id}/test`: to whoever is signed in, and to nobody else. A mail with free words to any
/// address is what a stolen session would be good for.
pub async fn test(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let (app, id) = (desk.app.clone(), Desk::id(&person, &id)?);
    let doing = doing(&person, &desk.app);
    let email = person.email.clone();
    let act = || async move {
        let Ok(to) = Email::parse(&email) else {
            let why = "your account’s address takes no mail".to_owned();
            return Ok(Err(Refused::NotNow(why)));
        };
        let asked = blast::send_sample(&app, id, &to, &doing).await?;
        Ok(done(asked).map(|_| {
            let text = "It is the first recipient’s mail, with “[Test]” before its subject. Its link is real: do not pay with it. Nobody else gets a mail.";
            outcome(id, format!("A test is on its way to {email}"), text)
        }))
    };
    let came = desk.long_press(&person, &sent.once, act).await?;
    answered(&person, came)
}
