//! Does a pay link lead to this service? Asked with `HEAD`, which mints nothing, and from within: what is before
//! the service may not let it reach its own public address.

use url::Url;

use super::check::{Check, Probe};
use crate::{
    app::App,
    order::Order,
    outside::{self, CallError},
};

pub async fn check(app: &App, order: &Order) -> Check {
    let Ok(link) = Url::parse(&app.pay_url(order)) else {
        return Check::error(Probe::Link, "PUBLIC_URL makes no address of a pay link");
    };
    match outside::head(&link).await {
        Ok(()) => Check::fine(
            Probe::Link,
            "a pay link was asked for at PUBLIC_URL, and answered",
        ),
        Err(CallError::Answered(status @ 300..400)) => Check::warning(
            Probe::Link,
            format!(
                "a pay link at PUBLIC_URL leads on to another address (it was answered with {status}): set \
                 PUBLIC_URL to where this service is reached"
            ),
        ),
        Err(CallError::Answered(status)) => Check::error(
            Probe::Link,
            format!(
                "a pay link at PUBLIC_URL is answered with {status}, so that no family could pay: does PUBLIC_URL \
                 lead to this service, and has it these LINK_KEYS?"
            ),
        ),
        Err(why @ (CallError::TooSlow | CallError::Unreachable | CallError::Unreadable)) => {
            Check::warning(
                Probe::Link,
                format!(
                    "PUBLIC_URL was not reached from within ({why}): open a pay link on a telephone to see \
                     whether it is reached from outside"
                ),
            )
        }
    }
}
