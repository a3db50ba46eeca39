//! `quorate ring balance`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;
use serde::Serialize;

use super::{
    algorithm::Table,
    measure::{self, Balance, Share, balance, sampled},
    nodes,
    picture::{self, percent},
};
use crate::{
    columns::{Align, aligned},
    problem::Problem,
    terminal,
};

/// The most characters of a bar.
const BAR: usize = 40;

/// Show what each node has beside what would be fair by its weight
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    table: Table,
    /// How many keys are placed, where what the nodes have cannot be computed exactly
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    keys: u32,
    /// Draw the same as a picture for a browser
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print an object of JSON
    #[arg(long)]
    json: bool,
    /// The list of nodes
    #[arg(value_name = "NODES")]
    nodes: PathBuf,
}

#[derive(Serialize)]
struct Answer<'a> {
    algorithm: &'a str,
    /// How many keys were placed; `null` if the shares are exact.
    keys: Option<u32>,
    balance: Balance,
    nodes: &'a [Share],
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let table = options.table.build(&nodes::read(&options.nodes)?, None)?;
    if table.nodes().is_empty() {
        return Err(Problem::new("there are no nodes").of(&options.nodes));
    }
    let exact = table.exact_shares();
    let keys = exact.is_none().then_some(options.keys);
    let shares = exact.unwrap_or_else(|| sampled(&*table, &measure::keys(options.keys)));
    let answer = Answer { algorithm: options.table.name(), keys, balance: balance(&shares), nodes: &shares };
    if options.json {
        terminal::say(serde_json::to_string(&answer).map_err(Problem::new)?);
    } else {
        answer.lines().iter().for_each(terminal::say);
    }
    if let Some(out) = &options.svg {
        fs::write(out, picture::draw(&answer.title(), &shares))
            .map_err(|error| Problem::new(error).of(out))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Answer<'_> {
    fn title(&self) -> String {
        let of = match self.keys {
            None => "exact shares of all hashes".to_owned(),
            Some(keys) => format!("shares of {} keys", terminal::count(u64::from(keys))),
        };
        format!("{}, {} nodes: {of}", self.algorithm, self.nodes.len())
    }

    fn lines(&self) -> Vec<String> {
        let most = self.nodes.iter().map(|share| share.has.max(share.fair)).fold(f64::MIN_POSITIVE, f64::max);
        let head = ["node", "weight", "share", "fair", "of fair", ""].map(str::to_owned);
        let row = |share: &Share| {
            [
                share.node.clone(),
                share.weight.to_string(),
                percent(share.has),
                percent(share.fair),
                format!("{:.2}", share.has / share.fair),
                bar(share.has / most, share.fair / most),
            ]
        };
        let rows: Vec<_> = [head].into_iter().chain(self.nodes.iter().map(row)).collect();
        let columns = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left];
        let Balance { most, least, deviation } = self.balance;
        let mut lines = vec![self.title()];
        lines.extend(aligned(columns, &rows));
        lines.push(format!(
            "the largest share is {most:.3} of what is fair, the smallest {least:.3}; they deviate by {}",
            percent(deviation)
        ));
        lines
    }
}

/// A bar with a mark for what is fair, both as parts of the longest.
fn bar(has: f64, fair: f64) -> String {
    let (has, fair) = (cells(has), cells(fair).saturating_sub(1));
    let cell = |i| match (i == fair, i < has) {
        (true, _) => '|',
        (false, true) => '█',
        (false, false) => ' ',
    };
    (0..BAR).map(cell).collect::<String>().trim_end().to_owned()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "between none and all cells"
)]
fn cells(part: f64) -> usize {
    (part.clamp(0.0, 1.0) * BAR as f64).round() as usize
}
