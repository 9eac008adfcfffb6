//! What goes wrong on purpose, and at which point of the conversation.

use std::{collections::BTreeSet, time::Duration};

/// Something that happens instead of, or before, what happens as usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The moment that it is for.
    pub stage: Stage,
    /// Only for mails to an address that contains this, in letters of any case. Looked at where
    /// recipients are known: at `Recipient`, `Data`, `Body` and `Message`; elsewhere such a rule
    /// never applies.
    pub recipient: Option<String>,
    /// What happens then.
    pub action: Action,
    /// How often, then it is used up; without it for ever.
    pub times: Option<u32>,
}

/// When a rule is looked at. Of those for one moment the first counts, after all waits before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the greeting; with TLS from the first byte, after its handshake.
    Connect,
    /// At `EHLO` or `HELO`.
    Hello,
    /// At `STARTTLS`, before the handshake.
    StartTls,
    /// When the credentials have come.
    Login,
    /// At `MAIL`.
    Sender,
    /// At each `RCPT`; the rule's recipient is that one.
    Recipient,
    /// At `DATA`, before the message is asked for.
    Data,
    /// After the first line of the message, which is not kept and stays unfinished unless the rule
    /// only waits.
    Body,
    /// After the final dot of a message that would be accepted.
    Message,
    /// At `RSET`.
    Reset,
    /// At `QUIT`.
    Quit,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Says this in place of the usual: a code, and a text that begins with the enhanced code, such
    /// as `5.1.1 no such user`. A 2xx is a yes in other words; 421 closes the connection.
    Reply(u16, String),
    /// Says these bytes and nothing around them. It counts as the reply whose code they begin with.
    /// At `Message` the mail is kept unless they begin with a 4 or a 5.
    Raw(Vec<u8>),
    /// Says these bytes, and then letters without an end of line until the client leaves. At
    /// `Message` the mail is kept all the same.
    Endless(Vec<u8>),
    /// Goes on as usual, this much later.
    Wait(Duration),
    /// Closes the connection without a word. At `Message` the mail is kept all the same.
    Drop,
    /// The same, but at `Message` the mail is not kept.
    DropUnkept,
    /// Never answers, until the client leaves. At `Message` the mail is kept all the same.
    Hang,
    /// At `Recipient` only: 451 to the first try of each address, counted from the setting of the
    /// rules.
    Greylist,
}

/// The rules that are on.
#[derive(Default)]
pub struct Rules {
    rules: Vec<Rule>,
    /// Addresses that were refused by `Greylist` already.
    seen: BTreeSet<String>,
}

impl Rules {
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut rules = Self {
            rules,
            seen: BTreeSet::new(),
        };
        rules.forget_used_up();
        rules
    }

    /// What to do now, in this order: any number of waits, and at most one other thing after them.
    pub fn take(&mut self, stage: Stage, recipients: &[String]) -> Vec<Action> {
        let mut met = Vec::new();
        for rule in &mut self.rules {
            if !rule.is_for(stage, recipients) {
                continue;
            }
            if rule.action == Action::Greylist && !is_new(&mut self.seen, stage, recipients) {
                continue;
            }
            rule.times = rule.times.map(|times| times.saturating_sub(1));
            met.push(rule.action.clone());
            if !matches!(rule.action, Action::Wait(_)) {
                break;
            }
        }
        self.forget_used_up();
        met
    }

    /// What is still to come.
    pub fn left(&self) -> &[Rule] {
        &self.rules
    }

    fn forget_used_up(&mut self) {
        self.rules.retain(|rule| rule.times != Some(0));
    }
}

impl Rule {
    fn is_for(&self, stage: Stage, recipients: &[String]) -> bool {
        let wanted = self.recipient.as_ref().map(|part| part.to_lowercase());
        let meant = wanted.is_none_or(|part| {
            let mut addresses = recipients.iter().map(|address| address.to_lowercase());
            addresses.any(|address| address.contains(&part))
        });
        self.stage == stage && meant
    }
}

fn is_new(seen: &mut BTreeSet<String>, stage: Stage, recipients: &[String]) -> bool {
    let mut addresses = recipients.iter().map(|address| address.to_lowercase());
    stage == Stage::Recipient && addresses.any(|address| seen.insert(address))
}
