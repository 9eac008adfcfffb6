//! What is wrong with a form of a mailing, at its field. Pure.

use serde::Serialize;

use crate::{order::problem::Problems, web::ops::line::in_a_sentence};

/// What is wrong with a field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    pub field: String,
    pub label: String,
    pub why: String,
}

impl Wrong {
    pub fn of(field: &str, why: &str) -> Self {
        let place = place(field);
        Self {
            label: label(place).to_owned(),
            field: place.to_owned(),
            why: in_a_sentence(why),
        }
    }

    /// All that is wrong, as the domain says it.
    pub fn all(problems: &Problems) -> Vec<Self> {
        let all = problems.iter();
        all.map(|problem| Self::of(&problem.field, &problem.reason))
            .collect()
    }
}

/// The field of the form that a field of the API is.
fn place(field: &str) -> &str {
    let top = field.split(['[', '.']).next().unwrap_or_default();
    match (top, field.split('.').nth(1)) {
        ("filter", Some(part)) => match part {
            "never_mailed" => "never",
            part => part,
        },
        ("filter", None) => "whom",
        (top, _) => top,
    }
}

fn label(place: &str) -> &'static str {
    match place {
        "name" => "Name of the mailing",
        "subject" => "Subject",
        "body" => "Text",
        "status" => "Where their order stands",
        "blast" => "Of a mailing, and still owed",
        "never" => "Mailed before",
        "import" => "Came with the import",
        "metadata" => "With these fields",
        "references" => "These orders",
        "exclude" => "But not these",
        "expected" => "How many do you expect?",
        "first_wave" => "How many go first",
        "per_second" => "Mails a second",
        "send_at" => "Not before",
        "remind" => "Reminders",
        "note" => "What the families read",
        _ => "To whom",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_the_domain_stands_at_its_field_of_the_form() {
        for (field, at) in [
            ("references[3]", "references"),
            ("filter.status", "status"),
            ("filter.never_mailed", "never"),
            ("filter.metadata.team", "metadata"),
            ("filter", "whom"),
            ("body", "body"),
        ] {
            assert_eq!(place(field), at);
        }
    }
}
