//! `freshmint orders cancel` and `settle`: close the open checkout at Stripe, then the order.

use clap::Args;
use freshmint::{
    activity::{Doing, Note},
    app::App,
    checkout::close::{Changed, closed_first},
    clock::Clock,
    config,
    order::{
        self,
        state::{Fact, How, Move},
    },
};

use crate::{Done, Failure, block_on, words};

#[derive(Args)]
pub struct Cancel {
    #[command(flatten)]
    settings: config::Service,
    /// The order's reference
    reference: String,
    /// A remark for the history
    #[arg(long, value_parser = Note::parse)]
    note: Option<Note>,
}

#[derive(Args)]
pub struct Settle {
    #[command(flatten)]
    settings: config::Service,
    /// The order's reference
    reference: String,
    /// How it was settled
    #[arg(long, value_parser = words::settled_how())]
    how: How,
    /// A remark for the history
    #[arg(long, value_parser = Note::parse)]
    note: Option<Note>,
}

impl Cancel {
    pub fn run(self) -> Done {
        end(&self.settings, &self.reference, Fact::Cancel, self.note)
    }
}

impl Settle {
    pub fn run(self) -> Done {
        end(
            &self.settings,
            &self.reference,
            Fact::SettleOffline(self.how),
            self.note,
        )
    }
}

fn end(settings: &config::Service, reference: &str, fact: Fact, note: Option<Note>) -> Done {
    let app = App::new(settings, Clock::system())?;
    let found = app
        .db
        .run_blocking(|connection| order::find_by_reference(connection, reference))?;
    let no_order = || Failure::no_order(reference);
    let order = found.ok_or_else(no_order)?;
    let doing = Doing {
        actor: "command line".to_owned(),
        at: app.clock.now(),
        note: note.map(String::from),
    };
    let changed = closed_first(&app, order.id, move |connection, order| {
        order::advance(connection, order, fact, &doing)
    });
    match block_on(changed)? {
        Changed::Done(Move::To(state)) => say!("{reference} is {}", state.name()),
        Changed::Done(Move::Stay) => say!("{reference} was so already"),
        Changed::Done(Move::Refuse(why)) => {
            return Err(Failure::new(format!("{reference} stays as it is: {why}.")));
        }
        Changed::NoOrder => return Err(no_order()),
        Changed::NoAnswer => {
            return Err(Failure::new(format!(
                "{reference} stays as it is: Stripe did not confirm that its open checkout is closed. Try again."
            )));
        }
    }
    Ok(())
}
