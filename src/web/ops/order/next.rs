//! Why it is not paid, and the next step, in the words of the page: one arm a situation.

use chrono::{DateTime, Utc};

use super::{
    act::{Deed, send_heading, send_words},
    answer::{Answer, Button, COPY, Step},
    cart,
    done::done,
    mail::{have_had, not_written_to},
    stripe::refusal,
};
use crate::{
    case, order,
    timeline::{
        PageFacts,
        next::{Next, OpenCase, Reminder, Undone},
    },
    token::Role,
    web::ops::{
        line::in_words_of,
        prose::{Prose, Times, name, prose},
        suppressions::do_not_mail,
    },
};

/// The answer for somebody with this role.
pub fn answer(facts: &PageFacts, role: Role, times: Times) -> Answer {
    let said = Words { facts, role, times };
    let (why, next) = said.situation();
    let is_cart = facts.order.kind == order::Kind::Recovered;
    let heading = match &facts.next {
        Next::Nothing => "Nothing to do",
        Next::DebitOnItsWay(_) => "It is on its way",
        Next::Decide(_) | Next::AskAgain(_) | Next::RefundUnderWay => "What is open",
        _ if is_cart => "Where it stands",
        _ => "Why it is not paid",
    };
    let next = match is_cart && cart::is_for_a_mail(&facts.next) {
        true => said.step("Next: nothing", prose![cart::NOTHING_MORE], Vec::new()),
        false => next,
    };
    Answer { heading, why, next }
}

struct Words<'a> {
    facts: &'a PageFacts,
    role: Role,
    times: Times,
}

type Said = (Prose, Option<Step>);

impl Words<'_> {
    fn situation(&self) -> Said {
        let times = self.times;
        match &self.facts.next {
            Next::Decide(case) => self.decide(case),
            Next::AskAgain(case) => (
                prose!["We asked Stripe to give the money back, and have no answer."],
                self.step(
                    "Next: ask again",
                    prose!["It cannot happen twice. Until Stripe answers, nothing else happens."],
                    match case {
                        Some(case) => vec![self.case(case, "Ask again")],
                        None => self.deed(Deed::Refund, "Ask again…", "back"),
                    },
                ),
            ),
            Next::RefundUnderWay => (
                prose!["Stripe has a refund under way."],
                self.step(
                    "Next: wait",
                    prose!["It succeeds or fails within some days, and this page says so."],
                    Vec::new(),
                ),
            ),
            Next::Refused(why) => (
                prose!["Stripe opens no payment page for it: "].and(refusal(why)),
                self.step(
                    "Next: change the order",
                    prose!["Their link says meanwhile how to reach you. It works again as soon as this is mended."],
                    self.deed(Deed::Change, "Change the order…", "edit"),
                ),
            ),
            Next::CameBack => (
                prose!["A mail came back: their address does not take mail, so they know nothing."],
                self.step(
                    "Next: correct the address",
                    prose!["Correct it, then send the link."],
                    self.deed(Deed::Change, "Correct the address…", "edit"),
                ),
            ),
            Next::MailUnknown(mail) => (
                prose!["We cannot tell whether they have the mail: it was being handed over when the connection broke."],
                self.step(
                    "Next: look at the mail",
                    prose!["Look whether your mail server has sent it; then it is sent again or dropped."],
                    self.link(&format!("/ops/mail/{mail}"), "Look at it", "mail-unknown"),
                ),
            ),
            Next::GivenUp(mail, said) => (
                prose!["No mail server took the mail for two days"].and(match said {
                    Some(said) => prose![": “", name(said.clone()), "”."],
                    None => prose!["."],
                }),
                self.step(
                    "Next: try it again",
                    prose!["Correct the address if there is a mistake in it, or have the mail tried again."],
                    self.link(&format!("/ops/mail/{mail}"), "Try it again…", "again"),
                ),
            ),
            Next::NoAddress => (
                prose!["There is nobody to write to: the order has no address."],
                self.step(
                    "Next: hand the link over",
                    prose!["Add an address, or hand the link over yourself."],
                    [self.deed(Deed::Change, "Add an address…", "edit"), self.copy()].concat(),
                ),
            ),
            Next::DoNotMail(why) => (
                prose!["We do not write to this address: ", do_not_mail(why), "."],
                self.step(
                    "Next: ask them another way",
                    prose!["Their link works: hand it over yourself."],
                    self.copy(),
                ),
            ),
            Next::MailWaits => (
                prose!["Their mail is about to go out."],
                self.step("Next: nothing", prose!["It goes by itself."], Vec::new()),
            ),
            Next::AllMailWaits(why) => (
                prose!["No mail goes out at present. ", name(why.clone())],
                self.step(
                    "Next: see what is wrong",
                    prose!["Their mail waits and is not lost."],
                    self.link("/ops/mail", "See what is wrong", "warn"),
                ),
            ),
            Next::MailDue(at) => (
                prose!["Their mail goes out ", times.moment(*at), "."],
                self.step("Next: wait", prose!["Nothing to do."], Vec::new()),
            ),
            Next::MailingPaused(mailing) => (
                prose!["Their mail belongs to the mailing “", name(mailing.name.clone()), "”, which is paused."],
                self.step(
                    "Next: let the mailing go on, or end it",
                    prose!["The mail waits and is not lost. Nobody of the mailing is written to meanwhile."],
                    self.link(&format!("/ops/blasts/{}", mailing.id), "See the mailing", "send"),
                ),
            ),
            Next::LinkReplaced(mailed) => (
                prose!["The link in the mail that they got ", times.day(*mailed), " was withdrawn. It says so, and leads on to nothing else."],
                self.step(
                    "Next: send the new link",
                    prose!["One mail, which you see first. The old link stays withdrawn."],
                    [self.send(), self.copy()].concat(),
                ),
            ),
            Next::NotOpened(mailed) => (
                prose!["They have had the mail since ", times.day_alone(*mailed), " and have not opened the link."],
                self.step(
                    "Next: wait, or send it again",
                    prose!["It is the same link, and it still works."],
                    self.send(),
                ),
            ),
            Next::OnlyLooked(looked) => (
                prose!["Somebody opened the link ", times.day(*looked), ", and not the payment page."],
                self.step(
                    "Next: wait, or send it again",
                    prose!["It is the same link, and it still works."],
                    self.send(),
                ),
            ),
            Next::NeverMailed => (
                prose![not_written_to(self.facts)],
                self.step(
                    "Next: send the link",
                    prose!["One mail, which you see first."],
                    [self.send(), self.copy()].concat(),
                ),
            ),
            Next::MaybeMailed => (
                prose!["We cannot tell whether they have the mail: it was being handed over when the connection broke, and somebody let it be."],
                self.step(
                    "Next: wait, or send it again",
                    prose!["It is the same link, and it still works."],
                    [self.send(), self.copy()].concat(),
                ),
            ),
            Next::PaidInVain(paid, undone) => (
                prose!["They paid ", times.day(*paid), match undone {
                    Undone::GivenBack => ", and that money was given back.",
                    Undone::Moved => ", and that money is another order’s.",
                }],
                self.step(
                    send_heading(self.facts),
                    prose!["It is the same link: it opens a payment page for what is owed."],
                    self.send(),
                ),
            ),
            Next::PageOpen { since, until } => (
                prose!["They opened the payment page ", times.moment(*since), "; it is open until ", times.moment(*until), "."],
                self.step(
                    "Next: wait",
                    prose!["They may be paying at this moment."],
                    Vec::new(),
                ),
            ),
            Next::Left { opened, reminder } => self.left(*opened, *reminder),
            Next::DebitFailed(at) => (
                prose!["Their bank did not pay ", times.day(*at), ". The link works again."],
                self.step(
                    "Next: send the link again",
                    prose!["Their link says so, too, and opens a new payment page."],
                    self.send(),
                ),
            ),
            Next::DebitOnItsWay(began) => (
                prose!["A bank debit was begun ", times.day(*began), ". It arrives in some days; till then nobody is reminded and nothing can be paid twice."],
                None,
            ),
            Next::Nothing => (done(self.facts, times), None),
        }
    }

    fn decide(&self, case: &OpenCase) -> Said {
        let what = match case.kind {
            case::Kind::Mismatch => "Money came that is not what was owed.",
            case::Kind::SecondPayment => "It is settled, and a second payment came.",
            case::Kind::Orphan => "Money came that belongs to no order.",
            case::Kind::Dispute => "Their bank disputes the payment.",
            case::Kind::Refund => {
                "A part of a payment for several orders went back, and nobody knows of which."
            }
        };
        let (title, text) = match case.kind {
            case::Kind::Dispute => (
                "Next: answer the bank",
                "It is answered in Stripe’s dashboard, which says until when; after that it is decided without you.",
            ),
            _ => ("Next: decide", "Until you decide, nothing else happens."),
        };
        let button = vec![self.case(case, "Decide")];
        (prose![what], self.step(title, prose![text], button))
    }

    fn left(&self, opened: DateTime<Utc>, reminder: Reminder) -> Said {
        let times = self.times;
        let left = prose![
            "They opened the payment page ",
            times.day(opened),
            ", and left it without paying."
        ];
        let same_link = prose!["It is the same link, and it still works."];
        match reminder {
            Reminder::Due(due) => (
                left,
                self.step(
                    "Next: wait for the reminder",
                    prose!["Our reminder goes out ", times.moment(due), ", once."],
                    Vec::new(),
                ),
            ),
            Reminder::Sent => (
                left.and(prose![" We have reminded them once; we do not remind twice."]),
                self.step(
                    "Next: ask them in person",
                    prose![have_had(self.facts), " If they cannot find it, send the link again: it is the same link, and it still works."],
                    [self.send(), self.deed(Deed::Settle, "They paid in cash…", "cash")].concat(),
                ),
            ),
            Reminder::Skipped(why) => (
                left.and(prose![" No reminder follows: ", in_words_of(&self.facts.order, why), "."]),
                self.step(send_heading(self.facts), same_link, self.send()),
            ),
            Reminder::None => (
                left,
                self.step(send_heading(self.facts), same_link, self.send()),
            ),
        }
    }

    fn step(&self, title: &'static str, text: Prose, mut buttons: Vec<Button>) -> Option<Step> {
        // Whoever may only look is offered nothing.
        if self.role < Role::Operator {
            buttons.clear();
        }
        Some(Step {
            title,
            text,
            buttons,
        })
    }

    fn send(&self) -> Vec<Button> {
        self.deed(Deed::Send, send_words(self.facts), "send")
    }

    fn deed(&self, deed: Deed, word: &'static str, mark: &'static str) -> Vec<Button> {
        let href = format!("/ops/orders/{}/{}", self.facts.order.id, deed.path());
        match deed.is_offered(self.facts, self.role) {
            true => vec![Button::Link { href, word, mark }],
            false => Vec::new(),
        }
    }

    fn copy(&self) -> Vec<Button> {
        vec![COPY]
    }

    fn link(&self, href: &str, word: &'static str, mark: &'static str) -> Vec<Button> {
        vec![Button::Link {
            href: href.to_owned(),
            word,
            mark,
        }]
    }

    fn case(&self, case: &OpenCase, word: &'static str) -> Button {
        Button::Link {
            href: format!("/ops/cases/{}", case.id),
            word,
            mark: "scale",
        }
    }
}
