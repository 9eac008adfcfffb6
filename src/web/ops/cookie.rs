//! Cookies: whose session it is, and what stands in for one before.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    dev::ServiceRequest,
};
use sha2::{Digest, Sha256};

use crate::{config::Secret, people::session};

/// Whoever is signed in.
const SESSION: &str = "freshmint_session";
/// A browser before sign-in, so that forms have something to be bound to.
const DOOR: &str = "freshmint_door";
/// A browser that has signed in before.
const BROWSER: &str = "freshmint_browser";

/// A browser in which somebody is signed in, for payers' pages: it says so and nothing more.
const HOUSE: &str = "freshmint_house";

/// All that it says.
const SIGNED_IN: &str = "1";

/// Whether somebody of the shop is signed in with this browser, as far as payers' pages are told: their visits
/// do not count. Whoever sets it by hand does not count either.
pub fn is_of_the_house(request: &HttpRequest) -> bool {
    let cookie = request.cookie(HOUSE);
    cookie.is_some_and(|cookie| cookie.value() == SIGNED_IN)
}

/// What a browser sends.
pub trait Cookies {
    /// Its session's value, if it may be one.
    fn session(&self) -> Option<String>;
    /// The value before sign-in.
    fn door(&self) -> Option<String>;
    /// The browser's mark.
    fn browser(&self) -> Option<String>;
}

macro_rules! cookies {
    ($($of:ty),*) => {$(
        impl Cookies for $of {
            fn session(&self) -> Option<String> {
                shaped(self.cookie(SESSION))
            }
            fn door(&self) -> Option<String> {
                shaped(self.cookie(DOOR))
            }
            fn browser(&self) -> Option<String> {
                shaped(self.cookie(BROWSER))
            }
        }
    )*};
}

cookies!(HttpRequest, ServiceRequest);

fn shaped(cookie: Option<Cookie<'_>>) -> Option<String> {
    let value = cookie?.value().to_owned();
    session::is_shaped(&value).then_some(value)
}

/// How cookies of this service are set.
#[derive(Debug, Clone, Copy)]
pub struct Jar {
    /// `PUBLIC_URL` is https.
    pub secure: bool,
}

impl Jar {
    pub fn session(self, value: &Secret) -> Cookie<'static> {
        let days = session::LONGEST.num_days();
        self.cookie(SESSION, value.expose(), Duration::days(days))
    }

    pub fn door(self, value: &str) -> Cookie<'static> {
        self.cookie(DOOR, value, Duration::hours(2))
    }

    pub fn browser(self, value: &Secret) -> Cookie<'static> {
        self.cookie(BROWSER, value.expose(), Duration::days(365))
    }

    /// For as long as the session, and for all paths.
    pub fn house(self) -> Cookie<'static> {
        let days = session::LONGEST.num_days();
        let mut cookie = self.cookie(HOUSE, SIGNED_IN, Duration::days(days));
        cookie.set_path("/");
        cookie
    }

    /// Takes that away.
    pub fn no_house(self) -> Cookie<'static> {
        let mut cookie = self.cookie(HOUSE, "", Duration::ZERO);
        cookie.set_path("/");
        cookie
    }

    /// Takes the session's away.
    pub fn no_session(self) -> Cookie<'static> {
        self.cookie(SESSION, "", Duration::ZERO)
    }

    fn cookie(self, name: &'static str, value: &str, age: Duration) -> Cookie<'static> {
        Cookie::build(name, value.to_owned())
            .path("/ops")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(age)
            .finish()
    }
}

/// What a form carries against forgery: bound to the cookie, which no other site can read.
pub fn against_forgery(cookie: &str) -> String {
    hex::encode(&Sha256::digest(format!("form {cookie}"))[..16])
}
