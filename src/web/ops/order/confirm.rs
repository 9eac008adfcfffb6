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
    activity::Note,
    mail::{Text, letter},
    order::{
        NoteToPayers, Order,
        currency::Currency,
        money::{Money, as_told},
        state::How,
    },
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
    again: Option<Again>,
    grave: bool,
    button: &'static str,
    /// What the button says while the amount stands as it was written; a script sees to it.
    button_as_is: Option<String>,
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
    most: usize,
}

/// The refund that is asked for again: by its key, so that it cannot become another one.
#[derive(Serialize)]
struct Again {
    key: String,
    amount: String,
}

/// What was typed before, and what was wrong with it.
#[derive(Default)]
pub struct Typed {
    pub how: Option<How>,
    pub note: String,
    /// Nothing was picked.
    pub how_missing: bool,
    pub note_error: Option<String>,
    /// None: what may be given back.
    pub amount: Option<String>,
    pub amount_error: Option<String>,
}

impl Typed {
    fn is_wrong(&self) -> bool {
        self.how_missing || self.note_error.is_some() || self.amount_error.is_some()
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
        again: again(words.facts, deed),
        button_as_is: as_it_stands(words.facts, deed).filter(|_| typed.amount.is_none()),
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
    let left = decimal(may.left, &may.currency);
    Some(Field {
        label: "How much",
        hint: "Written like 45.00. As it stands here, all that is left goes back.",
        value: typed.amount.clone().unwrap_or(left),
        error: typed.amount_error.clone(),
        most: 40,
    })
}

fn again(facts: &PageFacts, deed: Deed) -> Option<Again> {
    let refund = facts.asked_refund.as_ref()?;
    (deed == Deed::Refund).then(|| Again {
        key: refund.key.clone(),
        amount: decimal(refund.amount, &refund.currency),
    })
}

fn as_it_stands(facts: &PageFacts, deed: Deed) -> Option<String> {
    let may = facts.refundable.as_ref().ok()?;
    (deed == Deed::Refund && facts.asked_refund.is_none())
        .then(|| format!("Give {} back", as_told(may.left, &may.currency)))
}

fn decimal(minor: i64, currency: &str) -> String {
    Currency::parse(currency).map_or_else(
        |_| minor.to_string(),
        |currency| Money::new(minor, currency).decimal(),
    )
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
            "What was wrong, for whoever opens the old link",
            "May be empty. The family reads it: at most 500 letters.",
        ),
        Deed::Send | Deed::Change | Deed::AskStripe => return None,
    };
    Some(Field {
        label,
        hint,
        value: typed.note.clone(),
        error: typed.note_error.clone(),
        most: match deed {
            Deed::WithdrawLink => NoteToPayers::MOST,
            _ => Note::MOST,
        },
    })
}
