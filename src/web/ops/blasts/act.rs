//! Holding a mailing, letting it go on, giving it up, sending again what came to nothing, and a test to oneself.

use actix_web::{HttpResponse, web::Path};
use diesel::PgConnection;

use super::{
    PATH, before,
    found::{Refused, answered, done, found, outcome},
    look, words,
};
use crate::{
    blast::{
        self, Blast, Retried,
        state::{Move, State, Wish},
    },
    order::email::Email,
    people::Person,
    web::ops::{
        confirm::Confirm,
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
        Deed::Pause => before::pause(&blast),
        Deed::Resume => before::resume(&blast, begins(&blast, desk)),
        Deed::Cancel => before::cancel(&blast),
        Deed::Retry => match could_go_again(desk, &blast).await? {
            Some(0) => return Err(Refusal::not_now(person, NOTHING_AGAIN)),
            again => before::retry(&blast, again),
        },
    };
    let page = Confirm {
        back: format!("{PATH}/{}", blast.id),
        crumb: blast.name,
        ..confirm
    };
    page.show(person, desk, Here::Blasts).await
}

const NOTHING_AGAIN: &str = "Nothing of it can be tried again now: what was given up is paid, or changed since the approval, and what came back has no other address yet.";

/// How many mails go again if somebody presses; none where they are too many to be tried out.
async fn could_go_again(desk: &Desk, blast: &Blast) -> Result<Option<i64>, Refusal> {
    let (app, blast) = (desk.app.clone(), blast.clone());
    let count =
        move |connection: &mut PgConnection| blast::could_go_again(connection, &app, &blast);
    Ok(desk.read(count).await?.map(look::count))
}

/// When it begins, if that is to come.
fn begins(blast: &Blast, desk: &Desk) -> Option<String> {
    let at = blast.send_at.filter(|at| *at > desk.app.clock.now())?;
    Some(When::of(at, desk.site.zone).text)
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
            Deed::Cancel => done(blast::cancel(&app, id, &doing).await?).map(|it| cancelled(&it)),
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

fn cancelled(blast: &Blast) -> (String, String) {
    let (title, text) = match blast.started_at {
        None => ("It is dropped", "Nobody was mailed."),
        Some(_) => (
            "The rest is not sent",
            "What is out stays valid. Nobody was told.",
        ),
    };
    (title.to_owned(), text.to_owned())
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
            "{} as before: paid meanwhile, changed since the approval, or with no other address.",
            how_many(i64::try_from(left).unwrap_or(i64::MAX), "stays", "stay")
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
