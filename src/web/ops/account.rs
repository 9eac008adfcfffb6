//! One's own account.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{
    desk::{Desk, shown},
    door::signed_out,
    form::{Nothing, Sent},
    guard::{Viewer, doing},
    menu::Here,
    people_view::may,
    refusal::Refusal,
};
use crate::people::{self, Change, MailSetUp, once::Outcome};

#[derive(Serialize)]
struct Account<'a> {
    name: &'a str,
    email: &'a str,
    may: &'static str,
}

/// `GET /ops/account`
pub async fn show(Viewer(person): Viewer, desk: Desk) -> Result<HttpResponse, Refusal> {
    let page = Account {
        name: &person.name,
        email: &person.email,
        may: may(person.role),
    };
    desk.page(&person, Here::Elsewhere, "account.html", &page)
        .await
}

/// `POST /ops/account/password`
pub async fn send_link(
    Viewer(person): Viewer,
    desk: Desk,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let (mail, doing, id) = (
        MailSetUp::of(&desk.app),
        doing(&person, &desk.app),
        person.id,
    );
    let act = move |connection: &mut _| {
        if let Some(user) = people::find(connection, id)? {
            people::send_link(connection, &user, &mail, &doing)?;
        }
        Ok(Ok::<_, ()>(Outcome {
            to: "/ops/account".to_owned(),
            title: "A link is on its way".to_owned(),
            text: "It works once, for 24 hours. Until you have chosen a new password the old one stays."
                .to_owned(),
        }))
    };
    let pressed = desk.once(&person, sent.once, act).await?;
    desk.app.wake_mail.notify_one();
    match pressed {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(()) => Err(Refusal::no_page(&person)),
    }
}

/// `POST /ops/account/sign-out-everywhere`: this device, too.
pub async fn sign_out_everywhere(
    Viewer(person): Viewer,
    desk: Desk,
    _sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let (id, doing) = (person.id, doing(&person, &desk.app));
    let change = Change {
        signed_out: true,
        ..Change::default()
    };
    desk.read(move |connection| people::change(connection, id, &change, &doing))
        .await?;
    Ok(signed_out(desk.site.jar, "/ops/sign-in?out=everywhere"))
}
