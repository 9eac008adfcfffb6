//! A switch is turned: first what that does, and to whom.

use actix_web::{HttpResponse, web::Path};
use chrono::Duration;
use diesel::PgConnection;

use super::{
    super::{
        confirm::{Confirm, points},
        desk::{Desk, shown},
        form::{Nothing, Sent},
        guard::{Admin, doing},
        menu::Here,
        refusal::Refusal,
    },
    PATH, last_change, stands,
    words::{after, people, so_many},
};
use crate::{
    outbox,
    people::{Person, once::Outcome},
    settings::{Change, Switch},
    switches::{DAYS, Numbers},
};

/// `GET /ops/settings/{switch}/{to}`
pub async fn ask(
    Admin(person): Admin,
    desk: Desk,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let (switch, on) = named(&person, &path)?;
    let (settings, numbers) = stands(&desk).await?;
    if switch.is_on(&settings) == on {
        return Err(already(&person, &desk, on).await?);
    }
    let what = what(switch);
    let word = in_a_word(on);
    let (happens, stays) = consequences(switch, on, &numbers, desk.app.reminders.delay);
    let page = Confirm {
        question: format!("Turn {word} {what}?"),
        back: PATH.to_owned(),
        crumb: "Settings".to_owned(),
        action: format!("{PATH}/{switch}/{word}"),
        happens,
        stays: points(stays),
        button: format!("Turn {word}"),
        keep: match on {
            true => "Leave it off",
            false => "Leave it on",
        },
        ..Confirm::default()
    };
    page.show(&person, &desk, Here::Settings).await
}

/// `POST /ops/settings/{switch}/{to}`
pub async fn turn(
    Admin(person): Admin,
    desk: Desk,
    path: Path<(String, String)>,
    sent: Sent<Nothing>,
) -> Result<HttpResponse, Refusal> {
    let (switch, on) = named(&person, &path)?;
    let doing = doing(&person, &desk.app);
    let act = move |connection: &mut PgConnection| {
        let (seen, change) = (Change::turn(switch, !on), Change::turn(switch, on));
        let changed = outbox::change_settings_as_seen(connection, &seen, &change, &doing)?;
        Ok(match changed {
            Err(_) => Err(()),
            Ok(_) => Ok(Outcome {
                to: PATH.to_owned(),
                title: format!("Turned {}: {}", in_a_word(on), what(switch)),
                text: "It holds from now on.".to_owned(),
            }),
        })
    };
    match desk.once(&person, sent.once, act).await? {
        Ok(pressed) => Ok(shown(&pressed)),
        Err(()) => Err(already(&person, &desk, on).await?),
    }
}

/// Somebody was first.
async fn already(person: &Person, desk: &Desk, on: bool) -> Result<Refusal, Refusal> {
    let zone = desk.site.zone;
    let who = desk
        .read(move |connection| last_change(connection, zone))
        .await?;
    let said = format!("It is {} already.{who}", in_a_word(on));
    Ok(Refusal::not_now(person, &said))
}

fn named(person: &Person, (switch, to): &(String, String)) -> Result<(Switch, bool), Refusal> {
    let on = match to.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(Refusal::no_page(person)),
    };
    let switch = Switch::from_name(switch).ok_or_else(|| Refusal::no_page(person))?;
    Ok((switch, on))
}

fn in_a_word(on: bool) -> &'static str {
    match on {
        true => "on",
        false => "off",
    }
}

fn what(switch: Switch) -> &'static str {
    match switch {
        Switch::Reminders => "reminders for your orders",
        Switch::Recovery => "reminders for your shop’s checkout",
        Switch::TwoPersonApproval => "two people for each mailing",
        Switch::OrphanCases => "cases for payments that we do not know",
    }
}

/// What happens, and what does not.
fn consequences(
    switch: Switch,
    on: bool,
    numbers: &Numbers,
    delay: Duration,
) -> (Vec<String>, &'static [&'static str]) {
    let may = so_many(numbers.may_be_reminded, "order", "orders");
    match (switch, on) {
        (Switch::Reminders, true) => (
            vec![
                format!(
                    "From now on whoever opens a payment page of yours and leaves gets one mail, {}.",
                    after(delay)
                ),
                format!("{may} may get one."),
                "The payment page says so while this is on.".to_owned(),
            ],
            &[
                "Nobody is mailed about a page that closed while it was off.",
                "Nobody is mailed twice, after a payment, or after unsubscribing.",
                "An order that is not to be reminded stays so.",
            ],
        ),
        (Switch::Reminders, false) => (
            vec![
                format!("From now on nobody with an order of yours is reminded: {may} could have been."),
                match numbers.orders.scheduled.count {
                    0 => "No reminder is due at this moment.".to_owned(),
                    _ => format!(
                        "Not sent, if it is still off when their time comes: {}.",
                        so_many(numbers.orders.scheduled, "reminder that is due", "reminders that are due")
                    ),
                },
            ],
            &[
                "Links go on working, and what is owed stays owed.",
                "Mailings and links that you send yourself go out.",
                "Reminders for your shop’s checkout have a switch of their own.",
            ],
        ),
        (Switch::Recovery, true) => (
            vec![
                format!(
                    "From now on whoever types an e-mail into your shop’s checkout and leaves gets one mail, {}.",
                    after(delay)
                ),
                format!(
                    "In the last {DAYS} days: {}. So many it is at most.",
                    so_many(numbers.carts.left_out, "checkout that was left", "checkouts that were left")
                ),
            ],
            &[
                "Nobody who left before now is mailed.",
                "Nobody is mailed twice within a week, after a purchase, or after unsubscribing.",
                "Reminders for your own orders have a switch of their own.",
            ],
        ),
        (Switch::Recovery, false) => (
            vec![
                "From now on nobody who leaves your shop’s checkout is reminded.".to_owned(),
                match numbers.carts.scheduled.count {
                    0 => "No reminder is due at this moment.".to_owned(),
                    _ => format!(
                        "Cancelled at once, for good: {}.",
                        so_many(numbers.carts.scheduled, "reminder that is due", "reminders that are due")
                    ),
                },
            ],
            &[
                "Links in reminders that were sent go on working.",
                "Reminders for your own orders have a switch of their own.",
            ],
        ),
        (Switch::TwoPersonApproval, true) => (
            vec![
                "From now on whoever writes a mailing cannot approve it: somebody else has to.".to_owned(),
                match numbers.approvers {
                    ..=1 => "Nobody but you may approve here: a mailing of yours could not go out. Make somebody else an operator first.".to_owned(),
                    many => format!("{} here may approve.", people(many)),
                },
            ],
            &["Mailings that are going out go on."],
        ),
        (Switch::TwoPersonApproval, false) => (
            vec!["From now on whoever writes a mailing may approve it alone, and send it to everybody.".to_owned()],
            &["Nothing is approved or sent by this.", "The look at every mail before it goes stays."],
        ),
        (Switch::OrphanCases, true) => (
            vec![
                "From now on each payment at Stripe that belongs to none of your orders becomes a case for somebody to decide on.".to_owned(),
                format!(
                    "In the last {DAYS} days it would have been {}.",
                    so_many(numbers.unknown_payments, "case", "cases")
                ),
            ],
            &["Payments from before now become no cases.", "Nobody outside your shop notices it."],
        ),
        (Switch::OrphanCases, false) => (
            vec!["From now on payments of your shop’s own checkouts are left to your shop.".to_owned()],
            &[
                "Cases that are open stay open.",
                "A payment that carries our mark and belongs to no order becomes a case always.",
            ],
        ),
    }
}
