//! The mails to `ALERT_EMAIL`: pure.

use chrono_tz::Tz;

use super::{
    kind::{Rank, State},
    message::Message,
};
use crate::{
    config::Shop,
    mail::{Text, layout::tidy},
};

/// Lines of one mail: what a person reads. Of what is open the digest tells again.
const LINES: usize = 50;

/// What has begun, and what is over.
pub fn news(shop: &Shop, messages: &[Message]) -> Text {
    let (begun, over): (Vec<_>, Vec<_>) = messages
        .iter()
        .partition(|message| message.state == State::Begins);
    let zone = shop.time.time_zone;
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
        body += &listed(&begun, zone);
    }
    if !over.is_empty() {
        body += "\nThis is over:\n";
        body += &listed(&over, zone);
    }
    body += "\nMoney is told at once. Everything else that happens within ten minutes comes in one mail.\n";
    mail(shop, &subject, &body)
}

/// What is open, once a day.
pub fn digest(shop: &Shop, open: &[Message]) -> Text {
    let subject = match open.len() {
        1 => "1 thing is open".to_owned(),
        many => format!("{many} things are open"),
    };
    let (all, zone): (Vec<&Message>, _) = (open.iter().collect(), shop.time.time_zone);
    let body = format!(
        "This is open, and needs somebody:\n{}\nThis list comes once a day, if anything is open.\n",
        listed(&all, zone)
    );
    mail(shop, &subject, &body)
}

fn mail(shop: &Shop, subject: &str, body: &str) -> Text {
    Text {
        subject: format!("{}: {subject}", shop.shop_name),
        body: tidy(&format!("{}\n\n--\nFreshmint\n", body.trim())),
    }
}

/// A paragraph each, which mail programs break as they like, by rank; where there are more than fit, how many more.
fn listed(messages: &[&Message], zone: Tz) -> String {
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
            list += &line(message, zone);
        }
        if of_rank.len() > left {
            list += &format!("- and {} more\n", of_rank.len() - left);
        }
        left = left.saturating_sub(of_rank.len());
    }
    list
}

/// What is over needs nothing to be done. The time has its zone's name: at night somebody may read it elsewhere.
fn line(message: &Message, zone: Tz) -> String {
    let matter = message.matter();
    let since = message.since.with_timezone(&zone);
    let since = since.format("%-d %B, %H:%M %Z");
    match message.state {
        State::Begins => format!("- {since}: {}. {}\n", matter.named(), matter.next()),
        State::Over => format!("- {}, since {since}\n", matter.named()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{alert::kind::Kind, config::Time};

    fn shop(name: &str, time_zone: Tz) -> Shop {
        Shop {
            time: Time { time_zone },
            shop_name: name.to_owned(),
            shop_url: "https://rovers.example.org".parse().expect("a URL"),
            support_email: None,
        }
    }

    fn message(kind: Kind, state: State, reference: Option<&str>) -> Message {
        Message {
            id: 1,
            state,
            kind,
            count: 1,
            since: DateTime::from_timestamp(1_795_811_460, 0).expect("a time"),
            detail: None,
            reference: reference.map(str::to_owned),
            mailing: None,
        }
    }

    #[test]
    fn a_mail_says_money_first_and_what_to_do() {
        let bounces = Message {
            count: 200,
            mailing: Some("Summer cup".to_owned()),
            ..message(Kind::Bounces, State::Begins, None)
        };
        let messages = [
            message(Kind::Case, State::Begins, Some("CUP-1")),
            bounces,
            message(Kind::Pause, State::Over, None),
            message(Kind::FailedEvent, State::Begins, None),
        ];
        let Text { subject, body } = news(&shop("Rovers Youth FC", Tz::UTC), &messages);
        insta::assert_snapshot!(format!("{subject}\n\n{body}"));
    }

    #[test]
    fn a_mail_tells_the_shops_own_time() {
        let open = [message(Kind::Pause, State::Begins, None)];
        let shop = shop("Club", Tz::Pacific__Auckland);
        let mails = [news(&shop, &open), digest(&shop, &open)];
        for Text { body, .. } in mails {
            assert!(body.contains("- 28 November, 09:31 NZDT: "), "{body}");
        }
    }

    #[test]
    fn a_long_list_says_how_many_more_there_are() {
        let mut open = vec![message(Kind::UnknownMail, State::Begins, None); 60];
        open.push(message(Kind::Debit, State::Begins, None));
        open.push(message(Kind::SilentWebhook, State::Begins, None));
        let Text { subject, body } = digest(&shop("Rovers Youth FC", Tz::UTC), &open);
        assert_eq!(subject, "Rovers Youth FC: 62 things are open");
        assert_eq!(body.matches("nobody can know").count(), 49, "{body}");
        assert!(
            body.contains("\n- and 11 more\n") && body.contains("(1)\n- and 1 more\n"),
            "{body}"
        );
    }

    #[test]
    fn a_subject_names_what_matters_most() {
        let subject = |messages: &[Message]| news(&shop("Club", Tz::UTC), messages).subject;
        let pause = |state| message(Kind::Pause, state, None);
        assert_eq!(
            subject(&[pause(State::Begins)]),
            "Club: no mail can be sent, all of it waits"
        );
        assert_eq!(
            subject(&[pause(State::Over)]),
            "Club: over: no mail can be sent, all of it waits"
        );
        assert_eq!(
            subject(&vec![pause(State::Over); 2]),
            "Club: 2 things are over"
        );
        assert_eq!(
            subject(&vec![pause(State::Begins); 2]),
            "Club: 2 things need somebody"
        );
        let money = message(Kind::Debit, State::Begins, None);
        assert_eq!(
            subject(&[money, pause(State::Begins), pause(State::Over)]),
            "Club: a bank debit did not arrive, and 1 more"
        );
    }
}
