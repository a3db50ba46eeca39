//! `quorate cluster`: several nodes on this machine, each a process of its own.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{Instant, timeout},
};

use crate::{
    problem::Problem,
    process::{self, Layout, News, NodeProcess},
    terminal,
};

const EXAMPLES: &str = "\
Examples:
  quorate cluster                                  three nodes, clients at 7001, 7002 and 7003
  quorate cluster --nodes 5 --port 8001            five nodes, clients at 8001 to 8005
  quorate cluster --data ../elsewhere              data elsewhere

Nodes listen on loopback: for clients at PORT and up, for each other 100 ports higher, for metrics 200 ports higher. \
Data is kept: the same command goes on where the last one stopped. A node that is killed is not started again, so that \
you can see what its absence does; the command that starts it again is printed.";

/// Start a cluster on this machine, and watch it until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// How many nodes
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=9))]
    nodes: u16,
    /// The folder for the nodes' data, made if it is not there
    #[arg(long, value_name = "FOLDER", default_value = "quorate-data")]
    data: PathBuf,
    /// Where clients of the first node connect; those of the others follow
    #[arg(long, value_name = "PORT", default_value_t = 7001, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    port: u16,
}

/// How long nodes may take to start, and to stop.
const START_MAX: Duration = Duration::from_secs(60);
const STOP_MAX: Duration = Duration::from_secs(15);

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    let layout = Layout { nodes: options.nodes, port: options.port, data: options.data };
    check_members(&layout)?;
    layout.check_ports()?;
    let failed = |error| Problem::new(format!("signals cannot be caught: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;

    let mut cluster = Cluster::start(layout)?;
    let watched = async {
        cluster.wait_until_ready().await?;
        cluster.introduce();
        cluster.watch().await
    };
    let outcome = tokio::select! {
        outcome = watched => outcome,
        _ = interrupt.recv() => Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => Ok(ExitCode::SUCCESS),
    };
    cluster.stop().await;
    outcome
}

/// A cluster's members are in its nodes' data; another number of nodes would be another cluster over the same data.
fn check_members(layout: &Layout) -> Result<(), Problem> {
    let found = process::nodes_in(&layout.data);
    if found.is_empty() || found == layout.ids().collect::<Vec<_>>() {
        return Ok(());
    }
    let (data, count) = (layout.data.display(), found.len());
    Err(Problem::new(format!(
        "{data} holds the data of {count} nodes, and {} are to be started",
        layout.nodes
    ))
    .hint(format!("use --nodes {count}, or another folder with --data")))
}

struct Cluster {
    layout: Layout,
    nodes: BTreeMap<u16, NodeProcess>,
    news: mpsc::UnboundedReceiver<(u16, News)>,
    started: Instant,
    /// Who was last said to lead, and in which term.
    leader: (u64, Option<u16>),
}

impl Cluster {
    fn start(layout: Layout) -> Result<Self, Problem> {
        let (tell, news) = mpsc::unbounded_channel();
        let mut nodes = BTreeMap::new();
        for id in layout.ids() {
            nodes.insert(id, NodeProcess::start(&layout, id, tell.clone())?);
        }
        Ok(Self { layout, nodes, news, started: Instant::now(), leader: (0, None) })
    }

    async fn wait_until_ready(&mut self) -> Result<(), Problem> {
        let mut ready = 0;
        let mut last_words = String::new();
        while ready < self.nodes.len() {
            let Ok(Some((id, news))) = timeout(START_MAX, self.news.recv()).await else {
                return Err(Problem::new("the nodes do not get ready"));
            };
            match news {
                News::Ready => ready += 1,
                News::Role { .. } => {}
                News::Complaint(line) => {
                    terminal::remark(format_args!("node {id}: {line}"));
                    last_words = line;
                }
                News::Ended(status) => {
                    self.nodes.remove(&id);
                    let problem = Problem::new(format!("node {id} {} at its start", process::ending(status)));
                    return Err(if last_words.is_empty() {
                        problem
                    } else {
                        problem.hint("it says why above")
                    });
                }
            }
        }
        Ok(())
    }

    fn introduce(&self) {
        let layout = &self.layout;
        for (id, node) in &self.nodes {
            let (pid, client, folder) = (node.pid(), layout.client(*id), layout.folder(*id));
            terminal::say(format_args!(
                "node {id}  pid {pid}  clients at {client}  data in {}",
                folder.display()
            ));
        }
        let clients: Vec<_> = layout.ids().map(|id| format!("--client {}", layout.client(id))).collect();
        let last = layout.client(layout.nodes);
        let second = layout.client(layout.nodes.min(2));
        let pid = self.nodes.values().next().map_or(0, NodeProcess::pid);
        let program = std::env::args().next().unwrap_or_else(|| "quorate".to_owned());
        terminal::say(format_args!(
            "\nTry it from another terminal, with any node:\n  \
             redis-cli -p {} SET greeting hello\n  \
             {program} client --client {last} GET greeting\n  \
             {program} status {}\n  \
             kill -9 {pid}\n\n\
             Data stays in {}; the same command goes on from there. Ctrl-C stops all nodes.\n",
            second.port(),
            clients.join(" "),
            layout.data.display(),
        ));
    }

    /// Tells what happens, until no node is left.
    async fn watch(&mut self) -> Result<ExitCode, Problem> {
        while let Some((id, news)) = self.news.recv().await {
            match news {
                News::Ready => {}
                News::Role { role, term, leader } => self.tell_role(id, &role, term, leader),
                News::Complaint(line) => self.tell(format_args!("node {id}: {line}")),
                News::Ended(status) => {
                    self.nodes.remove(&id);
                    self.tell(format_args!(
                        "node {id} {}. To start it again:\n           {}",
                        process::ending(status),
                        self.layout.command_line(id)
                    ));
                    if self.nodes.is_empty() {
                        break;
                    }
                }
            }
        }
        Err(Problem::new("no node is left").hint(format!(
            "everything acknowledged is in {}; the same command goes on from there",
            self.layout.data.display()
        )))
    }

    /// Followers repeat what the leader says; each change is told once.
    fn tell_role(&mut self, id: u16, role: &str, term: u64, leader: Option<u16>) {
        let known = (term, leader);
        if leader.is_some() && known > self.leader {
            self.leader = known;
            self.tell(format_args!("node {} leads in term {term}", leader.unwrap_or(id)));
            return;
        }
        match role {
            "pre-candidate" => self.tell(format_args!("node {id} misses a leader")),
            "candidate" => self.tell(format_args!("node {id} asks for votes in term {term}")),
            _ => {}
        }
    }

    fn tell(&self, line: impl std::fmt::Display) {
        terminal::say(format_args!("{:7.1} s  {line}", self.started.elapsed().as_secs_f64()));
    }

    /// Stops what still runs, and waits for it.
    async fn stop(mut self) {
        for node in self.nodes.values_mut() {
            node.stop();
            // A paused node cannot stop.
            node.resume();
        }
        let all_ended = async {
            while !self.nodes.is_empty() {
                let Some((id, news)) = self.news.recv().await else { return };
                match news {
                    News::Ended(_) => drop(self.nodes.remove(&id)),
                    News::Complaint(line) => terminal::remark(format_args!("node {id}: {line}")),
                    News::Ready | News::Role { .. } => {}
                }
            }
        };
        if timeout(STOP_MAX, all_ended).await.is_err() {
            terminal::remark("some nodes did not stop in time and are killed");
        } else {
            terminal::say("all nodes have stopped");
        }
    }
}
