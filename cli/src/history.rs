//! `quorate history`: what a recorded history holds, and the same in another format.

mod stats;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use quorate_consistency::format::{self, Entry, Format};

use self::stats::Stats;
use crate::{problem::Problem, terminal};

const EXAMPLES: &str = "\
Examples:
  quorate history stats *.edn                          operations, processes, how many at once
  quorate history convert --to json history.edn        prints it as JSON
  quorate history convert --to edn etcd.log etcd.edn   writes it to a file";

/// Look at recorded histories, and convert them
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
}

/// Count operations, processes, and how much happens at once
#[derive(Debug, Args)]
struct StatsOptions {
    /// How the histories are written down; what their beginning looks like, if it is left out
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatName>,
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
    /// How the history is written down; what its beginning looks like, if it is left out
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatName>,
    /// How it shall be
    #[arg(long, value_name = "FORMAT")]
    to: FormatName,
    /// The history
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write it; it is printed if this is left out
    #[arg(value_name = "OUT")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// Jepsen's operations as EDN maps
    Edn,
    /// The same as JSON objects
    Json,
    /// Lines of the log of Jepsen's etcd test
    Etcd,
}

impl FormatName {
    const fn format(self) -> Format {
        match self {
            Self::Edn => Format::Edn,
            Self::Json => Format::Json,
            Self::Etcd => Format::Etcd,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    match &options.command {
        Command::Stats(options) => tell(options),
        Command::Convert(options) => convert(options),
    }
}

fn read(file: &Path, format: Option<FormatName>) -> Result<Vec<Entry>, Problem> {
    let name = file.display();
    let text = fs::read_to_string(file).map_err(|error| Problem::new(format!("{name}: {error}")))?;
    let format = format.map_or_else(|| Format::guess(&text), FormatName::format);
    format::read(&text, format).map_err(|error| Problem::new(format!("{name}: {error}")))
}

fn tell(options: &StatsOptions) -> Result<ExitCode, Problem> {
    let mut code = ExitCode::SUCCESS;
    for file in &options.files {
        let name = file.display();
        let stats = read(file, options.format).and_then(|entries| {
            Stats::of(&entries).map_err(|(line, what)| Problem::new(format!("{name}: line {line}: {what}")))
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
    let entries = read(&options.file, options.format)?;
    let text = format::write(&entries, options.to.format());
    let again = format::read(&text, options.to.format()).unwrap_or_default();
    let is_same = |(one, other): (&Entry, &Entry)| {
        let Entry { line: _, process, kind, f, value, key } = one;
        (process, kind, f, value, key) == (&other.process, &other.kind, &other.f, &other.value, &other.key)
    };
    if let Some(lost) = entries.iter().zip(&again).find(|pair| !is_same(*pair)).map(|(entry, _)| entry) {
        let name = options.file.display();
        let problem = Problem::new(format!("{name}: line {}: that format cannot hold this entry", lost.line));
        return Err(problem.hint("JSON has no keywords and no sets, the log has no keys; EDN has everything"));
    }
    if again.len() != entries.len() {
        return Err(Problem::new(format!("{}: that format cannot hold it", options.file.display())));
    }
    match &options.out {
        Some(out) => {
            fs::write(out, text).map_err(|error| Problem::new(format!("{}: {error}", out.display())))?;
        }
        None => terminal::say(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}
