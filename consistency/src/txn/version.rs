//! Which version of a register came before which (Elle, §5.2).

use alloc::{vec, vec::Vec};

use super::{
    bug::Bug,
    graph::{Components, Edge, Graph, Part},
    history::{History, Status},
    intern::{NONE, number},
    register::Registers,
    report::Options,
    search::{Rule, Search},
};

/// How many versions are looked at in order to find out whether one that comes before another does so by a third, too.
const LOOKED_AT_MAX: usize = 1 << 10;

/// The order of versions, as far as it is known, without what follows from the rest of it.
#[derive(Debug)]
pub(super) struct VersionOrder {
    /// Versions and those that come next after them.
    pub(super) next: Vec<(u32, u32)>,
    /// Versions each of which would come before the next, and the last before the first. Nothing is known of their order.
    pub(super) cycles: Vec<Vec<u32>>,
}

/// What one transaction saw of a key at first, and what it left there.
#[derive(Clone, Copy)]
struct Touch {
    key: u32,
    process: u64,
    txn: u32,
    first: u32,
    last: u32,
}

/// Any walk will do.
struct Any;

impl Rule for Any {
    fn first(&self, _: u8) -> Option<u8> {
        Some(0)
    }

    fn next(&self, _: u8, _: u8) -> Option<u8> {
        Some(0)
    }

    fn closes(&self, _: u8) -> bool {
        true
    }
}

impl VersionOrder {
    pub(super) fn new<K, V, O>(
        registers: &Registers<'_, K, V>,
        history: &History<O>,
        options: Options,
    ) -> Self {
        let known = facts(registers, history, options);
        let versions = registers.versions.len();
        let graph = Graph::new(versions + registers.keys(), &known);
        let components = Components::new(&graph, u8::MAX, usize::MAX);
        let is_certain = |edge: &&Edge| {
            let (from, to) = (components.of[edge.from as usize], components.of[edge.to as usize]);
            from != to || options.has(Bug::CyclicVersionsTrusted)
        };
        let backwards = |edge: &Edge| Edge { from: edge.to, to: edge.from, ..*edge };
        let certain: Vec<Edge> = graph.edges.iter().filter(is_certain).map(backwards).collect();
        let mut reduction = Reduction::new(Graph::new(graph.nodes(), &certain), &components, versions);
        let mut next = Vec::with_capacity(versions);
        for version in 0..number(graph.nodes()) {
            let mut before: Vec<u32> = reduction.before(version).collect();
            before.sort_unstable();
            before.dedup();
            if before.len() > 1 && !options.has(Bug::VersionsNotReduced) {
                reduction.reduce(version, &mut before);
            }
            next.extend(before.into_iter().map(|from| (from, version)));
        }
        Self { next, cycles: short_cycles(&graph, &components, options) }
    }
}

fn short_cycles(graph: &Graph, components: &Components, options: Options) -> Vec<Vec<u32>> {
    let part = Part::new(graph, components);
    let components = Components::new(&part.graph, u8::MAX, usize::MAX);
    let mut search = Search::new(&part.graph, options.edges_max);
    let mut cycles = Vec::new();
    for nodes in components.cyclic() {
        if let Some(walk) = search.shortest(nodes, &components, &Any, |_| true) {
            cycles.push(walk.iter().map(|place| part.outer(*place).from).collect());
        }
    }
    cycles
}

/// What comes before what, with much that follows from the rest.
fn facts<K, V, O>(registers: &Registers<'_, K, V>, history: &History<O>, options: Options) -> Vec<Edge> {
    let mut known = Vec::with_capacity(registers.versions.len() * 2);
    let mut add = |from: u32, to: u32| {
        if from != NONE && from != to {
            known.push(Edge { from, to, cause: 0, kind: 1 });
        }
    };
    for (at, version) in (0..).zip(&registers.versions) {
        if !registers.is_live[version.txn as usize] {
            continue;
        }
        if !options.has(Bug::InitialNotFirst) {
            add(registers.initial(version.key), at);
        }
        if !options.has(Bug::WritesDoNotFollowReads) {
            add(registers.base(version), at);
        }
    }
    if options.linearizable_keys && history.has_real_time() {
        let mut touches = touches(registers, history);
        touches.sort_unstable_by_key(|touch| (touch.key, touch.txn));
        for of_key in touches.chunk_by(|one, other| one.key == other.key) {
            in_real_time(of_key, history, &mut add);
        }
    } else if options.linearizable_keys || options.sequential_keys {
        let mut touches = touches(registers, history);
        touches.sort_unstable_by_key(|touch| (touch.key, touch.process, touch.txn));
        for pair in touches.windows(2) {
            let is_same = pair[0].key == pair[1].key
                && (pair[0].process == pair[1].process || options.has(Bug::SessionsMixed));
            if is_same {
                add(pair[0].last, pair[1].first);
            }
        }
    }
    known
}

/// What committed transactions saw and left; not what is of nobody, or of a transaction that aborted.
fn touches<K, V, O>(registers: &Registers<'_, K, V>, history: &History<O>) -> Vec<Touch> {
    let txns = history.transactions();
    let of_live = |version: u32| {
        let writer = registers.versions.get(version as usize);
        version != NONE && writer.is_none_or(|version| registers.is_live[version.txn as usize])
    };
    let mut is_base = vec![false; registers.sights.len()];
    let mut touches = Vec::with_capacity(registers.sights.len());
    for (at, version) in (0..).zip(&registers.versions) {
        if !of_live(at) {
            continue;
        }
        if let Some(is_base) = is_base.get_mut(version.base as usize) {
            *is_base = true;
        }
        let base = registers.base(version);
        let first = if of_live(base) { base } else { at };
        let process = txns[version.txn as usize].process;
        touches.push(Touch { key: version.key, process, txn: version.txn, first, last: at });
    }
    for (sight, is_base) in registers.sights.iter().zip(is_base) {
        let seen = registers.seen(sight);
        if sight.is_external() && !is_base && of_live(seen) {
            let process = txns[sight.txn as usize].process;
            touches.push(Touch { key: sight.key, process, txn: sight.txn, first: seen, last: seen });
        }
    }
    touches
}

/// Whoever begins after another has ended sees what that left, or what came later. It is enough to look at those that have
/// ended and of which none ended before another began.
fn in_real_time<O>(touches: &[Touch], history: &History<O>, add: &mut impl FnMut(u32, u32)) {
    let txn = |touch: &Touch| &history.transactions()[touch.txn as usize];
    let mut events = Vec::with_capacity(touches.len() * 2);
    for (at, touch) in touches.iter().enumerate() {
        events.push((txn(touch).invoked(), at));
        if txn(touch).status == Status::Committed {
            events.extend(txn(touch).ended().map(|ended| (ended, at)));
        }
    }
    events.sort_unstable();
    let mut frontier: Vec<&Touch> = Vec::new();
    for (when, at) in events {
        let touch = &touches[at];
        let invoked = txn(touch).invoked();
        if when == invoked {
            for earlier in &frontier {
                add(earlier.last, touch.first);
            }
        } else {
            frontier.retain(|earlier| txn(earlier).ended().is_none_or(|ended| ended >= invoked));
            frontier.push(touch);
        }
    }
}

/// Finds what follows from the rest.
struct Reduction {
    /// From each version to those that come before it.
    backwards: Graph,
    /// From where on versions are initial.
    initial: usize,
    /// How many versions there are at the most on the way to each from one that nothing but an initial one comes before.
    depth: Vec<u32>,
    /// The version for which a version has been looked at last.
    looked_at: Vec<u32>,
}

impl Reduction {
    fn new(backwards: Graph, components: &Components, initial: usize) -> Self {
        let versions = backwards.nodes();
        let mut reduction =
            Self { backwards, initial, depth: vec![0; versions], looked_at: vec![NONE; versions] };
        for version in components.nodes.iter().rev() {
            let written = reduction.before(*version).filter(|from| (*from as usize) < initial);
            let deepest = written.map(|from| reduction.depth[from as usize] + 1).max();
            reduction.depth[*version as usize] = deepest.unwrap_or(0);
        }
        reduction
    }

    fn before(&self, version: u32) -> impl Iterator<Item = u32> {
        self.backwards.edges[self.backwards.out(version)].iter().map(|edge| edge.to)
    }

    /// Leaves of those that come before a version only the ones that do not come before another of them.
    fn reduce(&mut self, version: u32, direct: &mut Vec<u32>) {
        let mut waiting: Vec<u32> =
            direct.iter().copied().filter(|from| (*from as usize) < self.initial).collect();
        let highest = waiting.iter().map(|from| self.depth[*from as usize]).min().unwrap_or(0);
        let mut left = LOOKED_AT_MAX;
        while let Some(between) = waiting.pop() {
            for place in self.backwards.out(between) {
                let from = self.backwards.edges[place].to;
                let at = from as usize;
                let is_initial = at >= self.initial;
                if left == 0 || self.looked_at[at] == version || !is_initial && self.depth[at] < highest {
                    continue;
                }
                left -= 1;
                self.looked_at[at] = version;
                if !is_initial {
                    waiting.push(from);
                }
            }
        }
        direct.retain(|from| self.looked_at[*from as usize] != version);
    }
}
