//! What a person does about a mail: send it again, or drop it.

use actix_web::{HttpResponse, web::Path};
use diesel::{PgConnection, QueryResult};
use serde::Serialize;
use uuid::Uuid;

use super::{
    super::{
        confirm::{Confirm, Letter, points},
        desk::{Desk, shown},
        form::{Nothing, Sent},
        guard::{Operator, doing},
        lists::{row, wants_row},
        menu::Here,
        refusal::Refusal,
    },
    PATH, reader,
    row::{Row, can_drop},
    show::{Looked, look},
    words,
};
use crate::{
    activity::Doing,
    outbox::{
        Kind, State,
        people::{self, Asked},
        view::Mail,
    },
    people::{Person, once::Outcome},
};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Retry,
    Drop,
}

/// `GET /ops/mail/{id}/retry`: what will happen, and what will not.
pub async fn ask_retry(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    ask(&person, &desk, &id, Act::Retry).await
}

/// `GET /ops/mail/{id}/drop`
pub async fn ask_drop(
    Operator(person): Operator,
    desk: Desk,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    ask(&person, &desk, &id, Act::Drop).await
}

async fn ask(person: &Person, desk: &Desk, id: &str, act: Act) -> Result<HttpResponse, Refusal> {
    let looked = look(person, desk, id).await?;
    let mail = &looked.whole.mail;
    let can = match act {
        Act::Retry => looked.mails.can_go_again.contains(&mail.id),
        Act::Drop => can_drop(mail),
    };
    if !can {
        return Err(Refusal::not_now(person, &moved_on(mail)));
    }
    let shown = reader(desk, person).row(mail, &looked.mails);
    let page = match act {
        Act::Retry => before_retry(&looked, &shown, desk),
        Act::Drop => before_drop(&looked, &shown),
    };
    page.show(person, desk, Here::Mail).await
}

fn before_retry(looked: &Looked, shown: &Row, desk: &Desk) -> Confirm {
    let mail = &looked.whole.mail;
    let twice = match mail.state {
        State::Unknown => {
            "If it did arrive after all, they have it twice, with the same link; they cannot pay twice by that."
        }
        State::Bounced => {
            "It goes to the same address that it came back from. If that is wrong, correct it instead, and send the link."
        }
        _ => "It goes out before whatever waits.",
    };
    let is_first = mail.state == State::Queued && mail.attempts == 0;
    Confirm {
        question: match is_first {
            true => format!("Send this mail to {} now?", shown.who),
            false => format!("Send this mail to {} again?", shown.who),
        },
        about: format!("“{}”, to {}", shown.subject, shown.to),
        back: format!("{PATH}/{}", mail.id),
        crumb: "This mail".to_owned(),
        action: format!("{PATH}/{}/retry", mail.id),
        happens: vec![
            match is_first {
                true => "It is sent at once.",
                false => "It is sent once more, at once.",
            }
            .to_owned(),
            twice.to_owned(),
        ],
        stays: points(&[
            "If they have paid, cancelled or unsubscribed meanwhile, it is not sent: that is asked again.",
            "Nobody else gets a mail.",
        ]),
        letter: looked.body(desk).map(|body| Letter {
            to: shown.to.clone(),
            subject: shown.subject.clone(),
            body,
        }),
        button: match is_first {
            true => "Send it now",
            false => "Send it again",
        }
        .to_owned(),
        keep: "Leave it as it is",
        ..Confirm::default()
    }
}

fn before_drop(looked: &Looked, shown: &Row) -> Confirm {
    let mail = &looked.whole.mail;
    let then = match (Kind::from_name(&mail.kind), mail.order_id) {
        (Some(Kind::Reminder), _) => {
            "It was the order’s one reminder: no other follows by itself. You can send the link from the order’s page."
        }
        (_, Some(_)) => {
            "This mail cannot be sent any more. You can send the order’s link from its page."
        }
        (_, None) => "This mail cannot be sent any more.",
    };
    let nothing = match mail.state {
        State::Queued => format!("{} does not get this mail.", shown.who),
        _ => "Nothing is sent. The mail is off the lists of what needs somebody.".to_owned(),
    };
    Confirm {
        question: format!("Drop this mail to {}?", shown.who),
        about: format!("“{}”, to {}", shown.subject, shown.to),
        back: format!("{PATH}/{}", mail.id),
        crumb: "This mail".to_owned(),
        action: format!("{PATH}/{}/drop", mail.id),
        happens: vec![nothing, then.to_owned()],
        stays: points(&[
            "What is owed stays as it is, and so does the link.",
            "Other mails to the same address go out.",
        ]),
        grave: mail.state == State::Queued,
        button: "Drop the mail".to_owned(),
        keep: "Keep it",
        ..Confirm::default()
    }
}

/// `POST /ops/mail/{id}/retry`: the row again, where the page asked for that.
pub async fn retry(
    operator: Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let answer = decide(operator.0, &desk, &id, sent.once, Act::Retry).await;
    desk.app.wake_mail.notify_one();
    answer
}

/// `POST /ops/mail/{id}/drop`
pub async fn drop_mail(
    operator: Operator,
    desk: Desk,
    id: Path<String>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    decide(operator.0, &desk, &id, sent.once, Act::Drop).await
}

async fn decide(
    person: Person,
    desk: &Desk,
    id: &str,
    once: String,
    act: Act,
) -> Result<HttpResponse, Refusal> {
    let id = Desk::id(&person, id)?;
    let doing = doing(&person, &desk.app);
    let done = move |connection: &mut PgConnection| carry_out(connection, id, act, &doing);
    let done = desk.once(&person, once, done).await?;
    if wants_row(&desk.request) {
        let note = match &done {
            Ok(_) => "",
            Err(_) => "It was dealt with before you pressed.",
        };
        return one_row(&person, desk, id, note).await;
    }
    match done {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(None) => Err(Refusal::no_page(&person)),
        Err(Some(why)) => {
            let looked = look(&person, desk, &id.to_string()).await?;
            let mail = &looked.whole.mail;
            Err(Refusal::not_now(
                &person,
                &match mail.state.is_open_to_people() {
                    true => format!("It is refused: {why}."),
                    false => moved_on(mail),
                },
            ))
        }
    }
}

/// `Err(None)`: there is no such mail.
fn carry_out(
    connection: &mut PgConnection,
    id: Uuid,
    act: Act,
    doing: &Doing,
) -> QueryResult<Result<Outcome, Option<String>>> {
    let asked = match act {
        Act::Retry => people::retry(connection, id, doing)?,
        Act::Drop => people::drop_mail(connection, id, doing)?,
    };
    Ok(match asked {
        Asked::Done(mail) => Ok(outcome(act, &mail)),
        Asked::NotNow(why) => Err(Some(why)),
        Asked::NoMail => Err(None),
    })
}

fn outcome(act: Act, mail: &Mail) -> Outcome {
    let (title, text) = match act {
        Act::Retry => (
            "The mail is sent again",
            "It goes before whatever waits. What became of it stands here. Nobody else is mailed.",
        ),
        Act::Drop if mail.was_let_be => (
            "The mail is left as it is",
            "Nobody knows whether they have it. It is not sent again.",
        ),
        Act::Drop => ("The mail is dropped", "Nothing was sent, and it stays so."),
    };
    Outcome {
        to: format!("{PATH}/{}", mail.id),
        title: title.to_owned(),
        text: text.to_owned(),
    }
}

/// Somebody, or the mail server, was first.
fn moved_on(mail: &Mail) -> String {
    let word = words::stands(mail).word;
    match mail.state.is_open_to_people() {
        true => format!(
            "This mail ({word}) is not sent again: its mailing is cancelled, or it lets one person in, who asks for another link."
        ),
        false => format!(
            "This mail has moved on meanwhile: {word}. {}",
            words::means(mail)
        ),
    }
}

async fn one_row(
    person: &Person,
    desk: &Desk,
    id: Uuid,
    note: &'static str,
) -> Result<HttpResponse, Refusal> {
    #[derive(Serialize)]
    struct One {
        row: Row,
    }
    let looked = look(person, desk, &id.to_string()).await?;
    let shown = reader(desk, person).row(&looked.whole.mail, &looked.mails);
    let one = One {
        row: Row { note, ..shown },
    };
    Ok(row(desk, "mail-row-alone.html", &one))
}
