//! One figure of a bench, and how it stands in a table.

use std::time::Duration;

/// The columns of a table.
pub const HEADER: [&str; 7] = [
    "what", "figure", "p50 ms", "p99 ms", "failed", "ratio", "goal",
];
/// Between a ratio and what it is a ratio of.
pub const OF: &str = " of ";

/// What was measured, how it compares, and what is to be reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    name: String,
    figure: Figure,
    /// The half and the slowest hundredth.
    times: Option<(Duration, Duration)>,
    failed: u64,
    ratio: Option<(f64, String)>,
    goals: Vec<Goal>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Figure {
    Rate(f64),
    Time(Duration),
    /// The fewer the better, on any machine.
    Count(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    Ratio(f64),
    P99(Duration),
    AtLeast(f64),
    AtMost(f64),
}

impl Line {
    /// So many a second.
    pub fn rate(name: impl Into<String>, per_second: f64) -> Self {
        Self::new(name, Figure::Rate(per_second))
    }

    /// How long one takes.
    pub fn time(name: impl Into<String>, takes: Duration) -> Self {
        Self::new(name, Figure::Time(takes))
    }

    /// Something of which less is better, and which does not depend on the machine.
    pub fn count(name: impl Into<String>, count: f64) -> Self {
        Self::new(name, Figure::Count(count))
    }

    fn new(name: impl Into<String>, figure: Figure) -> Self {
        Self {
            name: name.into(),
            figure,
            times: None,
            failed: 0,
            ratio: None,
            goals: Vec::new(),
        }
    }

    /// How long half of them took at most, and all but the slowest hundredth.
    #[must_use]
    pub fn took(mut self, p50: Duration, p99: Duration) -> Self {
        self.times = Some((p50, p99));
        self
    }

    /// So many were refused, broken off or too late: above zero the figures mean little.
    #[must_use]
    pub fn failed(mut self, failed: u64) -> Self {
        self.failed = failed;
        self
    }

    /// It is `ratio` of that, from the same run: the larger the better.
    #[must_use]
    pub fn of(mut self, what: impl Into<String>, ratio: f64) -> Self {
        self.ratio = Some((ratio, what.into()));
        self
    }

    /// The ratio is to be so much at least.
    #[must_use]
    pub fn goal_ratio(self, least: f64) -> Self {
        self.goal(Goal::Ratio(least))
    }

    /// All but the slowest hundredth are to take so long at most.
    #[must_use]
    pub fn goal_p99(self, most: Duration) -> Self {
        self.goal(Goal::P99(most))
    }

    /// The figure is to be so much at least.
    #[must_use]
    pub fn goal_at_least(self, least: f64) -> Self {
        self.goal(Goal::AtLeast(least))
    }

    /// The figure (a time: in milliseconds) is to be so much at most.
    #[must_use]
    pub fn goal_at_most(self, most: f64) -> Self {
        self.goal(Goal::AtMost(most))
    }

    fn goal(mut self, goal: Goal) -> Self {
        self.goals.push(goal);
        self
    }

    /// One cell for each column of [`HEADER`].
    pub fn cells(&self) -> Vec<String> {
        let time = |time: Option<Duration>| time.map_or(String::new(), millis);
        let ratio = self.ratio.as_ref();
        let failed = match self.failed {
            0 => String::new(),
            failed => failed.to_string(),
        };
        vec![
            self.name.clone(),
            self.figure.text(),
            time(self.times.map(|(p50, _)| p50)),
            time(self.times.map(|(_, p99)| p99)),
            failed,
            ratio.map_or(String::new(), |(ratio, what)| {
                format!("{}{OF}{what}", number(*ratio))
            }),
            self.goals_text(),
        ]
    }

    fn goals_text(&self) -> String {
        let text = |goal: &Goal| {
            let word = if self.meets(*goal) { "met" } else { "missed" };
            format!("{}: {word}", goal.text())
        };
        self.goals.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn meets(&self, goal: Goal) -> bool {
        match goal {
            Goal::Ratio(least) => self
                .ratio
                .as_ref()
                .is_some_and(|(ratio, _)| *ratio >= least),
            Goal::P99(most) => self.times.is_some_and(|(_, p99)| p99 <= most),
            Goal::AtLeast(least) => self.figure.value() >= least,
            Goal::AtMost(most) => self.figure.value() <= most,
        }
    }
}

impl Figure {
    fn value(self) -> f64 {
        match self {
            Self::Rate(value) | Self::Count(value) => value,
            Self::Time(time) => time.as_secs_f64() * 1_000.0,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Rate(rate) => format!("{rate:.0}/s"),
            Self::Time(time) => format!("{} ms", millis(time)),
            Self::Count(count) => number(count),
        }
    }
}

impl Goal {
    fn text(self) -> String {
        match self {
            Self::Ratio(least) => format!("ratio ≥ {}", number(least)),
            Self::P99(most) => format!("p99 ≤ {} ms", millis(most)),
            Self::AtLeast(least) => format!("≥ {}", number(least)),
            Self::AtMost(most) => format!("≤ {}", number(most)),
        }
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}

/// Enough digits to see a change by a tenth, of what is less than one, too.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1.0e2.. => format!("{value:.0}"),
        0.1.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_it_is_and_whether_its_goals_are_met() {
        let line = Line::rate("click", 3_410.7)
            .took(Duration::from_micros(18_500), Duration::from_millis(26))
            .failed(3)
            .of("the bare 303", 0.0560)
            .goal_ratio(0.6)
            .goal_p99(Duration::from_millis(10));
        assert_eq!(
            line.cells(),
            [
                "click",
                "3411/s",
                "18.5",
                "26.0",
                "3",
                "0.0560 of the bare 303",
                "ratio ≥ 0.60: missed, p99 ≤ 10.0 ms: missed"
            ]
        );
        let met = Line::count("statements a mail", 0.3).goal_at_most(0.3);
        assert_eq!(met.cells()[1], "0.30");
        assert_eq!(met.cells()[6], "≤ 0.30: met");
        let time = Line::time("list", Duration::from_micros(1_240)).goal_at_most(1.0);
        assert_eq!(time.cells()[1], "1.2 ms");
        assert_eq!(time.cells()[6], "≤ 1.00: missed");
        let rate = Line::rate("mails", 1_000.0).goal_at_least(1_000.0);
        assert_eq!(rate.cells()[6], "≥ 1000: met");
    }

    #[test]
    fn a_goal_without_its_figure_is_missed() {
        let line = Line::count("none", 0.0).goal_ratio(0.5);
        assert_eq!(line.cells()[6], "ratio ≥ 0.50: missed");
    }
}
