//! A mailing as it is handed in, and what has become of it once every field has been checked.

use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::Deserialize;

use super::wave;
use super::who::{BlastFilter, Fields, Who};
use crate::foreign_text::has_controls;
use crate::order::{change::Edit, problem::Problems, text::Text};

/// Letters of a name.
const LONGEST_NAME: usize = 120;
/// More than anybody reads. What it becomes once it is filled has a limit of its own, in `mail::template`.
const LONGEST_BODY: usize = 20_000;

/// The body of `POST /blasts`, not yet checked. An unknown field is refused by name. What is required
/// is optional here, so that one answer can list all that is missing or wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    name: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    references: Option<Vec<String>>,
    filter: Option<BlastFilter>,
    exclude: Option<Vec<String>>,
    expected: Option<u32>,
    per_second: Option<f64>,
    send_at: Option<String>,
    remind: Option<bool>,
    first_wave: Option<i64>,
}

/// The body of `PATCH /blasts/{id}`, not yet checked: what is left out stays, `null` clears it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeDraft {
    #[serde(default)]
    name: Edit<String>,
    #[serde(default)]
    subject: Edit<String>,
    #[serde(default)]
    body: Edit<String>,
    #[serde(default)]
    references: Edit<Vec<String>>,
    #[serde(default)]
    filter: Edit<BlastFilter>,
    #[serde(default)]
    exclude: Edit<Vec<String>>,
    #[serde(default)]
    expected: Edit<u32>,
    #[serde(default)]
    per_second: Edit<f64>,
    #[serde(default)]
    send_at: Edit<String>,
    #[serde(default)]
    remind: Edit<bool>,
    #[serde(default)]
    first_wave: Edit<i64>,
}

/// What a mailing is, as somebody wrote it: checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// What the shop calls it.
    pub name: String,
    /// The subject's template.
    pub subject: String,
    /// The body's template.
    pub body: String,
    /// Whom it is for.
    pub who: Who,
    /// Mails a second; as fast as the shop's mail goes if nothing is said.
    pub per_second: Option<f64>,
    /// Not before this time.
    pub send_at: Option<DateTime<Utc>>,
    /// Whether its orders are reminded of an unfinished checkout from its start on.
    pub remind: Option<bool>,
    /// So many mails go first; none: all of them.
    pub first_wave: u32,
}

/// The name of a mailing that follows on another: its beginning, as far as there is room, and what this one is.
pub fn name_after(earlier: &str, what: &str) -> String {
    let end = format!(": {what}");
    let room = LONGEST_NAME.saturating_sub(end.chars().count());
    let begin: String = earlier.chars().take(room).collect();
    begin + &end
}

impl TryFrom<Draft> for Content {
    type Error = Problems;

    fn try_from(draft: Draft) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let name = Text::<LONGEST_NAME>::parse(&draft.name.unwrap_or_default());
        let name = problems.take("name", name);
        let subject = Text::<250>::parse(&draft.subject.unwrap_or_default());
        let subject = problems.take("subject", subject);
        let body = check_body(draft.body.unwrap_or_default());
        let body = problems.take("body", body);
        let fields = Fields {
            references: draft.references,
            filter: draft.filter,
            exclude: draft.exclude,
            expected: draft.expected,
        };
        let who = Who::check(fields, &mut problems);
        let per_second = draft.per_second.map(check_pace).transpose();
        let per_second = problems.take("per_second", per_second);
        let send_at = draft.send_at.as_deref().map(check_time).transpose();
        let send_at = problems.take("send_at", send_at);
        let first_wave = draft.first_wave.map_or(Ok(wave::USUAL), check_wave);
        let first_wave = problems.take("first_wave", first_wave);

        let content = (|| {
            Some(Self {
                name: name?.into(),
                subject: subject?.into(),
                body: body?,
                who: who?,
                per_second: per_second?,
                send_at: send_at?,
                remind: draft.remind,
                first_wave: first_wave?,
            })
        })();
        problems.or(content)
    }
}

impl ChangeDraft {
    /// What `before` is after this change, checked by the rules for new ones.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn onto(self, before: &Content) -> Result<Content, Problems> {
        let who = before.who.fields();
        let (references, filter) = match (self.references, self.filter) {
            (Edit::Keep | Edit::Clear, Edit::Keep | Edit::Clear) => (who.references, who.filter),
            (references, filter) => (references.apply(None), filter.apply(None)),
        };
        let send_at = before.send_at.map(|at| at.to_rfc3339());
        Content::try_from(Draft {
            name: self.name.apply(Some(before.name.clone())),
            subject: self.subject.apply(Some(before.subject.clone())),
            body: self.body.apply(Some(before.body.clone())),
            references,
            filter,
            exclude: self.exclude.apply(who.exclude),
            expected: self.expected.apply(who.expected),
            per_second: self.per_second.apply(before.per_second),
            send_at: self.send_at.apply(send_at),
            remind: self.remind.apply(before.remind),
            first_wave: self.first_wave.apply(Some(before.first_wave.into())),
        })
    }
}

fn check_body(body: String) -> Result<String, String> {
    let length = body.chars().count();
    if body.trim().is_empty() {
        Err("this must not be missing or empty".to_owned())
    } else if length > LONGEST_BODY {
        Err(format!(
            "this has {length} characters; shorten it to {LONGEST_BODY}"
        ))
    } else if has_controls(&body) {
        Err("this has a control character in it; remove it".to_owned())
    } else {
        Ok(body)
    }
}

fn check_pace(per_second: f64) -> Result<f64, &'static str> {
    if per_second.is_finite() && per_second > 0.0 {
        Ok(per_second)
    } else {
        Err("this must be more than 0: so many mails a second")
    }
}

fn check_wave(mails: i64) -> Result<u32, String> {
    let checked = u32::try_from(mails).ok();
    checked
        .filter(|mails| *mails <= wave::LARGEST)
        .ok_or_else(|| {
            format!(
                "so many mails go first: this must be from 0, for none, to {}",
                wave::LARGEST
            )
        })
}

fn check_time(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let at: Option<DateTime<Utc>> = text.trim().parse().ok();
    // To the microsecond, which is what the database keeps.
    at.map(|at| at.trunc_subsecs(6))
        .filter(|at| (1970..=9999).contains(&at.year()))
        .ok_or("this must be a time such as 2026-11-24T18:00:00Z")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::who::Selection, *};

    fn whole() -> Value {
        json!({
            "name": "Summer cup",
            "subject": "Fee for {{ name }}",
            "body": "{{ pay_url }}",
            "references": ["CUP-1"],
            "per_second": 2,
            "send_at": "2026-11-24T18:00:00+01:00",
            "remind": false,
            "first_wave": 5,
        })
    }

    fn check(body: Value) -> Result<Content, String> {
        let draft: Draft = serde_json::from_value(body).map_err(|error| error.to_string())?;
        Content::try_from(draft).map_err(|problems| problems.to_string())
    }

    fn change(body: Value) -> Result<Content, String> {
        let draft: ChangeDraft = serde_json::from_value(body).map_err(|error| error.to_string())?;
        let before = check(whole()).unwrap();
        draft.onto(&before).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_mailing_that_follows_on_one_with_the_longest_name_has_a_name() {
        assert_eq!(name_after("Cup", "still owed"), "Cup: still owed");
        let name = name_after(&"ü".repeat(LONGEST_NAME), "still owed");
        assert_eq!(name.chars().count(), LONGEST_NAME);
        let mut body = whole();
        body["name"] = json!(name);
        assert!(name.ends_with("ü: still owed") && check(body).is_ok());
    }

    #[test]
    fn all_that_is_missing_or_wrong_is_listed_at_once() {
        let said = check(json!({ "name": " ", "per_second": 0, "send_at": "soon" })).unwrap_err();
        for field in [
            "name",
            "subject",
            "body",
            "references",
            "per_second",
            "send_at",
        ] {
            assert!(said.contains(&format!("{field}: ")), "{field}: {said}");
        }
    }

    #[test]
    fn what_cannot_stand_in_a_mail_is_refused() {
        for (field, value) in [
            ("subject", "a\nBcc: b"),
            ("body", "a\0b"),
            ("body", " \n"),
            ("body", &"x".repeat(LONGEST_BODY + 1)),
            ("send_at", "+12026-01-01T00:00:00Z"),
        ] {
            let mut body = whole();
            body[field] = json!(value);
            assert!(
                check(body).unwrap_err().starts_with(&format!("{field}: ")),
                "{value:?}"
            );
        }
        assert!(
            check(json!({ "nmae": "x" }))
                .unwrap_err()
                .contains("`nmae`")
        );
        let mut body = whole();
        body["per_second"] = json!(-1.0);
        assert!(check(body).is_err());
        for wave in [-1, 1_001] {
            let mut body = whole();
            body["first_wave"] = json!(wave);
            assert!(check(body).unwrap_err().starts_with("first_wave: "));
        }
    }

    #[test]
    fn what_is_not_mentioned_stays_and_null_clears() {
        let before = check(whole()).unwrap();
        assert_eq!(change(json!({})), Ok(before.clone()));
        let after =
            change(json!({ "per_second": null, "send_at": null, "subject": "Fee" })).unwrap();
        assert_eq!(
            (
                after.per_second,
                after.send_at,
                after.remind,
                after.first_wave
            ),
            (None, None, Some(false), 5)
        );
        let usual = change(json!({ "first_wave": null })).unwrap();
        assert_eq!(usual.first_wave, wave::USUAL);
        assert_eq!((after.subject.as_str(), after.body), ("Fee", before.body));
        assert!(
            change(json!({ "name": null }))
                .unwrap_err()
                .starts_with("name: ")
        );
    }

    #[test]
    fn one_way_of_choosing_takes_the_place_of_the_other() {
        let filter = change(json!({ "filter": { "status": "open" } })).unwrap();
        assert!(matches!(filter.who.selection, Selection::Filter(_)));
        let both = json!({ "filter": {}, "references": ["CUP-2"] });
        assert!(change(both).unwrap_err().contains("not both"));
    }
}
