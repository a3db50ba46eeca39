//! Real processes on free ports, with data in temporary folders.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    reason = "these tests wait for real processes, and fail loudly"
)]

use core::fmt::Write as _;
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        atomic::{AtomicU16, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A call of `quorate`.
pub fn quorate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// What a call of `quorate` that ends by itself says. One that does not is stopped, and fails its test.
pub fn output(arguments: &[&str]) -> Output {
    let mut command = quorate(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    let (ended, watched) = channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if watched.recv_timeout(2 * PATIENCE) == Err(RecvTimeoutError::Timeout) {
            kill_process(pid, Signal::TERM).unwrap();
            return true;
        }
        false
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    assert!(!watchdog.join().unwrap(), "it did not end by itself: {arguments:?}");
    output
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until `condition` gives something.
pub fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// The first of `count` ports that are free now, and the same 100 and 200 ports above.
pub fn free_ports(count: u16) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + u16::try_from(std::process::id() % 1_000).unwrap() * 13;
    let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    eventually("free ports", || {
        let port = first + NEXT.fetch_add(count, Ordering::Relaxed);
        (0..count)
            .all(|nth| free(port + nth) && free(port + 100 + nth) && free(port + 200 + nth))
            .then_some(port)
    })
}

/// A process that does not outlive its test.
pub struct Running {
    pub child: Child,
    /// What it prints on both of its outputs.
    pub log: PathBuf,
}

impl Running {
    pub fn start(mut command: Command, log: PathBuf) -> Self {
        let file = File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { child: command.spawn().unwrap(), log }
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn wait_until_it_says(&mut self, words: &str) {
        eventually(&format!("{words:?} in {}", self.log.display()), || {
            let said = self.said();
            if said.contains(words) {
                return Some(());
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended ({ended:?}) without saying {words:?}: {said}");
            None
        });
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        let log = self.log.clone();
        eventually(&format!("the end of the process that wrote {}", log.display()), || {
            self.child.try_wait().unwrap()
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Several nodes, each started with `quorate serve`.
pub struct Nodes {
    pub folder: TempDir,
    pub port: u16,
    count: u16,
    running: Vec<Option<Running>>,
}

impl Nodes {
    pub fn start(count: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_ports(count);
        let mut nodes = Self { folder, port, count, running: (0..count).map(|_| None).collect() };
        nodes.ids().for_each(|id| nodes.restart(id));
        nodes.leader();
        nodes
    }

    pub fn ids(&self) -> impl Iterator<Item = u16> + use<> {
        1..=self.count
    }

    pub fn data(&self, id: u16) -> PathBuf {
        self.folder.path().join(format!("n{id}"))
    }

    pub fn client_port(&self, id: u16) -> u16 {
        self.port + id - 1
    }

    /// The address of a node, for `--client`.
    pub fn address(&self, id: u16) -> String {
        format!("127.0.0.1:{}", self.client_port(id))
    }

    /// `--client` for each node.
    pub fn client_options(&self) -> Vec<String> {
        self.ids().flat_map(|id| ["--client".to_owned(), self.address(id)]).collect()
    }

    pub fn restart(&mut self, id: u16) {
        let (id_text, data) = (id.to_string(), self.data(id));
        let address = self.address(id);
        let mut command =
            quorate(&["serve", "--id", &id_text, "--data", data.to_str().unwrap(), "--client", &address]);
        for other in self.ids() {
            command.args(["--peer".to_owned(), format!("{other}=127.0.0.1:{}", self.port + 100 + other - 1)]);
        }
        let log = self.folder.path().join(format!("log{id}"));
        let mut running = Running::start(command, log);
        running.wait_until_it_says("ready node=");
        *self.slot(id) = Some(running);
    }

    pub fn running(&mut self, id: u16) -> &mut Running {
        self.slot(id).as_mut().unwrap()
    }

    /// `kill -9`
    pub fn kill(&mut self, id: u16) {
        *self.slot(id) = None;
    }

    fn slot(&mut self, id: u16) -> &mut Option<Running> {
        self.running.get_mut(usize::from(id) - 1).unwrap()
    }

    /// Whom a majority follows.
    pub fn leader(&mut self) -> u16 {
        let alive: Vec<u16> = self.ids().filter(|id| self.slot(*id).is_some()).collect();
        eventually("a leader", || {
            let believed: Vec<u16> =
                alive.iter().filter_map(|id| self.info(*id, "raft_leader")?.parse().ok()).collect();
            alive.iter().copied().find(|id| {
                believed.iter().filter(|leader| *leader == id).count() > usize::from(self.count) / 2
            })
        })
    }

    /// A line of INFO.
    pub fn info(&self, id: u16, field: &str) -> Option<String> {
        let text = Client::open(self.client_port(id))?.call(&["INFO"])?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        Some(line.trim().to_owned())
    }

    pub fn client(&self, id: u16) -> Client {
        eventually("a connection", || Client::open(self.client_port(id)))
    }
}

/// A connection that knows just enough RESP for strings, numbers and errors.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn open(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream: BufReader::new(stream) })
    }

    /// The reply, as it stands on the wire but without its first letter if it is a string or a number; `None` if the
    /// connection broke.
    pub fn call(&mut self, words: &[&str]) -> Option<String> {
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            // Writing to a string cannot fail.
            let _ = write!(request, "${}\r\n{word}\r\n", word.len());
        }
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        self.stream.read_line(&mut line).ok()?;
        let line = line.strip_suffix("\r\n")?;
        match line.split_at_checked(1)? {
            ("$", "-1") => Some("(nil)".to_owned()),
            ("$", length) => {
                let mut bytes = vec![0; length.parse::<usize>().ok()? + 2];
                self.stream.read_exact(&mut bytes).ok()?;
                String::from_utf8(bytes).ok()?.strip_suffix("\r\n").map(str::to_owned)
            }
            ("+" | ":", text) => Some(text.to_owned()),
            _ => Some(line.to_owned()),
        }
    }
}

/// Every file in a folder with its content, to see that nothing changed.
pub fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect();
    files.sort();
    files
}
