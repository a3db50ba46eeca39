//! Copies spread over failure domains.

use std::{collections::BTreeMap, fmt::Debug};

use quorate_hashring::{Elastic as _, KeyHash, Limit, Node, NodeIx, Place as _, Rule, RuleError, Spread};
use quorate_machine::Rng;

use crate::given::{Given, topology};

const PLANS: u64 = 3_000;

/// The limits of a random rule, and the rule.
fn rule(rng: &mut Rng) -> (Vec<(usize, Limit)>, Rule) {
    let mut limits = vec![];
    let mut rule = Rule::copies(1 + u16::try_from(rng.below(6)).expect("small"));
    for level in 0..2 {
        match rng.below(3) {
            0 => {}
            1 => (limits, rule) = ([limits, vec![(level, Limit::Even)]].concat(), rule.even(level)),
            _ => (limits, rule) = ([limits, vec![(level, Limit::Strict)]].concat(), rule.strict(level)),
        }
    }
    (limits, rule)
}

/// Whether the nodes obey the strict levels.
fn obeys(table: &Given, limits: &[(usize, Limit)], nodes: &[NodeIx]) -> bool {
    limits.iter().filter(|(_, limit)| *limit == Limit::Strict).all(|&(level, _)| {
        let mut paths: Vec<_> = nodes.iter().map(|&node| path(table, node, level)).collect();
        paths.sort_unstable();
        paths.windows(2).all(|pair| pair[0] != pair[1])
    })
}

fn path(table: &Given, node: NodeIx, level: usize) -> Vec<String> {
    let path = table.nodes().get(node).expect("a node").path();
    path.iter().take(level + 1).map(ToString::to_string).collect()
}

/// The largest set of nodes that are up and obey the strict levels, found by trying all.
fn most(table: &Given, limits: &[(usize, Limit)], up: &[NodeIx]) -> usize {
    (0_u32..1 << up.len())
        .map(|set| (0..up.len()).filter(|i| set >> i & 1 == 1).map(|i| up[i]).collect::<Vec<_>>())
        .filter(|nodes| obeys(table, limits, nodes))
        .map(|nodes| nodes.len())
        .max()
        .unwrap_or(0)
}

/// Copies in each domain of a level that is up.
fn count(table: &Given, nodes: &[NodeIx], level: usize, up: &[NodeIx]) -> BTreeMap<Vec<String>, usize> {
    let mut counts: BTreeMap<_, _> = up.iter().map(|&node| (path(table, node, level), 0)).collect();
    for &node in nodes {
        *counts.entry(path(table, node, level)).or_default() += 1;
    }
    counts
}

/// At every level with a limit, a domain that has two copies more than another within the same domain of the level above has them
/// because the other can take no more.
fn is_even(table: &Given, limits: &[(usize, Limit)], nodes: &[NodeIx], up: &[NodeIx]) -> bool {
    limits.iter().enumerate().all(|(i, &(level, _))| {
        let above = |path: &[String]| i.checked_sub(1).map(|i| path[..=limits[i].0].to_vec());
        let counts = count(table, nodes, level, up);
        let room = |domain: &[String]| {
            let within: Vec<_> =
                up.iter().copied().filter(|&node| path(table, node, level) == domain).collect();
            most(table, limits, &within)
        };
        counts.iter().all(|(d, &more)| {
            counts.iter().all(|(e, &less)| above(d) != above(e) || more <= less + 1 || less == room(e))
        })
    })
}

fn claim<T: Debug>(holds: bool, what: &str, of: T) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{what}: {of:?}")) }
}

/// Over small topologies, rules and sets of nodes that are down: as many copies as there can be, on different nodes that are up, apart
/// where they must be, as even as they can be; the first where a single one would be.
pub(crate) fn copies_are_as_many_and_as_even_as_can_be() -> Result<String, String> {
    let mut rng = Rng::new(1);
    let (mut short, mut shared) = (0, 0);
    for plan in 0..PLANS {
        let table = topology(&mut rng);
        let (limits, rule) = rule(&mut rng);
        let all: Vec<_> = table.nodes().iter().map(|(node, _)| node).collect();
        let down = rng.below(4);
        let up: Vec<_> = all.iter().copied().filter(|_| rng.below(4) >= down).collect();
        let mut spread = Spread::new(&table, rule.clone()).map_err(|error| error.to_string())?;
        spread
            .set_down(all.iter().copied().filter(|node| !up.contains(node)))
            .map_err(|error| error.to_string())?;
        let hash = KeyHash::mixed(plan);
        let replicas = spread.replicas_of(hash);
        let nodes: Vec<_> = replicas.nodes().collect();
        let state = (&table, &rule, &up, &nodes);
        let can = most(&table, &limits, &up).min(usize::from(rule.count()));
        claim(nodes.iter().all(|node| up.contains(node)), "a node is down", state)?;
        claim((1..nodes.len()).all(|i| !nodes[..i].contains(&nodes[i])), "a node comes twice", state)?;
        claim(obeys(&table, &limits, &nodes), "a domain is shared", state)?;
        claim(nodes.len() == can, "there could be more copies", state)?;
        claim(
            usize::from(replicas.shortfall()) == usize::from(rule.count()) - can,
            "the shortfall is wrong",
            state,
        )?;
        claim(is_even(&table, &limits, &nodes, &up), "copies are uneven", state)?;
        let first = table.order(hash).into_iter().find(|node| up.contains(node));
        claim(nodes.first().copied() == first, "the first copy is not where one would be", state)?;
        short += usize::from(replicas.shortfall() > 0);
        shared += usize::from(
            limits.iter().any(|&(level, _)| count(&table, &nodes, level, &up).values().any(|&n| n > 1)),
        );
    }
    Ok(format!("{PLANS} plans, {short} with a shortfall, {shared} with a shared domain"))
}

/// What is on a node that is up keeps its position, whatever else goes down, and what replaces the rest is as much as there can be.
pub(crate) fn positions_are_kept() -> Result<String, String> {
    let mut rng = Rng::new(2);
    let (mut kept, mut replaced, mut empty) = (0, 0, 0);
    for plan in 0..PLANS {
        let table = topology(&mut rng);
        let (limits, rule) = rule(&mut rng);
        let hash = KeyHash::mixed(plan);
        let mut spread = Spread::new(&table, rule.clone().positional()).map_err(|error| error.to_string())?;
        let before = spread.replicas_of(hash);
        let all: Vec<_> = table.nodes().iter().map(|(node, _)| node).collect();
        let up: Vec<_> = all.iter().copied().filter(|_| rng.below(3) > 0).collect();
        spread
            .set_down(all.iter().copied().filter(|node| !up.contains(node)))
            .map_err(|error| error.to_string())?;
        let after = spread.replicas_of(hash);
        let state = (&table, &rule, &up, &before, &after);
        for (place, was) in before.places().iter().enumerate() {
            let is = after.places().get(place).copied().flatten();
            match was.filter(|node| up.contains(node)) {
                Some(node) => claim(is == Some(node), "a copy has lost its position", state)?,
                None => {
                    (replaced, empty) = (replaced + i32::from(is.is_some()), empty + i32::from(is.is_none()));
                }
            }
            kept += i32::from(was.is_some() && is == *was);
        }
        let nodes: Vec<_> = after.nodes().collect();
        let can = most(&table, &limits, &up).min(usize::from(rule.count()));
        claim(nodes.iter().all(|node| up.contains(node)), "a node is down", state)?;
        claim((1..nodes.len()).all(|i| !nodes[..i].contains(&nodes[i])), "a node comes twice", state)?;
        claim(obeys(&table, &limits, &nodes), "a domain is shared", state)?;
        claim(nodes.len() == can, "there could be more copies", state)?;
        spread.set_down([]).map_err(|error| error.to_string())?;
        claim(spread.replicas_of(hash) == before, "it is not as it was", state)?;
    }
    Ok(format!("{PLANS} plans, {kept} copies kept, {replaced} replaced, {empty} places empty"))
}

/// More copies than zones: they share zones evenly rather than be one per zone, and where they must not, it is said how many are missing
/// (both went wrong in cortex and thanos).
pub(crate) fn more_copies_than_zones() -> Result<String, String> {
    let mut table = Given::new();
    for (i, zone) in ["a", "a", "a", "b", "b", "b"].iter().enumerate() {
        table.add(Node::new(format!("{i}")).within([*zone])).map_err(|error| error.to_string())?;
    }
    for hash in (0..100).map(KeyHash::mixed) {
        let even = Spread::new(&table, Rule::copies(5).even(0)).map_err(|error| error.to_string())?;
        claim(even.replicas_of(hash).shortfall() == 0, "copies are missing", hash)?;
        let strict = Spread::new(&table, Rule::copies(5).strict(0)).map_err(|error| error.to_string())?;
        claim(strict.replicas_of(hash).shortfall() == 3, "it is not said that copies are missing", hash)?;
    }
    Ok("5 copies over 2 zones".into())
}

/// A zone of one node beside a zone of a hundred has one copy, and the other zone the rest.
pub(crate) fn a_small_zone_takes_what_it_can() -> Result<String, String> {
    let mut table = Given::new();
    table.add(Node::new("alone").within(["small"])).map_err(|error| error.to_string())?;
    for i in 0..100 {
        table.add(Node::new(format!("{i}")).within(["large"])).map_err(|error| error.to_string())?;
    }
    let spread = Spread::new(&table, Rule::copies(4).even(0)).map_err(|error| error.to_string())?;
    for hash in (0..100).map(KeyHash::mixed) {
        let nodes: Vec<_> = spread.replicas_of(hash).nodes().collect();
        let small = nodes
            .iter()
            .filter(|&&node| spread.node(node).and_then(|node| node.domain(0)) == Some("small"))
            .count();
        claim(nodes.len() == 4 && small == 1, "one of four copies should be in the small zone", &nodes)?;
    }
    Ok("4 copies over zones of 1 and 100 nodes".into())
}

/// Rules that make no sense for the nodes are refused, with the reason.
pub(crate) fn senseless_rules_are_refused() -> Result<String, String> {
    let mut table = Given::new();
    table.add(Node::new("flat")).map_err(|error| error.to_string())?;
    let refused = |rule| Spread::new(&table, rule).err();
    claim(refused(Rule::copies(0)) == Some(RuleError::NoCopies), "no copies", ())?;
    let unknown = RuleError::NoSuchLevel { node: "flat".into(), level: 0 };
    claim(refused(Rule::copies(1).even(0)) == Some(unknown), "a level that is not there", ())?;
    table.remove("flat").map_err(|error| error.to_string())?;
    let refused = |rule| Spread::new(&table, rule).err();
    claim(
        refused(Rule::copies(1).even(1).strict(1)) == Some(RuleError::LevelTwice { level: 1 }),
        "a level twice",
        (),
    )?;
    let nobody = Spread::new(&table, Rule::copies(3).even(0)).map_err(|error| error.to_string())?;
    claim(nobody.replicas(b"key").shortfall() == 3, "an empty table has copies", ())?;
    Ok("4 rules".into())
}

/// A rule comes back as it was, and one that somebody has written in another order of levels is the same rule.
pub(crate) fn rules_come_back() -> Result<String, String> {
    let rule = Rule::copies(5).even(0).strict(1).positional();
    let text = serde_json::to_string(&rule).map_err(|error| error.to_string())?;
    let read = |text: &str| serde_json::from_str::<Rule>(text).map_err(|error| error.to_string());
    claim(read(&text)? == rule, "it is another", &text)?;
    let (widest, narrower) = (r#"[0,"Even"]"#, r#"[1,"Strict"]"#);
    let turned = text.replace(&format!("[{widest},{narrower}]"), &format!("[{narrower},{widest}]"));
    claim(turned != text && read(&turned)? == rule, "another order is another rule", &turned)?;
    claim(read(&text.replace("copies", "kopies")).is_err(), "what is not known is passed over", &text)?;
    Ok("3 texts".into())
}
