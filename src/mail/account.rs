//! The mail that lets one of the shop's people in: an invitation, or a new password.

use super::{Text, layout::tidy};
use crate::config::Shop;

/// Whom it is for, and what it leads to.
#[derive(Debug, Clone, Copy)]
pub struct Invited<'a> {
    /// Their name.
    pub name: &'a str,
    /// They have not been here yet.
    pub is_new: bool,
    /// Where they choose a password.
    pub link: &'a str,
    /// Where they ask for another link.
    pub again: &'a str,
}

/// Writes it.
pub fn write(shop: &Shop, invited: &Invited) -> Text {
    let Invited {
        name, link, again, ..
    } = invited;
    let shop_name = &shop.shop_name;
    let (subject, why, nothing_to_do) = match invited.is_new {
        true => (
            format!("{shop_name}: choose your password"),
            format!(
                "An account was made for you at {shop_name}, to look after its payments. Choose a password here:"
            ),
            "If you did not expect this mail, there is nothing to do: without a password the account cannot be used.",
        ),
        false => (
            format!("{shop_name}: a new password"),
            format!(
                "A new password was asked for, for your account at {shop_name}. Choose it here:"
            ),
            "If it was not you who asked, there is nothing to do: your old password stays until a new one is chosen.",
        ),
    };
    let body = format!(
        "Hello {name},\n\n{why}\n\n{link}\n\nThe link works once, for 24 hours. If it has ended, ask for \
         another one: {again}\n\n{nothing_to_do}\n\n--\n{shop_name}\n{}\n",
        shop.shop_url
    );
    Text {
        subject,
        body: tidy(&body),
    }
}
