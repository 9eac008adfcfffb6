//! The form of a mailing and what the API would take for it, so that both refuse the same. Pure.

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::wrong::Wrong;
use crate::{
    blast::{Blast, BlastFilter, Selection},
    web::ops::form::one_kind_of_break,
    zone::earliest,
};

/// How a browser writes a time that somebody picks.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub subject: String,
    pub body: String,
    /// `filter` or `these`.
    pub whom: String,
    pub status: String,
    pub blast: String,
    pub never: String,
    pub import: String,
    pub metadata: String,
    pub references: String,
    pub exclude: String,
    pub expected: String,
    pub first_wave: String,
    pub per_second: String,
    pub send_at: String,
    pub remind: String,
    /// Which content the form was made from.
    pub stamp: String,
    /// Something: an example is asked for, and nothing is saved.
    pub look: String,
}

impl Typed {
    /// The form of a mailing as it stands.
    pub fn of(blast: &Blast, zone: Tz) -> Self {
        let filter = match &blast.who.selection {
            Selection::Filter(filter) => filter.clone(),
            Selection::References(_) => BlastFilter::default(),
        };
        let (whom, references) = match &blast.who.selection {
            Selection::Filter(_) => ("filter", String::new()),
            Selection::References(references) => ("these", references.join("\n")),
        };
        let pairs = filter.metadata.into_iter().flatten();
        let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
        let yes_or_no = |said: Option<bool>| match said {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        Self {
            name: blast.name.clone(),
            subject: blast.subject.clone(),
            body: blast.body.clone(),
            whom: whom.to_owned(),
            status: filter.status.unwrap_or_default(),
            blast: filter.blast.unwrap_or_default(),
            never: yes_or_no(filter.never_mailed).to_owned(),
            import: filter.import.unwrap_or_default(),
            metadata: pairs.join("\n"),
            references,
            exclude: blast.who.exclude.join("\n"),
            expected: blast
                .who
                .expected
                .map_or_else(String::new, |it| it.to_string()),
            first_wave: blast.first_wave.to_string(),
            per_second: blast
                .per_second
                .map_or_else(String::new, |it| it.to_string()),
            send_at: blast.send_at.map_or_else(String::new, |at| {
                at.with_timezone(&zone).format(LOCAL).to_string()
            }),
            remind: yes_or_no(blast.remind).to_owned(),
            stamp: stamp(blast),
            look: String::new(),
        }
    }

    /// The body of `POST /blasts`, and of `PATCH`, with every field; null is what was left empty.
    pub fn draft(&self, zone: Tz) -> Result<Value, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut noted = |field: &str, why: &str| {
            wrong.push(Wrong::of(field, why));
            Value::Null
        };
        let expected = match number::<u32>(&self.expected) {
            Ok(expected) => json!(expected),
            Err(()) => noted("expected", "write a whole number"),
        };
        let first_wave = match number::<i64>(&self.first_wave) {
            Ok(mails) => json!(mails),
            Err(()) => noted("first_wave", "write a whole number"),
        };
        let per_second = match number::<f64>(&self.per_second.replace(',', ".")) {
            Ok(pace) => json!(pace),
            Err(()) => noted("per_second", "write a number, such as 2 or 0.5"),
        };
        let send_at = match time(&self.send_at, zone) {
            Ok(at) => json!(at.map(|at| at.to_rfc3339())),
            Err(()) => noted(
                "send_at",
                "write a day and a time, such as 2026-11-28T10:00",
            ),
        };
        let metadata = match pairs(&self.metadata) {
            Ok(pairs) => pairs,
            Err(()) => {
                noted(
                    "metadata",
                    "write one a line, with its value behind an equals sign: team=U12",
                );
                Map::new()
            }
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let (references, filter) = match self.whom.as_str() {
            "these" => (json!(lines(&self.references)), Value::Null),
            _ => (Value::Null, self.filter(metadata)),
        };
        let exclude = lines(&self.exclude);
        Ok(json!({
            "name": self.name.trim(),
            "subject": self.subject.trim(),
            "body": one_kind_of_break(&self.body),
            "references": references,
            "filter": filter,
            "exclude": (!exclude.is_empty()).then_some(exclude),
            "expected": expected,
            "per_second": per_second,
            "send_at": send_at,
            "remind": yes(&self.remind),
            "first_wave": first_wave,
        }))
    }

    fn filter(&self, metadata: Map<String, Value>) -> Value {
        let mut filter = Map::new();
        let texts = [
            ("status", &self.status),
            ("blast", &self.blast),
            ("import", &self.import),
        ];
        for (name, text) in texts {
            if !text.trim().is_empty() {
                filter.insert(name.to_owned(), json!(text.trim()));
            }
        }
        if let Some(never) = yes(&self.never) {
            filter.insert("never_mailed".to_owned(), json!(never));
        }
        if !metadata.is_empty() {
            filter.insert("metadata".to_owned(), Value::Object(metadata));
        }
        Value::Object(filter)
    }
}

/// Stands for the content that a form was made from: another form may have been sent since.
pub fn stamp(blast: &Blast) -> String {
    let content = json!([
        blast.name,
        blast.subject,
        blast.body,
        blast.who,
        blast.per_second,
        blast.send_at,
        blast.remind,
        blast.first_wave,
    ]);
    hex::encode(Sha256::digest(content.to_string()))
}

fn number<N: std::str::FromStr>(text: &str) -> Result<Option<N>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ()),
    }
}

/// A time of the shop's place. One that clocks skip is the one after it.
fn time(text: &str, zone: Tz) -> Result<Option<DateTime<Utc>>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let at = text.get(..16).unwrap_or(text);
    let local = NaiveDateTime::parse_from_str(at, LOCAL).map_err(|_| ())?;
    earliest(local, zone).map(Some).ok_or(())
}

fn yes(said: &str) -> Option<bool> {
    match said {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// What stands in lines, or between commas.
fn lines(text: &str) -> Vec<String> {
    let lines = text.split(['\n', '\r', ',', ';']).map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn pairs(text: &str) -> Result<Map<String, Value>, ()> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').ok_or(())?;
        Ok((key.trim().to_owned(), json!(value.trim())))
    };
    lines.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blast::{Content, Draft};

    fn typed() -> Typed {
        Typed {
            name: "Winter Cup".to_owned(),
            subject: "Your fee".to_owned(),
            body: "Hello\r\n{{ pay_url }}".to_owned(),
            whom: "filter".to_owned(),
            status: "open".to_owned(),
            never: "yes".to_owned(),
            metadata: "team = U12\r\n".to_owned(),
            exclude: "CUP-1, CUP-2\r\nCUP-3".to_owned(),
            expected: "23".to_owned(),
            first_wave: "10".to_owned(),
            per_second: "0,5".to_owned(),
            send_at: "2026-11-28T10:00".to_owned(),
            remind: "no".to_owned(),
            ..Typed::default()
        }
    }

    #[test]
    fn a_form_is_a_mailing_as_the_api_takes_it() {
        let draft = typed().draft(chrono_tz::Europe::Berlin).expect("a draft");
        assert_eq!(draft["send_at"], "2026-11-28T09:00:00+00:00");
        assert_eq!(
            draft["filter"],
            json!({ "status": "open", "never_mailed": true, "metadata": { "team": "U12" } })
        );
        let draft: Draft = serde_json::from_value(draft).expect("as the API takes it");
        let content = Content::try_from(draft).expect("a mailing");
        assert_eq!(content.body, "Hello\n{{ pay_url }}");
        assert_eq!(content.who.exclude, ["CUP-1", "CUP-2", "CUP-3"]);
        assert_eq!(
            (content.who.expected, content.per_second, content.remind),
            (Some(23), Some(0.5), Some(false))
        );
    }

    #[test]
    fn what_is_no_number_and_no_time_is_told_at_its_field() {
        let wrong = Typed {
            expected: "many".to_owned(),
            per_second: "x".to_owned(),
            send_at: "soon".to_owned(),
            metadata: "team".to_owned(),
            ..typed()
        };
        let wrong = wrong.draft(Tz::UTC).expect_err("wrong");
        let fields: Vec<&str> = wrong.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["expected", "per_second", "send_at", "metadata"]);
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_one_after_it() {
        let at = time("2026-03-29T02:30", chrono_tz::Europe::Berlin).unwrap();
        assert_eq!(at.unwrap().to_rfc3339(), "2026-03-29T01:30:00+00:00");
        assert_eq!(time("", Tz::UTC), Ok(None));
        assert_eq!(time("é".repeat(20).as_str(), Tz::UTC), Err(()));
    }
}
