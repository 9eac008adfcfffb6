//! Arguments that are one of a few words: the domain's enums know no command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use freshmint::{
    case::action,
    order::{Kind, Status, state},
    token::Role,
};

pub fn order_kind() -> impl TypedValueParser<Value = Kind> {
    one_of([Kind::Billed, Kind::Recovered].map(|kind| {
        let help = match kind {
            Kind::Billed => "The shop asks for it",
            Kind::Recovered => "It restores a cart that somebody left at another system's checkout",
        };
        (kind, PossibleValue::new(kind.name()).help(help))
    }))
}

pub fn order_status() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.map(|status| (status, PossibleValue::new(status.name()))))
}

pub fn settled_how() -> impl TypedValueParser<Value = state::How> {
    use state::How;
    one_of(How::ALL.map(|how| {
        let help = match how {
            How::Cash => "In cash",
            How::Cheque => "By cheque",
            How::Waived => "Nothing is asked any more",
            How::Other => "In another way; the note says how",
        };
        (how, PossibleValue::new(how.name()).help(help))
    }))
}

pub fn resolved_how() -> impl TypedValueParser<Value = action::How> {
    use action::How;
    one_of([How::Accept, How::Refund, How::Move, How::Adopt].map(|how| {
        let help = match how {
            How::Accept => {
                "A payment that does not fit is taken for what was owed; else, somebody has taken note"
            }
            How::Refund => "What is left of the payment goes back, through Stripe",
            How::Move => "The payment is counted for another order",
            How::Adopt => "A payment without an order is counted for one",
        };
        (how, PossibleValue::new(how.name()).help(help))
    }))
}

pub fn role() -> impl TypedValueParser<Value = Role> {
    one_of(Role::ALL.map(|role| {
        let help = match role {
            Role::Viewer => "Read",
            Role::Operator => "Write orders, too",
            Role::Admin => "Users, tokens and settings, too",
        };
        (role, PossibleValue::new(role.name()).help(help))
    }))
}

fn one_of<T, const N: usize>(words: [(T, PossibleValue); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.clone().map(|(_, word)| word)).map(move |said| {
        let meant = words.iter().find(|(_, word)| word.get_name() == said);
        meant.expect("the parser lets none but these words pass").0
    })
}
