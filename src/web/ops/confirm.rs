//! The page before what cannot be taken back: what will happen, and what will not.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{desk::Desk, menu::Here, people_view::Pick, refusal::Refusal};
use crate::people::Person;

/// What it says.
#[derive(Serialize)]
pub struct Confirm {
    pub question: String,
    pub about: String,
    /// Where whoever changes nothing goes, and its name.
    pub back: String,
    pub crumb: String,
    /// Where the button leads.
    pub action: String,
    pub happens: &'static [&'static str],
    pub stays: &'static [&'static str],
    pub roles: Option<Vec<Pick>>,
    pub grave: bool,
    pub button: String,
    pub keep: &'static str,
}

impl Confirm {
    /// The page.
    pub async fn show(
        &self,
        person: &Person,
        desk: &Desk,
        here: Here,
    ) -> Result<HttpResponse, Refusal> {
        desk.page(person, here, "confirm.html", self).await
    }
}
