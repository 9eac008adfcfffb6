//! What the demo prints once everything runs.

use std::io::Write;

use crate::{
    club, environment,
    seed::{Link, Shop},
    service::REMINDER_DELAY_SECONDS,
    stripe::Stripe,
};

/// Prints where the mails are, the links, the log-ins, the addresses and what there is to try.
pub fn print(shop: &Shop, links: &[Link]) {
    let text = [
        format!(
            "\nFreshmint, to try: {} collects the fees of a summer cup.\n",
            club::NAME
        ),
        mailbox(shop),
        pay_links(links),
        addresses(shop),
        log_ins(shop),
        commands(shop),
        what_to_try(shop, links),
        "Ctrl-C stops it. Everything is thrown away then.\n".to_owned(),
    ]
    .join("\n");
    // Nobody may be reading; the service runs all the same.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn mailbox(shop: &Shop) -> String {
    format!(
        "START HERE\n  \
         {}/ops  what needs somebody: sign in as {} with the password «{}»\n  \
         {}  the mailbox: the fees have been mailed to every family\n",
        shop.address,
        club::ADMIN.1,
        club::PASSWORD,
        shop.mailbox.url()
    )
}

fn pay_links(links: &[Link]) -> String {
    let mut text = "PAY LINKS, as the mails carry them\n".to_owned();
    for link in links {
        let Link {
            reference,
            name,
            amount,
            state,
            url,
        } = link;
        text += &format!("  {reference}  {name:<17}{amount:>9}  {state}\n    {url}\n");
    }
    text
}

fn addresses(shop: &Shop) -> String {
    let (service, mailbox) = (shop.address, shop.mailbox.url());
    match shop.stripe {
        Stripe::Simulated { simulator, .. } => format!(
            "ADDRESSES\n  \
             {service}/metrics  the service; its figures\n  \
             {mailbox}  the mailbox: every mail that the service sends, and ways to refuse it\n  \
             {}  the Stripe simulator's console: sessions, events, and things that go wrong\n",
            simulator.url()
        ),
        Stripe::TestMode {
            webhook_secrets, ..
        } => {
            let listen = format!("stripe listen --forward-to {service}/webhooks/stripe");
            let webhooks = match webhook_secrets {
                Some(_) => format!("Webhooks come as long as this runs: {listen}"),
                None => format!(
                    "Without webhooks a payment is seen when the payer comes back. To have them, run\n    \
                     {listen}\n  and start the demo again with STRIPE_WEBHOOK_SECRETS set to the secret that it prints."
                ),
            };
            format!(
                "ADDRESSES\n  \
                 {service}/metrics  the service; its figures\n  \
                 {mailbox}  the mailbox: every mail that the service sends, and ways to refuse it\n  \
                 https://dashboard.stripe.com/test/payments  Stripe's test mode, which it talks to\n  \
                 {webhooks}\n"
            )
        }
    }
}

fn log_ins(shop: &Shop) -> String {
    let Shop {
        address,
        admin,
        operator,
        ..
    } = shop;
    format!(
        "LOG-INS\n  \
         /ops  {}, password «{}»  (admin: everything)\n  \
         /ops  {}, password «{}»  (operator: everything but switches, people and refunds)\n  \
         API token  {admin}  (admin: everything)\n  \
         API token  {operator}  (operator: everything but the settings)\n  \
         curl -H 'Authorization: Bearer {admin}' '{address}/api/v1/orders?limit=3'\n",
        club::ADMIN.1,
        club::PASSWORD,
        club::OPERATOR.1,
        club::PASSWORD
    )
}

fn commands(shop: &Shop) -> String {
    let file = shop.environment.display();
    let list = match environment::command() {
        Some(command) => format!("{command} orders list"),
        None => "cargo run --bin freshmint orders list".to_owned(),
    };
    format!(
        "THE COMMAND, in another terminal, from this folder; it goes by this machine's clock, not the console's\n  \
         set -a; . {file}; set +a\n  \
         {list}\n"
    )
}

fn what_to_try(shop: &Shop, links: &[Link]) -> String {
    let first = links.first().map_or("", |link| link.url.as_str());
    let pay = match shop.stripe {
        Stripe::Simulated { .. } => format!(
            "Open the mail to Jane Miller, follow its link, pay, and follow it again.\n  \
             - In another mail follow the link and let the checkout expire: its one reminder comes\n    \
             {REMINDER_DELAY_SECONDS} seconds later, and its link leads to a fresh checkout."
        ),
        Stripe::TestMode { .. } => "Open a mail, follow its link and pay with the card \
             4242 4242 4242 4242, any later date and any CVC."
            .to_owned(),
    };
    let console = match shop.stripe {
        Stripe::Simulated { simulator, .. } => in_the_console(shop, &simulator.url()),
        Stripe::TestMode { .. } => String::new(),
    };
    format!(
        "WHAT TO TRY\n  \
         - Sign in at {}/ops: money to decide on, mails that did not arrive, a message of Stripe's\n    that could not be worked through, mailings that wait.\n  \
         - {pay}\n  \
         - Open the others: German, paid, cancelled, withdrawn, in cash, on its way.\n  \
         - Open a mail and bounce it, as a mail server does hours later: the order says so, and what to correct.\n  \
         - Unsubscribe from a mail; or let the mailbox refuse, and ask for a link to be sent again.\n  \
         - Look as a link preview looks, which mints nothing:\n    \
         curl -i -A WhatsApp/2.24 {first}\n\
         {console}",
        shop.address
    )
}

fn in_the_console(shop: &Shop, console: &str) -> String {
    let Shop { address, admin, .. } = shop;
    let command = environment::command().unwrap_or_else(|| "cargo run --bin freshmint".to_owned());
    let today = shop.app.clock.now().format("%Y-%m-%d");
    format!(
        "  - Recovery, of what a shop's own site lost: in the console, {console}, open another\n    \
         system's checkout and let it expire. {REMINDER_DELAY_SECONDS} seconds later its one mail is in the mailbox: the first\n    \
         link restores the cart, the last one unsubscribes; after that no mail comes to that address.\n  \
         - Whom recovery would have written to, and why not to the others:\n    \
         {command} recovery simulate --since {today}\n  \
         - It is on here, where it is to be tried. A shop's own is off until somebody turns it on, as this does:\n    \
         curl -X PUT -H 'Authorization: Bearer {admin}' \\\n      \
         -H 'Content-Type: application/json' -d '{{\"recovery_enabled\": true}}' {address}/api/v1/settings\n  \
         - Break Stripe in its console, and open a link; or set its clock ahead. By 46 days, and what is too\n    \
         old is pruned within a second, as at night, and said here; the figures of the carts stay:\n    \
         curl -H 'Authorization: Bearer {admin}' '{address}/api/v1/stats/recovery?days=90'\n"
    )
}
