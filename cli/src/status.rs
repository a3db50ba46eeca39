//! `quorate status`: what each node says of itself.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    client::DEFAULT_CLIENTS,
    info::{self, NodeInfo},
    problem::Problem,
    terminal::{self, count},
    units,
};

const EXAMPLES: &str = "\
Examples:
  quorate status                                     the nodes of `quorate cluster`
  quorate status --client 8001 --client 8002         these nodes
  quorate status --json                              for programs

committed: the last log entry that is safe for ever. applied: the last one that this node's store shows. log: how many \
entries this node keeps in memory. The exit code is 1 if a node does not answer.";

/// Show each node's role, term, leader, log and uptime
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Where a node's clients connect; once for each node
    #[arg(long = "client", value_name = "ADDRESS", value_parser = units::address, default_values = DEFAULT_CLIENTS)]
    clients: Vec<SocketAddr>,
    /// How long to wait for an answer
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = units::span)]
    timeout: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    address: SocketAddr,
    #[serde(flatten)]
    info: Option<NodeInfo>,
    error: Option<String>,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    let mut asked = JoinSet::new();
    for address in options.clients {
        asked.spawn(async move {
            match info::ask(address, options.timeout).await {
                Ok(info) => Line { address, info: Some(info), error: None },
                Err(error) => Line { address, info: None, error: Some(error) },
            }
        });
    }
    let mut lines = asked.join_all().await;
    lines.sort_by_key(|line| line.address);
    if options.json {
        let text = serde_json::to_string_pretty(&lines).map_err(Problem::new)?;
        terminal::say(text);
    } else {
        terminal::say(table(&lines));
    }
    let silent = lines.iter().any(|line| line.info.is_none());
    Ok(if silent { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn table(lines: &[Line]) -> String {
    let heads =
        ["address", "node", "role", "term", "leader", "committed", "applied", "log", "keys", "uptime"];
    let rows: Vec<Vec<String>> =
        [heads.map(str::to_owned).to_vec()].into_iter().chain(lines.iter().map(row)).collect();
    // A node that does not answer has an error in place of its cells.
    let whole = |row: &&Vec<String>| row.len() == heads.len();
    let width = |column| rows.iter().filter(whole).filter_map(|row| row.get(column)).map(String::len).max();
    let widths: Vec<usize> = (0..heads.len()).map(|column| width(column).unwrap_or(0)).collect();
    let aligned = rows.iter().map(|row| {
        if row.len() != heads.len() {
            return row.join("  ");
        }
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    });
    aligned.collect::<Vec<_>>().join("\n")
}

fn row(line: &Line) -> Vec<String> {
    let address = line.address.to_string();
    let Some(info) = &line.info else {
        return vec![address, line.error.clone().unwrap_or_default()];
    };
    let leader = info.leader.map_or_else(|| "-".to_owned(), |leader| leader.to_string());
    let numbers = [info.committed, info.applied, info.log_entries, info.keys].map(count);
    let mut cells = vec![address, info.node.to_string(), info.role.clone(), info.term.to_string(), leader];
    cells.extend(numbers);
    cells.push(uptime(info.uptime_seconds));
    cells
}

fn uptime(seconds: u64) -> String {
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, _) => format!("{hours} h {} min", seconds / 60 % 60),
        (days, ..) => format!("{days} d {} h", seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, table, uptime};

    #[test]
    fn uptimes_have_two_units_at_most() {
        assert_eq!([59, 61, 3_700, 90_000].map(uptime), ["59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }

    #[test]
    fn a_silent_node_does_not_widen_the_table() {
        let error = Some("cannot connect: connection refused, and a long explanation".to_owned());
        let text = table(&[Line { address: ([127, 0, 0, 1], 7001).into(), info: None, error }]);
        let (head, line) = text.split_once('\n').unwrap();
        assert!(head.starts_with("address  node  role"), "{head}");
        assert!(line.starts_with("127.0.0.1:7001  cannot connect"), "{line}");
    }
}
