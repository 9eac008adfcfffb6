//! The mails to `ALERT_EMAIL`: pure.

use super::{
    kind::{Rank, State},
    message::Message,
};
use crate::mail::{Text, layout::tidy};

/// Lines of one mail: what a person reads. Of what is open the digest tells again.
const LINES: usize = 50;

/// What has begun, and what is over.
pub fn news(shop: &str, messages: &[Message]) -> Text {
    let (begun, over): (Vec<_>, Vec<_>) = messages
        .iter()
        .partition(|message| message.state == State::Begins);
    let subject = match (&begun[..], &over[..]) {
        ([], [only]) => format!("over: {}", only.matter().plain()),
        ([], many) => format!("{} things are over", many.len()),
        ([only], _) => only.matter().plain(),
        ([first, rest @ ..], _) if first.kind.rank() == Rank::Money => {
            format!("{}, and {} more", first.matter().plain(), rest.len())
        }
        (many, _) => format!("{} things need somebody", many.len()),
    };
    let mut body = String::new();
    if !begun.is_empty() {
        body += "This needs somebody to look at it:\n";
        body += &listed(&begun);
    }
    if !over.is_empty() {
        body += "\nThis is over:\n";
        body += &listed(&over);
    }
    body += "\nMoney is told at once. Everything else that happens within ten minutes comes in one mail.\n";
    mail(shop, &subject, &body)
}

/// What is open, once a day.
pub fn digest(shop: &str, open: &[Message]) -> Text {
    let subject = match open.len() {
        1 => "1 thing is open".to_owned(),
        many => format!("{many} things are open"),
    };
    let all: Vec<&Message> = open.iter().collect();
    let body = format!(
        "This is open, and needs somebody:\n{}\nThis list comes once a day, if anything is open.\n",
        listed(&all)
    );
    mail(shop, &subject, &body)
}

fn mail(shop: &str, subject: &str, body: &str) -> Text {
    Text {
        subject: format!("{shop}: {subject}"),
        body: tidy(&format!("{}\n\n--\nFreshmint\n", body.trim())),
    }
}

/// A paragraph each, which mail programs break as they like, by rank; where there are more than fit, how many more.
fn listed(messages: &[&Message]) -> String {
    let mut list = String::new();
    let mut left = LINES;
    for rank in Rank::ALL {
        let of_rank: Vec<_> = messages
            .iter()
            .filter(|it| it.kind.rank() == rank)
            .collect();
        if of_rank.is_empty() {
            continue;
        }
        list += &format!("\n{} ({})\n", rank.heading(), of_rank.len());
        for message in of_rank.iter().take(left) {
            list += &line(message);
        }
        if of_rank.len() > left {
            list += &format!("- and {} more\n", of_rank.len() - left);
        }
        left = left.saturating_sub(of_rank.len());
    }
    list
}

/// What is over needs nothing to be done.
fn line(message: &Message) -> String {
    let matter = message.matter();
    let since = message.since.format("%-d %B, %H:%M UTC");
    match message.state {
        State::Begins => format!("- {since}: {}. {}\n", matter.named(), matter.next()),
        State::Over => format!("- {}, since {since}\n", matter.named()),
    }
}
