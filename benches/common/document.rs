//! Tables of benches in a document: a heading of the bench's name, a sentence about the run, the rows.

use crate::line::{HEADER, Line, OF};

/// A bench's name stands behind it.
const HEADING: &str = "### ";

/// A row that was read, with a cell for each column of [`HEADER`]. Names tell rows apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub bench: String,
    pub cells: Vec<String>,
}

impl Row {
    /// What was measured.
    pub fn name(&self) -> &str {
        &self.cells[0]
    }

    /// How it compares, and with what: the larger the better.
    pub fn ratio(&self) -> Option<(f64, &str)> {
        let (ratio, of) = self.cells[5].split_once(OF)?;
        Some((ratio.parse().ok()?, of))
    }

    /// A figure without a unit, the fewer the better: it does not depend on the machine.
    pub fn count(&self) -> Option<f64> {
        self.cells[1].parse().ok()
    }

    /// What is compared, for people.
    pub fn compared(&self) -> String {
        match (self.ratio(), self.count()) {
            (Some((ratio, _)), _) => ratio.to_string(),
            (None, Some(count)) => count.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// What a bench found, as it stands in the document.
pub fn section(bench: &str, run: &str, lines: &[Line]) -> String {
    let rows: Vec<_> = lines.iter().map(Line::cells).collect();
    format!("{HEADING}{bench}\n\n{run}\n\n{}", table(&HEADER, &rows))
}

/// The document with that section in place of the bench's last one, or at its end.
pub fn with_section(document: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let mut lines = document.lines();
    let before: Vec<_> = lines.by_ref().take_while(|line| *line != heading).collect();
    let after: Vec<_> = lines.skip_while(|line| !is_heading(line)).collect();
    let mut text = before.join("\n").trim_end().to_owned();
    text += &format!("\n\n{}\n", section.trim_end());
    if !after.is_empty() {
        text += &format!("\n{}\n", after.join("\n"));
    }
    text
}

/// The rows of all sections.
pub fn rows(document: &str) -> Vec<Row> {
    let (mut rows, mut bench) = (Vec::new(), None);
    for line in document.lines() {
        if is_heading(line) {
            bench = line.strip_prefix(HEADING);
        }
        rows.extend(bench.and_then(|bench| row(bench, line)));
    }
    rows
}

fn is_heading(line: &str) -> bool {
    line.starts_with('#')
}

fn row(bench: &str, line: &str) -> Option<Row> {
    let cells = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<String> = cells
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect();
    let is_row =
        cells.len() == HEADER.len() && cells[0] != HEADER[0] && !cells[0].starts_with("--");
    is_row.then(|| Row {
        bench: bench.to_owned(),
        cells,
    })
}

/// A table that is read as it is, and as Markdown.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|word| (*word).to_owned()).collect();
    let all = || std::iter::once(&header).chain(rows);
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            all()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let lines = std::iter::once(&header).chain([&rule]).chain(rows);
    lines.map(|row| in_columns(row, &widths)).collect()
}

fn in_columns(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths);
    let cells = cells.map(|(cell, width)| format!(" {cell:<width$} |"));
    format!("|{}\n", cells.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mint(per_second: f64) -> String {
        let lines = [
            Line::rate("the simulator alone", 976.0),
            Line::rate("click", per_second)
                .of("the simulator alone", per_second / 976.0)
                .goal_ratio(0.97),
            Line::count("connections a mint", 0.0),
        ];
        section("mint", "Commit `1`.", &lines)
    }

    #[test]
    fn what_is_written_is_read() {
        let document = format!(
            "# Speed\n\n| a | table | of | no | bench | x |\n\n{}",
            mint(488.0)
        );
        let read = rows(&document);
        let names: Vec<_> = read.iter().map(|row| row.name()).collect();
        assert_eq!(
            names,
            ["the simulator alone", "click", "connections a mint"]
        );
        assert!(read.iter().all(|row| row.bench == "mint"), "{read:#?}");
        assert_eq!(read[0].ratio(), None);
        assert_eq!(read[0].count(), None, "a rate depends on the machine");
        assert_eq!(read[1].ratio(), Some((0.5, "the simulator alone")));
        assert_eq!(read[2].count(), Some(0.0));
    }

    #[test]
    fn a_section_takes_the_place_of_its_last_one_and_of_nothing_else() {
        let webhook = section("webhook", "Commit `1`.", &[Line::rate("kept", 13_462.0)]);
        let document = format!("# Speed\n\nWords.\n\n{}\n{webhook}", mint(488.0));
        let document = with_section(&document, &mint(900.0));
        let expected = format!("# Speed\n\nWords.\n\n{}\n{webhook}", mint(900.0));
        assert_eq!(document, expected);
        let again = with_section(&document, &mint(900.0));
        assert_eq!(again, expected, "the same twice is the same");
        let last = section("webhook", "Commit `2`.", &[Line::rate("kept", 1.0)]);
        let document = with_section(&document, &last);
        assert_eq!(
            document,
            format!("# Speed\n\nWords.\n\n{}\n{last}", mint(900.0))
        );
    }

    #[test]
    fn a_bench_that_is_new_comes_last() {
        let document = with_section("# Speed\n\nWords.\n", &mint(488.0));
        assert_eq!(document, format!("# Speed\n\nWords.\n\n{}", mint(488.0)));
    }

    #[test]
    fn a_table_is_aligned_by_letters_not_bytes() {
        let rows = [
            vec!["≥".to_owned(), "1".to_owned()],
            vec!["ab".to_owned(), "22".to_owned()],
        ];
        let expected = "| x  | y  |\n| -- | -- |\n| ≥  | 1  |\n| ab | 22 |\n";
        assert_eq!(table(&["x", "y"], &rows), expected);
    }
}
