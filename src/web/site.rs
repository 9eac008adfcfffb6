//! The shop's face: pages in its name, for an order in the payer's language.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, Quality, QualityItem},
    },
};

use super::{
    limit::TooMany,
    limits::Limits,
    page::{self, Owed, OwedLine, Page, Pages},
};
use crate::{
    app::App,
    language::Language,
    order::{Order, money::Money, wording},
};

/// What every page needs. Made once.
pub struct Site {
    pages: Pages,
    shop: page::Shop,
    policy: String,
}

impl Site {
    pub fn new(app: &App) -> Self {
        let shop = page::Shop {
            name: app.shop.shop_name.clone(),
            url: app.shop.shop_url.to_string(),
            support_email: app.shop.support_email.clone(),
            time_zone: app.time_zone,
        };
        let policy = page::content_security_policy(&app.checkout_hosts.origins());
        Self {
            pages: Pages::new(),
            shop,
            policy,
        }
    }

    pub fn policy(&self) -> &str {
        &self.policy
    }

    pub fn answer(&self, language: Language, page: &Page) -> HttpResponse {
        let status =
            StatusCode::from_u16(page.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        match page {
            Page::Busy {
                retry_after_seconds,
            } => {
                // By the header: a page that moves by itself is an obstacle to some readers, and checks
                // of pages look for the element.
                response.insert_header((header::REFRESH, retry_after_seconds.to_string()));
                response.insert_header((header::RETRY_AFTER, retry_after_seconds.to_string()));
            }
            Page::NotYetUnsubscribed {
                retry_after_seconds,
                ..
            }
            | Page::TooManyWrong {
                retry_after_seconds,
            } => {
                response.insert_header((header::RETRY_AFTER, retry_after_seconds.to_string()));
            }
            Page::TooMany => {
                response.insert_header((header::RETRY_AFTER, "3600"));
            }
            _ => {}
        }
        response
            .content_type("text/html; charset=utf-8")
            .body(self.pages.render(&self.shop, language, page))
    }
}

/// The answer to a link that is none of ours: `page`, or that this caller has followed too many.
pub fn wrong_link(
    request: &HttpRequest,
    site: &Site,
    limits: &Limits,
    language: Language,
    page: &Page,
) -> HttpResponse {
    match limits.wrong_link(request) {
        Ok(()) => site.answer(language, page),
        Err(TooMany {
            retry_after_seconds,
        }) => {
            let page = Page::TooManyWrong {
                retry_after_seconds,
            };
            site.answer(language, &page)
        }
    }
}

/// The same for `HEAD`, which has no page.
pub fn peeked(request: &HttpRequest, limits: &Limits, is_ours: bool) -> HttpResponse {
    if is_ours {
        return HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .finish();
    }
    match limits.wrong_link(request) {
        Ok(()) => HttpResponse::NotFound().finish(),
        Err(TooMany {
            retry_after_seconds,
        }) => HttpResponse::TooManyRequests()
            .insert_header((header::RETRY_AFTER, retry_after_seconds.to_string()))
            .finish(),
    }
}

/// Languages of a browser that are looked at; people set a few.
const MOST_LANGUAGES: usize = 32;

/// The language of ours that the browser wants most, where no order tells; of several, the first.
pub fn asked_language(request: &HttpRequest) -> Language {
    let asked = request.headers().get(header::ACCEPT_LANGUAGE);
    let asked = asked.and_then(|value| value.to_str().ok());
    let asked = asked.unwrap_or_default().split(',').take(MOST_LANGUAGES);
    let spoken = asked.filter_map(|one| {
        let QualityItem { item, quality } = one.trim().parse::<QualityItem<String>>().ok()?;
        (quality > Quality::ZERO).then_some((Language::known(&item)?, quality))
    });
    let most = spoken.reduce(|best, next| if next.1 > best.1 { next } else { best });
    most.map_or(Language::ENGLISH, |(language, _)| language)
}

/// What the order asks for, written for people.
pub fn owed(order: &Order) -> Owed {
    let lines = wording::lines(order).map(|line| OwedLine {
        description: line.description,
        quantity: line.quantity,
        amount: line.amount,
    });
    Owed {
        kind: order.kind,
        reference: order.reference.clone(),
        lines: lines.collect(),
        total: wording::amount(order),
        additions: wording::additions(order),
    }
}

/// An amount in the payer's language.
pub fn format(money: Money, order: &Order) -> String {
    money.format(order.locale.language())
}

/// The token in the path, without what mail programs leave behind it: a full stop, a bracket, a blank. It
/// is taken as it is: what cannot be decoded is one more token that is not ours.
pub fn token(request: &HttpRequest) -> &str {
    let token = request.match_info().query("token");
    token.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
}
