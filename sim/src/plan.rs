use core::{fmt, ops::Range, time::Duration};

use quorate_machine::{Chance, NodeId, Time};

use crate::fault::{Fault, Loss, Trigger, Who};

/// Everything a run depends on besides the subject. Text with one fault per line: [`Display`](fmt::Display) prints
/// what differs from [`Plan::default`], [`FromStr`](core::str::FromStr) reads the same value back.
///
/// ```
/// use quorate_sim::Plan;
///
/// let plan: Plan = "quorate plan 2
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
    /// The links that do something else.
    pub links: Vec<LinkPlan>,
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
    /// How the run must end.
    pub expect: Expect,
}

/// How a run must end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expect {
    /// Everything holds, and the core gets where it must get.
    #[default]
    Passed,
    /// The plan destroys more copies than the machine claims to survive
    /// ([`Subject::disks_lost_max`](crate::Subject::disks_lost_max)): nothing is violated, and nobody can go on.
    Unrecoverable,
}

/// What one directed link does to messages, instead of what the others do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkPlan {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// All that the link does.
    pub network: NetworkPlan,
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
    /// Bursts of loss.
    pub burst: Burst,
    /// How many messages a link holds; one more is dropped. 0 for any number.
    pub capacity: u32,
    /// How often a message arrives with some of its bits turned over, for its checksum to find.
    pub corruption: Chance,
}

/// Loss that comes in bursts: a link is well or ill, and changes now and then (Gilbert 1960, Elliott 1963).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    /// How often a message finds that its link has fallen ill.
    pub begin: Chance,
    /// How often a message finds that its link has recovered.
    pub end: Chance,
    /// How often a message is lost on an ill link.
    pub loss: Chance,
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
            links: Vec::new(),
            disk: DiskPlan::default(),
            clocks: ClockPlan::default(),
            batching: Duration::ZERO..Duration::ZERO,
            safety: Duration::from_secs(1),
            liveness: Duration::from_secs(5),
            faults: Vec::new(),
            commands: Vec::new(),
            expect: Expect::Passed,
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
            burst: Burst::default(),
            capacity: 0,
            corruption: Chance::NEVER,
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
pub(crate) const VERSION: u64 = 2;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "quorate plan {VERSION}")?;
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "nodes {}", self.nodes)?;
        let settings = self.settings().into_iter().zip(Self::default().settings());
        settings.filter(|(own, calm)| own != calm).try_for_each(|(own, _)| writeln!(f, "{own}"))?;
        for LinkPlan { from, to, network } in &self.links {
            write!(f, "link {from} -> {to}:")?;
            let settings = network.settings().into_iter().zip(self.network.settings());
            settings.filter(|(own, usual)| own != usual).try_for_each(|(own, _)| write!(f, " {own}"))?;
            writeln!(f)?;
        }
        writeln!(f, "safety {}", Span(self.safety))?;
        writeln!(f, "liveness {}", Span(self.liveness))?;
        for (trigger, fault) in &self.faults {
            writeln!(f, "fault {trigger}: {fault}")?;
        }
        for PlannedCommand { at, node, k } in &self.commands {
            writeln!(f, "command {} {node} {k}", Span(at.since(Time::ZERO)))?;
        }
        match self.expect {
            Expect::Passed => Ok(()),
            Expect::Unrecoverable => writeln!(f, "expect unrecoverable"),
        }
    }
}

impl Plan {
    /// One text for each setting, always in this order.
    fn settings(&self) -> Vec<String> {
        let Self { disk, clocks, .. } = self;
        let others = [
            format!("sync {}", Spans(&disk.sync)),
            format!("tell {}", Spans(&disk.tell)),
            format!("repeat {}", Ppm(disk.repeat)),
            format!("checkpoint {} {}", disk.checkpoint_every, Spans(&disk.checkpoint)),
            format!("offset {}", Span(clocks.offset)),
            format!("drift {}ppm", clocks.drift_ppm),
            format!("lateness {}", Span(clocks.lateness)),
            format!("batching {}", Spans(&self.batching)),
        ];
        self.network.settings().into_iter().chain(others).collect()
    }
}

impl NetworkPlan {
    /// One text for each setting, always in this order.
    fn settings(&self) -> [String; 9] {
        let Burst { begin, end, loss } = self.burst;
        [
            format!("latency {}", Spans(&self.latency)),
            format!("spike {} {}", Ppm(self.spike), Span(self.spike_span)),
            format!("loss {}", Ppm(self.loss)),
            format!("burst {} {} {}", Ppm(begin), Ppm(end), Ppm(loss)),
            format!("duplication {}", Ppm(self.duplication)),
            format!("replay {} {}", Ppm(self.replay), Span(self.replay_span)),
            format!("fifo {}", if self.fifo { "yes" } else { "no" }),
            format!("capacity {}", self.capacity),
            format!("corruption {}", Ppm(self.corruption)),
        ]
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
                write!(f, "cut {from} {} {to} for {}", arrow(*both), Span(*span))
            }
            Self::Isolate { who, span } => write!(f, "isolate {who} for {}", Span(*span)),
            Self::Clog { from, to, both, span } => {
                write!(f, "clog {from} {} {to} for {}", arrow(*both), Span(*span))
            }
            Self::Jump { who, by, back: false } => write!(f, "jump {who} by {}", Span(*by)),
            Self::Jump { who, by, back: true } => write!(f, "jump {who} back {}", Span(*by)),
            Self::Slow { who, by, span } => write!(f, "slow {who} by {} for {}", Span(*by), Span(*span)),
            Self::Full { who, span } => write!(f, "full {who} for {}", Span(*span)),
            Self::Wipe { who, down } => write!(f, "wipe {who} down {}", Span(*down)),
            Self::Rot { who } => write!(f, "rot {who}"),
            Self::Misdirect { who } => write!(f, "misdirect {who}"),
        }
    }
}

const fn arrow(both: bool) -> &'static str {
    if both { "<->" } else { "->" }
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
            Self::Subset => "subset",
            Self::Torn => "torn",
            Self::Pages => "pages",
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
