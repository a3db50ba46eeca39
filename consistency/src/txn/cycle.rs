//! Cycles of dependencies, by Adya's names: *Weak Consistency* (MIT, 1999), §3.2 and §4.1 to §4.3.

use alloc::{vec, vec::Vec};

use super::{
    anomaly::Anomaly,
    bug::Bug,
    graph::{Components, Edge, Graph, Part},
    history::TxnId,
    report::{Dependency, Evidence, Finding, Options, Step},
    search::{Rule, Search},
};

pub(super) const WW: u8 = 1;
pub(super) const WR: u8 = 2;
pub(super) const RW: u8 = 4;
pub(super) const PROCESS: u8 = 8;
pub(super) const REALTIME: u8 = 16;
/// From a node that stands for several transactions: the dependency is that of the edge before.
pub(super) const SAME: u8 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    G0,
    G1c,
    Single,
    Nonadjacent,
    Item,
}

/// A kind of cycle: its class, and which edges besides those of data it needs one of.
#[derive(Clone, Copy, Debug)]
struct Kind {
    anomaly: Anomaly,
    class: Class,
    flavour: u8,
}

/// In order of severity.
const KINDS: [Kind; 15] = {
    use Anomaly as A;
    const fn kind(anomaly: Anomaly, class: Class, flavour: u8) -> Kind {
        Kind { anomaly, class, flavour }
    }
    [
        kind(A::G0, Class::G0, 0),
        kind(A::G0Process, Class::G0, PROCESS),
        kind(A::G0Realtime, Class::G0, REALTIME),
        kind(A::G1c, Class::G1c, 0),
        kind(A::G1cProcess, Class::G1c, PROCESS),
        kind(A::G1cRealtime, Class::G1c, REALTIME),
        kind(A::GSingle, Class::Single, 0),
        kind(A::GSingleProcess, Class::Single, PROCESS),
        kind(A::GSingleRealtime, Class::Single, REALTIME),
        kind(A::GNonadjacent, Class::Nonadjacent, 0),
        kind(A::GNonadjacentProcess, Class::Nonadjacent, PROCESS),
        kind(A::GNonadjacentRealtime, Class::Nonadjacent, REALTIME),
        kind(A::G2Item, Class::Item, 0),
        kind(A::G2ItemProcess, Class::Item, PROCESS),
        kind(A::G2ItemRealtime, Class::Item, REALTIME),
    ]
};

impl Kind {
    /// The edge that every such cycle has, and with which the search begins.
    const fn needs(self) -> u8 {
        match self.class {
            Class::G0 => WW,
            Class::G1c => WR,
            Class::Single | Class::Nonadjacent | Class::Item => RW,
        }
    }

    const fn edges(self) -> u8 {
        let data = match self.class {
            Class::G0 => WW,
            Class::G1c => WW | WR,
            Class::Single | Class::Nonadjacent | Class::Item => WW | WR | RW,
        };
        let order = match self.flavour {
            REALTIME => PROCESS | REALTIME,
            flavour => flavour,
        };
        data | order | SAME
    }
}

/// The last edge was rw.
const AFTER_RW: u8 = 1;
/// There was an edge of the flavour.
const FLAVOURED: u8 = 2;
/// The class has what it needs besides the first edge: a second rw, or two in a row.
const COMPLETE: u8 = 4;

impl Rule for Kind {
    fn first(&self, kind: u8) -> Option<u8> {
        let complete = match self.class {
            Class::G0 | Class::G1c | Class::Single => COMPLETE,
            Class::Nonadjacent | Class::Item => 0,
        };
        let after = if kind == RW { AFTER_RW } else { 0 };
        (kind == self.needs()).then_some(complete | after | if self.flavour == 0 { FLAVOURED } else { 0 })
    }

    fn next(&self, state: u8, kind: u8) -> Option<u8> {
        if kind & self.edges() == 0 {
            return None;
        }
        if kind == SAME {
            return Some(state);
        }
        let flavoured = if kind == self.flavour { FLAVOURED } else { 0 };
        let is_after_rw = state & AFTER_RW != 0;
        let rest = state & !AFTER_RW | flavoured;
        match (kind, self.class) {
            (RW, Class::Single) => None,
            (RW, Class::Nonadjacent) if is_after_rw => None,
            (RW, Class::Nonadjacent) => Some(rest | AFTER_RW | COMPLETE),
            (RW, Class::Item) if is_after_rw => Some(rest | AFTER_RW | COMPLETE),
            (RW, _) => Some(rest | AFTER_RW),
            _ => Some(rest),
        }
    }

    fn closes(&self, state: u8) -> bool {
        let is_flavoured = state & FLAVOURED != 0;
        let is_complete = state & COMPLETE != 0;
        let is_after_rw = state & AFTER_RW != 0;
        // The first edge is rw, so that one before it is next to it.
        is_flavoured
            && match self.class {
                Class::G0 | Class::G1c | Class::Single => is_complete,
                Class::Nonadjacent => is_complete && !is_after_rw,
                Class::Item => is_complete || is_after_rw,
            }
    }
}

/// The mistake of taking two anti-dependencies in a row for apart.
struct Careless(Kind);

impl Rule for Careless {
    fn first(&self, kind: u8) -> Option<u8> {
        self.0.first(kind).map(|state| state & !AFTER_RW)
    }

    fn next(&self, state: u8, kind: u8) -> Option<u8> {
        self.0.next(state, kind).map(|state| state & !AFTER_RW)
    }

    fn closes(&self, state: u8) -> bool {
        self.0.closes(state)
    }
}

/// Cycles by their names, as the edges that they are of.
#[derive(Debug)]
pub(super) struct Cycles {
    found: Vec<(Anomaly, Vec<Edge>)>,
    /// Whether the search ended early.
    pub(super) is_truncated: bool,
}

/// Names the cycles of these edges. Nodes from `txns` on stand for several transactions.
pub(super) fn find(edges: &[Edge], txns: usize, nodes: usize, options: Options) -> Cycles {
    let graph = Graph::new(nodes, edges);
    let last = if options.has(Bug::ComponentsStopEarly) { nodes / 2 } else { usize::MAX };
    let knots = Components::new(&graph, u8::MAX, last);
    let part = Part::new(&graph, &knots);
    let mut search = Search::new(&part.graph, options.edges_max);
    let mut cycles = Cycles { found: Vec::new(), is_truncated: false };
    // Which of the kinds each knot has already shown.
    let mut shown: Vec<u16> = vec![0; part.names.len()];
    for (nth, kind) in KINDS.into_iter().enumerate() {
        // Three flavours of each class: this one and those that need less.
        let lesser = |class: Class| ((2 << (nth % 3)) - 1) << (class as usize * 3);
        let components = Components::new(&part.graph, kind.edges(), usize::MAX);
        for nodes in components.cyclic() {
            let knot = part.knot[nodes[0] as usize] as usize;
            if shown[knot] & lesser(kind.class) != 0 {
                continue;
            }
            // Snapshot isolation rules out walks that pass through a transaction twice, too (Cerone and Gotsman, JACM 2018,
            // §4). But a walk that goes around a cycle with one rw twice says nothing new.
            let is_walk_enough = kind.class == Class::Nonadjacent && shown[knot] & lesser(Class::Single) == 0;
            let is_wanted = |walk: &[usize]| is_walk_enough || is_simple(&part, txns, walk);
            let walk = if options.has(Bug::AdjacencyIgnored) {
                search.shortest(nodes, &components, &Careless(kind), is_wanted)
            } else {
                search.shortest(nodes, &components, &kind, is_wanted)
            };
            cycles.is_truncated |= walk.is_none() && search.edges_left == 0;
            if let Some(walk) = walk {
                shown[knot] |= 1 << nth;
                cycles.found.push((kind.anomaly, walk.iter().map(|place| part.outer(*place)).collect()));
            }
        }
    }
    cycles
}

impl Cycles {
    /// Tells each cycle as steps between transactions, of which there are as many as `txns`; `why` explains an edge of data.
    pub(super) fn told<K, V>(
        self,
        txns: usize,
        why: impl Fn(Edge) -> Dependency<K, V>,
    ) -> impl Iterator<Item = Finding<K, V>> {
        self.found.into_iter().map(move |(anomaly, walk)| {
            let step = |edge: Edge| Step {
                from: TxnId(edge.from),
                to: TxnId(edge.to),
                why: match edge.kind {
                    PROCESS => Dependency::Process,
                    REALTIME => Dependency::Realtime,
                    _ => why(edge),
                },
            };
            let steps = between_transactions(txns, walk).into_iter().map(step).collect();
            Finding { anomaly, evidence: Evidence::Cycle(steps) }
        })
    }
}

/// The edges of a walk without the nodes that stand for several transactions.
fn between_transactions(txns: usize, walk: Vec<Edge>) -> Vec<Edge> {
    let mut whole = Vec::new();
    let mut begun: Option<Edge> = None;
    for edge in walk {
        let first = begun.take().unwrap_or(edge);
        if edge.to as usize >= txns {
            begun = Some(first);
        } else {
            whole.push(Edge { to: edge.to, cause: edge.cause, ..first });
        }
    }
    whole
}

/// Whether a walk passes through no transaction twice.
fn is_simple(part: &Part, txns: usize, walk: &[usize]) -> bool {
    let mut nodes: Vec<u32> = walk.iter().map(|place| part.outer(*place).from).collect();
    nodes.retain(|node| (*node as usize) < txns);
    nodes.sort_unstable();
    nodes.windows(2).all(|pair| pair[0] != pair[1])
}
