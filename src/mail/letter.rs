//! The mails about one order, in the payer's language.

use std::borrow::Cow;

use super::{
    Text,
    layout::tidy,
    template::{self, Holes, Templates, Unfillable},
};
use crate::{
    config,
    language::{Language, mails::Mails},
    order::{Kind, Order, wording},
};

/// Whose mail it is, and about what.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// What fills the holes.
    pub holes: Holes<'a>,
    /// The shop, for the lines at the end.
    pub shop: &'a config::Shop,
}

/// The link of one order, sent because somebody asked for it.
pub fn link(about: &About) -> Text {
    ours(about, |words| Ours {
        subject: words.link_subject,
        subject_unpriced: words.link_subject_unpriced,
        body: words.link_body.into(),
    })
}

/// The one reminder.
pub fn reminder(about: &About) -> Text {
    match about.holes.order.kind {
        Kind::Billed => ours(about, |words| Ours {
            subject: words.reminder_subject,
            subject_unpriced: words.reminder_subject_unpriced,
            body: words.reminder_body.into(),
        }),
        Kind::Recovered => ours(about, |words| {
            let zone = about.shop.time.time_zone;
            let begun = about.holes.order.created_at.with_timezone(&zone);
            let begun = begun.format(words.day).to_string();
            Ours {
                subject: words.recovered_subject,
                subject_unpriced: words.recovered_subject,
                body: words
                    .recovered_body
                    .replace("[day]", &begun)
                    .replace("[additions]", wording::additions(about.holes.order))
                    .into(),
            }
        }),
    }
}

/// A mailing's words, with whose it is and how to get no more below them.
///
/// # Errors
/// [`Unfillable`] for an unknown name, or what is too much.
pub fn blast(about: &About, templates: &Templates) -> Result<Text, Unfillable> {
    templates.fill(&about.holes).map(|text| signed(about, text))
}

/// The templates of one of our own mails.
struct Ours {
    subject: &'static str,
    subject_unpriced: &'static str,
    body: Cow<'static, str>,
}

fn ours(about: &About, choose: impl Fn(&Mails) -> Ours) -> Text {
    let order = about.holes.order;
    let ours = choose(&language(order).words().mails);
    let subject = match order.owed() {
        Some(_) => ours.subject,
        None => ours.subject_unpriced,
    };
    template::fill(subject, &ours.body, &about.holes)
        .map(|text| signed(about, text))
        .expect("our own templates are filled in the tests, in every language")
}

fn signed(about: &About, text: Text) -> Text {
    let words = &language(about.holes.order).words().mails;
    let mut end = format!("\n--\n{}\n{}\n", about.shop.shop_name, about.shop.shop_url);
    if let Some(address) = &about.shop.support_email {
        end += &format!("{} {address}\n", words.questions);
    }
    // The shop's own words may have named it already: one link to unsubscribe is enough.
    if !text.body.contains(about.holes.unsubscribe_url) {
        end += &format!("{}\n{}\n", words.no_more, about.holes.unsubscribe_url);
    }
    Text {
        body: tidy(&(text.body + &end)),
        ..text
    }
}

fn language(order: &Order) -> Language {
    order.locale.language()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::samples::{PAY_URL, UNSUBSCRIBE_URL, club, family, fee, holes, membership};
    use super::*;
    use crate::mail::layout::flowed;

    fn write(order: &Order, shop: &config::Shop, letter: fn(&About) -> Text) -> Text {
        let holes = holes(order);
        letter(&About { holes, shop })
    }

    fn templates(body: &str) -> Templates<'_> {
        Templates::new("Cup", body).unwrap()
    }

    /// As a person sees it, with names for the long addresses.
    fn seen(order: &Order, letter: fn(&About) -> Text) -> String {
        let text = write(order, &club(), letter);
        let body = text.body.replace(PAY_URL, "[pay]");
        let body = body.replace(UNSUBSCRIBE_URL, "[unsubscribe]");
        format!("{}\n\n{body}", text.subject)
    }

    #[test]
    fn a_link_to_somebody_we_know() {
        assert_snapshot!(seen(&fee("en"), link), @r"
        Rovers Youth FC: €45.00 to pay (CUP-U12-7)

        Hello Kim Müller,

        Here is what is due:

          Summer cup, U12: €45.00

        Amount due: €45.00
        Reference: CUP-U12-7

        You can pay here:

        [pay]

        The link is meant for you and keeps working until this is settled.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Questions? treasurer@rovers.example.org
        No more mail from us to this address:
        [unsubscribe]
        ");
    }

    #[test]
    fn a_link_for_several_things_in_german() {
        assert_snapshot!(seen(&family("de"), link), @r"
        Rovers Youth FC: 1.212,50 € zu zahlen (CUP-U12-7)

        Guten Tag,

        das ist bei uns offen:

          2 × Summer cup, U12: 90,00 €
          Team shirt, size 140, with the name of the child and its number on the back: 23,50 €
          Coach journey: 1.099,00 €

        Offener Betrag: 1.212,50 €
        Referenz: CUP-U12-7

        Hier können Sie bezahlen:

        [pay]

        Der Link ist für Sie bestimmt und gilt, bis alles erledigt ist.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Fragen? treasurer@rovers.example.org
        Keine Mails mehr von uns an diese Adresse:
        [unsubscribe]
        ");
    }

    #[test]
    fn a_reminder_of_several_things_to_somebody_whose_name_we_do_not_know() {
        assert_snapshot!(seen(&family("en"), reminder), @r"
        Rovers Youth FC: €1,212.50 still open (CUP-U12-7)

        Hello,

        This is still open:

          2 × Summer cup, U12: €90.00
          Team shirt, size 140, with the name of the child and its number on the back: €23.50
          Coach journey: €1,099.00

        Amount due: €1,212.50
        Reference: CUP-U12-7

        You can pay here:

        [pay]

        This is the only reminder that we send. If you have paid in the meantime, or it is settled in another way, there is nothing more to do.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Questions? treasurer@rovers.example.org
        No more mail from us to this address:
        [unsubscribe]
        ");
    }

    #[test]
    fn a_reminder_in_german() {
        assert_snapshot!(seen(&fee("de"), reminder), @r"
        Rovers Youth FC: 45,00 € noch offen (CUP-U12-7)

        Guten Tag Kim Müller,

        das ist bei uns noch offen:

          Summer cup, U12: 45,00 €

        Offener Betrag: 45,00 €
        Referenz: CUP-U12-7

        Hier können Sie bezahlen:

        [pay]

        Das ist die einzige Erinnerung, die wir dazu schicken. Falls Sie inzwischen bezahlt haben oder es anders erledigt ist, brauchen Sie nichts mehr zu tun.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Fragen? treasurer@rovers.example.org
        Keine Mails mehr von uns an diese Adresse:
        [unsubscribe]
        ");
    }

    #[test]
    fn what_is_in_the_shops_catalogue_is_named_and_priced_at_the_checkout() {
        assert_snapshot!(seen(&membership("en"), link), @r"
        Rovers Youth FC: your payment (CUP-U12-7)

        Hello Kim Müller,

        Here is what is due:

          Team shirt: €23.50
          2 × Item as named at the checkout

        Amount due: the sum shown at the checkout
        Reference: CUP-U12-7

        You can pay here:

        [pay]

        The link is meant for you and keeps working until this is settled.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Questions? treasurer@rovers.example.org
        No more mail from us to this address:
        [unsubscribe]
        ");
        assert_snapshot!(seen(&membership("de"), reminder), @r"
        Rovers Youth FC: Ihre Zahlung ist noch offen (CUP-U12-7)

        Guten Tag Kim Müller,

        das ist bei uns noch offen:

          Team shirt: 23,50 €
          2 × Posten laut Bezahlseite

        Offener Betrag: die Summe, die auf der Bezahlseite steht
        Referenz: CUP-U12-7

        Hier können Sie bezahlen:

        [pay]

        Das ist die einzige Erinnerung, die wir dazu schicken. Falls Sie inzwischen bezahlt haben oder es anders erledigt ist, brauchen Sie nichts mehr zu tun.

        -- 
        Rovers Youth FC
        https://rovers.example.org/
        Fragen? treasurer@rovers.example.org
        Keine Mails mehr von uns an diese Adresse:
        [unsubscribe]
        ");
    }

    #[test]
    fn every_letter_fits_its_lines_and_names_each_link_once() {
        let nobody = config::Shop {
            support_email: None,
            ..club()
        };
        for language in Language::ALL.map(|language| language.words().code) {
            for order in [fee(language), family(language), membership(language)] {
                for (letter, shop) in [
                    (link as fn(&About) -> Text, club()),
                    (reminder, nobody.clone()),
                ] {
                    let Text { subject, body } = write(&order, &shop, letter);
                    for line in flowed(&body)
                        .lines()
                        .filter(|line| !line.starts_with("https://"))
                    {
                        assert!(line.chars().count() <= 73, "{line}");
                    }
                    for url in [PAY_URL, UNSUBSCRIBE_URL] {
                        let lines = body.lines().filter(|line| *line == url);
                        assert_eq!(lines.count(), 1, "{url} in {body}");
                        assert_eq!(body.matches(url).count(), 1, "{url} in {body}");
                    }
                    assert!(!subject.contains('\n') && subject.contains("CUP-U12-7"));
                    let asks = body.contains("treasurer@rovers.example.org");
                    assert_eq!(asks, shop.support_email.is_some(), "{body}");
                }
            }
        }
    }

    #[test]
    fn the_mail_about_a_cart_says_its_day_and_what_its_sum_is_without_in_every_language() {
        for language in Language::ALL {
            let words = language.words();
            let cart = Order {
                kind: Kind::Recovered,
                automatic_tax: true,
                ..family(words.code)
            };
            let Text { subject, body } = write(&cart, &club(), reminder);
            let day = cart.created_at.format(words.mails.day).to_string();
            for part in [&day, words.orders.additions, PAY_URL, UNSUBSCRIBE_URL] {
                assert_eq!(body.matches(part).count(), 1, "{part} in {body}");
            }
            let whole = format!("{subject}{body}");
            assert!(!whole.contains(['[', '{', '}']), "{whole}");
            assert!(!whole.contains("CUP-U12-7"), "a cart has no reference");
        }
    }

    #[test]
    fn the_shops_own_words_are_signed_and_have_one_link_to_unsubscribe() {
        let (order, shop) = (fee("de"), club());
        let about = About {
            holes: holes(&order),
            shop: &shop,
        };
        let signed = blast(&about, &templates("Bitte zahlen: {{ pay_url }}")).unwrap();
        assert!(
            signed.body.contains("\n-- \nRovers Youth FC\n"),
            "{}",
            signed.body
        );
        assert!(
            signed
                .body
                .contains("Keine Mails mehr von uns an diese Adresse:")
        );
        let own = blast(&about, &templates("{{ pay_url }} {{ unsubscribe_url }}")).unwrap();
        for text in [signed, own] {
            assert_eq!(
                text.body.matches(UNSUBSCRIBE_URL).count(),
                1,
                "{}",
                text.body
            );
        }
        assert!(blast(&about, &templates("{{ nmae }}")).is_err());
    }
}
