//! Nodes as processes: `quorate serve`, started by `quorate cluster` and `quorate demo`.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, ChildStdin},
    sync::mpsc,
};

use crate::problem::Problem;

/// How the line begins that a node prints once clients can connect.
pub(crate) const READY: &str = "ready";
/// How the lines begin that a node prints when its role changes.
pub(crate) const ROLE: &str = "role";

/// Between the ports of one node for clients, for peers, and for metrics.
const PORTS_STEP: u16 = 100;

/// Where the nodes of a cluster on this machine live.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) nodes: u16,
    /// Where the first node's clients connect; the others follow.
    pub(crate) port: u16,
    pub(crate) data: PathBuf,
}

impl Layout {
    pub(crate) fn ids(&self) -> impl Iterator<Item = u16> + use<> {
        1..=self.nodes
    }

    pub(crate) fn client(&self, id: u16) -> SocketAddr {
        self.address(id, 0)
    }

    pub(crate) fn peer(&self, id: u16) -> SocketAddr {
        self.address(id, PORTS_STEP)
    }

    pub(crate) fn metrics(&self, id: u16) -> SocketAddr {
        self.address(id, 2 * PORTS_STEP)
    }

    fn address(&self, id: u16, offset: u16) -> SocketAddr {
        let port = self.port.saturating_add(offset).saturating_add(id - 1);
        (Ipv4Addr::LOCALHOST, port).into()
    }

    pub(crate) fn folder(&self, id: u16) -> PathBuf {
        self.data.join(format!("n{id}"))
    }

    /// What `quorate` is called with for this node.
    pub(crate) fn arguments(&self, id: u16) -> Vec<String> {
        let mut words: Vec<String> = ["serve", "--id"].map(str::to_owned).into();
        words.push(id.to_string());
        words.extend(["--data".to_owned(), self.folder(id).to_string_lossy().into_owned()]);
        words.extend(["--client".to_owned(), self.client(id).to_string()]);
        words.extend(["--metrics".to_owned(), self.metrics(id).to_string()]);
        for other in self.ids() {
            words.extend(["--peer".to_owned(), format!("{other}={}", self.peer(other))]);
        }
        words
    }

    /// The command that starts this node, for a shell.
    pub(crate) fn command_line(&self, id: u16) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "quorate".to_owned());
        let words: Vec<_> =
            [program].into_iter().chain(self.arguments(id)).map(|word| shell_word(&word)).collect();
        words.join(" ")
    }

    /// Tries every port, so that a busy one is named before anything is started.
    pub(crate) fn check_ports(&self) -> Result<(), Problem> {
        for id in self.ids() {
            for (address, what) in [
                (self.client(id), "clients"),
                (self.peer(id), "the other nodes"),
                (self.metrics(id), "metrics"),
            ] {
                if let Err(error) = TcpListener::bind(address) {
                    return Err(busy(id, address, what, &error));
                }
            }
        }
        Ok(())
    }
}

impl Layout {
    /// A layout all of whose ports are free at this moment.
    pub(crate) fn on_free_ports(nodes: u16, data: &Path) -> Result<Self, Problem> {
        // Below the ports that systems hand out by themselves; where to begin differs between processes.
        let first = 10_000 + u16::try_from(std::process::id() % 1_500).unwrap_or(0) * 10;
        let mut layouts = (0..100).map(|nth| Self { nodes, port: first + nth * 30, data: data.to_owned() });
        layouts
            .find(|layout| layout.check_ports().is_ok())
            .ok_or_else(|| Problem::new("no free ports were found on this machine"))
    }
}

fn busy(id: u16, address: SocketAddr, what: &str, error: &io::Error) -> Problem {
    if error.kind() != io::ErrorKind::AddrInUse {
        return Problem::new(format!("{address} cannot be listened on: {error}"));
    }
    Problem::new(format!("{address} is in use by another program; node {id} needs it for {what}")).hint(
        "if that is a cluster, use it (`quorate status`) or stop it; else choose other ports, say with --port 8001",
    )
}

fn shell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/.:=_-+,@".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a node's process does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Clients can connect.
    Ready,
    /// It leads or follows.
    Role { role: String, term: u64, leader: Option<u16> },
    /// A line on its standard error.
    Complaint(String),
    /// It is gone.
    Ended(ExitStatus),
}

/// A node running as a child of this process.
pub(crate) struct NodeProcess {
    pid: Option<Pid>,
    /// When this is closed, by whatever end this process finds, the node stops.
    stdin: Option<ChildStdin>,
}

impl NodeProcess {
    /// Starts a node, whose news go to `news`.
    pub(crate) fn start(
        layout: &Layout,
        id: u16,
        news: mpsc::UnboundedSender<(u16, News)>,
    ) -> Result<Self, Problem> {
        let failed = |error: io::Error| Problem::new(format!("node {id} cannot be started: {error}"));
        let mut command = tokio::process::Command::new(std::env::current_exe().map_err(failed)?);
        command.args(layout.arguments(id)).arg("--until-stdin-closes").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let stdin = child.stdin.take();
        tokio::spawn(follow(child, id, news));
        Ok(Self { pid, stdin })
    }

    pub(crate) fn pid(&self) -> i32 {
        Pid::as_raw(self.pid)
    }

    /// Asks it to stop; it drains first.
    pub(crate) fn stop(&mut self) {
        self.stdin = None;
    }

    /// `kill -9`.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Takes the processor away from it; its connections stay open and silent.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Reports until the process has ended and everything it said is told.
async fn follow(mut child: Child, id: u16, news: mpsc::UnboundedSender<(u16, News)>) {
    let (said, complained) = (child.stdout.take(), child.stderr.take());
    let said = lines(said, |line| {
        if let Some(told) = parse(&line) {
            // Nobody is interested any more if this process is about to end.
            let _ = news.send((id, told));
        }
    });
    let complained = lines(complained, |line| {
        let _ = news.send((id, News::Complaint(line)));
    });
    tokio::join!(said, complained);
    if let Ok(status) = child.wait().await {
        let _ = news.send((id, News::Ended(status)));
    }
}

async fn lines(source: Option<impl AsyncRead + Unpin>, mut told: impl FnMut(String)) {
    let Some(source) = source else { return };
    let mut lines = BufReader::new(source).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        told(line);
    }
}

fn parse(line: &str) -> Option<News> {
    let mut words = line.split(' ');
    match words.next()? {
        READY => Some(News::Ready),
        ROLE => {
            let field = |name: &str| {
                line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
            };
            let leader = field("leader").and_then(|leader| leader.parse().ok());
            Some(News::Role { role: field("role")?, term: field("term")?.parse().ok()?, leader })
        }
        _ => None,
    }
}

/// How a process ended, in words.
pub(crate) fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => "stopped".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(9)) => "was killed (signal 9)".to_owned(),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// The folders of nodes that are there already.
pub(crate) fn nodes_in(data: &Path) -> Vec<u16> {
    let Ok(entries) = std::fs::read_dir(data) else { return Vec::new() };
    let number = |name: &str| name.strip_prefix('n')?.parse().ok();
    let mut nodes: Vec<u16> = entries.filter_map(|entry| number(entry.ok()?.file_name().to_str()?)).collect();
    nodes.sort_unstable();
    nodes
}

#[cfg(test)]
mod tests {
    use super::{Layout, News, parse, shell_word};

    #[test]
    fn nodes_have_ports_of_their_own() {
        let layout = Layout { nodes: 9, port: 7001, data: "d".into() };
        let mut ports: Vec<u16> = layout
            .ids()
            .flat_map(|id| [layout.client(id), layout.peer(id), layout.metrics(id)])
            .map(|address| address.port())
            .collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 27);
        assert_eq!((layout.client(2).port(), layout.peer(2).port()), (7002, 7102));
    }

    #[test]
    fn lines_of_a_node_are_understood() {
        let role = News::Role { role: "leader".into(), term: 3, leader: Some(2) };
        assert_eq!(parse("role node=2 role=leader term=3 leader=2"), Some(role));
        let role = News::Role { role: "candidate".into(), term: 4, leader: None };
        assert_eq!(parse("role node=2 role=candidate term=4 leader=none"), Some(role));
        assert_eq!(parse("ready node=1 pid=2"), Some(News::Ready));
        assert_eq!(parse("role node=2"), None);
        assert_eq!(parse("anything else"), None);
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(shell_word("1=127.0.0.1:7101"), "1=127.0.0.1:7101");
        assert_eq!(shell_word("my data"), "'my data'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
    }
}
