use core::{fmt, ops::Range, time::Duration};

use quorate_machine::{Chance, NodeId, Time};

use crate::fault::{Fault, Loss, Trigger, Who};

/// Everything a run depends on besides the subject. Text with one fault per line: [`Display`](fmt::Display) prints
/// it, [`FromStr`](core::str::FromStr) reads the same value back.
///
/// ```
/// use quorate_sim::Plan;
///
/// let plan: Plan = "quorate plan 1
/// seed 7
/// nodes 3
/// loss 20000ppm
/// fault at 250ms: crash n2 down 100ms lose suffix
/// fault after n1 persist 3: crash it down 1s lose all
/// command 10ms n1 0
/// ".parse()?;
/// assert_eq!(plan.to_string().parse::<Plan>()?, plan);
/// # Ok::<(), quorate_sim::PlanError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where all randomness of the run comes from.
    pub seed: u64,
    /// How many nodes: n1, n2, … At most 64.
    pub nodes: u8,
    /// What every link does to messages.
    pub network: NetworkPlan,
    /// How every disk behaves.
    pub disk: DiskPlan,
    /// How far the nodes' clocks are apart.
    pub clocks: ClockPlan,
    /// How long a machine that asks to be woken at once is given to collect more input.
    pub batching: Range<Duration>,
    /// The phase in which anything goes.
    pub safety: Duration,
    /// The phase in which a healed core must make progress; zero to leave it out.
    pub liveness: Duration,
    /// What strikes, and when.
    pub faults: Vec<(Trigger, Fault)>,
    /// What clients ask for, and when.
    pub commands: Vec<PlannedCommand>,
}

/// What every directed link does to messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPlan {
    /// How long a message is under way. A wide range reorders, unless links are `fifo`.
    pub latency: Range<Duration>,
    /// How often a message takes up to `spike_span` longer.
    pub spike: Chance,
    /// How much longer at most.
    pub spike_span: Duration,
    /// How often a message is lost.
    pub loss: Chance,
    /// How often a message arrives twice.
    pub duplication: Chance,
    /// How often a send calls up some old message from anywhere, which then arrives again.
    pub replay: Chance,
    /// How late it arrives at most.
    pub replay_span: Duration,
    /// Whether messages of one link stay in order.
    pub fifo: bool,
}

/// How every disk behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskPlan {
    /// How long a sync takes.
    pub sync: Range<Duration>,
    /// How long after the sync the machine is told.
    pub tell: Range<Duration>,
    /// How often an acknowledgement is repeated, up to 100 ms later.
    pub repeat: Chance,
    /// After how many records a checkpoint is taken; 0 for never.
    pub checkpoint_every: u32,
    /// How long it takes until a checkpoint replaces the journal.
    pub checkpoint: Range<Duration>,
}

/// How far the nodes' clocks are apart. Each node draws its own offset and drift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockPlan {
    /// The greatest difference at the start.
    pub offset: Duration,
    /// The greatest drift from the world's clock in either direction, in parts per million; below 500,000.
    pub drift_ppm: u32,
    /// How late a wake may come.
    pub lateness: Duration,
}

/// A client's command: the subject makes it from `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlannedCommand {
    /// When.
    pub at: Time,
    /// At which node.
    pub node: NodeId,
    /// Which command, for [`Subject::command`](crate::Subject::command).
    pub k: u64,
}

impl Default for Plan {
    /// Three calm nodes for one second, without commands.
    fn default() -> Self {
        Self {
            seed: 0,
            nodes: 3,
            network: NetworkPlan::default(),
            disk: DiskPlan::default(),
            clocks: ClockPlan::default(),
            batching: Duration::ZERO..Duration::ZERO,
            safety: Duration::from_secs(1),
            liveness: Duration::from_secs(5),
            faults: Vec::new(),
            commands: Vec::new(),
        }
    }
}

impl Default for NetworkPlan {
    /// One to five milliseconds, and no faults.
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(1)..Duration::from_millis(5),
            spike: Chance::NEVER,
            spike_span: Duration::ZERO,
            loss: Chance::NEVER,
            duplication: Chance::NEVER,
            replay: Chance::NEVER,
            replay_span: Duration::ZERO,
            fifo: false,
        }
    }
}

impl Default for DiskPlan {
    /// One to three milliseconds, told at once, no checkpoints.
    fn default() -> Self {
        Self {
            sync: Duration::from_millis(1)..Duration::from_millis(3),
            tell: Duration::ZERO..Duration::ZERO,
            repeat: Chance::NEVER,
            checkpoint_every: 0,
            checkpoint: Duration::ZERO..Duration::ZERO,
        }
    }
}

/// The version of the text that this crate writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { network, disk, clocks, .. } = self;
        writeln!(f, "quorate plan {VERSION}")?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "nodes {}", self.nodes)?;
        writeln!(f, "latency {}", Spans(&network.latency))?;
        writeln!(f, "spike {} {}", Ppm(network.spike), Span(network.spike_span))?;
        writeln!(f, "loss {}", Ppm(network.loss))?;
        writeln!(f, "duplication {}", Ppm(network.duplication))?;
        writeln!(f, "replay {} {}", Ppm(network.replay), Span(network.replay_span))?;
        writeln!(f, "fifo {}", if network.fifo { "yes" } else { "no" })?;
        writeln!(f, "sync {}", Spans(&disk.sync))?;
        writeln!(f, "tell {}", Spans(&disk.tell))?;
        writeln!(f, "repeat {}", Ppm(disk.repeat))?;
        writeln!(f, "checkpoint {} {}", disk.checkpoint_every, Spans(&disk.checkpoint))?;
        writeln!(f, "offset {}", Span(clocks.offset))?;
        writeln!(f, "drift {}ppm", clocks.drift_ppm)?;
        writeln!(f, "lateness {}", Span(clocks.lateness))?;
        writeln!(f, "batching {}", Spans(&self.batching))?;
        writeln!(f, "safety {}", Span(self.safety))?;
        writeln!(f, "liveness {}", Span(self.liveness))?;
        for (trigger, fault) in &self.faults {
            writeln!(f, "fault {trigger}: {fault}")?;
        }
        for PlannedCommand { at, node, k } in &self.commands {
            writeln!(f, "command {} {node} {k}", Span(at.since(Time::ZERO)))?;
        }
        Ok(())
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "at {}", Span(at.since(Time::ZERO))),
            Self::AfterPersist { node, nth } => write!(f, "after {node} persist {nth}"),
            Self::AfterSend { node, nth } => write!(f, "after {node} send {nth}"),
            Self::AfterEvent { node, nth } => write!(f, "after {node} event {nth}"),
            Self::AfterLeader { nth } => write!(f, "after leader {nth}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash { who, down, loss } => write!(f, "crash {who} down {} lose {loss}", Span(*down)),
            Self::Pause { who, span } => write!(f, "pause {who} for {}", Span(*span)),
            Self::Cut { from, to, both, span } => {
                write!(f, "cut {from} {} {to} for {}", if *both { "<->" } else { "->" }, Span(*span))
            }
            Self::Isolate { who, span } => write!(f, "isolate {who} for {}", Span(*span)),
            Self::Clog { from, to, span } => write!(f, "clog {from} -> {to} for {}", Span(*span)),
            Self::Jump { who, by } => write!(f, "jump {who} by {}", Span(*by)),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::It => f.write_str("it"),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Suffix => "suffix",
            Self::All => "all",
        })
    }
}

struct Ppm(Chance);

impl fmt::Display for Ppm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ppm", self.0.as_ppm())
    }
}

/// A span in the largest unit that states it exactly.
pub(crate) struct Span(pub(crate) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
        match units.into_iter().find(|(_, size)| nanos != 0 && nanos % size == 0) {
            Some((unit, size)) => write!(f, "{}{unit}", nanos / size),
            None => write!(f, "{nanos}ns"),
        }
    }
}

struct Spans<'a>(&'a Range<Duration>);

impl fmt::Display for Spans<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", Span(self.0.start), Span(self.0.end))
    }
}
