//! Plots, drawn here: bars or lines over days or weeks, in the theme's colours by class. Every axis begins at
//! nothing, and ends at a round number.

use serde::Serialize;

/// Where the axes lie in a picture of 640 to 220.
/// Room for six digits beside it, as large as they are on a phone.
const LEFT: f64 = 88.0;
const RIGHT: f64 = 632.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 180.0;
/// Below each place, where its name stands.
const NAMES: f64 = 204.0;
/// Steps of the upright axis at most.
const STEPS: f64 = 5.0;
/// Names below the level axis at most; on a phone half of them are shown.
const MOST_NAMES: usize = 8;
/// Bars are no wider.
const WIDEST: f64 = 26.0;
/// How long a line is that stands alone.
const DASH: f64 = 12.0;

/// How values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Bars,
    Lines,
}

/// Some values, one for each place; none where there is none.
#[derive(Debug, Clone)]
pub struct Series {
    /// What they are, for the key.
    pub word: &'static str,
    pub values: Vec<Option<f64>>,
}

/// A picture, ready to be written.
#[derive(Debug, Default, Serialize)]
pub struct Plot {
    /// Its name in the page.
    pub id: &'static str,
    /// What it says, for ears.
    pub says: String,
    key: Vec<Key>,
    grid: Vec<Line>,
    bars: Vec<Bar>,
    lines: Vec<Drawn>,
    names: Vec<Name>,
}

#[derive(Debug, Serialize)]
struct Key {
    word: &'static str,
    class: &'static str,
    bars: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    y: String,
    below: String,
    word: String,
}

#[derive(Debug, Serialize)]
struct Bar {
    class: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
}

#[derive(Debug, Serialize)]
struct Drawn {
    class: &'static str,
    path: String,
}

#[derive(Debug, Serialize)]
struct Name {
    x: String,
    y: f64,
    even: bool,
    word: String,
}

/// Draws series over named places; the first stands out.
pub fn plot(
    id: &'static str,
    says: String,
    shape: Shape,
    names: &[String],
    all: &[Series],
) -> Plot {
    let values = all.iter().flat_map(|series| series.values.iter().flatten());
    // Bars count: there is no half of a mail.
    let least = match shape {
        Shape::Bars => 1.0,
        Shape::Lines => 0.0,
    };
    let (step, top) = scale(values.copied().fold(0.0, f64::max), least);
    let height = |value: f64| (value / top * (BOTTOM - TOP)).clamp(0.0, BOTTOM - TOP);
    #[allow(clippy::cast_precision_loss, reason = "a year has few days")]
    let place = (RIGHT - LEFT) / (names.len().max(1) as f64);
    let mut drawn = Plot {
        id,
        says,
        grid: grid(step, top),
        names: named(names, place),
        ..Plot::default()
    };
    for (number, series) in all.iter().enumerate() {
        let class = class(shape, number);
        drawn.key.push(Key {
            word: series.word,
            class,
            bars: shape == Shape::Bars,
        });
        match shape {
            Shape::Bars => {
                let many = (number, all.len());
                drawn.bars.extend(bars(series, class, many, place, height));
            }
            Shape::Lines => drawn.lines.push(Drawn {
                class,
                path: path(series, place, height),
            }),
        }
    }
    drawn
}

fn class(shape: Shape, number: usize) -> &'static str {
    match (shape, number) {
        (Shape::Bars, 0) => "bar",
        (Shape::Bars, _) => "bar-quiet",
        (Shape::Lines, 0) => "line",
        (Shape::Lines, _) => "line-quiet",
    }
}

/// A round step, 1, 2 or 5 of some power of ten, that is no less than this, and how far the axis goes.
fn scale(most: f64, least: f64) -> (f64, f64) {
    if most <= 0.0 {
        return (1.0, 1.0);
    }
    let power = 10_f64.powf((most / STEPS).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|round| round * power)
        .into_iter()
        .find(|step| most / step <= STEPS)
        .unwrap_or(10.0 * power)
        .max(least);
    (step, (most / step).ceil() * step)
}

fn grid(step: f64, top: f64) -> Vec<Line> {
    let decimals = decimals(step);
    let mut lines = Vec::new();
    let mut at = 0.0;
    while at <= top + step / 2.0 {
        let y = BOTTOM - at / top * (BOTTOM - TOP);
        lines.push(Line {
            y: short(y),
            below: short(y + 4.0),
            word: format!("{at:.decimals$}"),
        });
        at += step;
    }
    lines
}

/// So many as tell each step from the next.
fn decimals(step: f64) -> usize {
    let mut decimals = 0;
    let mut step = step;
    // Steps are 1, 2 or 5 of a power of ten: none is shown wrongly at nine.
    while step < 0.999 && decimals < 9 {
        step *= 10.0;
        decimals += 1;
    }
    decimals
}

#[allow(clippy::cast_precision_loss, reason = "a year has few days")]
fn named(names: &[String], place: f64) -> Vec<Name> {
    let every = names.len().div_ceil(MOST_NAMES).max(1);
    let some = names.iter().enumerate().step_by(every).enumerate();
    some.map(|(number, (at, word))| Name {
        x: short(LEFT + (at as f64 + 0.5) * place),
        y: NAMES,
        even: number % 2 == 0,
        word: word.clone(),
    })
    .collect()
}

#[allow(clippy::cast_precision_loss, reason = "a year has few days")]
fn bars(
    series: &Series,
    class: &'static str,
    (number, many): (usize, usize),
    place: f64,
    height: impl Fn(f64) -> f64,
) -> Vec<Bar> {
    let width = (place * 0.8 / many as f64).min(WIDEST);
    let values = series.values.iter().enumerate();
    let some = values.filter_map(|(at, value)| Some((at, (*value)?)));
    some.map(|(at, value)| {
        let middle = LEFT + (at as f64 + 0.5) * place;
        let tall = height(value);
        Bar {
            class,
            x: short(middle + (number as f64 - many as f64 / 2.0) * width),
            y: short(BOTTOM - tall),
            width: short(width * 0.92),
            height: short(tall),
        }
    })
    .collect()
}

/// A line that is broken where there is no value; one that stands alone is a dash.
#[allow(clippy::cast_precision_loss, reason = "a year has few days")]
fn path(series: &Series, place: f64, height: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut goes_on = false;
    for (at, value) in series.values.iter().enumerate() {
        if let Some(value) = value {
            let (x, y) = (LEFT + (at as f64 + 0.5) * place, BOTTOM - height(*value));
            let ends = series.values.get(at + 1).is_none_or(Option::is_none);
            match (goes_on, ends) {
                (true, _) => path.push_str(&format!("L{} {}", short(x), short(y))),
                (false, false) => path.push_str(&format!("M{} {}", short(x), short(y))),
                (false, true) => {
                    path.push_str(&format!("M{} {}h{DASH}", short(x - DASH / 2.0), short(y)));
                }
            }
        }
        goes_on = value.is_some();
    }
    path
}

/// With one decimal, and none that says nothing.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("day {number}")).collect()
    }

    fn drawn(shape: Shape, values: &[Option<f64>]) -> Plot {
        let series = Series {
            word: "sent",
            values: values.to_vec(),
        };
        plot("p", String::new(), shape, &names(values.len()), &[series])
    }

    #[test]
    fn an_axis_begins_at_nothing_has_round_steps_and_reaches_the_highest_value() {
        for (most, step, top) in [
            (0.0, 1.0, 1.0),
            (1.0, 0.2, 1.0),
            (3.0, 1.0, 3.0),
            (35.0, 10.0, 40.0),
            (1.9, 0.5, 2.0),
            (101.0, 50.0, 150.0),
            (1_000_000.0, 200_000.0, 1_000_000.0),
        ] {
            let (is, reaches) = scale(most, 0.0);
            assert!(
                (is - step).abs() < 1e-9 && (reaches - top).abs() < 1e-6,
                "{most}: {is} {reaches}"
            );
        }
        assert_eq!(scale(2.0, 1.0), (1.0, 2.0));
        let grid = drawn(Shape::Bars, &[Some(35.0)]).grid;
        let words: Vec<&str> = grid.iter().map(|line| line.word.as_str()).collect();
        assert_eq!(words, ["0", "10", "20", "30", "40"]);
        assert_eq!((grid[0].y.as_str(), grid[4].y.as_str()), ("180", "24"));
    }

    #[test]
    fn each_step_is_told_from_the_next() {
        for (most, words) in [
            (
                0.024,
                ["0.000", "0.005", "0.010", "0.015", "0.020", "0.025"].as_slice(),
            ),
            (0.05, &["0.00", "0.01", "0.02", "0.03", "0.04", "0.05"]),
            (0.9, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
            (2.0, &["0.0", "0.5", "1.0", "1.5", "2.0"]),
        ] {
            let grid = drawn(Shape::Lines, &[Some(most)]).grid;
            let said: Vec<&str> = grid.iter().map(|line| line.word.as_str()).collect();
            assert_eq!(said, words, "{most}");
        }
        let grid = drawn(Shape::Bars, &[Some(2.0)]).grid;
        let said: Vec<&str> = grid.iter().map(|line| line.word.as_str()).collect();
        assert_eq!(said, ["0", "1", "2"], "what is counted is whole");
    }

    #[test]
    fn bars_stand_on_the_axis_and_none_leaves_the_picture() {
        let plot = drawn(
            Shape::Bars,
            &[Some(0.0), None, Some(10.0), Some(f64::MAX / 1e300)],
        );
        assert_eq!(plot.bars.len(), 3);
        for bar in &plot.bars {
            let number = |text: &str| text.parse::<f64>().expect("a number");
            assert!((number(&bar.y) + number(&bar.height) - BOTTOM).abs() < 0.2);
            assert!(number(&bar.x) >= LEFT && number(&bar.x) + number(&bar.width) <= RIGHT);
            assert!(number(&bar.y) >= TOP - 0.1);
        }
    }

    #[test]
    fn a_line_is_broken_where_nothing_was_measured() {
        let plot = drawn(Shape::Lines, &[Some(1.0), Some(1.0), None, Some(1.0)]);
        let path = &plot.lines[0].path;
        assert_eq!(
            (path.matches('M').count(), path.matches('L').count()),
            (2, 1)
        );
    }

    #[test]
    fn a_year_of_days_has_eight_names_at_most() {
        let values = vec![Some(1.0); 366];
        let plot = drawn(Shape::Bars, &values);
        assert!((4..=MOST_NAMES).contains(&plot.names.len()));
        assert_eq!(plot.bars.len(), 366);
    }

    #[test]
    fn nothing_at_all_is_an_empty_picture() {
        let plot = drawn(Shape::Bars, &[]);
        assert!(plot.bars.is_empty() && plot.names.is_empty() && plot.grid.len() == 2);
    }
}
