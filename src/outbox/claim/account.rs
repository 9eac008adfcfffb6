//! What lets somebody in: written when it is handed over, and kept nowhere.

use diesel::prelude::*;
use uuid::Uuid;

use super::{Claimed, candidate::Candidate};
use crate::{
    account_link,
    app::App,
    mail::account::{self, Invited},
};

const WITHDRAWN: &str =
    "its account was disabled, or has a password by another link since it was asked for";

/// Makes the link and writes the mail around it. The row keeps neither; `None`: it is not to be sent any
/// more. A mail that is tried again has another link, and the one before is void.
pub(super) fn written(
    connection: &mut PgConnection,
    app: &App,
    claim: Uuid,
    mail: Candidate,
) -> QueryResult<Option<Claimed>> {
    let Some(made) = account_link::make(connection, mail.id, app.clock.now())? else {
        mail.withdraw(connection, WITHDRAWN)?;
        return Ok(None);
    };
    let invited = Invited {
        name: &made.name,
        is_new: made.purpose == account_link::Purpose::Invitation,
        link: &account_link::url(&app.public_url, &made.token),
        again: &account_link::forgotten_url(&app.public_url),
    };
    let text = account::write(&app.shop, &invited);
    Ok(Some(mail.claimed(claim, &[], text)))
}
