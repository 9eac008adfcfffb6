//! The payer's routes: the link in the mail, its button, and the way back from the checkout.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};

use super::{
    limits::Limits,
    page::{Due, Page, Settled},
    site::{Site, asked_language, format, owed, peeked, token, wrong_link},
    visit::{note, visitor},
};
use crate::{
    app::App,
    checkout::{self, Door, Looked},
    config::PayClick,
    db::DbError,
    link::{self, token::PayClaims},
    looks::WINDOW,
    order::{
        self, Order,
        currency::Currency,
        money::Money,
        state::{State, Verdict},
        wording,
    },
    settlement::{FoundBy, payments_of},
    visitor::Visitor,
    visits::{About, Page as VisitedPage},
};

/// After so many seconds the page for a busy moment asks again: long enough for Stripe to recover from
/// a 429, short enough for somebody who waits before the page.
const BUSY: Page = Page::Busy {
    retry_after_seconds: 5,
};

/// `GET /pay/{token}`: a person is led on, a machine is shown a page.
pub async fn follow(
    request: HttpRequest,
    app: Data<App>,
    site: Data<Site>,
    limits: Data<Limits>,
) -> HttpResponse {
    let Some(link) = read(&app, &request) else {
        return wrong(&request, &site, &limits);
    };
    let visitor = visitor(request.headers());
    let visited = (VisitedPage::Pay, About::Order(link.order_id));
    note(&request, &app, &limits, visitor, visited);
    if visitor == Visitor::Person && app.pay_click == PayClick::Redirect {
        return open(&request, &app, &site, &link, visitor).await;
    }
    app.metrics.clicks.with_label_values(&["shown"]).inc();
    app.link_looks.note(link.order_id, visitor, app.clock.now());
    Box::pin(show(&request, &app, &site, &link, None)).await
}

/// `POST /pay/{token}`: the button.
pub async fn press(
    request: HttpRequest,
    app: Data<App>,
    site: Data<Site>,
    limits: Data<Limits>,
) -> HttpResponse {
    match read(&app, &request) {
        Some(link) => open(&request, &app, &site, &link, visitor(request.headers())).await,
        None => wrong(&request, &site, &limits),
    }
}

/// `GET /pay/{token}/return`: back from the checkout, paid or not. The redirect proves nothing, so
/// Stripe is asked where our rows do not tell yet.
pub async fn come_back(
    request: HttpRequest,
    app: Data<App>,
    site: Data<Site>,
    limits: Data<Limits>,
) -> HttpResponse {
    let Some(link) = read(&app, &request) else {
        return wrong(&request, &site, &limits);
    };
    let visitor = visitor(request.headers());
    let visited = (VisitedPage::Return, About::Order(link.order_id));
    note(&request, &app, &limits, visitor, visited);
    let mut looked = Looked::Known;
    if visitor == Visitor::Person {
        looked = match checkout::look(&app, link.order_id, FoundBy::Return).await {
            Ok(Looked::NoAnswer) => return busy(&request, &site),
            Ok(looked) => looked,
            Err(error) => return away(&request, &site, &error),
        };
    }
    let mut response = show(&request, &app, &site, &link, Some(looked)).await;
    if looked == Looked::JustAsked {
        // By then Stripe is asked again.
        response
            .headers_mut()
            .insert(header::REFRESH, WINDOW.num_seconds().into());
    }
    response
}

/// `HEAD`: says whether the link is one, and touches nothing.
pub async fn peek(request: HttpRequest, app: Data<App>, limits: Data<Limits>) -> HttpResponse {
    peeked(&request, &limits, read(&app, &request).is_some())
}

/// A path that leads nowhere.
pub async fn not_found(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    nowhere(&request, &site)
}

async fn open(
    request: &HttpRequest,
    app: &App,
    site: &Site,
    link: &PayClaims,
    visitor: Visitor,
) -> HttpResponse {
    app.link_looks.note(link.order_id, visitor, app.clock.now());
    let timer = app.metrics.click_seconds.start_timer();
    let door = checkout::click(app, link, visitor).await;
    timer.observe_duration();
    app.metrics.clicks.with_label_values(&[door.name()]).inc();
    match door {
        Door::Redirect(url) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, url))
            .finish(),
        // A page takes much room, and a click that is led on has no use for it.
        Door::Show(order) => Box::pin(stand(request, app, site, order, None)).await,
        Door::Replaced(order) => Box::pin(replaced(request, app, site, &order)).await,
        Door::Refused(order) => site.answer(
            order.locale.language(),
            &Page::Refused {
                kind: order.kind,
                reference: &order.reference,
            },
        ),
        Door::TooMany(order) => site.answer(order.locale.language(), &Page::TooMany),
        Door::TryAgain(language) => {
            site.answer(language.unwrap_or_else(|| asked_language(request)), &BUSY)
        }
        Door::Gone => gone(request, site),
    }
}

/// The page for how the order stands, without a word to Stripe; to whoever comes back, what was `looked` up.
async fn show(
    request: &HttpRequest,
    app: &App,
    site: &Site,
    link: &PayClaims,
    came_back: Option<Looked>,
) -> HttpResponse {
    let order_id = link.order_id;
    match app
        .db
        .run(move |connection| order::find(connection, order_id))
        .await
    {
        Ok(Some(order)) if link.link_version < order.link_version => {
            replaced(request, app, site, &order).await
        }
        Ok(Some(order)) => stand(request, app, site, order, came_back).await,
        Ok(None) => gone(request, site),
        Err(error) => away(request, site, &error),
    }
}

async fn stand(
    request: &HttpRequest,
    app: &App,
    site: &Site,
    order: Order,
    came_back: Option<Looked>,
) -> HttpResponse {
    let (language, owed, action) = (order.locale.language(), owed(&order), action(app, &order));
    let due = Due {
        owed: &owed,
        action: &action,
    };
    let paid = paid(&order);
    let settled = |at| Settled {
        owed: &owed,
        paid: &paid,
        at,
    };
    let page = match order.state {
        State::Open if order.debit_failed_at.is_some() => Page::DebitFailed(due),
        // It says that no money was taken: only Stripe knows.
        State::Open if came_back == Some(Looked::Known) => Page::NotYetPaid(due),
        State::Open => Page::Continue(due),
        State::Processing { .. } => Page::Processing(&owed),
        State::InReview { .. } => match received(app, &order).await {
            Ok(received) => {
                return site.answer(
                    language,
                    &Page::InReview {
                        owed: &owed,
                        received: &received,
                    },
                );
            }
            Err(error) => return away(request, site, &error),
        },
        State::Paid { at } if came_back.is_some() => Page::JustPaid(settled(at)),
        State::Paid { at } => Page::Paid(settled(at)),
        State::PartiallyRefunded { refunded, .. } => {
            let refunded = given_back(refunded, &order);
            return site.answer(
                language,
                &Page::PartlyRefunded {
                    owed: &owed,
                    refunded: &refunded,
                },
            );
        }
        State::Refunded { refunded, .. } => {
            let refunded = given_back(refunded, &order);
            return site.answer(
                language,
                &Page::Refunded {
                    owed: &owed,
                    refunded: &refunded,
                },
            );
        }
        State::SettledOffline { .. } => Page::SettledOffline(&owed),
        State::Cancelled { .. } => Page::Cancelled {
            kind: order.kind,
            reference: &order.reference,
        },
    };
    site.answer(language, &page)
}

async fn replaced(request: &HttpRequest, app: &App, site: &Site, order: &Order) -> HttpResponse {
    let id = order.id;
    let note = app
        .db
        .run(move |connection| order::link_note(connection, id));
    let note = match note.await {
        Ok(note) => note,
        Err(error) => return away(request, site, &error),
    };
    let (owed, action) = (owed(order), action(app, order));
    let due = order.state.is_payable().then_some(Due {
        owed: &owed,
        action: &action,
    });
    site.answer(
        order.locale.language(),
        &Page::LinkReplaced {
            why: note.as_deref(),
            due,
        },
    )
}

/// What the payment brought, written for people: taxes and discounts are in it.
fn paid(order: &Order) -> String {
    order
        .paid
        .map_or_else(|| wording::amount(order), |money| format(money, order))
}

/// What has been given back of the payment, in its currency.
fn given_back(minor: i64, order: &Order) -> String {
    let currency = order.paid.map_or(order.currency, |paid| paid.currency);
    format(Money::new(minor, currency), order)
}

/// What came instead of what was owed, written for people.
async fn received(app: &App, order: &Order) -> Result<String, DbError> {
    let id = order.id;
    let payments = app
        .db
        .run(move |connection| payments_of(connection, &[id]))
        .await?;
    let misfit = payments
        .iter()
        .rev()
        .find(|payment| payment.verdict == Verdict::Mismatch);
    let money = misfit.and_then(|payment| {
        Some(Money::new(
            payment.amount,
            Currency::parse(&payment.currency).ok()?,
        ))
    });
    Ok(money.map_or_else(|| wording::amount(order), |money| format(money, order)))
}

/// Taken from the path as it is: what cannot be decoded is one more token that is not ours.
fn read(app: &App, request: &HttpRequest) -> Option<PayClaims> {
    app.keys.verify_pay(token(request)).ok()
}

fn action(app: &App, order: &Order) -> String {
    link::pay_path(&app.public_url, &app.pay_token(order))
}

fn nowhere(request: &HttpRequest, site: &Site) -> HttpResponse {
    site.answer(asked_language(request), &Page::NotFound)
}

/// A token that is none of ours.
fn wrong(request: &HttpRequest, site: &Site, limits: &Limits) -> HttpResponse {
    let language = asked_language(request);
    wrong_link(request, site, limits, language, &Page::NotFound)
}

/// A link of ours to an order that is not kept any more.
fn gone(request: &HttpRequest, site: &Site) -> HttpResponse {
    site.answer(asked_language(request), &Page::Gone)
}

fn busy(request: &HttpRequest, site: &Site) -> HttpResponse {
    site.answer(asked_language(request), &BUSY)
}

fn away(request: &HttpRequest, site: &Site, error: &DbError) -> HttpResponse {
    error.log("web");
    busy(request, site)
}
