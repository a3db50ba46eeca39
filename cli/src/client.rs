//! `quorate client`: one command, or a prompt.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use tokio::runtime::Runtime;

use crate::{
    connection::{CallError, Connection},
    display,
    problem::Problem,
    reply::Reply,
    terminal, units, words,
};

const EXAMPLES: &str = "\
Examples:
  quorate client SET greeting hello                  one command, to the first node that can be reached
  quorate client --client 7002 GET greeting          to this node
  quorate client                                     a prompt; `exit` or Ctrl-D ends it
  quorate client < commands.txt                      a command on each line

Replies look as those of redis-cli: quoted for a terminal, plain for a pipe. The exit code is 1 if a reply is an error. \
An error that begins with UNKNOWN means that the write may or may not have happened.";

/// Send a command to the cluster, or many from a prompt
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Where a node's clients connect; several are tried in order
    #[arg(long = "client", value_name = "ADDRESS", value_parser = units::address, default_values = DEFAULT_CLIENTS)]
    clients: Vec<SocketAddr>,
    /// How long to wait for a connection or an answer
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = units::span)]
    timeout: Duration,
    /// The command and its arguments; without one there is a prompt
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// The nodes of `quorate cluster`.
pub(crate) const DEFAULT_CLIENTS: [&str; 3] = ["127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1:7003"];

pub(crate) fn run(options: &Options) -> Result<ExitCode, Problem> {
    let mut session = Session { runtime: crate::runtime()?, connection: None, options };
    if options.command.is_empty() {
        return prompt(&mut session);
    }
    let reply = session.call(&options.command)?;
    show(&reply);
    Ok(exit_code(reply.is_error()))
}

struct Session<'a> {
    runtime: Runtime,
    connection: Option<Connection>,
    options: &'a Options,
}

impl Session<'_> {
    /// Sends a command, over a new connection if there is none or the last one broke.
    fn call<W: AsRef<[u8]>>(&mut self, command: &[W]) -> Result<Reply, Problem> {
        let Options { clients, timeout, .. } = self.options;
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.runtime.block_on(Connection::open_any(clients, *timeout))?,
        };
        let reply = self.runtime.block_on(connection.call(command)).map_err(lost)?;
        self.connection = Some(connection);
        Ok(reply)
    }
}

fn lost(error: CallError) -> Problem {
    Problem::new(error).hint("if the command was a write, it may or may not have happened; read to find out")
}

fn prompt(session: &mut Session<'_>) -> Result<ExitCode, Problem> {
    let interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
    let mut failed = false;
    let mut line = String::new();
    loop {
        if interactive {
            let _ = write!(io::stdout(), "quorate> ").and_then(|()| io::stdout().flush());
        }
        line.clear();
        let read = io::stdin().lock().read_line(&mut line);
        if read.map_err(|error| Problem::new(format!("standard input: {error}")))? == 0 {
            return Ok(exit_code(failed && !interactive));
        }
        let command = match words::split(&line) {
            Ok(command) => command,
            Err(error) => {
                terminal::remark(format_args!("error: {error}"));
                failed = true;
                continue;
            }
        };
        match command.first().map(|word| word.to_ascii_lowercase()).as_deref() {
            None => {}
            Some(b"exit" | b"quit") => return Ok(exit_code(failed && !interactive)),
            Some(_) => match session.call(&command) {
                Ok(reply) => {
                    show(&reply);
                    failed |= reply.is_error();
                }
                Err(problem) if interactive => terminal::remark(problem),
                Err(problem) => return Err(problem),
            },
        }
    }
}

fn show(reply: &Reply) {
    let mut stdout = io::stdout();
    if stdout.is_terminal() {
        terminal::say(display::readable(reply));
    } else {
        let mut bytes = display::raw(reply);
        bytes.push(b'\n');
        // A reader who has left wants no more.
        let _ = stdout.write_all(&bytes).and_then(|()| stdout.flush());
    }
}

fn exit_code(failed: bool) -> ExitCode {
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
