//! `quorate ring compare`.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};
use quorate_hashring::Node;
use serde::Serialize;

use super::{
    algorithm::{Algorithm, Settings},
    measure::{self, Balance, balance, minimum, moved, number, sampled},
    nodes,
    picture::percent,
};
use crate::{
    columns::{Align, aligned},
    problem::Problem,
    terminal::{self, count},
};

/// Put all algorithms through one change of the nodes: what moves, how even it is, bytes and nanoseconds
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    settings: Settings,
    /// How many nodes there are, if no lists are given
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    nodes: u32,
    /// What happens to them, if no lists are given
    #[arg(long, value_enum, default_value_t = Change::Add)]
    change: Change,
    /// How many keys are placed
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// Print an object of JSON
    #[arg(long)]
    json: bool,
    /// The nodes before and after
    #[arg(value_names = ["BEFORE", "AFTER"], num_args = 2)]
    lists: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Change {
    /// One node comes
    Add,
    /// The node that came last goes
    RemoveLast,
    /// A node in the middle goes
    RemoveMiddle,
}

#[derive(Serialize)]
struct Answer {
    nodes_before: usize,
    nodes_after: usize,
    keys: u32,
    /// The part of the keys that has to move at least.
    minimum: f64,
    algorithms: Vec<Row>,
    virtual_nodes: Vec<Virtual>,
}

#[derive(Serialize)]
struct Row {
    algorithm: &'static str,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Measured {
        /// Parts of the keys: those that moved, and those of them between two nodes that the change is not about.
        moved: f64,
        needless: f64,
        balance: Balance,
        bytes: usize,
        nanoseconds: f64,
    },
    Refused {
        refused: String,
    },
}

/// How even rings are, exactly, with so many tokens for each node.
#[derive(Serialize)]
struct Virtual {
    tokens: u32,
    /// How many rings of different seeds there were.
    rings: usize,
    /// The standard deviation of all shares of all rings, as a part of what is fair.
    deviation: f64,
    /// One divided by the square root of the tokens.
    expected: f64,
    /// The largest share of a ring, on average.
    most: f64,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let (before, after) = options.lists()?;
    let keys = measure::keys(options.keys);
    let bar = terminal::bar(Algorithm::ALL.len() as u64, "{elapsed} [{bar:40}] {pos} of {len} algorithms");
    let mut rows = Vec::new();
    for algorithm in Algorithm::ALL {
        rows.push(Row {
            algorithm: algorithm.name(),
            outcome: options.settings.outcome(*algorithm, &before, &after, &keys),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let answer = Answer {
        nodes_before: before.len(),
        nodes_after: after.len(),
        keys: options.keys,
        minimum: minimum(&before, &after),
        algorithms: rows,
        virtual_nodes: options.settings.virtual_nodes(&before)?,
    };
    if options.json {
        terminal::say(serde_json::to_string(&answer).map_err(Problem::new)?);
    } else {
        answer.lines().iter().for_each(terminal::say);
    }
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn lists(&self) -> Result<(Vec<Node>, Vec<Node>), Problem> {
        if let [before, after] = self.lists.as_slice() {
            let (before, after) = (nodes::read(before)?, nodes::read(after)?);
            if before.is_empty() || after.is_empty() {
                return Err(Problem::new("a list is empty: there is nothing to compare"));
            }
            return Ok((before, after));
        }
        let before: Vec<_> = (1..=self.nodes).map(|i| Node::new(format!("node-{i}"))).collect();
        let mut after = before.clone();
        match self.change {
            Change::Add => after.push(Node::new(format!("node-{}", self.nodes + 1))),
            Change::RemoveLast => drop(after.pop()),
            Change::RemoveMiddle => drop(after.remove(after.len() / 2)),
        }
        Ok((before, after))
    }
}

impl Settings {
    fn outcome(&self, algorithm: Algorithm, before: &[Node], after: &[Node], keys: &[String]) -> Outcome {
        let (before, after) = match self.change(algorithm, before, after) {
            Ok(tables) => tables,
            Err(problem) => return Outcome::Refused { refused: problem.to_string() },
        };
        let found = moved(&*before, &*after, keys);
        let part = |count| number(count) / number(keys.len() as u64);
        Outcome::Measured {
            moved: part(found.keys),
            needless: part(found.needless),
            balance: balance(&after.exact_shares().unwrap_or_else(|| sampled(&*after, keys))),
            bytes: after.table_bytes(),
            nanoseconds: measure::lookup(&*after, keys),
        }
    }

    /// By the tokens of a node: what rings of several seeds come to.
    fn virtual_nodes(&self, nodes: &[Node]) -> Result<Vec<Virtual>, Problem> {
        const ROUNDS_MAX: usize = 20;
        const TOKENS_MAX: usize = 1_000_000;
        let mut rows = Vec::new();
        for tokens in [1, 4, 16, 64, 256] {
            let all = nodes.len().saturating_mul(tokens as usize);
            let rounds = (TOKENS_MAX / all.max(1)).clamp(1, ROUNDS_MAX);
            let mut row = Virtual {
                tokens,
                rings: rounds,
                deviation: 0.0,
                expected: f64::from(tokens).sqrt().recip(),
                most: 0.0,
            };
            for round in (0..).take(rounds) {
                let ring = self.with_tokens(tokens, round).build(Algorithm::Ring, nodes)?;
                let balance = balance(&ring.exact_shares().unwrap_or_default());
                row.deviation += balance.deviation.powi(2) / number(rounds as u64);
                row.most += balance.most / number(rounds as u64);
            }
            row.deviation = row.deviation.sqrt();
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Answer {
    fn lines(&self) -> Vec<String> {
        let Self { nodes_before, nodes_after, keys, minimum, .. } = self;
        let mut lines = vec![
            format!(
                "{nodes_before} nodes, then {nodes_after}; of {} keys {} have to move at least",
                count(u64::from(*keys)),
                percent(*minimum)
            ),
            String::new(),
        ];
        let head = ["algorithm", "moved", "needless", "most", "least", "deviation", "bytes", "ns"]
            .map(str::to_owned);
        let rows: Vec<_> = [head].into_iter().chain(self.algorithms.iter().map(Row::cells)).collect();
        let mut columns = [Align::Right; 8];
        columns[0] = Align::Left;
        lines.extend(aligned(columns, &rows));
        lines.extend(self.algorithms.iter().filter_map(Row::refusal));
        let chance = (number(*nodes_after as u64) / f64::from(*keys)).sqrt();
        lines.extend([
            String::new(),
            "most, least: the largest and the smallest share as multiples of what is fair; bytes: what lookups read; ns: a lookup"
                .to_owned(),
            "from the bytes of a key. Shares of ring, maglev and slots are exact, others are those of the keys, which deviate".to_owned(),
            format!("by {} by chance alone.", percent(chance)),
            String::new(),
            format!("rings of the {nodes_before} nodes by their virtual nodes: shares deviate by one over the root of these"),
            String::new(),
        ]);
        let head = ["tokens", "deviation", "1/√tokens", "most", "rings"].map(str::to_owned);
        let row = |row: &Virtual| {
            [
                row.tokens.to_string(),
                percent(row.deviation),
                percent(row.expected),
                format!("{:.2}", row.most),
                row.rings.to_string(),
            ]
        };
        let rows: Vec<_> = [head].into_iter().chain(self.virtual_nodes.iter().map(row)).collect();
        lines.extend(aligned([Align::Right; 5], &rows));
        lines
    }
}

impl Row {
    fn cells(&self) -> [String; 8] {
        let name = self.algorithm.to_owned();
        let Outcome::Measured { moved, needless, balance, bytes, nanoseconds } = &self.outcome else {
            return [
                name,
                "-".into(),
                "-".into(),
                "-".into(),
                "-".into(),
                "-".into(),
                "-".into(),
                "-".into(),
            ];
        };
        [
            name,
            percent(*moved),
            percent(*needless),
            format!("{:.3}", balance.most),
            format!("{:.3}", balance.least),
            percent(balance.deviation),
            count(*bytes as u64),
            format!("{nanoseconds:.1}"),
        ]
    }

    fn refusal(&self) -> Option<String> {
        match &self.outcome {
            Outcome::Measured { .. } => None,
            Outcome::Refused { refused } => {
                Some(format!("{}: {}", self.algorithm, refused.trim_start_matches("error: ")))
            }
        }
    }
}
