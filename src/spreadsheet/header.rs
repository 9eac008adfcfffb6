//! The first record: what each column is called.

/// The names of a spreadsheet's columns, which are compared in any case.
#[derive(Debug, Default)]
pub struct Header {
    /// As they are written.
    cells: Vec<String>,
    /// In lower case.
    names: Vec<String>,
}

impl Header {
    /// The names that stand in these cells.
    pub fn new(cells: Vec<String>) -> Self {
        let names = cells.iter().map(|cell| cell.to_lowercase()).collect();
        Self { cells, names }
    }

    /// The names as they are written, from the first column on.
    pub fn cells(&self) -> &[String] {
        &self.cells
    }

    /// The first column that has one of these names.
    pub fn place(&self, any_of: &[&str]) -> Option<usize> {
        let is_it = |name: &String| any_of.contains(&name.as_str());
        self.names.iter().position(is_it)
    }

    /// The columns that no name of these is for, as they are written, one without a name too.
    pub fn others(&self, known: &[&str]) -> impl Iterator<Item = (usize, &str)> {
        let cells = self.cells.iter().map(String::as_str).enumerate();
        cells.filter(|(at, _)| !known.contains(&self.names[*at].as_str()))
    }

    /// The names that several columns have, in lower case.
    pub fn repeated(&self) -> Vec<&str> {
        let again = |at: &usize| self.names[..*at].contains(&self.names[*at]);
        let again = (1..self.names.len()).filter(again);
        let mut names: Vec<&str> = again.map(|at| self.names[at].as_str()).collect();
        names.retain(|name| !name.is_empty());
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Header {
        Header::new(cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn names_are_found_in_any_case_and_others_are_told_as_they_are_written() {
        let header = header(&["Name", "E-Mail", "", "NAME"]);
        assert_eq!(header.place(&["email", "e-mail"]), Some(1));
        assert_eq!(header.place(&["phone"]), None);
        let others: Vec<_> = header.others(&["name"]).collect();
        assert_eq!(others, [(1, "E-Mail"), (2, "")]);
        assert_eq!(header.repeated(), ["name"]);
    }
}
