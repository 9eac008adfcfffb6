//! Which orders a mailing is about: those that are named, or those that a filter finds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::order::{Order, Status, metadata::Metadata, problem::Problems, text::Reference};

/// Which orders; as JSON `{"references": […]}` or `{"filter": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// These.
    References(Vec<String>),
    /// Those that fit when somebody looks.
    Filter(Filter),
}

/// What an order must have; an empty filter takes every order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// A status by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Metadata with these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

impl Selection {
    /// Checks what somebody asked for: exactly one of the two.
    pub(super) fn check(
        references: Option<Vec<String>>,
        filter: Option<Filter>,
        problems: &mut Problems,
    ) -> Option<Self> {
        match (references, filter) {
            (Some(references), None) => check_references(references, problems),
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

    /// Whether it takes an order: what the database was asked, asked again.
    pub fn takes(&self, order: &Order) -> bool {
        match self {
            Self::References(references) => references.contains(&order.reference),
            Self::Filter(Filter { status, metadata }) => {
                let has = |(key, value)| order.metadata.get(key) == Some(value);
                status
                    .as_ref()
                    .is_none_or(|status| status == order.state.name())
                    && metadata.as_ref().is_none_or(|pairs| pairs.iter().all(has))
            }
        }
    }
}

fn check_references(references: Vec<String>, problems: &mut Problems) -> Option<Selection> {
    if references.is_empty() {
        problems.add("references", "name at least one order");
    }
    let mut checked: Vec<String> = Vec::with_capacity(references.len());
    for (at, reference) in references.iter().enumerate() {
        let parsed = Reference::parse(reference);
        if let Some(parsed) = problems.take(&format!("references[{at}]"), parsed) {
            checked.push(parsed.into());
        }
    }
    // Sorted, so that one that is named twice is there once, and none is looked for twice.
    checked.sort();
    checked.dedup();
    Some(Selection::References(checked))
}

fn check_filter(filter: Filter, problems: &mut Problems) -> Option<Selection> {
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
    Some(Selection::Filter(filter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(references: Option<&[&str]>, filter: Option<Filter>) -> Result<Selection, String> {
        let references = references.map(|all| all.iter().map(ToString::to_string).collect());
        let mut problems = Problems::default();
        let selection = Selection::check(references, filter, &mut problems);
        problems
            .or(selection)
            .map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_reference_that_is_named_twice_counts_once() {
        let selection = check(Some(&["B", " A ", "B"]), None).unwrap();
        assert_eq!(
            serde_json::to_value(selection).unwrap(),
            json!({ "references": ["A", "B"] })
        );
    }

    #[test]
    fn exactly_one_way_of_choosing_is_asked_for() {
        assert!(check(None, None).unwrap_err().starts_with("references: "));
        let both = check(Some(&["A"]), Some(Filter::default()));
        assert!(both.unwrap_err().contains("not both"));
        assert!(check(Some(&[]), None).is_err());
        assert!(
            check(Some(&["A", "\0"]), None)
                .unwrap_err()
                .starts_with("references[1]: ")
        );
    }

    #[test]
    fn a_filter_names_what_there_is() {
        let lost = Filter {
            status: Some("lost".to_owned()),
            metadata: None,
        };
        assert!(
            check(None, Some(lost))
                .unwrap_err()
                .contains("settled_offline")
        );
        let pairs = BTreeMap::from([("team".to_owned(), "a\0b".to_owned())]);
        let nul = Filter {
            status: None,
            metadata: Some(pairs),
        };
        assert!(
            check(None, Some(nul))
                .unwrap_err()
                .starts_with("filter.metadata.team: ")
        );
        let everybody = check(None, Some(Filter::default())).unwrap();
        assert_eq!(
            serde_json::to_value(everybody).unwrap(),
            json!({ "filter": {} })
        );
    }
}
