//! `freshmint blast test`, `approve`, `start`, `pause`, `resume` and `cancel`.

use clap::Args;
use freshmint::{
    activity::Doing,
    app::App,
    blast::{self, Asked, Seen, preflight::Outside},
    db::DbError,
    order::email::Email,
};
use uuid::Uuid;

use super::{Which, status::say_warnings};
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
    /// The number of recipients, if it is another one than is expected
    #[arg(long, value_name = "NUMBER")]
    recipients: Option<usize>,
}

#[derive(Args)]
pub struct Start {
    #[command(flatten)]
    which: Which,
    /// Start nothing if the webhook is silent, or the public address cannot be reached from here
    #[arg(long)]
    require_outside: bool,
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
        let seen = Seen {
            content_hash: self.content_hash,
            recipients: self.recipients,
        };
        act(&self.which, async |app, id, doing| {
            blast::approve(app, id, &seen, doing).await
        })
    }
}

impl Start {
    pub fn run(self) -> Done {
        let outside = if self.require_outside {
            Outside::Required
        } else {
            Outside::Wanted
        };
        let (app, id) = self.which.open()?;
        let launched = block_on(blast::launch(&app, id, outside, &self.which.doing(&app)))?;
        let blast = self.which.done(launched)?;
        say!("{} is {}", shown(&blast.name), blast.state.name());
        say_warnings(&blast);
        Ok(())
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
