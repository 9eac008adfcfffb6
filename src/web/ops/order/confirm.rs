//! The page before an action: what will happen to whom, what will not, and the fields that it needs.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use super::{
    act::Deed,
    consequences::Words,
    money,
    page::{times, whose},
};
use crate::{
    activity::{Note, NoteError},
    mail::{Text, letter},
    order::{NoteToPayers, NoteToPayersError, Order, currency::Currency, money::Money, state::How},
    people::Person,
    suppression::{AddressHash, AddressKey},
    timeline::PageFacts,
    web::ops::{
        desk::{BADGE, Desk},
        menu::Here,
        prose::Prose,
        refusal::Refusal,
    },
};

/// What the page says.
#[derive(Serialize)]
pub struct Confirm {
    title: String,
    question: Prose,
    about: String,
    back: String,
    crumb: String,
    action: String,
    letter: Option<Letter>,
    happens: Vec<Prose>,
    stays: Vec<Prose>,
    ways: Vec<Way>,
    how_missing: bool,
    amount: Option<Field>,
    note: Option<Field>,
    grave: bool,
    button: &'static str,
    keep: &'static str,
}

/// A mail as it will arrive.
#[derive(Serialize)]
struct Letter {
    to: String,
    subject: String,
    body: String,
}

/// A way to settle it.
#[derive(Serialize)]
struct Way {
    name: &'static str,
    title: &'static str,
    text: &'static str,
    picked: bool,
}

/// A field, with what was typed.
#[derive(Default, Serialize)]
struct Field {
    label: &'static str,
    hint: &'static str,
    value: String,
    error: Option<String>,
    /// Letters of it.
    most: usize,
}

/// What was typed before, and what was wrong with it.
#[derive(Default)]
pub struct Typed {
    pub how: Option<How>,
    pub note: String,
    /// Nothing was picked.
    pub how_missing: bool,
    pub note_error: Option<NoteError>,
    /// Of a note that payers read.
    pub shown_note_error: Option<NoteToPayersError>,
    /// None: what may be given back.
    pub amount: Option<String>,
    pub amount_error: Option<String>,
}

impl Typed {
    fn is_wrong(&self) -> bool {
        self.how_missing
            || self.note_error.is_some()
            || self.shown_note_error.is_some()
            || self.amount_error.is_some()
    }
}

/// The page of an action.
pub async fn show(
    person: &Person,
    desk: &Desk,
    facts: &PageFacts,
    deed: Deed,
    typed: Typed,
) -> Result<HttpResponse, Refusal> {
    let status = match typed.is_wrong() {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    let letter = match (deed, &facts.order.email) {
        (Deed::Send, Some(_)) => Some(written(desk, facts).await?),
        _ => None,
    };
    let words = Words {
        facts,
        times: times(desk),
    };
    let page = Confirm {
        letter,
        ..page(&words, deed, &typed)
    };
    #[derive(Serialize)]
    struct Page {
        wrong: bool,
        #[serde(flatten)]
        confirm: Confirm,
    }
    let page = Page {
        wrong: status != StatusCode::OK,
        confirm: page,
    };
    let template = ("order-act.html", BADGE.to_owned());
    desk.page_following(person, Here::Orders, template, &page, status)
        .await
}

/// The mail with the link, as it will go out.
async fn written(desk: &Desk, facts: &PageFacts) -> Result<Letter, Refusal> {
    let to = facts
        .order
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    let to = to.unwrap_or_default();
    let address = to.clone();
    let hash: AddressHash = desk
        .read(move |connection| Ok(AddressKey::load(connection)?.hash(&address)))
        .await?;
    let Text { subject, body } = desk.app.write(&facts.order, hash, letter::link);
    Ok(Letter { to, subject, body })
}

fn page(words: &Words, deed: Deed, typed: &Typed) -> Confirm {
    let order = &words.facts.order;
    let (question, button, keep) = words.question(deed);
    let back = format!("/ops/orders/{}", order.id);
    Confirm {
        title: question.plain(),
        question,
        about: about(order, deed),
        action: format!("{back}/{}", deed.path()),
        back,
        crumb: whose(order),
        letter: None,
        happens: words.happens(deed),
        stays: words.stays(deed),
        ways: match deed {
            Deed::Settle => ways(typed.how),
            _ => Vec::new(),
        },
        how_missing: typed.how_missing,
        amount: amount(words.facts, deed, typed),
        note: note(deed, typed),
        grave: matches!(deed, Deed::Cancel | Deed::WithdrawLink | Deed::Refund),
        button,
        keep,
    }
}

fn about(order: &Order, deed: Deed) -> String {
    let amount = match deed {
        Deed::Refund => money::paid(order),
        _ => money::owed_or(order),
    };
    [money::what_for(order), order.reference.clone(), amount].join(" · ")
}

/// How much goes back, of a refund that has not been asked for yet.
fn amount(facts: &PageFacts, deed: Deed, typed: &Typed) -> Option<Field> {
    let may = facts.refundable.as_ref().ok()?;
    if deed != Deed::Refund {
        return None;
    }
    let left = Currency::parse(&may.currency).map_or_else(
        |_| may.left.to_string(),
        |currency| Money::new(may.left, currency).decimal(),
    );
    Some(Field {
        label: "How much",
        hint: "Written like 45.00. As it stands here, all that is left goes back.",
        value: typed.amount.clone().unwrap_or(left),
        error: typed.amount_error.clone(),
        most: 40,
    })
}

fn ways(picked: Option<How>) -> Vec<Way> {
    let way = |how: How| {
        let (title, text) = match how {
            How::Cash => ("Cash", "You have the money."),
            How::Cheque => ("Cheque", "You have it, or it is in the bank."),
            How::Waived => ("You waive it", "Nobody pays."),
            How::Other => ("Otherwise", "Say how below."),
        };
        Way {
            name: how.name(),
            title,
            text,
            picked: picked == Some(how),
        }
    };
    How::ALL.map(way).into()
}

fn note(deed: Deed, typed: &Typed) -> Option<Field> {
    let (label, hint) = match deed {
        Deed::Settle => (
            "Note, for your own list",
            "May be empty. The family does not see it.",
        ),
        Deed::Cancel | Deed::Refund => (
            "Why, for your own list",
            "May be empty. The family does not see it.",
        ),
        Deed::WithdrawLink => (
            "What was wrong, for whoever follows the old link",
            "May be empty. They read it on the old link's page; at most 500 letters.",
        ),
        Deed::Send | Deed::Change | Deed::AskStripe => return None,
    };
    let (error, shown) = (typed.note_error, typed.shown_note_error);
    let error = error.map(|error| error.to_string());
    Some(Field {
        label,
        hint,
        value: typed.note.clone(),
        error: error.or_else(|| shown.map(|error| error.to_string())),
        most: match deed {
            Deed::WithdrawLink => NoteToPayers::MOST,
            _ => Note::MOST,
        },
    })
}
