//! `quorate ring place`.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use quorate_hashring::{NodeIx, Place, Spread};
use serde::Serialize;

use super::{algorithm::Table, copies::Copies, nodes};
use crate::{problem::Problem, terminal};

/// Say which node each key is on, or which nodes its copies are on
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    table: Table,
    #[command(flatten)]
    copies: Copies,
    /// A node that is down: its copies are elsewhere until it is back
    #[arg(long, value_name = "NODE")]
    down: Vec<String>,
    /// Let each copy keep its position while other nodes are down, as erasure codes need it
    #[arg(long)]
    positional: bool,
    /// Print an object of JSON for each key
    #[arg(long)]
    json: bool,
    /// The list of nodes
    #[arg(value_name = "NODES")]
    nodes: PathBuf,
    /// The keys; without any they are read from standard input, one in each line
    #[arg(value_name = "KEY")]
    keys: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    /// `null` is a place without a node.
    nodes: Vec<Option<&'a str>>,
    shortfall: u16,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let table = options.table.build(&nodes::read(&options.nodes)?, Some(&options.copies))?;
    if table.nodes().is_empty() {
        return Err(Problem::new("there are no nodes").of(&options.nodes));
    }
    let spread = options.spread(&*table)?;
    let mut missing = 0_u64;
    let mut place = |key: &str| -> Result<(), Problem> {
        missing += u64::from(options.say(&spread, key)? > 0);
        Ok(())
    };
    if options.keys.is_empty() {
        if io::stdin().is_terminal() {
            terminal::remark("keys are read from here, one in each line, until Ctrl-D");
        }
        for (i, line) in io::stdin().lock().lines().enumerate() {
            place(&line.map_err(|error| Problem::new(format!("standard input, line {}: {error}", i + 1)))?)?;
        }
    }
    options.keys.iter().try_for_each(|key| place(key))?;
    if missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let keys = terminal::count(missing);
    terminal::remark(format_args!("copies are missing of {keys} of the keys: the rule leaves too few nodes"));
    Ok(ExitCode::FAILURE)
}

impl Options {
    fn spread<P: Place>(&self, table: P) -> Result<Spread<P>, Problem> {
        let mut rule = self.copies.rule();
        if self.positional {
            rule = rule.positional();
        }
        let down = |name: &String| {
            table
                .nodes()
                .find(name)
                .ok_or_else(|| Problem::new(format!("--down {name}: there is no node of that name")))
        };
        let down: Vec<NodeIx> = self.down.iter().map(down).collect::<Result<_, _>>()?;
        let mut spread = Spread::new(table, rule).map_err(Problem::new)?;
        spread.set_down(down).map_err(Problem::new)?;
        Ok(spread)
    }

    /// Says where a key is, and answers how many copies are missing.
    fn say<P: Place>(&self, spread: &Spread<P>, key: &str) -> Result<u16, Problem> {
        let replicas = spread.replicas(key.as_bytes());
        let name = |place: &Option<NodeIx>| Some(spread.node((*place)?)?.name());
        let line = Line {
            key,
            nodes: replicas.places().iter().map(name).collect(),
            shortfall: replicas.shortfall(),
        };
        if self.json {
            terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
        } else {
            let nodes: Vec<_> = line.nodes.iter().map(|node| node.unwrap_or("-")).collect();
            terminal::say(format_args!("{key}\t{}", nodes.join(" ")));
        }
        Ok(line.shortfall)
    }
}
