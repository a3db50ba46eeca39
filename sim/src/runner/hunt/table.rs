use alloc::collections::BTreeMap;
use core::{cmp::Reverse, fmt, time::Duration};

use crate::runner::hunt::bag::{Bag, Catch};

/// What all hunts came to. Printed, it is a Markdown table of all bugs, and a matrix of bugs and generators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunted {
    rows: Vec<Row>,
    generators: Vec<String>,
}

/// What the hunts for one bug came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub bug: String,
    /// One for each generator, or a single one if it was hunted by a law or in a story.
    pub bags: Vec<Bag>,
    demanded: Vec<&'static str>,
}

impl Row {
    pub(super) fn new(bug: &str, demanded: &[&'static str]) -> Self {
        Self { bug: bug.to_owned(), bags: Vec::new(), demanded: demanded.to_vec() }
    }

    /// What it was caught by, and how often, by all generators together.
    pub fn caught(&self) -> BTreeMap<&Catch, usize> {
        let mut all = BTreeMap::new();
        for (by, times) in self.bags.iter().flat_map(|bag| &bag.caught) {
            *all.entry(by).or_default() += times;
        }
        all
    }

    /// What the hunts with that generator came to.
    pub fn bag(&self, generator: &str) -> Option<&Bag> {
        self.bags.iter().find(|bag| bag.generator == generator)
    }

    fn soonest(&self) -> Option<&Bag> {
        self.bags.iter().filter(|bag| bag.times() > 0).min_by_key(|bag| bag.order())
    }

    fn otherwise(&self) -> Vec<Catch> {
        let caught = self.caught().into_keys();
        caught.filter(|by| !by.is_one_of(&self.demanded)).cloned().collect()
    }
}

impl fmt::Display for Row {
    /// One line of the Markdown table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut caught: Vec<_> = self.caught().into_iter().collect();
        caught.sort_by_key(|(_, times)| Reverse(*times));
        let caught: Vec<_> = caught.into_iter().map(|(by, times)| format!("{by} ({times})")).collect();
        let in_vain = self.bags.iter().filter(|bag| bag.times() == 0 && !bag.generator.is_empty());
        let in_vain: Vec<_> = in_vain.map(|bag| bag.generator.as_str()).collect();
        let soonest = self.soonest();
        let seeds = soonest.and_then(Bag::median_seeds).map(|seeds| seeds.to_string());
        write!(
            f,
            "| `{}` | {} | {} | {} | {} | {} |",
            self.bug,
            caught.join(", "),
            soonest.map_or("", |bag| bag.generator.as_str()),
            seeds.unwrap_or_default(),
            soonest.and_then(Bag::median_took).map(millis).unwrap_or_default(),
            in_vain.join(", "),
        )
    }
}

impl Hunted {
    pub(super) const fn new(rows: Vec<Row>, generators: Vec<String>) -> Self {
        Self { rows, generators }
    }

    pub(super) fn judged(self) -> Result<Self, Box<Escaped>> {
        let survived = self.rows.iter().filter(|row| row.soonest().is_none());
        let survived: Vec<_> = survived.map(|row| row.bug.clone()).collect();
        let otherwise =
            self.rows.iter().flat_map(|row| row.otherwise().into_iter().map(|by| (row.bug.clone(), by)));
        let otherwise: Vec<_> = otherwise.collect();
        if survived.is_empty() && otherwise.is_empty() {
            Ok(self)
        } else {
            Err(Box::new(Escaped { survived, otherwise, hunted: self }))
        }
    }

    /// One for each bug, in their order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A Markdown table of all bugs: what they were caught by and how often; with which generator soonest, after how
    /// many seeds and milliseconds (medians); and which generators never found them.
    pub fn markdown(&self) -> String {
        let head =
            "| bug | caught by (times) | soonest with | seeds | ms | not with |\n|---|---|---|---|---|---|\n";
        self.rows.iter().fold(head.to_owned(), |table, row| table + &format!("{row}\n"))
    }

    /// For each bug that was hunted in plans, and each generator: the median seeds, the median milliseconds and, if
    /// some were in vain, how many hunts there were.
    pub fn matrix(&self) -> String {
        let rows: Vec<_> =
            self.rows.iter().filter(|row| row.bags.iter().any(|bag| !bag.generator.is_empty())).collect();
        let head = [vec!["seeds in ms (caught/hunts)".to_owned()], self.generators.clone()].concat();
        let cells = rows.iter().map(|row| {
            let cells =
                self.generators.iter().map(|generator| row.bag(generator).map(cell).unwrap_or_default());
            core::iter::once(row.bug.clone()).chain(cells).collect()
        });
        let lines: Vec<Vec<String>> = core::iter::once(head).chain(cells).collect();
        let widths: Vec<usize> = (0..=self.generators.len())
            .map(|column| {
                lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0)
            })
            .collect();
        lines.iter().fold(String::new(), |matrix, line| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            matrix + cells.collect::<Vec<_>>().join("  ").trim_end() + "\n"
        })
    }
}

fn cell(bag: &Bag) -> String {
    let (Some(seeds), Some(took)) = (bag.median_seeds(), bag.median_took()) else { return "-".to_owned() };
    let some = if bag.missed > 0 { format!(" ({}/{})", bag.times(), bag.hunts()) } else { String::new() };
    format!("{seeds} in {}{some}", millis(took))
}

fn millis(took: Duration) -> String {
    let millis = took.as_secs_f64() * 1_000.0;
    if millis < 0.01 {
        return "<0.01".to_owned();
    }
    let decimals = if millis < 1.0 { 2 } else { usize::from(millis < 10.0) };
    format!("{millis:.decimals$}")
}

impl fmt::Display for Hunted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.markdown(), self.matrix())
    }
}

/// Bugs that were not caught as they should have been.
#[derive(Clone, PartialEq, Eq)]
pub struct Escaped {
    /// Those that every generator, the law or the story left alive.
    pub survived: Vec<String>,
    /// Those that something else caught, and what.
    pub otherwise: Vec<(String, Catch)>,
    /// What the hunts came to.
    pub hunted: Hunted,
}

impl core::error::Error for Escaped {}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bug in &self.survived {
            writeln!(f, "{bug} survives")?;
        }
        for (bug, by) in &self.otherwise {
            writeln!(f, "{bug} is caught by something else: {by}")?;
        }
        write!(f, "\n{}", self.hunted)
    }
}

impl fmt::Debug for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
