//! `freshmint cases …`: money that does not add up.

use clap::{Args, Subcommand, ValueEnum};
use freshmint::{
    activity::{Doing, Note},
    app::App,
    case::{
        self, CaseFilter, CaseState, CaseView,
        action::{How, Wish},
    },
    clock::Clock,
    config,
    db::Db,
    order::{self, currency::Currency, money::Money},
    resolution::{Resolved, resolve},
};
use uuid::Uuid;

use crate::{
    Done, Failure, WRONG_USAGE, block_on,
    orders::Format,
    print::{self, shown},
    words,
};

#[derive(Subcommand)]
pub enum Cases {
    /// List cases, newest first
    List(List),
    /// Resolve a case
    Resolve(Box<Resolve>),
}

impl Cases {
    pub fn run(self) -> Done {
        match self {
            Self::List(command) => command.run(),
            Self::Resolve(command) => command.run(),
        }
    }
}

#[derive(ValueEnum, Clone, Copy)]
enum StateArg {
    /// Nobody has decided yet
    Open,
    /// Somebody has decided
    Resolved,
}

impl From<StateArg> for CaseState {
    fn from(said: StateArg) -> Self {
        match said {
            StateArg::Open => Self::Open,
            StateArg::Resolved => Self::Resolved,
        }
    }
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    database: config::Database,
    /// Only cases in this state
    #[arg(long, value_enum)]
    state: Option<StateArg>,
    /// How many at most
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Args)]
pub struct Resolve {
    #[command(flatten)]
    settings: config::Service,
    /// The case's id
    id: Uuid,
    /// What to do about it
    #[arg(long, value_parser = words::resolved_how())]
    how: How,
    /// The reference of the order that the payment is for: with move and adopt
    #[arg(long, value_name = "REFERENCE")]
    order: Option<String>,
    /// A remark for the history
    #[arg(long, value_parser = Note::parse)]
    note: Option<Note>,
}

impl List {
    pub fn run(self) -> Done {
        let filter = CaseFilter {
            state: self.state.map(CaseState::from),
            ..CaseFilter::default()
        };
        let db = Db::for_command(&self.database);
        let cases = db.run_blocking(|connection| case::list(connection, &filter, self.limit))?;
        if self.format == Format::Json {
            return print::json_list(&cases);
        }
        for case in &cases {
            say!(
                "{}  {:<14} {:>14}  {}",
                case.id,
                case.kind,
                amount(case),
                what_can_be_done(case)
            );
        }
        Ok(())
    }
}

fn amount(case: &CaseView) -> String {
    match Currency::parse(&case.currency) {
        Ok(currency) => Money::new(case.amount, currency).to_string(),
        Err(_) => shown(format!("{} {}", case.amount, case.currency)),
    }
}

fn what_can_be_done(case: &CaseView) -> String {
    if let Some(how) = &case.resolved_how {
        return format!("resolved: {how}");
    }
    let actions: Vec<&str> = case.actions.iter().map(|how| how.name()).collect();
    let actions = actions.join(", ");
    match (&case.refund_id, case.refunding_at, &case.refund_failure) {
        (Some(_), ..) => "Stripe has a refund under way".to_owned(),
        (None, Some(_), _) => format!("a refund was asked for: {actions}"),
        (None, None, None) => format!("open: {actions}"),
        (None, None, Some(why)) => {
            shown(format!("open: {actions} (the refund was not made: {why})"))
        }
    }
}

impl Resolve {
    pub fn run(self) -> Done {
        if self.order.is_some() != self.how.takes_an_order() {
            return Err(Failure {
                sentence: "Give --order REFERENCE with move and adopt, and with them alone."
                    .to_owned(),
                code: WRONG_USAGE,
            });
        }
        let app = App::new(&self.settings, Clock::system())?;
        let order = self.order_id(&app)?;
        let (id, how) = (self.id, self.how);
        let wish = Wish::new(how, order).ok_or_else(|| self.no_order())?;
        let doing = Doing {
            actor: "command line".to_owned(),
            at: app.clock.now(),
            note: self.note.clone().map(String::from),
        };
        let why = match block_on(resolve(&app, id, wish, &doing))? {
            Resolved::Done => {
                say!("{id} is resolved: {}", how.name());
                return Ok(());
            }
            Resolved::RefundUnderWay => {
                say!(
                    "{id}: Stripe has the refund under way; freshmint cases list shows what becomes of it"
                );
                return Ok(());
            }
            Resolved::NoCase => {
                return Err(Failure::new(format!(
                    "There is no case {id}: freshmint cases list shows them."
                )));
            }
            Resolved::NoOrder => return Err(self.no_order()),
            Resolved::NotNow(why) => why,
            Resolved::CheckoutOpen => {
                "Stripe did not confirm that the order's open checkout is closed; try again"
                    .to_owned()
            }
            Resolved::RefundOpen => {
                "Stripe did not say whether the refund was made; ask again, it is the same refund"
                    .to_owned()
            }
        };
        Err(Failure::new(format!("{id} stays as it is: {why}.")))
    }

    fn order_id(&self, app: &App) -> Result<Option<Uuid>, Failure> {
        let Some(reference) = &self.order else {
            return Ok(None);
        };
        let order = app
            .db
            .run_blocking(|connection| order::find_by_reference(connection, reference))?;
        match order {
            Some(order) => Ok(Some(order.id)),
            None => Err(self.no_order()),
        }
    }

    fn no_order(&self) -> Failure {
        let reference = self.order.as_deref().unwrap_or_default();
        Failure::new(format!(
            "There is no order {reference}: freshmint orders list shows them."
        ))
    }
}
