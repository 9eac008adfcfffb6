//! `freshmint blast test`, `approve`, `start`, `pause`, `resume` and `cancel`.

use clap::Args;
use freshmint::{
    activity::Doing,
    app::App,
    blast::{self, Asked},
    db::DbError,
    order::email::Email,
};
use uuid::Uuid;

use super::Which;
use crate::{Done, block_on, print::shown};

#[derive(Args)]
pub struct Test {
    #[command(flatten)]
    which: Which,
    /// Whom it goes to
    #[arg(long, value_parser = Email::parse)]
    to: Email,
}

#[derive(Args)]
pub struct Approve {
    #[command(flatten)]
    which: Which,
    /// What the preview showed
    #[arg(long)]
    content_hash: String,
}

#[derive(Args)]
pub struct Start {
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
pub struct Pause {
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
pub struct Resume {
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
pub struct Cancel {
    #[command(flatten)]
    which: Which,
}

impl Test {
    pub fn run(self) -> Done {
        let (app, id) = self.which.open()?;
        let asked = block_on(blast::send_sample(
            &app,
            id,
            &self.to,
            &self.which.doing(&app),
        ))?;
        self.which.done(asked)?;
        // The person at the terminal has just typed it.
        say!("a test is queued for {}", self.to.as_str());
        Ok(())
    }
}

impl Approve {
    pub fn run(self) -> Done {
        let hash = self.content_hash;
        act(&self.which, async |app, id, doing| {
            blast::approve(app, id, &hash, doing).await
        })
    }
}

impl Start {
    pub fn run(self) -> Done {
        act(&self.which, blast::start)
    }
}

impl Pause {
    pub fn run(self) -> Done {
        act(&self.which, blast::pause)
    }
}

impl Resume {
    pub fn run(self) -> Done {
        act(&self.which, blast::resume)
    }
}

impl Cancel {
    pub fn run(self) -> Done {
        act(&self.which, blast::cancel)
    }
}

fn act(which: &Which, act: impl AsyncFn(&App, Uuid, &Doing) -> Result<Asked, DbError>) -> Done {
    let (app, id) = which.open()?;
    let doing = which.doing(&app);
    let blast = which.done(block_on(act(&app, id, &doing))?)?;
    say!("{} is {}", shown(&blast.name), blast.state.name());
    Ok(())
}
