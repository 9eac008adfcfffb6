//! What a pre-flight finds out, as people and programs read it. Pure.

use serde::{Deserialize, Serialize};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// A session is opened at Stripe and closed again.
    Checkout,
    /// Stripe's event about its end comes through our webhook.
    Webhook,
    /// The mail server takes connection, log-in and sender.
    Mail,
    /// One pay link is asked for from here.
    Link,
}

impl Probe {
    fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Webhook => "webhook",
            Self::Mail => "mail",
            Self::Link => "link",
        }
    }

    /// Whether it is about what others must reach here, which may look otherwise from within.
    fn is_outside(self) -> bool {
        matches!(self, Self::Webhook | Self::Link)
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// The mailing goes, and somebody should look.
    Warning,
    /// Nothing is sent.
    Error,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What.
    pub name: Probe,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How much it matters.
    pub level: Level,
    /// A sentence: how it is, and what to do.
    pub detail: String,
}

impl Check {
    pub(super) fn fine(name: Probe, detail: impl Into<String>) -> Self {
        Self::new(name, Level::Info, detail)
    }

    pub(super) fn warning(name: Probe, detail: impl Into<String>) -> Self {
        Self::new(name, Level::Warning, detail)
    }

    pub(super) fn error(name: Probe, detail: impl Into<String>) -> Self {
        Self::new(name, Level::Error, detail)
    }

    fn new(name: Probe, level: Level, detail: impl Into<String>) -> Self {
        Self {
            name,
            ok: level == Level::Info,
            level,
            detail: detail.into(),
        }
    }

    /// The same for somebody who starts only if all is well as others see it.
    pub(super) fn required(self, outside: Outside) -> Self {
        let is_required = outside == Outside::Required && self.name.is_outside() && !self.ok;
        Self {
            level: if is_required {
                Level::Error
            } else {
                self.level
            },
            ..self
        }
    }
}

/// What becomes of a start if others cannot reach us, as far as that can be seen from within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// It is a warning.
    #[default]
    Wanted,
    /// It is refused.
    Required,
}

/// Whether nothing may be sent.
pub fn refuses(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.level == Level::Error)
}

/// Those of this level in one sentence, without a full stop; none if there are none.
pub fn told(checks: &[Check], level: Level) -> Option<String> {
    let those = checks.iter().filter(|check| check.level == level);
    let told: Vec<String> = those
        .map(|check| format!("{}: {}", check.name.name(), check.detail))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Why a mailing was not started, of checks that refuse it.
pub fn refusal(checks: &[Check]) -> String {
    let why = told(checks, Level::Error).unwrap_or_default();
    format!("it was not started, since its pre-flight failed, and nothing was sent: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_from_within_is_a_warning_unless_it_is_required() {
        let webhook = Check::warning(Probe::Webhook, "nothing came");
        let mail = Check::warning(Probe::Mail, "it asks for patience");
        assert!(!refuses(&[webhook.clone(), mail.clone()]));
        assert!(refuses(&[webhook.clone().required(Outside::Required)]));
        assert!(!refuses(&[webhook.required(Outside::Wanted)]));
        assert!(!refuses(&[mail.required(Outside::Required)]), "not outside");
        let fine = Check::fine(Probe::Link, "answers");
        assert!(fine.clone().required(Outside::Required) == fine);
    }

    #[test]
    fn a_check_is_four_fields_and_a_refusal_one_sentence() {
        let check = Check::error(Probe::Mail, "it does not answer");
        assert_eq!(
            serde_json::to_value(&check).unwrap(),
            serde_json::json!({
                "name": "mail", "ok": false, "level": "error", "detail": "it does not answer"
            })
        );
        assert_eq!(
            refusal(&[check]),
            "it was not started, since its pre-flight failed, and nothing was sent: mail: it does not answer"
        );
    }
}
