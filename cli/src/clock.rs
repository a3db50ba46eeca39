//! `quorate clock`: which of two vector clocks came first, and logs of events with clocks, checked and drawn.

mod arrow;
mod check;
mod compare;
mod layout;
mod picture;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use quorate_vclock::shiviz::{Execution, Log};

use self::layout::Layout;
use crate::{
    problem::{self, Problem},
    terminal,
};

const EXAMPLES: &str = "\
Examples:
  quorate clock compare '{a:3, b:1}' '{a:2, b:1, c:4}'   concurrent, and why
  quorate clock compare 'a:1 b:2' '{\"a\": 1, \"b\": 5}'     before; JSON and bare entries do, too
  quorate sim raft --seeds 1 --export run.log            a log for ShiViz
  quorate clock check run.log                            could clocks like these have happened?
  quorate clock draw run.log -o run.svg                  a space-time diagram, for a browser

A log has two lines for each event: what happened, then the host and its clock, like n1 {\"n1\": 2, \"n2\": 1}; or the other \
way round. The exit code is 0, 1 if a clock of a log breaks a rule, 3 if something cannot be read or written; the error names \
the column or the line.";

/// Compare vector clocks; check and draw logs of events with clocks
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Compare(compare::Options),
    Check(check::Options),
    Draw(DrawOptions),
}

/// Draw a log as a space-time diagram: hosts as lines, events as dots from top to bottom, messages as arrows
#[derive(Debug, Args)]
struct DrawOptions {
    /// Which execution to draw, if the log holds several, from 1
    #[arg(long, value_name = "NTH", default_value_t = 1)]
    execution: usize,
    /// Where to write the picture; it is printed if this is left out
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A log for ShiViz
    #[arg(value_name = "LOG")]
    log: PathBuf,
}

pub(crate) fn run(options: &Options) -> ExitCode {
    let done = match &options.command {
        Command::Compare(options) => compare::run(options),
        Command::Check(options) => return check::run(options),
        Command::Draw(options) => draw(options),
    };
    problem::told(done)
}

fn open(file: &Path) -> Result<Log, Problem> {
    let bytes = fs::read(file).map_err(|error| Problem::new(error).of(file))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        Problem::new(format!("line {line}: this is not UTF-8")).of(file)
    })?;
    text.parse().map_err(|error| {
        Problem::new(error).of(file).hint("see quorate clock --help for what a log looks like")
    })
}

fn draw(options: &DrawOptions) -> Result<ExitCode, Problem> {
    let log = open(&options.log)?;
    let (name, held) = (options.log.display(), log.executions.len());
    let nth = options.execution.checked_sub(1);
    let execution = nth.and_then(|nth| log.executions.get(nth)).ok_or_else(|| {
        Problem::new(format!("{name}: it has no execution {}", options.execution))
            .hint(format!("--execution is 1 to {held} for this log"))
    })?;
    if held > 1 {
        let drawn = options.execution;
        terminal::remark(format_args!(
            "{name}: this is execution {drawn} of {held}; --execution draws another"
        ));
    }
    let layout = Layout::new(execution);
    remark_on(&layout, execution, &options.log);
    let picture = picture::draw(&layout);
    match &options.out {
        Some(out) => fs::write(out, picture).map_err(|error| Problem::new(error).of(out))?,
        None => terminal::say(picture.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// What the picture cannot show, or shows in red.
fn remark_on(layout: &Layout<'_>, execution: &Execution, log: &Path) {
    let name = log.display();
    let (shown, all) = (layout.rows.len(), execution.events.len());
    if shown < all {
        terminal::remark(format_args!("{name}: only the first {shown} of {all} events are drawn"));
    }
    if let Some(first) = layout.broken.values().next() {
        let count = layout.broken.len();
        terminal::remark(format_args!("{name}: clocks that break a rule, drawn in red: {count}"));
        terminal::remark(format_args!("{name}: {first}"));
    }
}
