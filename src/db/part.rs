//! Texts that have something in them.

/// A pattern for `ILIKE` that finds texts with this in them, and nothing like it.
pub fn pattern_of_part(said: &str) -> String {
    let mut pattern = String::from("%");
    for letter in said.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_as_it_is_written() {
        assert_eq!(pattern_of_part("U_12%"), "%U\\_12\\%%");
        assert_eq!(pattern_of_part("a\\b"), "%a\\\\b%");
    }
}
