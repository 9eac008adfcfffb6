//! What a mailing would be if it were started now.

use serde::Serialize;
use uuid::Uuid;

use super::{
    Asked,
    material::{self, Material},
    plan::Plan,
};
use crate::{
    app::App,
    db::DbError,
    mail::{Text, letter, template::Unfillable},
    order::Order,
    suppression::AddressHash,
};

/// So many mails are shown whole.
const SAMPLES: usize = 5;

/// The JSON of a preview.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// What an approval names.
    pub content_hash: String,
    /// How many get a mail.
    pub recipients: usize,
    /// What is wrong, or worth a look: sentences.
    pub problems: Vec<String>,
    /// The first few mails, with their real links.
    pub samples: Vec<Sample>,
}

/// A mail as it would arrive.
#[derive(Debug, Clone, Serialize)]
pub struct Sample {
    /// Whom it goes to.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Shows a mailing before it goes. Nothing changes.
///
/// # Errors
/// The database's.
pub async fn preview(app: &App, id: Uuid) -> Result<Asked<Preview>, DbError> {
    let looked = material::worked_out(app, id, look).await?;
    Ok(looked.map_or(Asked::NoBlast, |(_, preview)| Asked::Done(preview)))
}

fn look(app: &App, material: &Material) -> Preview {
    let plan = Plan::of(&material.known(&app.shop));
    let recipients = material
        .orders
        .iter()
        .filter(|order| plan.recipients.contains_key(&order.id));
    let samples = recipients.take(SAMPLES).filter_map(|order| {
        let hash = *material.hashes.get(&order.id)?;
        let Text { subject, body } = write(app, material, order, hash).ok()?;
        let to = order.email.as_ref()?.as_str().to_owned();
        Some(Sample { to, subject, body })
    });
    Preview {
        content_hash: plan.content_hash(&material.stored.content),
        recipients: plan.recipients.len(),
        problems: plan.troubles.iter().map(ToString::to_string).collect(),
        samples: samples.collect(),
    }
}

/// One order's mail with its real links, to whom `address` is the hash of.
pub(super) fn write(
    app: &App,
    material: &Material,
    order: &Order,
    address: AddressHash,
) -> Result<Text, Unfillable> {
    let content = &material.stored.content;
    app.write(order, address, |about| {
        letter::blast(about, &content.subject, &content.body)
    })
}
