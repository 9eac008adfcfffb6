//! Whom a mailing is for, as somebody says it: these orders, or those that fit, without some; and how many they
//! reckon with. Pure. The database is asked for them in `fits`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::order::{
    Status,
    metadata::Metadata,
    problem::Problems,
    text::{Reference, Text},
};

/// Whom it is for; as JSON `{"references": […]}` or `{"filter": {…}}`, with `exclude` and `expected` beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// Which orders.
    #[serde(flatten)]
    pub selection: Selection,
    /// References of those that are left out, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// So many mails its author reckons with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u32>,
}

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// These.
    References(Vec<String>),
    /// Those that fit when somebody looks.
    Filter(BlastFilter),
}

/// What an order must have; an empty filter takes every order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlastFilter {
    /// A status by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Metadata with these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Of this mailing, by its name or id, and still owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast: Option<String>,
    /// The id of that mailing, looked up when the filter was written: a name may be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blast_id: Option<Uuid>,
    /// As in lists of orders: nobody was written to about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub never_mailed: Option<bool>,
    /// It came with the import of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
}

/// The fields in which it is handed in.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub references: Option<Vec<String>>,
    pub filter: Option<BlastFilter>,
    pub exclude: Option<Vec<String>>,
    pub expected: Option<u32>,
}

impl Who {
    /// Checks what somebody asked for: exactly one of references and filter.
    pub(super) fn check(fields: Fields, problems: &mut Problems) -> Option<Self> {
        let selection = Selection::check(fields.references, fields.filter, problems);
        let exclude = fields.exclude.unwrap_or_default();
        let exclude = checked_references("exclude", exclude, problems);
        if fields.expected == Some(0) {
            problems.add("expected", "this must be at least 1: so many mails");
        }
        Some(Self {
            selection: selection?,
            exclude,
            expected: fields.expected,
        })
    }

    /// As it was handed in.
    pub(super) fn fields(&self) -> Fields {
        let (references, filter) = match self.selection.clone() {
            Selection::References(references) => (Some(references), None),
            Selection::Filter(filter) => (None, Some(filter)),
        };
        Fields {
            references,
            filter,
            exclude: Some(self.exclude.clone()),
            expected: self.expected,
        }
    }

    /// The filter, if it is one.
    pub(super) fn filter(&self) -> Option<&BlastFilter> {
        match &self.selection {
            Selection::References(_) => None,
            Selection::Filter(filter) => Some(filter),
        }
    }

    /// The same, to be completed.
    pub(super) fn filter_mut(&mut self) -> Option<&mut BlastFilter> {
        match &mut self.selection {
            Selection::References(_) => None,
            Selection::Filter(filter) => Some(filter),
        }
    }

    /// Every reference that somebody typed.
    pub(super) fn references(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let selected = match &self.selection {
            Selection::References(references) => references.as_slice(),
            Selection::Filter(_) => &[],
        };
        let selected = selected.iter().map(|reference| ("references", reference));
        selected.chain(self.exclude.iter().map(|reference| ("exclude", reference)))
    }

    /// That another number of mails was reckoned with, for whoever uses the API.
    pub fn miscounted(&self, found: usize) -> Option<String> {
        let expected = self
            .expected
            .and_then(|expected| usize::try_from(expected).ok())?;
        (expected != found).then(|| {
            format!(
                "{found} would get a mail, and {expected} are expected: look at who they are; to approve it all the same, name the number {found} as recipients"
            )
        })
    }

    /// Why it may not be approved by somebody who names this number of recipients, or none.
    pub(super) fn objection(&self, found: usize, named: Option<usize>) -> Option<String> {
        match named {
            Some(named) if named == found => None,
            Some(named) => Some(format!(
                "{found} would get a mail, not {named}; look at a new preview"
            )),
            None => self.miscounted(found),
        }
    }

    /// In one text, always the same for the same: what an approval is bound to beside the mails themselves.
    pub(super) fn canonical(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always become JSON")
    }
}

impl Selection {
    fn check(
        references: Option<Vec<String>>,
        filter: Option<BlastFilter>,
        problems: &mut Problems,
    ) -> Option<Self> {
        match (references, filter) {
            (Some(references), None) => {
                if references.is_empty() {
                    problems.add("references", "name at least one order");
                }
                let checked = checked_references("references", references, problems);
                Some(Self::References(checked))
            }
            (None, Some(filter)) => check_filter(filter, problems),
            (None, None) => {
                problems.add("references", "say which orders: references, or a filter");
                None
            }
            (Some(_), Some(_)) => {
                problems.add("filter", "give references or a filter, not both");
                None
            }
        }
    }
}

/// Sorted, so that one that is named twice is there once, and none is looked for twice.
fn checked_references(
    field: &str,
    references: Vec<String>,
    problems: &mut Problems,
) -> Vec<String> {
    let mut checked: Vec<String> = Vec::with_capacity(references.len());
    for (at, reference) in references.iter().enumerate() {
        let parsed = Reference::parse(reference);
        if let Some(parsed) = problems.take(&format!("{field}[{at}]"), parsed) {
            checked.push(parsed.into());
        }
    }
    checked.sort();
    checked.dedup();
    checked
}

fn check_filter(filter: BlastFilter, problems: &mut Problems) -> Option<Selection> {
    if let Some(status) = &filter.status
        && Status::from_name(status).is_none()
    {
        let known = Status::ALL.map(Status::name).join(", ");
        problems.add("filter.status", format!("this must be one of {known}"));
    }
    let mut pairs = Metadata::default();
    for (key, value) in filter.metadata.iter().flatten() {
        problems.take(&format!("filter.metadata.{key}"), pairs.insert(key, value));
    }
    for (field, said) in [
        ("filter.blast", &filter.blast),
        ("filter.import", &filter.import),
    ] {
        if let Some(said) = said {
            problems.take(field, Text::<120>::parse(said));
        }
    }
    Some(Selection::Filter(filter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn choose(fields: Fields) -> Result<Who, String> {
        let mut problems = Problems::default();
        let who = Who::check(fields, &mut problems);
        problems.or(who).map_err(|problems| problems.to_string())
    }

    fn these(references: &[&str]) -> Fields {
        let references = references.iter().map(ToString::to_string).collect();
        Fields {
            references: Some(references),
            ..Fields::default()
        }
    }

    fn filtered(filter: BlastFilter) -> Fields {
        Fields {
            filter: Some(filter),
            ..Fields::default()
        }
    }

    #[test]
    fn a_reference_that_is_named_twice_counts_once() {
        let who = choose(these(&["B", " A ", "B"])).unwrap();
        assert_eq!(
            serde_json::to_value(who).unwrap(),
            json!({ "references": ["A", "B"] })
        );
    }

    #[test]
    fn exactly_one_way_of_choosing_is_asked_for() {
        assert!(
            choose(Fields::default())
                .unwrap_err()
                .starts_with("references: ")
        );
        let both = Fields {
            filter: Some(BlastFilter::default()),
            ..these(&["A"])
        };
        assert!(choose(both).unwrap_err().contains("not both"));
        assert!(choose(these(&[])).is_err());
        assert!(
            choose(these(&["A", "\0"]))
                .unwrap_err()
                .starts_with("references[1]: ")
        );
    }

    #[test]
    fn a_filter_names_what_there_is() {
        let lost = BlastFilter {
            status: Some("lost".to_owned()),
            ..BlastFilter::default()
        };
        assert!(
            choose(filtered(lost))
                .unwrap_err()
                .contains("settled_offline")
        );
        let nul = BlastFilter {
            metadata: Some(BTreeMap::from([("team".to_owned(), "a\0b".to_owned())])),
            ..BlastFilter::default()
        };
        assert!(
            choose(filtered(nul))
                .unwrap_err()
                .starts_with("filter.metadata.team: ")
        );
        let everybody = choose(filtered(BlastFilter::default())).unwrap();
        assert_eq!(
            serde_json::to_value(everybody).unwrap(),
            json!({ "filter": {} })
        );
    }

    #[test]
    fn who_is_left_out_and_how_many_are_reckoned_with_are_checked_and_kept() {
        let fields = |exclude: &[&str], expected| Fields {
            exclude: Some(exclude.iter().map(ToString::to_string).collect()),
            expected,
            ..filtered(BlastFilter::default())
        };
        let who = choose(fields(&["B", "A", "A"], Some(15))).unwrap();
        let json = serde_json::to_value(&who).unwrap();
        assert_eq!(
            json,
            json!({ "filter": {}, "exclude": ["A", "B"], "expected": 15 })
        );
        assert_eq!(serde_json::from_value::<Who>(json).unwrap(), who);
        let wrong = choose(fields(&["\n"], Some(0))).unwrap_err();
        assert!(
            wrong.contains("exclude[0]: ") && wrong.contains("expected: "),
            "{wrong}"
        );
    }

    #[test]
    fn what_was_written_before_there_was_more_to_say_is_read() {
        for old in [
            json!({ "references": ["A"] }),
            json!({ "filter": { "status": "open" } }),
        ] {
            let who: Who = serde_json::from_value(old.clone()).unwrap();
            assert_eq!(serde_json::to_value(who).unwrap(), old);
        }
    }
}
