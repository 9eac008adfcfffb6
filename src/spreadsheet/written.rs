//! Records as we write them: no cell is a formula.

use super::without_formula;

/// One line of CSV, with its line end.
pub fn written<'c>(cells: impl IntoIterator<Item = &'c str>) -> Vec<u8> {
    let mut file = csv::Writer::from_writer(Vec::new());
    // In memory, so that there is no error.
    let _ = file.write_record(cells.into_iter().map(without_formula));
    file.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_without_a_formula() {
        let line = written(["CUP-1", "=HYPERLINK(1)", "O'Neil, \"Kim\"\n@x", ""]);
        let text = String::from_utf8(line).expect("UTF-8");
        assert_eq!(text, "CUP-1,'=HYPERLINK(1),\"O'Neil, \"\"Kim\"\" @x\",\n");
    }
}
