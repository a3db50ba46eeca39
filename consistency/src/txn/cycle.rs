//! Cycles of dependencies, by Adya's names: *Weak Consistency* (MIT, 1999), §3.2 and §4.1 to §4.3.

use alloc::{vec, vec::Vec};

use super::{
    anomaly::Anomaly,
    append::Lists,
    bug::Bug,
    graph::{Components, Edge, Graph},
    history::TxnId,
    intern::NONE,
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

/// Names the cycles of these edges; whether it gave up before the end. Nodes from `txns` on stand for several transactions.
pub(super) fn find<K: Clone, V: Clone>(
    lists: &Lists<'_, K, V>,
    txns: usize,
    edges: &[Edge],
    nodes: usize,
    options: Options,
    findings: &mut Vec<Finding<K, V>>,
) -> bool {
    let graph = Graph::new(nodes, edges);
    let last = if options.has(Bug::ComponentsStopEarly) { nodes / 2 } else { usize::MAX };
    let knots = Components::new(&graph, u8::MAX, last);
    let part = Part::new(&graph, &knots);
    let mut search = Search::new(&part.graph, options.edges_max);
    let mut is_truncated = false;
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
            let is_wanted = |walk: &[usize]| is_walk_enough || is_simple(&part.graph, walk);
            let walk = if options.has(Bug::AdjacencyIgnored) {
                search.shortest(nodes, &components, &Careless(kind), is_wanted)
            } else {
                search.shortest(nodes, &components, &kind, is_wanted)
            };
            is_truncated |= walk.is_none() && search.edges_left == 0;
            if let Some(walk) = walk {
                shown[knot] |= 1 << nth;
                let walk = walk.iter().map(|place| part.outer(*place));
                let evidence = Evidence::Cycle(steps(lists, txns, walk));
                findings.push(Finding { anomaly: kind.anomaly, evidence });
            }
        }
    }
    is_truncated
}

fn is_simple(graph: &Graph, walk: &[usize]) -> bool {
    let mut nodes: Vec<u32> = walk.iter().map(|place| graph.edges[*place].from).collect();
    nodes.sort_unstable();
    nodes.windows(2).all(|pair| pair[0] != pair[1])
}

/// The part of a graph that is in knots, which alone is searched.
struct Part {
    graph: Graph,
    /// What its nodes are called in the whole.
    names: Vec<u32>,
    /// The knot of each node.
    knot: Vec<u32>,
}

impl Part {
    fn new(whole: &Graph, knots: &Components) -> Self {
        let mut names: Vec<u32> = knots.cyclic().flatten().copied().collect();
        names.sort_unstable();
        let mut inner = vec![NONE; whole.nodes()];
        (0..).zip(&names).for_each(|(at, name)| inner[*name as usize] = at);
        let mut edges = Vec::new();
        for name in &names {
            for edge in &whole.edges[whole.out(*name)] {
                if knots.of[edge.from as usize] == knots.of[edge.to as usize] {
                    let (from, to) = (inner[edge.from as usize], inner[edge.to as usize]);
                    edges.push(Edge { from, to, ..*edge });
                }
            }
        }
        let mut numbers = vec![NONE; whole.nodes()];
        let mut count = 0;
        let knot = names.iter().map(|name| {
            let number = &mut numbers[knots.of[*name as usize] as usize];
            if *number == NONE {
                *number = count;
                count += 1;
            }
            *number
        });
        Self { knot: knot.collect(), graph: Graph::new(names.len(), &edges), names }
    }

    /// An edge with the names of the whole.
    fn outer(&self, place: usize) -> Edge {
        let edge = self.graph.edges[place];
        let name = |node: u32| self.names[node as usize];
        Edge { from: name(edge.from), to: name(edge.to), ..edge }
    }
}

/// The edges of a walk as steps between transactions.
fn steps<K: Clone, V: Clone>(
    lists: &Lists<'_, K, V>,
    txns: usize,
    walk: impl Iterator<Item = Edge>,
) -> Vec<Step<K, V>> {
    let mut steps = Vec::new();
    let mut begun: Option<Edge> = None;
    for edge in walk {
        let first = begun.take().unwrap_or(edge);
        if edge.to as usize >= txns {
            begun = Some(first);
            continue;
        }
        let whole = Edge { to: edge.to, cause: edge.cause, ..first };
        steps.push(Step { from: TxnId(whole.from), to: TxnId(whole.to), why: why(lists, whole) });
    }
    steps
}

fn why<K: Clone, V: Clone>(lists: &Lists<'_, K, V>, edge: Edge) -> Dependency<K, V> {
    let Some(element) = lists.elements.get(edge.cause as usize) else { return Dependency::Realtime };
    let key = lists.interned.keys[element.key as usize].clone();
    let value = element.value.clone();
    match edge.kind {
        WW => {
            // Elements are in the order of their transactions: what the earlier one appended last.
            let from = lists.elements.partition_point(|other| other.txn < edge.from);
            let own = lists.elements[from..].iter().take_while(|other| other.txn == edge.from);
            let before = own.filter(|other| other.key == element.key && other.place != NONE).last();
            let before = before.map_or_else(|| value.clone(), |other| other.value.clone());
            Dependency::Ww { key, before, after: value }
        }
        WR => Dependency::Wr { key, value },
        RW => Dependency::Rw { key, value },
        PROCESS => Dependency::Process,
        _ => Dependency::Realtime,
    }
}
