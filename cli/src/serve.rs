//! `quorate serve`: one node, in this process.

mod explain;
mod options;

use std::{io::Read as _, process::ExitCode, thread};

use quorate_kv::{Node, server::RoleView};
use quorate_raft::Role;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    problem::Problem,
    process::{READY, ROLE},
    terminal,
};

pub(crate) use self::options::Options;

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    log_to_stderr(&options.log)?;
    let mut signals = Signals::catch()?;
    let config = options.config()?;
    let mut node = Node::start(config).await.map_err(|error| explain::start(&error, &options))?;
    announce(&node, &options);
    tell_roles_until_asked_to_stop(&mut node, &mut signals, &options).await?;
    tokio::select! {
        stopped = node.stop() => stopped.map_err(|error| explain::end(&error))?,
        () = signals.next() => return Err(Problem::new("asked a second time: stopped without draining")),
    }
    terminal::say(format_args!("stopped node={}", options.id));
    Ok(ExitCode::SUCCESS)
}

async fn tell_roles_until_asked_to_stop(
    node: &mut Node,
    signals: &mut Signals,
    options: &Options,
) -> Result<(), Problem> {
    let mut role = node.role();
    let stdin = options.until_stdin_closes.then(stdin_closes);
    let stdin = async {
        match stdin {
            Some(closes) => drop(closes.await),
            None => core::future::pending().await,
        }
    };
    tokio::pin!(stdin);
    loop {
        tokio::select! {
            () = signals.next() => return Ok(()),
            () = &mut stdin => return Ok(()),
            error = node.ended() => return Err(explain::end(&error)),
            Ok(()) = role.changed() => terminal::say(role_line(options.id, *role.borrow_and_update())),
        }
    }
}

/// Lines for people and programs alike.
fn announce(node: &Node, options: &Options) {
    let (id, pid) = (options.id, std::process::id());
    let (client, peer, data) = (node.client_address(), node.peer_address(), options.data.display());
    let metrics = node.metrics_address().map(|address| format!(" metrics={address}")).unwrap_or_default();
    terminal::say(format_args!(
        "{READY} node={id} pid={pid} client={client} peer={peer}{metrics} data={data}"
    ));
}

fn role_line(id: u64, view: RoleView) -> String {
    let role = match view.role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
    };
    let leader = view.leader.map_or_else(|| "none".to_owned(), |leader| leader.0.to_string());
    format!("{ROLE} node={id} role={role} term={} leader={leader}", view.term.0)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> Result<Self, Problem> {
        let failed = |error| Problem::new(format!("signals cannot be caught: {error}"));
        let terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        Ok(Self { terminate, interrupt })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends when standard input does. A thread of its own, because a read of standard input cannot be given up and a
/// runtime would wait for it.
fn stdin_closes() -> oneshot::Receiver<()> {
    let (closed, told) = oneshot::channel();
    thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(std::io::stdin().lock().read(&mut buffer), Ok(1..)) {}
        // Nobody waits if the node has stopped already.
        let _ = closed.send(());
    });
    told
}

fn log_to_stderr(filter: &str) -> Result<(), Problem> {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(targets(filter)?).with(log).init();
    Ok(())
}

/// What to log, by levels and by crates; errors alone if nothing is said.
fn targets(filter: &str) -> Result<Targets, Problem> {
    let parts: Vec<_> = filter.split(',').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Ok(Targets::new().with_default(LevelFilter::ERROR));
    }
    parts.join(",").parse().map_err(|error| {
        Problem::new(format!("--log {filter}: {error}"))
            .hint("try --log info, or --log warn,quorate_host=debug")
    })
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::targets;

    #[test]
    fn what_is_logged_is_named_by_levels_and_crates() {
        let targets = |filter: &str| targets(filter).ok();
        let levels = |filter: &str| {
            let targets = targets(filter)?;
            Some(["quorate_host::ledger", "quorate_kv"].map(|name| {
                [LevelFilter::ERROR, LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG]
                    .into_iter()
                    .filter_map(LevelFilter::into_level)
                    .filter(|level| targets.would_enable(name, level))
                    .count()
            }))
        };
        assert_eq!(levels("info"), Some([3, 3]));
        assert_eq!(levels("warn,quorate_host=debug"), Some([4, 2]));
        assert_eq!(levels("off"), Some([0, 0]));
        assert_eq!((levels(""), levels("warn,")), (Some([1, 1]), Some([2, 2])));
        assert_eq!((levels("quorate_host=loud"), levels("a=b=c")), (None, None));
    }
}
