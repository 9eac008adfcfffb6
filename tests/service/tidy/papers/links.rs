//! Links between papers: the file, and the heading in it.

use std::path::Path;

use super::{papers, root};

/// Whether a place such as `docs/alerts.md#causes` is there, from the repository's root.
///
/// # Errors
/// What is missing.
pub fn exists(place: &str) -> Result<(), String> {
    let (file, anchor) = place.split_once('#').unwrap_or((place, ""));
    let path = root().join(file);
    if !path.exists() {
        return Err(format!("there is no {file}"));
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let headings: Vec<String> = headings(&text).map(anchor_of).collect();
    if headings.iter().any(|heading| heading == anchor) {
        Ok(())
    } else {
        Err(format!("{file} has no heading #{anchor}"))
    }
}

fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter_map(move |line| {
        in_code ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        (!in_code && heading.len() < line.len()).then(|| heading.trim())
    })
}

/// As forges make it of a heading.
fn anchor_of(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The targets of all links of a text.
fn targets(text: &str) -> Vec<&str> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains(' ')).collect()
}

#[test]
fn every_link_between_papers_leads_somewhere() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for paper in papers() {
        let folder = Path::new(&paper.path).parent().unwrap_or(Path::new(""));
        for target in targets(&paper.text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let place = match target.strip_prefix('#') {
                Some(anchor) => format!("{}#{anchor}", paper.path),
                None => match target.strip_prefix("../") {
                    Some(from_root) => from_root.to_owned(),
                    None => folder.join(target).display().to_string(),
                },
            };
            if let Err(why) = exists(&place) {
                wrong.push(format!("{}: {target}: {why}", paper.path));
            }
        }
    }
    assert!(count > 60, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_heading_becomes_what_forges_make_of_it() {
    assert_eq!(
        anchor_of("Cases: what a person decides"),
        "cases-what-a-person-decides"
    );
    assert_eq!(anchor_of("`POST` / ops"), "post--ops");
    assert!(exists("README.md#nowhere").is_err() && exists("docs/none.md").is_err());
}
