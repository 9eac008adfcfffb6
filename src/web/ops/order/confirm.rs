//! The page before an action: what will happen to whom, what will not, and the fields that it needs.

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use super::{
    act::{Deed, has_been_mailed},
    money,
    page::{times, whose},
};
use crate::{
    activity::NoteError,
    mail::{Text, letter},
    order::state::How,
    people::Person,
    suppression::{AddressHash, AddressKey},
    timeline::{
        PageFacts,
        next::{Next, Reminder},
    },
    web::ops::{
        desk::{BADGE, Desk},
        menu::Here,
        prose::{Prose, Times, name, prose},
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
}

/// What was typed before, and what was wrong with it.
#[derive(Default)]
pub struct Typed {
    pub how: Option<How>,
    pub note: String,
    /// Nothing was picked.
    pub how_missing: bool,
    pub note_error: Option<NoteError>,
}

impl Typed {
    fn is_wrong(&self) -> bool {
        self.how_missing || self.note_error.is_some()
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
        ..words.page(deed, typed)
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

struct Words<'a> {
    facts: &'a PageFacts,
    times: Times,
}

impl Words<'_> {
    fn page(&self, deed: Deed, typed: Typed) -> Confirm {
        let order = &self.facts.order;
        let (question, button, keep) = self.question(deed);
        let back = format!("/ops/orders/{}", order.id);
        let about = [
            money::what_for(order),
            order.reference.clone(),
            money::owed_or(order),
        ];
        Confirm {
            title: question.plain(),
            question,
            about: about.join(" · "),
            action: format!("{back}/{}", deed.path()),
            back,
            crumb: whose(order),
            letter: None,
            happens: self.happens(deed),
            stays: self.stays(deed),
            ways: match deed {
                Deed::Settle => ways(typed.how),
                _ => Vec::new(),
            },
            how_missing: typed.how_missing,
            note: note(deed, &typed),
            grave: matches!(deed, Deed::Cancel | Deed::WithdrawLink),
            button,
            keep,
        }
    }

    fn question(&self, deed: Deed) -> (Prose, &'static str, &'static str) {
        let whose = || name(whose(&self.facts.order));
        match deed {
            Deed::Send => {
                let again = match has_been_mailed(self.facts) {
                    true => " again?",
                    false => "?",
                };
                (
                    prose!["Send the link of ", whose(), again],
                    "Send this mail",
                    "Do not send",
                )
            }
            Deed::Settle => (
                prose!["Settle the order of ", whose(), " without Stripe?"],
                "Settle it",
                "Not now",
            ),
            Deed::WithdrawLink => (
                prose!["Replace the link of ", whose(), "?"],
                "Replace the link",
                "Keep it",
            ),
            Deed::Cancel => (
                prose!["Cancel the order of ", whose(), "?"],
                "Cancel the order",
                "Keep it",
            ),
            Deed::AskStripe => (
                prose!["Ask Stripe about the order of ", whose(), "?"],
                "Ask Stripe now",
                "Not now",
            ),
            Deed::Change => (
                prose!["Change the order of ", whose()],
                "Save the change",
                "Leave it",
            ),
        }
    }

    fn happens(&self, deed: Deed) -> Vec<Prose> {
        let amount = money::owed_or(&self.facts.order);
        match deed {
            Deed::Send => {
                let to = self.facts.order.email.as_ref();
                let to = to.map_or("", |email| email.as_str());
                let mut said = vec![prose!["One mail goes to ", name(to), ", at once."]];
                said.extend(
                    self.facts
                        .facts
                        .mail_waits
                        .clone()
                        .map(|why| prose![name(why)]),
                );
                said
            }
            Deed::Settle => [
                vec![prose![
                    "The order over ",
                    amount,
                    " counts as settled; their link says that there is nothing to pay."
                ]],
                self.page_closes(),
                vec![prose![
                    "If they pay by Stripe all the same, you are told and can give it back."
                ]],
            ]
            .concat(),
            Deed::WithdrawLink => [
                vec![
                    prose!["The order gets a new link."],
                    prose![
                        "The old one, in ",
                        mails(self.mails_out()),
                        ", says that it was replaced. Nobody can pay through it."
                    ],
                ],
                self.page_closes(),
            ]
            .concat(),
            Deed::Cancel => [
                vec![
                    prose![
                        "They owe nothing any more: ",
                        amount,
                        " is no longer asked for."
                    ],
                    prose!["Their link says that the request was cancelled, and how to reach you."],
                ],
                self.page_closes(),
            ]
            .concat(),
            Deed::AskStripe => vec![prose![
                "Stripe is asked about each payment page of this order. If it has a payment, the order is paid at once."
            ]],
            Deed::Change => Vec::new(),
        }
    }

    fn stays(&self, deed: Deed) -> Vec<Prose> {
        match deed {
            Deed::Send => vec![
                prose!["The link stays the same; the mails that they have keep working."],
                prose![self.reminder()],
            ],
            Deed::Settle => vec![
                prose!["They get no mail about it."],
                prose!["It cannot be taken back; you would make a new order with a new link."],
            ],
            Deed::WithdrawLink => vec![
                prose!["Nobody is mailed. Send the new link afterwards."],
                prose!["The old link never works again."],
            ],
            Deed::Cancel => vec![
                prose!["They get no mail about it."],
                prose!["It cannot be taken back; you would make a new order with a new link."],
            ],
            Deed::AskStripe => vec![
                prose!["They get no mail, and notice nothing."],
                prose!["Nothing is closed or changed at Stripe."],
            ],
            Deed::Change => Vec::new(),
        }
    }

    /// What becomes of a payment page that is open.
    fn page_closes(&self) -> Vec<Prose> {
        match self.facts.next {
            Next::PageOpen { until, .. } => vec![prose![
                "The payment page, which is open until ",
                self.times.moment(until),
                ", is closed at Stripe. Should they have paid on it by then, nothing is changed."
            ]],
            _ => Vec::new(),
        }
    }

    fn mails_out(&self) -> usize {
        self.facts
            .mails()
            .filter(|mail| mail.sent_at.is_some())
            .count()
    }

    fn reminder(&self) -> &'static str {
        match (self.facts.facts.reminder, self.facts.order.remind) {
            (Reminder::Sent, _) => "No reminder follows: they have had theirs.",
            (Reminder::Due(_), _) => "Their reminder goes out as it would have.",
            (_, true) => {
                "No second mail follows by itself, but for the one reminder if they leave the payment page."
            }
            (_, false) => "No reminder follows: this order has none.",
        }
    }
}

fn mails(count: usize) -> String {
    match count {
        0 => "mails that may be out".to_owned(),
        1 => "the 1 mail that is out".to_owned(),
        more => format!("the {more} mails that are out"),
    }
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
        Deed::Cancel | Deed::WithdrawLink => (
            "Why, for your own list",
            "May be empty. The family does not see it.",
        ),
        Deed::Send | Deed::Change | Deed::AskStripe => return None,
    };
    Some(Field {
        label,
        hint,
        value: typed.note.clone(),
        error: typed.note_error.map(|error| error.to_string()),
    })
}
