//! `quorate ring plan`.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use clap::Args;
use quorate_hashring::{
    Place, Plan, Spread,
    plan::{HashSpan, Move, MoveLimits, Region, Regions, Schedule, moved_keys},
};
use serde::Serialize;

use super::{
    algorithm::{Built, Table},
    copies::Copies,
    measure, nodes,
    picture::percent,
};
use crate::{
    columns::{Align, aligned},
    problem::Problem,
    terminal::{self, count},
};

/// Say what moves when one list of nodes takes the place of another: how much, from where to where, in how many waves
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    table: Table,
    #[command(flatten)]
    copies: Copies,
    /// How many copies may be read from a node at the same time, and how many written to it
    #[arg(long, value_name = "N", default_value_t = 1)]
    per_node: u32,
    /// List every move, wave by wave
    #[arg(long)]
    moves: bool,
    /// How many keys are placed by algorithms that have no regions, only keys
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// Print an object of JSON
    #[arg(long)]
    json: bool,
    /// The list of nodes before
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The list of nodes after
    #[arg(value_name = "AFTER")]
    after: PathBuf,
}

#[derive(Serialize)]
struct Answer {
    algorithm: &'static str,
    /// How many keys were placed; `null` if the parts are exact.
    keys: Option<u32>,
    /// Parts of all copies: made anew, and at least so if each node had its exact share before and after.
    moved: f64,
    minimum: f64,
    nodes: BTreeMap<String, Flow>,
    moves: u32,
    waves: Vec<Vec<Step>>,
}

/// What a node gets and gives, as parts of all copies.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Flow {
    gets: f64,
    gives: f64,
}

/// A copy that is made or dropped.
#[derive(Serialize)]
struct Step {
    action: &'static str,
    region: String,
    node: String,
    from: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let (before, after) = (nodes::read(&options.before)?, nodes::read(&options.after)?);
    let (old, new) = options.table.change(&before, &after, &options.copies)?;
    let answer = match (&old, &new) {
        (Built::Ring(old), Built::Ring(new)) => options.regions(old, new)?,
        (Built::Slots(old), Built::Slots(new)) => options.regions(old, new)?,
        _ if options.copies.count > 1 => {
            return Err(Problem::new("only rings and slots have a plan for several copies")
                .hint("try --by ring or --by slots"));
        }
        _ => options.sampled(&*old, &*new, measure::minimum(&before, &after)),
    };
    if options.json {
        terminal::say(serde_json::to_string(&answer).map_err(Problem::new)?);
    } else {
        answer.lines(options).iter().for_each(terminal::say);
    }
    Ok(ExitCode::SUCCESS)
}

/// A region for people.
trait Shown: Region {
    fn shown(&self) -> String;
}

impl Shown for HashSpan {
    fn shown(&self) -> String {
        format!("({:016x}, {:016x}]", self.after, self.to)
    }
}

impl Shown for u32 {
    fn shown(&self) -> String {
        format!("slot {self}")
    }
}

impl Options {
    /// The exact plan of tables that have regions.
    fn regions<P: Regions<Region: Shown>>(&self, old: &P, new: &P) -> Result<Answer, Problem> {
        let old =
            Spread::new(old, self.copies.rule()).map_err(|error| Problem::new(error).of(&self.before))?;
        let new =
            Spread::new(new, self.copies.rule()).map_err(|error| Problem::new(error).of(&self.after))?;
        let plan = Plan::between_spreads(&old, &new).map_err(Problem::new)?;
        let limits =
            MoveLimits { per_source: self.per_node, per_target: self.per_node, ..MoveLimits::default() };
        let size = |region: &P::Region| u64::try_from(region.extent()).unwrap_or(u64::MAX);
        let schedule = Schedule::new(&plan, limits, size)
            .map_err(|error| Problem::new(format!("--per-node: {error}")))?;
        let step = |step: quorate_hashring::plan::Step<P::Region>| Step {
            action: match step.action {
                quorate_hashring::plan::Action::Add => "copy",
                quorate_hashring::plan::Action::Drop => "drop",
            },
            region: step.region.shown(),
            node: step.node.to_string(),
            from: step.source.map(|source| source.to_string()),
        };
        let waves = schedule.waves().map(|wave| wave.into_iter().map(step).collect()).collect();
        Ok(Answer {
            algorithm: self.table.name(),
            keys: None,
            moved: plan.moved().as_f64(),
            minimum: plan.minimum().as_f64(),
            nodes: flows(plan.moves(), plan.moved().as_f64()),
            moves: plan.move_count(),
            waves,
        })
    }

    /// What many keys show of other tables.
    fn sampled(&self, old: &dyn Place, new: &dyn Place, minimum: f64) -> Answer {
        let keys = measure::keys(self.keys);
        let moved = moved_keys(old, new, keys.iter().map(|key| old.hash(key.as_bytes())));
        let mut nodes: BTreeMap<String, Flow> = BTreeMap::new();
        let one = 1.0 / f64::from(self.keys);
        for key in &keys {
            let (from, to) = (old.owner(key.as_bytes()), new.owner(key.as_bytes()));
            let (Some(from), Some(to)) = (from, to) else { continue };
            if from.name() != to.name() {
                nodes.entry(from.name().to_owned()).or_default().gives += one;
                nodes.entry(to.name().to_owned()).or_default().gets += one;
            }
        }
        Answer {
            algorithm: self.table.name(),
            keys: Some(self.keys),
            moved: moved.part().as_f64(),
            minimum,
            nodes,
            moves: 0,
            waves: Vec::new(),
        }
    }
}

/// What each node gets and gives; all that is made anew is `moved` of the whole.
fn flows<R: Region>(steps: impl Iterator<Item = Move<R>>, moved: f64) -> BTreeMap<String, Flow> {
    let mut nodes: BTreeMap<String, Flow> = BTreeMap::new();
    let mut made = 0.0;
    for step in steps {
        let extent = extent(&step.region);
        if let Some(to) = step.to {
            nodes.entry(to.to_string()).or_default().gets += extent;
            made += extent;
        }
        if let Some(from) = step.from {
            nodes.entry(from.to_string()).or_default().gives += extent;
        }
    }
    let unit = if made > 0.0 { moved / made } else { 0.0 };
    for flow in nodes.values_mut() {
        *flow = Flow { gets: flow.gets * unit, gives: flow.gives * unit };
    }
    nodes
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn extent<R: Region>(region: &R) -> f64 {
    region.extent() as f64
}

impl Answer {
    fn lines(&self, options: &Options) -> Vec<String> {
        let Self { algorithm, moved, minimum, .. } = self;
        let of = match self.keys {
            None => "of all copies".to_owned(),
            Some(keys) => format!("of {} keys", count(u64::from(keys))),
        };
        let mut lines = vec![format!(
            "{algorithm}: {} {of} move; {} have to, if each node has its share",
            percent(*moved),
            percent(*minimum)
        )];
        if self.nodes.is_empty() {
            return lines;
        }
        lines.push(String::new());
        let head = ["node", "gets", "gives"].map(str::to_owned);
        let row = |(name, flow): (&String, &Flow)| [name.clone(), percent(flow.gets), percent(flow.gives)];
        let rows: Vec<_> = [head].into_iter().chain(self.nodes.iter().map(row)).collect();
        lines.extend(aligned([Align::Left, Align::Right, Align::Right], &rows));
        lines.push(String::new());
        if self.keys.is_some() {
            lines.push(format!("{algorithm} knows keys only: which of them move is seen key by key"));
            return lines;
        }
        let per_node = options.per_node;
        lines.push(format!(
            "{} in {}, with {per_node} at a time to and from each node; a copy is dropped when the next is made",
            counted(self.moves.into(), "move"),
            counted(self.waves.len() as u64, "wave")
        ));
        if options.moves {
            lines.extend(self.waves.iter().enumerate().flat_map(|(i, wave)| wave_lines(i + 1, wave)));
        } else {
            lines.push("--moves lists them".to_owned());
        }
        lines
    }
}

/// `1 wave`, `2 waves`
fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

fn wave_lines(number: usize, wave: &[Step]) -> Vec<String> {
    let line = |step: &Step| match &step.from {
        Some(from) => format!("  {} {} {from} -> {}", step.action, step.region, step.node),
        None => format!("  {} {} {}", step.action, step.region, step.node),
    };
    [format!("wave {number}")].into_iter().chain(wave.iter().map(line)).collect()
}
