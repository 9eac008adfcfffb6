//! After a refusal: the connection is made ready for the next mail.

use std::{mem, time::Duration};

use lettre::transport::smtp::{commands::Rset, response::Severity};
use tokio::time::timeout;

use super::{Connection, Lease, yes};

/// After a refusal RSET is answered within this and within the mail's lease, or the connection is given
/// up.
const TO_RESET: Duration = Duration::from_secs(2);

impl Connection {
    /// After a refusal: has the server forget the mail, so that it waits for the next one. Not part of
    /// handing over: what became of the mail is known already, and others are not to be told of before it.
    pub async fn clear(&mut self, lease: Lease) {
        if self.broken || !mem::take(&mut self.refused) {
            return;
        }
        self.gate.open_for(lease);
        if !self.can_reset(lease).await {
            self.drop_it();
        }
        self.gate.open();
    }

    /// A yes of another step, `354`, is none: the server may be reading a message.
    async fn can_reset(&mut self, lease: Lease) -> bool {
        let time = TO_RESET.min(lease.ends().left());
        let answer = timeout(time, self.smtp.command(Rset)).await;
        answer.is_ok_and(|answer| yes(answer, Severity::PositiveCompletion).is_ok())
    }
}
