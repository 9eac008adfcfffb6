//! One mail, as a mail program in a terminal shows it.

use actix_web::{HttpResponse, http::StatusCode, web};
use minijinja::{Value, context};

use super::{
    super::{
        links::{self, Piece},
        mail::Mail,
        shared::{Shared, lock},
    },
    list::MOMENT,
    templates,
};

/// Those above the text; the others are folded away.
const ABOVE: [&str; 4] = ["From", "To", "Subject", "Date"];

pub async fn show(number: web::Path<usize>, shared: web::Data<Shared>) -> HttpResponse {
    let Some(mail) = find(&shared, *number) else {
        let context = context! { number => *number };
        return templates::page(StatusCode::NOT_FOUND, "mail.html", context);
    };
    let text = mail.text();
    let (above, others): (Vec<_>, Vec<_>) = mail
        .headers()
        .into_iter()
        .partition(|(name, _)| ABOVE.contains(&name.as_str()));
    let context = context! {
        number => mail.number,
        subject => mail.subject(),
        above => above,
        others => others,
        pieces => links::pieces(&text).into_iter().map(piece).collect::<Vec<_>>(),
        raw => String::from_utf8_lossy(&mail.raw),
        from => &mail.from,
        to => mail.to.join(", "),
        at => mail.received_at.format(MOMENT).to_string(),
        unsubscribe_url => mail.unsubscribe_url(),
        unsubscribed => lock(&shared.unsubscribed).get(&mail.number),
        bounces => lock(&shared.reports_to).is_some(),
        bounced => lock(&shared.bounced).get(&mail.number),
    };
    templates::page(StatusCode::OK, "mail.html", context)
}

pub fn find(shared: &Shared, number: usize) -> Option<Mail> {
    let mails = lock(&shared.mails);
    mails.iter().find(|mail| mail.number == number).cloned()
}

fn piece(piece: Piece<'_>) -> Value {
    match piece {
        Piece::Words(text) => context! { text => text },
        Piece::Link(text) => context! { text => text, is_link => true },
    }
}
