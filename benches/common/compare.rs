//! What got worse since the last run, by what does not depend on the machine: ratios and counts.

use crate::document::Row;

/// Less is what a machine does from one minute to the next.
const A_FIFTH: f64 = 0.2;
/// A count that was zero, or nearly, may be so much more before anybody says so.
const HARDLY_ANYTHING: f64 = 0.01;

/// One sentence: what got worse by more than a fifth; and one more, of what could not be compared.
pub fn sentence(last: &[Row], today: &[Row]) -> String {
    let (mut worse, mut unknown) = (Vec::new(), Vec::new());
    let compared = |row: &&Row| row.ratio().is_some() || row.count().is_some();
    for row in today.iter().filter(compared) {
        match before(last, row) {
            Some(before) => worse.extend(what_is_worse(before, row)),
            None => unknown.push(format!("{}: {}", row.bench, row.name())),
        }
    }
    let mut text = match worse.is_empty() {
        true => "Nothing got worse by more than a fifth.".to_owned(),
        false => format!("Worse by more than a fifth: {}.", worse.join("; ")),
    };
    if !unknown.is_empty() {
        let unknown = unknown.join("; ");
        text += &format!(" Not compared, since the last run has no such line: {unknown}.");
    }
    text
}

/// The same figure of the last run: the same name, and a ratio of the same.
pub fn before<'a>(last: &'a [Row], row: &Row) -> Option<&'a Row> {
    let of = |row: &Row| row.ratio().map(|(_, of)| of.to_owned());
    let is_it = |before: &&Row| {
        before.bench == row.bench && before.name() == row.name() && of(before) == of(row)
    };
    last.iter().find(is_it)
}

fn what_is_worse(before: &Row, today: &Row) -> Option<String> {
    let is = match (before.ratio(), today.ratio()) {
        (Some((was, _)), Some((is, of))) => {
            (is < was * (1.0 - A_FIFTH)).then(|| format!("{is} of {of}, and was {was}"))
        }
        _ => {
            let (was, is) = (before.count()?, today.count()?);
            let is_worse = is > was * (1.0 + A_FIFTH) && is > was + HARDLY_ANYTHING;
            is_worse.then(|| format!("{is}, and was {was}"))
        }
    };
    is.map(|is| format!("{}: {} is {is}", today.bench, today.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(name: &str, ratio: f64, of: &str) -> Row {
        row(name, "100/s", &format!("{ratio} of {of}"))
    }

    fn figure(name: &str, figure: &str) -> Row {
        row(name, figure, "")
    }

    fn row(name: &str, figure: &str, ratio: &str) -> Row {
        let cells = [name, figure, "", "", "", ratio, ""];
        Row {
            bench: "click".to_owned(),
            cells: cells.map(str::to_owned).into(),
        }
    }

    #[test]
    fn a_fifth_is_said_and_less_is_not() {
        let last = [
            ratio("reuse", 0.5, "the bare 303"),
            ratio("few", 0.5, "the bare 303"),
        ];
        let today = [
            ratio("reuse", 0.39, "the bare 303"),
            ratio("few", 0.41, "the bare 303"),
        ];
        assert_eq!(
            sentence(&last, &today),
            "Worse by more than a fifth: click: reuse is 0.39 of the bare 303, and was 0.5."
        );
        assert_eq!(
            sentence(&today, &last),
            "Nothing got worse by more than a fifth."
        );
    }

    #[test]
    fn of_a_count_more_is_worse() {
        let last = [figure("statements", "0.30"), figure("connections", "0")];
        let fine = [
            figure("statements", "0.35"),
            figure("connections", "0.0090"),
        ];
        let worse = [figure("statements", "0.40"), figure("connections", "0.14")];
        assert_eq!(
            sentence(&last, &fine),
            "Nothing got worse by more than a fifth."
        );
        assert_eq!(
            sentence(&last, &worse),
            "Worse by more than a fifth: click: statements is 0.4, and was 0.3; \
             click: connections is 0.14, and was 0."
        );
    }

    #[test]
    fn rates_alone_are_the_machines_and_another_measure_is_no_measure() {
        let last = [
            figure("bare", "60000/s"),
            ratio("reuse", 0.9, "the bare 303"),
        ];
        let today = [
            figure("bare", "6000/s"),
            ratio("reuse", 0.1, "the 303 with the token checked"),
            ratio("new", 0.1, "the bare 303"),
        ];
        assert_eq!(
            sentence(&last, &today),
            "Nothing got worse by more than a fifth. Not compared, since the last run has no such line: \
             click: reuse; click: new."
        );
    }
}
