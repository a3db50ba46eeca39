//! `quorate history`: what a recorded history holds, and the same in another format.

mod make;
mod stats;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use quorate_consistency::format::{Order, Value};

use self::stats::Stats;
use crate::{
    check::Model,
    problem::Problem,
    recorded::{FormatName, Source},
    terminal,
};

const EXAMPLES: &str = "\
Examples:
  quorate history stats *.edn                          operations, processes, how many at once
  quorate history convert --to json history.edn        prints it as JSON
  quorate history convert --to edn etcd.log etcd.edn   writes it to a file
  quorate history convert --to native --model cas-register etcd.log   says what it is a history of, too
  quorate history convert --to plume --forget-time txns.edn    sessions of transactions, for other checkers
  quorate history gen --model queue --operations 1000 --bad queue.jsonl   made by chance, with one wrong return
  quorate history gen --model list-append --level snapshot-isolation --seed 7 --format edn   of a simulated database";

/// Look at recorded histories, convert them, and make some by chance
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Stats(StatsOptions),
    Convert(ConvertOptions),
    Gen(make::Options),
}

/// Count operations, processes, and how much happens at once
#[derive(Debug, Args)]
struct StatsOptions {
    /// How the histories are written down
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: FormatName,
    /// Print an object of JSON for each file, in a line of its own
    #[arg(long)]
    json: bool,
    /// The histories
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Write a history in another format; refused if that would lose something
#[derive(Debug, Args)]
struct ConvertOptions {
    /// How the history is written down
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: FormatName,
    /// How it shall be
    #[arg(long, value_name = "FORMAT")]
    to: FormatName,
    /// What it is a history of: the native format says so
    #[arg(long, value_name = "MODEL")]
    model: Option<Model>,
    /// What the object holds at first, as EDN: the native format says so
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    init: Option<Value>,
    /// Keep what came before what in each process, and nothing more of its order; formats of sessions have no more
    #[arg(long)]
    forget_time: bool,
    /// The history
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write it; it is printed if this is left out
    #[arg(value_name = "OUT")]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    match &options.command {
        Command::Stats(options) => tell(options),
        Command::Convert(options) => convert(options),
        Command::Gen(options) => put(&make::make(options)?, options.out.as_deref()),
    }
}

fn tell(options: &StatsOptions) -> Result<ExitCode, Problem> {
    let mut code = ExitCode::SUCCESS;
    for file in &options.files {
        let name = file.display();
        let recording = Source::open(file, options.format).and_then(|source| source.recording());
        let stats = recording.and_then(|recording| {
            Stats::of(&recording.entries)
                .map_err(|(line, what)| Problem::new(format!("{name}: line {line}: {what}")))
        });
        match stats {
            Ok(stats) if options.json => {
                let name = name.to_string();
                let line = stats.to_json(&name);
                terminal::say(serde_json::to_string(&line).map_err(Problem::new)?);
            }
            Ok(stats) => {
                terminal::say(name);
                stats.lines().iter().for_each(|line| terminal::say(format_args!("  {line}")));
            }
            Err(problem) => {
                code = ExitCode::from(3);
                terminal::remark(problem);
            }
        }
    }
    Ok(code)
}

fn convert(options: &ConvertOptions) -> Result<ExitCode, Problem> {
    let name = options.file.display();
    let mut recording = Source::open(&options.file, options.format)?.recording()?;
    if let Some(model) = options.model {
        recording.header.model = model.to_possible_value().map(|value| value.get_name().to_owned());
    }
    recording.header.init = options.init.clone().or(recording.header.init);
    if options.forget_time {
        recording.header.order = Order::Sessions;
    }
    let Some(to) = options.to.format() else {
        return Err(Problem::new("--to auto is no format to write"));
    };
    let text = recording.write(to).map_err(|error| {
        Problem::new(format!("{name}: {error}")).hint(
            "native holds everything, EDN all but sessions; JSON has no keywords and no sets, the log no keys; \
             see --forget-time for formats of sessions",
        )
    })?;
    put(&text, options.out.as_deref())
}

fn put(text: &str, out: Option<&Path>) -> Result<ExitCode, Problem> {
    match out {
        Some(out) => {
            fs::write(out, text).map_err(|error| Problem::new(format!("{}: {error}", out.display())))?;
        }
        None => terminal::say(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
