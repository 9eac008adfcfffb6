//! What a spreadsheet comes to, in words.

use crate::{
    import::Counts,
    web::ops::{line::sentence, orders::sum::orders},
};

/// The heading: what it comes to.
pub fn title(counts: Counts, bad: usize, lines: usize) -> String {
    if bad > 0 {
        return format!("{bad} of {} cannot be taken", of_lines(lines));
    }
    let parts: Vec<String> = [
        (counts.changed, "would change"),
        (counts.created, "would be new"),
        (counts.updated, "would be brought up to date"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .enumerate()
    .map(|(at, (count, what))| match at {
        0 => format!("{} {what}", orders(count)),
        _ => format!("{count} {what}"),
    })
    .collect();
    match parts.is_empty() {
        true => "Nothing would change".to_owned(),
        false => parts.join(", "),
    }
}

/// `142 lines`
pub fn of_lines(lines: usize) -> String {
    match lines {
        1 => "1 line".to_owned(),
        lines => format!("{lines} lines"),
    }
}

/// What the lines without a fault come to.
pub fn good(counts: Counts) -> String {
    let parts = [
        (counts.created, "new"),
        (counts.changed, "changed"),
        (counts.updated, "brought up to date"),
        (counts.unchanged, "as before"),
        (counts.left_alone, "left alone"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    parts.join(", ")
}

/// `Take in 4 new and change 3`
pub fn button(counts: Counts, bad: usize) -> Option<String> {
    let parts = [
        (counts.created, format!("take in {} new", counts.created)),
        (counts.changed, format!("change {}", counts.changed)),
        (
            counts.updated,
            format!("bring {} up to date", counts.updated),
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(_, said)| said)
        .collect();
    let (last, others) = parts.split_last()?;
    let said = match others {
        [] => last.clone(),
        others => format!("{} and {last}", others.join(", ")),
    };
    let without = match bad {
        0 => String::new(),
        1 => ", without the 1 line".to_owned(),
        bad => format!(", without the {bad} lines"),
    };
    Some(format!("{}{without}", sentence(&said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_counts_and_is_not_there_where_there_is_nothing_to_do() {
        let counts = |created, changed| Counts {
            created,
            changed,
            unchanged: 5,
            ..Counts::default()
        };
        let said = |created, changed, bad| button(counts(created, changed), bad);
        assert_eq!(said(4, 3, 0).as_deref(), Some("Take in 4 new and change 3"));
        assert_eq!(said(0, 3, 0).as_deref(), Some("Change 3"));
        assert_eq!(
            said(4, 0, 3).as_deref(),
            Some("Take in 4 new, without the 3 lines")
        );
        assert_eq!(said(0, 0, 0), None);
        assert_eq!(
            title(counts(4, 1), 0, 9),
            "1 order would change, 4 would be new"
        );
        assert_eq!(title(counts(0, 0), 0, 9), "Nothing would change");
        assert_eq!(
            title(counts(4, 1), 3, 142),
            "3 of 142 lines cannot be taken"
        );
    }
}
