use core::{ops::Range, str::FromStr, time::Duration};

use quorate_machine::{Chance, NodeId, Time};
use thiserror::Error;

use crate::{
    fault::{Fault, Loss, NodeSet, Trigger, Who},
    plan::{Burst, Expect, LinkPlan, NetworkPlan, Plan, PlannedCommand, VERSION},
};

/// Why a text is not a plan, and where. Nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct PlanError {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: PlanErrorReason,
}

/// What is wrong with a plan's text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlanErrorReason {
    /// Something else had to stand here.
    #[error("expected {expected}, found {}", quoted(found))]
    Expected {
        /// What had to stand here.
        expected: &'static str,
        /// What stands here instead; empty at the end of the line.
        found: String,
    },
    /// The plan was written by a newer simulator.
    #[error("this plan has version {found}; this simulator reads versions up to {supported}")]
    Newer {
        /// The plan's version.
        found: u64,
        /// The newest version understood.
        supported: u64,
    },
    /// `it` names whoever set off the trigger, and an instant is set off by nobody.
    #[error("`it` needs a trigger that a node sets off")]
    NobodySetItOff,
    /// A node that the plan does not have.
    #[error("there is no {node} among {nodes} nodes")]
    NoSuchNode {
        /// The node named.
        node: NodeId,
        /// How many there are.
        nodes: u8,
    },
}

fn quoted(found: &str) -> String {
    if found.is_empty() { "the end of the line".to_owned() } else { format!("`{found}`") }
}

impl FromStr for Plan {
    type Err = PlanError;

    /// Reads what `Display` prints. Lines may come in any order after the first; what is left out is as in
    /// [`Plan::default`], on a `link` line as on all other links; blank lines and lines that start with `#` are skipped.
    fn from_str(text: &str) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        let mut named = Vec::new();
        let mut lines = text.lines().enumerate().filter(|(_, line)| !is_blank(line));
        let (at, line) = lines.next().unwrap_or((0, ""));
        read_header(&mut Words::new(at, line, &mut named))?;
        let (for_links, others): (Vec<_>, Vec<_>) =
            lines.partition(|(_, line)| line.split_whitespace().next() == Some("link"));
        // What a link does not say is as everywhere, which must be known first.
        for (at, line) in others.into_iter().chain(for_links) {
            let mut words = Words::new(at, line, &mut named);
            read_line(&mut plan, &mut words)?;
            words.end()?;
        }
        match named.into_iter().find(|(_, _, node)| node.0 > u64::from(plan.nodes)) {
            Some((line, column, node)) => {
                let reason = PlanErrorReason::NoSuchNode { node, nodes: plan.nodes };
                Err(PlanError { line, column, reason })
            }
            None => Ok(plan),
        }
    }
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn read_header(words: &mut Words<'_>) -> Result<(), PlanError> {
    words.literal("quorate", "`quorate plan 2`")?;
    words.literal("plan", "`plan`")?;
    let before = words.clone_place();
    let found = words.number("a version")?;
    if found > VERSION {
        return Err(before.error(PlanErrorReason::Newer { found, supported: VERSION }));
    }
    words.end()
}

fn read_line(plan: &mut Plan, words: &mut Words<'_>) -> Result<(), PlanError> {
    let place = words.clone_place();
    let key = words.word();
    if read_setting(&mut plan.network, key, words)? {
        return Ok(());
    }
    match key {
        "link" => {
            let link = read_link(plan, words)?;
            plan.links.push(link);
        }
        "seed" => plan.seed = words.number("a seed")?,
        "nodes" => plan.nodes = words.nodes()?,
        "sync" => plan.disk.sync = words.range()?,
        "tell" => plan.disk.tell = words.range()?,
        "repeat" => plan.disk.repeat = words.chance()?,
        "checkpoint" => {
            plan.disk.checkpoint_every = words.small("a number of records")?;
            plan.disk.checkpoint = words.range()?;
        }
        "offset" => plan.clocks.offset = words.span()?,
        "drift" => plan.clocks.drift_ppm = words.drift()?,
        "lateness" => plan.clocks.lateness = words.span()?,
        "batching" => plan.batching = words.range()?,
        "safety" => plan.safety = words.span()?,
        "liveness" => plan.liveness = words.span()?,
        "fault" => {
            let fault = read_fault(words)?;
            plan.faults.push(fault);
        }
        "command" => {
            let (at, node, k) = (words.instant()?, words.node()?, words.number("a command's number")?);
            plan.commands.push(PlannedCommand { at, node, k });
        }
        "expect" => {
            plan.expect = words.read("passed or unrecoverable", |word| match word {
                "passed" => Some(Expect::Passed),
                "unrecoverable" => Some(Expect::Unrecoverable),
                _ => None,
            })?;
        }
        other => return Err(place.expected("a plan's key", other)),
    }
    Ok(())
}

/// Reads one setting of a network, if that is what the key names.
fn read_setting(network: &mut NetworkPlan, key: &str, words: &mut Words<'_>) -> Result<bool, PlanError> {
    match key {
        "latency" => network.latency = words.range()?,
        "spike" => (network.spike, network.spike_span) = (words.chance()?, words.span()?),
        "loss" => network.loss = words.chance()?,
        "burst" => {
            network.burst = Burst { begin: words.chance()?, end: words.chance()?, loss: words.chance()? };
        }
        "duplication" => network.duplication = words.chance()?,
        "replay" => (network.replay, network.replay_span) = (words.chance()?, words.span()?),
        "fifo" => network.fifo = words.yes_or_no()?,
        "capacity" => network.capacity = words.small("a number of messages")?,
        "corruption" => network.corruption = words.chance()?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn read_link(plan: &Plan, words: &mut Words<'_>) -> Result<LinkPlan, PlanError> {
    let from = words.node()?;
    words.literal("->", "`->`")?;
    let to = words.node()?;
    words.literal(":", "`:`")?;
    let mut network = plan.network.clone();
    while !words.peek().is_empty() {
        let place = words.clone_place();
        let key = words.word();
        if !read_setting(&mut network, key, words)? {
            return Err(place.expected("a network's setting", key));
        }
    }
    Ok(LinkPlan { from, to, network })
}

fn read_fault(words: &mut Words<'_>) -> Result<(Trigger, Fault), PlanError> {
    let trigger = read_trigger(words)?;
    let place = words.clone_place();
    let fault = match words.word() {
        "crash" => {
            let who = words.who()?;
            words.literal("down", "`down`")?;
            let down = words.span()?;
            words.literal("lose", "`lose`")?;
            Fault::Crash { who, down, loss: words.loss()? }
        }
        "pause" => Fault::Pause { who: words.who()?, span: words.for_span()? },
        "isolate" => Fault::Isolate { who: words.who()?, span: words.for_span()? },
        "cut" => {
            let from = words.set()?;
            let both = words.arrow()?;
            Fault::Cut { from, both, to: words.set()?, span: words.for_span()? }
        }
        "clog" => {
            let from = words.set()?;
            let both = words.arrow()?;
            Fault::Clog { from, both, to: words.set()?, span: words.for_span()? }
        }
        "jump" => {
            let who = words.who()?;
            let back = words.read("`by` or `back`", |word| match word {
                "by" => Some(false),
                "back" => Some(true),
                _ => None,
            })?;
            Fault::Jump { who, by: words.span()?, back }
        }
        "slow" => {
            let who = words.who()?;
            words.literal("by", "`by`")?;
            Fault::Slow { who, by: words.span()?, span: words.for_span()? }
        }
        "full" => Fault::Full { who: words.who()?, span: words.for_span()? },
        "wipe" => {
            let who = words.who()?;
            words.literal("down", "`down`")?;
            Fault::Wipe { who, down: words.span()? }
        }
        "rot" => Fault::Rot { who: words.who()? },
        "misdirect" => Fault::Misdirect { who: words.who()? },
        other => return Err(place.expected(FAULTS, other)),
    };
    if matches!(trigger, Trigger::At(_)) && fault.is_about_it() {
        return Err(place.error(PlanErrorReason::NobodySetItOff));
    }
    Ok((trigger, fault))
}

const FAULTS: &str = "crash, pause, isolate, cut, clog, jump, slow, full, wipe, rot or misdirect";

fn read_trigger(words: &mut Words<'_>) -> Result<Trigger, PlanError> {
    let place = words.clone_place();
    let trigger = match words.word() {
        "at" => Trigger::At(words.instant()?),
        "after" if words.peek() == "leader" => {
            words.word();
            Trigger::AfterLeader { nth: words.count()? }
        }
        "after" => {
            let node = words.node()?;
            let place = words.clone_place();
            let what = words.word();
            let nth = words.count()?;
            match what {
                "persist" => Trigger::AfterPersist { node, nth },
                "send" => Trigger::AfterSend { node, nth },
                "event" => Trigger::AfterEvent { node, nth },
                other => return Err(place.expected("persist, send or event", other)),
            }
        }
        other => return Err(place.expected("`at` or `after`", other)),
    };
    words.literal(":", "`:`")?;
    Ok(trigger)
}

#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    const fn error(self, reason: PlanErrorReason) -> PlanError {
        PlanError { line: self.line, column: self.column, reason }
    }

    fn expected(self, expected: &'static str, found: &str) -> PlanError {
        self.error(PlanErrorReason::Expected { expected, found: found.to_owned() })
    }
}

/// The words of one line; a colon is a word of its own. `named` collects the nodes met, with their places.
struct Words<'a> {
    line: usize,
    text: &'a str,
    rest: &'a str,
    named: &'a mut Vec<(usize, usize, NodeId)>,
}

impl<'a> Words<'a> {
    fn new(at: usize, text: &'a str, named: &'a mut Vec<(usize, usize, NodeId)>) -> Self {
        Self { line: at + 1, text, rest: text.trim_start(), named }
    }

    fn clone_place(&self) -> Place {
        let read = self.text.len() - self.rest.len();
        let column = self.text.get(..read).map_or(0, |read| read.chars().count()) + 1;
        Place { line: self.line, column }
    }

    fn peek(&self) -> &'a str {
        let colon = if self.rest.starts_with(':') { Some(1) } else { None };
        let end = colon.or_else(|| self.rest.find(|c: char| c.is_whitespace() || c == ':'));
        self.rest.get(..end.unwrap_or(self.rest.len())).unwrap_or("")
    }

    fn word(&mut self) -> &'a str {
        let word = self.peek();
        self.rest = self.rest.get(word.len()..).unwrap_or("").trim_start();
        word
    }

    fn read<T>(
        &mut self,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, PlanError> {
        let place = self.clone_place();
        let word = self.word();
        read(word).ok_or_else(|| place.expected(expected, word))
    }

    fn end(&self) -> Result<(), PlanError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(self.clone_place().expected("the end of the line", self.peek()))
    }

    fn literal(&mut self, literal: &str, expected: &'static str) -> Result<(), PlanError> {
        self.read(expected, |word| (word == literal).then_some(()))
    }

    fn number(&mut self, expected: &'static str) -> Result<u64, PlanError> {
        self.read(expected, |word| word.parse().ok())
    }

    fn count(&mut self) -> Result<u64, PlanError> {
        self.read("a count from 1", |word| word.parse().ok().filter(|count| *count > 0))
    }

    fn small(&mut self, expected: &'static str) -> Result<u32, PlanError> {
        self.read(expected, |word| word.parse().ok())
    }

    fn nodes(&mut self) -> Result<u8, PlanError> {
        self.read("a number of nodes from 1 to 64", |word| word.parse().ok().filter(|n| (1..=64).contains(n)))
    }

    fn chance(&mut self) -> Result<Chance, PlanError> {
        self.read("a chance up to 1000000ppm", |word| ppm(word, 1_000_000).map(Chance::ppm))
    }

    fn drift(&mut self) -> Result<u32, PlanError> {
        self.read("a drift up to 499999ppm", |word| ppm(word, 499_999))
    }

    fn span(&mut self) -> Result<Duration, PlanError> {
        self.read("a span such as 20ms", span)
    }

    fn instant(&mut self) -> Result<Time, PlanError> {
        self.span().map(|span| Time::ZERO + span)
    }

    fn for_span(&mut self) -> Result<Duration, PlanError> {
        self.literal("for", "`for`")?;
        self.span()
    }

    fn range(&mut self) -> Result<Range<Duration>, PlanError> {
        self.read("a range such as 1ms..5ms", |word| {
            let (start, end) = word.split_once("..")?;
            Some(span(start)?..span(end)?)
        })
    }

    fn yes_or_no(&mut self) -> Result<bool, PlanError> {
        self.read("yes or no", |word| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
    }

    fn arrow(&mut self) -> Result<bool, PlanError> {
        self.read("`->` or `<->`", |word| match word {
            "<->" => Some(true),
            "->" => Some(false),
            _ => None,
        })
    }

    fn loss(&mut self) -> Result<Loss, PlanError> {
        self.read("nothing, suffix, all, subset, torn or pages", |word| match word {
            "nothing" => Some(Loss::Nothing),
            "suffix" => Some(Loss::Suffix),
            "all" => Some(Loss::All),
            "subset" => Some(Loss::Subset),
            "torn" => Some(Loss::Torn),
            "pages" => Some(Loss::Pages),
            _ => None,
        })
    }

    fn node(&mut self) -> Result<NodeId, PlanError> {
        let Place { line, column } = self.clone_place();
        let node = self.read("a node such as n1", node)?;
        self.named.push((line, column, node));
        Ok(node)
    }

    fn who(&mut self) -> Result<Who, PlanError> {
        if self.peek() == "it" {
            self.word();
            return Ok(Who::It);
        }
        self.node().map(Who::Node)
    }

    fn set(&mut self) -> Result<NodeSet, PlanError> {
        let Place { line, column } = self.clone_place();
        let set: NodeSet = self.read("nodes such as n1,n2", |word| word.split(',').map(node).collect())?;
        self.named.extend(set.iter().map(|node| (line, column, node)));
        Ok(set)
    }
}

fn node(word: &str) -> Option<NodeId> {
    word.strip_prefix('n')?.parse().ok().filter(|id| (1..=64).contains(id)).map(NodeId)
}

fn ppm(word: &str, max: u32) -> Option<u32> {
    word.strip_suffix("ppm")?.parse().ok().filter(|ppm| *ppm <= max)
}

fn span(word: &str) -> Option<Duration> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = word.split_at_checked(digits)?;
    let size = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        _ => return None,
    };
    count.parse::<u64>().ok()?.checked_mul(size).map(Duration::from_nanos)
}
