//! `make demo`: Freshmint to try, on this machine alone.
//!
//! A private PostgreSQL, a Stripe simulator (or Stripe's own test mode), a mailbox and the real
//! service, with a small tournament in it. All of it lives in this process: one of its own for the
//! service would outlive us when we are killed.
//!
//! It is a package of its own, above the product and the fakes, which know nothing of each other.

mod banner;
mod club;
mod environment;
mod failure;
mod nights;
mod options;
mod pictures;
mod seed;
mod service;
mod stripe;

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser;
use env_logger::Env;
use freshmint::{
    activity::Doing,
    config::Secret,
    order::{email::Email, text::Text},
    password::Password,
    people::{self, New},
    token::{self, Role},
};

use freshmint_fakes::{
    Clock,
    mailbox::{self, Mailbox, ReportsTo},
    postgres::PrivatePostgres,
};

use self::{failure::Failure, options::Options, seed::Shop, service::Service, stripe::Stripe};

/// Of the mailbox's page, beside the service's 8080 and the simulator's 8081.
const MAILBOX_PORT: u16 = 8082;

fn main() -> ExitCode {
    let options = Options::parse();
    // The table below is what there is to read; `RUST_LOG=info` tells more.
    env_logger::Builder::from_env(Env::default().default_filter_or("warn")).init();
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Until Ctrl-C or SIGTERM. What is started first ends last, also when something fails on the way.
fn run(options: Options) -> Result<(), Failure> {
    let pictures = options.pictures.clone();
    let wish = options.wish()?;
    eprintln!("Starting a private PostgreSQL, {wish} and the service…");
    let postgres = PrivatePostgres::start().map_err(Failure::new)?;
    let stripe = wish.start()?;
    if pictures.is_some() {
        pictures::set_clock(&stripe)?;
    }
    let mailbox = open_mailbox(&stripe)?;
    let service = Service::start(&postgres, &stripe, &mailbox)?;

    let (admin, operator) = (
        token(&service, Role::Admin)?,
        token(&service, Role::Operator)?,
    );
    mailbox.report_to(ReportsTo {
        url: format!("{}/api/v1/bounces", service.url),
        token: operator.expose().to_owned(),
    });
    account(&service, club::ADMIN, Role::Admin)?;
    account(&service, club::OPERATOR, Role::Operator)?;
    let shop = Shop {
        address: &service.url,
        admin: admin.expose(),
        operator: operator.expose(),
        environment: &service.environment,
        stripe: &stripe,
        mailbox: &mailbox,
        app: &service.app,
    };
    if let Some(links) = shop.open()? {
        match pictures {
            Some(folder) => pictures::take(&shop, &links, &folder)?,
            None => {
                banner::print(&shop, &links);
                service.wait()?;
            }
        }
    }
    eprintln!("Stopping, and throwing everything away…");
    Ok(())
}

/// An API token that is called like its role.
fn token(service: &Service, role: Role) -> Result<Secret, Failure> {
    let (app, now) = (&service.app, service.app.clock.now());
    app.db
        .run_blocking(|connection| token::add(connection, role.name(), role, now))
        .map_err(|error| Failure::new(format!("No API token could be made: {error}.")))
}

/// An account of the pages under `/ops`.
fn account(service: &Service, (name, email): (&str, &str), role: Role) -> Result<(), Failure> {
    let wrong =
        |error: &dyn std::fmt::Display| Failure::new(format!("No account could be made: {error}."));
    let password = Password::parse(club::PASSWORD).map_err(|error| wrong(&error))?;
    let new = New {
        email: Email::parse(email).map_err(|error| wrong(&error))?,
        name: Text::parse(name).map_err(|error| wrong(&error))?,
        role,
        password_hash: Some(password.hash()),
    };
    let doing = Doing {
        actor: "demo".to_owned(),
        at: service.app.clock.now(),
        note: None,
    };
    let made = service
        .app
        .db
        .run_blocking(|connection| people::add(connection, &new, &doing));
    made.map(drop).map_err(|error| wrong(&error))
}

/// The page is on its usual port or on any free one; its clock is the service's.
fn open_mailbox(stripe: &Stripe) -> Result<Mailbox, Failure> {
    let clock = stripe.clock();
    let clock = Clock::from_fn(move || clock.now());
    let settings = |port| mailbox::Settings {
        web: SocketAddr::from(([127, 0, 0, 1], port)),
        clock: clock.clone(),
        ..mailbox::Settings::default()
    };
    Mailbox::start(settings(MAILBOX_PORT))
        .or_else(|_taken| Mailbox::start(settings(0)))
        .map_err(|error| {
            Failure::new(format!(
                "The mailbox found no port on 127.0.0.1 ({error}): \
                 end what takes them all, and start again."
            ))
        })
}
