//! The page before what cannot be taken back: what will happen, and what will not.

use actix_web::HttpResponse;
use serde::Serialize;

use super::{desk::Desk, menu::Here, people_view::Pick, refusal::Refusal};
use crate::people::Person;

/// What it says.
#[derive(Default, Serialize)]
pub struct Confirm {
    pub question: String,
    pub about: String,
    /// Where whoever changes nothing goes, and its name.
    pub back: String,
    pub crumb: String,
    /// Where the button leads.
    pub action: String,
    pub happens: Vec<String>,
    pub stays: Vec<String>,
    pub roles: Option<Vec<Pick>>,
    /// What the form carries besides: what whoever confirms has seen.
    pub hidden: Vec<Hidden>,
    /// The mail that would go out, whole.
    pub letter: Option<Letter>,
    /// What a field for a remark is called; none: no field.
    pub note: &'static str,
    pub grave: bool,
    pub button: String,
    pub keep: &'static str,
}

/// A field that nobody sees.
#[derive(Serialize)]
pub struct Hidden {
    pub name: &'static str,
    pub value: String,
}

/// A mail as it will arrive.
#[derive(Serialize)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub body: String,
}

/// Sentences that are the same each time.
pub fn points(said: &[&str]) -> Vec<String> {
    said.iter().map(|said| (*said).to_owned()).collect()
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
