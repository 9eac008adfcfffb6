//! What the database is told: what became of mails, and that none can go.

use std::{collections::BTreeSet, time::Duration};

use super::{Courier, Round};
use crate::{
    db::DbError,
    foreign_text::{ForeignText, Limit},
    mail::{refusal::Refusal, smtp::Refused},
    outbox::{
        State,
        flow::{Cause, follow::NewPause},
        ledger,
        outcome::{Outcome, domain_of},
        pacing,
        pause::{self, Waits},
    },
};

impl Courier {
    /// Tells the database what became of mails.
    pub(super) async fn tell(&mut self) -> Result<(), DbError> {
        let told = self.untold.tell(&self.app).await?;
        self.follow(&told).await
    }

    /// Counts what was told, and slows down if a server said so.
    pub(super) async fn follow(&self, told: &[Outcome]) -> Result<(), DbError> {
        for outcome in told {
            let labels = [outcome.mail.kind.name(), outcome.state().name()];
            self.app.metrics.mails.with_label_values(&labels).inc();
            if outcome.state() != State::Sent {
                log::warn!("mail {} is {} now", outcome.mail.id, outcome.state());
            }
        }
        self.slow_down(told).await
    }

    /// What a server said about being too fast is about all mail, if it is said of several domains.
    async fn slow_down(&self, told: &[Outcome]) -> Result<(), DbError> {
        let too_fast = told.iter().filter(|outcome| outcome.says_too_fast());
        let domains: BTreeSet<String> = too_fast
            .map(|outcome| domain_of(&outcome.mail.address))
            .collect();
        if domains.is_empty() {
            return Ok(());
        }
        let per_second = self.app.mailer.per_second;
        self.app
            .db
            .run(move |connection| pacing::too_fast(connection, &domains, per_second))
            .await
    }

    /// No mail is in hand: whatever the server says now is about us.
    pub(super) async fn no_connection(&self, refused: Refused) -> Result<Round, DbError> {
        log::error!("no mail can be sent, all of it waits; GET /api/v1/outbox and doctor say more");
        let (waits, now) = (Waits::of(&self.app.mailer), self.app.clock.now());
        let cause = Cause::of_no_connection(refused.fault());
        let refusal = Refusal::from(refused);
        let new = NewPause {
            cause,
            likeness: ForeignText::new(refusal.likeness.as_str(), Limit::SENTENCE).into(),
            streak: None,
            why: refusal.why,
        };
        self.app
            .db
            .run(move |connection| pause::pause(connection, &new, waits, now))
            .await?;
        Ok(Round::Wait(self.app.mailer.retry))
    }

    /// `MAIL_PER_HOUR` or `MAIL_PER_DAY` is used up: mail waits until they allow some again.
    pub(super) async fn wait_for_the_allowance(&self) -> Result<Round, DbError> {
        let (limits, lease) = (self.app.mailer.limits, self.app.mailer.lease);
        let seconds = self.app.db.run(move |connection| {
            let Some((reason, seconds)) = ledger::used_up(connection, &limits, lease)? else {
                return Ok(0.0);
            };
            pause::allowance_is_used_up(connection, &reason, seconds)?;
            Ok(seconds)
        });
        Ok(Round::Wait(Duration::from_secs_f64(
            seconds.await?.max(0.0),
        )))
    }
}
