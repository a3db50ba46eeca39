//! What holds of every ring.

use std::collections::BTreeMap;

use quorate_hashring::{
    AddReason, Elastic as _, Hashing, KeyHash, Node, NodeIx, Nodes, Place as _, PlaceExt as _,
    PlaceTokensReason, Ring, RingArc, Weight, WeightReason,
};
use quorate_machine::Rng;

use crate::model::{Model, below, name, order, owner, shuffled, tokens, weighing};

#[allow(clippy::needless_pass_by_value, reason = "errors are mapped by value")]
fn text(error: impl ToString) -> String {
    error.to_string()
}

fn nodes(count: u32) -> Vec<(String, u32)> {
    (0..count).map(|number| (format!("node-{number}"), 1 + number % 3)).collect()
}

fn borrowed(nodes: &[(String, u32)]) -> impl Iterator<Item = (&str, u32)> {
    nodes.iter().map(|(name, weight)| (name.as_str(), *weight))
}

/// Rings of every small size, one that has a name for each bit, and rings whose tokens cluster.
fn rings() -> Result<Vec<(Ring, Model)>, String> {
    let mut random = Rng::new(1);
    let mut rings = vec![];
    for count in 0..=9 {
        for per_weight in [1, 2, 3, 7, 20] {
            let nodes = nodes(count);
            let model = Model::of(&Hashing::default(), per_weight, borrowed(&nodes));
            rings.push((shuffled(per_weight, &nodes, &mut random)?, model));
        }
    }
    let many = nodes(150);
    rings.push((shuffled(5, &many, &mut random)?, Model::of(&Hashing::default(), 5, borrowed(&many))));
    for spread in 1..=20 {
        rings.push(clustered(spread, &mut random)?);
    }
    Ok(rings)
}

/// A ring whose tokens are within the last `3 * spread` bits, some of them at both ends of the circle.
fn clustered(spread: u32, random: &mut Rng) -> Result<(Ring, Model), String> {
    let mut ring = Ring::new(Hashing::default(), Ring::TOKENS);
    let mut all = vec![];
    for number in 0..=random.below(5) {
        let count = 1 + random.below(40);
        let mut own: Vec<u64> = (0..count).map(|_| random.draw() >> (64 - 3 * spread)).collect();
        own.extend([random.draw(), u64::MAX - random.below(3), random.below(3)]);
        own.sort_unstable();
        own.dedup();
        let name = format!("n{number}");
        all.extend(own.iter().map(|&token| (token, name.clone())));
        for index in order(own.len(), random) {
            own.swap(0, index);
        }
        ring.add_at(Node::new(name), own).map_err(text)?;
    }
    Ok((ring, Model::from_tokens(all)))
}

pub(crate) fn hashes_are_where_the_first_token_is_that_is_not_below() -> Result<String, String> {
    let mut hashes = 0;
    for (ring, model) in rings()? {
        model.is(&ring)?;
        for hash in model.edges() {
            hashes += 1;
            let (is, should) = (owner(&ring, hash), model.owner(hash));
            if is != should {
                return Err(format!(
                    "{hash:016x} is on {is:?}, not {should:?}, of {:?}",
                    ring.tokens().map(|(token, node)| (format!("{token:016x}"), node)).collect::<Vec<_>>()
                ));
            }
        }
    }
    Ok(format!("{hashes} hashes beside tokens"))
}

pub(crate) fn preferences_are_the_owners_of_what_comes_next() -> Result<String, String> {
    let mut walks = 0;
    for (ring, model) in rings()? {
        for hash in model.edges().step_by(5) {
            walks += 1;
            let preferences = ring.preferences_of(KeyHash::new(hash));
            let is: Vec<_> = preferences.filter_map(|node| name(&ring, node)).collect();
            if is != model.preferences(hash) || is.first().copied() != owner(&ring, hash) {
                return Err(format!("{hash:016x} prefers {is:?}, not {:?}", model.preferences(hash)));
            }
        }
    }
    Ok(format!("{walks} walks around rings"))
}

/// A peer gave five copies of four nodes, one of them twice, and other first ones than its owners.
pub(crate) fn more_copies_than_nodes_are_each_node_once() -> Result<String, String> {
    let ring = shuffled(50, &nodes(4), &mut Rng::new(2))?;
    for number in 0..2_000 {
        let hash = KeyHash::mixed(number);
        for count in [0, 1, 3, 4, 5, usize::MAX] {
            let mut copies: Vec<_> = ring.preferences_of(hash).take(count).collect();
            let first = copies.first().copied();
            copies.sort_unstable();
            copies.dedup();
            if copies.len() != count.min(4) || count > 0 && first != ring.locate(hash) {
                return Err(format!("{count} copies are {copies:?}, the first {first:?}"));
            }
        }
    }
    Ok("0 to more than all copies of 2000 keys on 4 nodes".into())
}

pub(crate) fn one_by_one_is_all_at_once_in_any_order() -> Result<String, String> {
    let mut random = Rng::new(3);
    let hashing = Hashing::default();
    for round in 0..60 {
        let nodes = nodes(1 + round % 12);
        let model = Model::of(&hashing, 10, borrowed(&nodes));
        let mut ring = shuffled(10, &nodes, &mut random)?;
        model.is(&ring)?;
        let rebuilt = Ring::new(hashing, tokens(10)).with_nodes(ring.nodes().clone()).map_err(text)?;
        if rebuilt != ring {
            return Err(format!("{ring:?} is not {rebuilt:?}, which has the same nodes"));
        }
        // Whoever came and went is not seen any more.
        let whole = ring.clone();
        for name in ["x", "y"] {
            ring.add(weighing(name, 1 + round % 5)).map_err(text)?;
        }
        for name in ["y", "x"] {
            ring.remove(name).map_err(text)?;
        }
        if ring != whole {
            return Err(format!("{ring:?} was {whole:?} before two nodes came and went"));
        }
    }
    Ok("60 rings, one by one and at once".into())
}

/// Peers keep tokens of nodes that weigh less now, or that are gone.
pub(crate) fn tokens_are_as_many_as_weights_say() -> Result<String, String> {
    let mut random = Rng::new(4);
    let mut ring = Ring::new(Hashing::default(), tokens(4));
    let mut weights: BTreeMap<String, u32> = BTreeMap::new();
    for step in 0..400 {
        let name = format!("n{}", random.below(6));
        let weight = 1 + below(&mut random, 9);
        let weighed = weights.get(&name).copied();
        if weighed.is_none() {
            ring.add(weighing(&name, weight)).map_err(text)?;
            weights.insert(name, weight);
        } else if random.below(3) == 0 {
            ring.remove(&name).map_err(text)?;
            weights.remove(&name);
        } else {
            let before = ring.set_weight(&name, Weight::new(weight).map_err(text)?).map_err(text)?;
            if weighed != Some(before.get()) {
                return Err(format!("{before} was not the weight"));
            }
            weights.insert(name, weight);
        }
        let model =
            Model::of(ring.hashing(), 4, weights.iter().map(|(name, weight)| (name.as_str(), *weight)));
        model.is(&ring).map_err(|error| format!("step {step}: {error}"))?;
    }
    Ok("400 changes of weights".into())
}

/// Of a peer's two nodes of one hash the wrong one was removed; of another's, one was lost.
pub(crate) fn equal_tokens_belong_to_the_first_by_name() -> Result<String, String> {
    let names = ["a", "b", "c", "d"];
    let shared = [[7, 1 << 40], [7, u64::MAX], [7, 1 << 40], [7, u64::MAX]];
    let mut random = Rng::new(5);
    for _ in 0..50 {
        let mut ring = Ring::new(Hashing::default(), Ring::TOKENS);
        let mut there: Vec<usize> = vec![];
        for which in order(4, &mut random) {
            ring.add_at(Node::new(names[which]), shared[which].to_vec()).map_err(text)?;
            there.push(which);
        }
        for leaver in order(4, &mut random) {
            let model = Model::from_tokens(
                there.iter().flat_map(|&i| shared[i].map(|token| (token, names[i].to_owned()))),
            );
            model.is(&ring)?;
            if let Some(hash) = model.edges().find(|&hash| owner(&ring, hash) != model.owner(hash)) {
                return Err(format!("{hash} is on {:?}", owner(&ring, hash)));
            }
            // All at once: the same order.
            let all = model.preferences(7);
            let is: Vec<_> = ring.preferences_of(KeyHash::new(7)).filter_map(|n| name(&ring, n)).collect();
            if is != all {
                return Err(format!("{is:?} prefer a token of all, not {all:?}"));
            }
            let removed = ring.remove(names[leaver]).map_err(text)?;
            if removed.name() != names[leaver] {
                return Err(format!("{} left, not {}", removed.name(), names[leaver]));
            }
            there.retain(|&which| which != leaver);
        }
        if ring.token_count() != 0 || ring.locate(KeyHash::new(7)).is_some() {
            return Err("tokens are left".into());
        }
    }
    Ok("50 times four nodes with the same tokens".into())
}

pub(crate) fn only_what_a_node_gets_or_gives_moves() -> Result<String, String> {
    let mut random = Rng::new(6);
    let mut moved = 0;
    let mut ring = shuffled(6, &nodes(8), &mut random)?;
    for step in 0..60 {
        let before = ring.clone();
        let name = format!("node-{}", random.below(12));
        let changed = match ring.nodes().find(&name) {
            None => {
                ring.add(weighing(&name, 1 + below(&mut random, 4))).map_err(text)?;
                name
            }
            Some(_) if step % 2 == 0 => {
                ring.set_weight(&name, Weight::new(1 + below(&mut random, 4)).map_err(text)?)
                    .map_err(text)?;
                name
            }
            Some(_) => ring.remove(&name).map_err(text)?.name().to_owned(),
        };
        let ends = before.tokens().chain(ring.tokens()).map(|(token, _)| token);
        for hash in ends {
            let (old, new) = (owner(&before, hash), owner(&ring, hash));
            if old != new {
                moved += 1;
                if old != Some(&changed) && new != Some(&changed) {
                    return Err(format!("{changed} changed, and {hash:016x} moved from {old:?} to {new:?}"));
                }
            }
        }
    }
    Ok(format!("{moved} arcs moved, all from or to the node that changed"))
}

fn middle(arc: RingArc) -> u64 {
    arc.after.wrapping_add(u64::try_from(arc.len() / 2).unwrap_or(0))
}

/// Peers compute what goes through zero wrong by one.
pub(crate) fn arcs_make_up_the_ring() -> Result<String, String> {
    let mut arcs = 0;
    for (ring, _) in rings()? {
        let mut sum = 0;
        let mut shares = vec![0; ring.nodes().span()];
        for arc in ring.arcs() {
            arcs += 1;
            sum += arc.len();
            shares[arc.owner.index()] += arc.len();
            for hash in [arc.after.wrapping_add(1), arc.to, middle(arc)] {
                let hash = KeyHash::new(hash);
                let prefers = |hash| ring.preferences_of(hash).collect::<Vec<_>>();
                if arc.len() > 1 && (!arc.contains(hash) || ring.locate(hash) != Some(arc.owner))
                    || arc.len() > 1 && prefers(hash) != prefers(KeyHash::new(arc.to))
                {
                    return Err(format!("{hash:?} is not on {arc:?}"));
                }
            }
            if ring.arcs().count() > 1
                && (arc.contains(KeyHash::new(arc.after))
                    || arc.contains(KeyHash::new(arc.to.wrapping_add(1))))
            {
                return Err(format!("{arc:?} has more than it has"));
            }
        }
        let whole = if ring.token_count() == 0 { 0 } else { 1 << 64 };
        if sum != whole || ring.shares(1) != shares {
            return Err(format!("{sum} hashes in all, {:?} by arcs, not {shares:?}", ring.shares(1)));
        }
        let copies = ring.nodes().len().min(3) as u128;
        if ring.shares(3).iter().sum::<u128>() != whole * copies {
            return Err(format!("three copies have the shares {:?}", ring.shares(3)));
        }
    }
    Ok(format!("{arcs} arcs"))
}

/// What is stored is read by making all tokens anew; what has changed node by node is the same, however its tokens cluster.
pub(crate) fn what_is_spliced_is_what_is_made_anew() -> Result<String, String> {
    let mut random = Rng::new(10);
    let mut steps = 0;
    for spread in 1..=20 {
        let (mut ring, _) = clustered(spread, &mut random)?;
        for number in 0..40 {
            match random.below(4) {
                0 => _ = ring.remove(&format!("n{}", random.below(5))),
                1 => _ = ring.add(weighing(&format!("n{}", random.below(5)), 1)),
                2 => {
                    let weight = Weight::new(1 + number % 3).map_err(text)?;
                    _ = ring.set_weight(&format!("n{}", random.below(5)), weight);
                }
                _ => {
                    let shift = below(&mut random, 60);
                    let mut own: Vec<u64> = (0..=random.below(30)).map(|_| random.draw() >> shift).collect();
                    own.sort_unstable();
                    own.dedup();
                    _ = ring.add_at(Node::new(format!("n{}", random.below(5))), own);
                }
            }
            let anew: Ring =
                serde_json::from_str(&serde_json::to_string(&ring).map_err(text)?).map_err(text)?;
            if anew != ring || !anew.tokens().eq(ring.tokens()) {
                return Err(format!("{ring:?} is not {anew:?} after {steps} steps"));
            }
            steps += 1;
        }
    }
    Ok(format!("{steps} rings, changed node by node and made anew"))
}

pub(crate) fn probes_find_the_nearest_token() -> Result<String, String> {
    let mut random = Rng::new(7);
    for (ring, model) in rings()? {
        for probes in [0, 1, 2, 21] {
            let hash = KeyHash::new(random.draw());
            let salted = (0..u64::from(probes.max(1))).map(|round| hash.salted(round).get());
            let next = |hash: u64| {
                let tokens = model.0.iter();
                tokens.map(|(token, name)| (token.wrapping_sub(hash), name.as_str())).min()
            };
            let should = salted.filter_map(next).min().map(|(_, name)| name);
            let is = ring.locate_probed(hash, probes).and_then(|node| name(&ring, node));
            if is != should || probes < 2 && is != owner(&ring, hash.get()) {
                return Err(format!("{probes} probes of {hash:?} find {is:?}, not {should:?}"));
            }
        }
    }
    Ok("0 to 21 probes of each ring".into())
}

pub(crate) fn many_are_located_as_one_by_one() -> Result<String, String> {
    let mut hashes = 0;
    for (ring, model) in rings()? {
        let edges: Vec<_> = model.edges().map(KeyHash::new).collect();
        for length in [0, 1, 15, 16, 17, edges.len()] {
            let edges = edges.get(..length).unwrap_or(&edges);
            // One more than there are hashes is left alone.
            let mut nodes = vec![Some(NodeIx::new(u32::MAX)); edges.len() + 1];
            ring.locate_many(edges, &mut nodes);
            let mut should: Vec<_> = edges.iter().map(|&hash| ring.locate(hash)).collect();
            should.push(Some(NodeIx::new(u32::MAX)));
            if nodes != should {
                return Err(format!("{nodes:?} are not {should:?}"));
            }
            ring.locate_many(edges, &mut []);
            hashes += edges.len();
        }
    }
    Ok(format!("{hashes} hashes at once"))
}

pub(crate) fn what_is_refused_changes_nothing() -> Result<String, String> {
    let mut ring = shuffled(3, &nodes(3), &mut Rng::new(8))?;
    ring.add_at(Node::new("given"), vec![5, 3]).map_err(text)?;
    let whole = ring.clone();
    let huge = Weight::new(u32::MAX).map_err(text)?;
    let add = |ring: &mut Ring, node: Node| {
        ring.add(node.clone()).err().filter(|e| e.node == node).map(|e| e.reason)
    };
    let at = |ring: &mut Ring, name: &str, tokens: &[u64]| {
        let error = ring.add_at(Node::new(name), tokens.to_vec()).err()?;
        (error.node.name() == name && error.tokens == tokens).then_some(error.reason)
    };
    let refused = [
        add(&mut ring, Node::new("node-1")) == Some(AddReason::Duplicate),
        add(&mut ring, Node::new("given")) == Some(AddReason::Duplicate),
        matches!(add(&mut ring, Node::new("x").weighing(huge)), Some(AddReason::TooManyTokens { wanted, max })
            if wanted == 3 * u64::from(u32::MAX) + ring.token_count() as u64 && max == Ring::TOKENS_MAX),
        at(&mut ring, "x", &[]) == Some(PlaceTokensReason::None),
        at(&mut ring, "x", &[9, 4, 9]) == Some(PlaceTokensReason::Twice { token: 9 }),
        at(&mut ring, "node-2", &[9]) == Some(PlaceTokensReason::Node(AddReason::Duplicate)),
        ring.remove("x").is_err(),
        ring.set_weight("x", Weight::ONE).map_err(|e| e.reason) == Err(WeightReason::Unknown),
        ring.set_weight("given", huge).map_err(|e| e.reason) == Err(WeightReason::Given),
        matches!(
            ring.set_weight("node-1", huge).map_err(|e| e.reason),
            Err(WeightReason::TooManyTokens { .. })
        ),
    ];
    if let Some(which) = refused.iter().position(|refused| !refused) {
        return Err(format!("the {which}-th is not refused as it should be"));
    }
    if ring != whole {
        return Err(format!("{ring:?} was {whole:?}"));
    }
    let mut nodes = Nodes::new();
    for number in 0..3 {
        nodes.add(Node::new(format!("{number}")).weighing(huge)).map_err(text)?;
    }
    match Ring::new(Hashing::default(), Ring::TOKENS).with_nodes(nodes) {
        Err(error) if error.node == Node::new("0").weighing(huge) => {
            Ok(format!("{} refusals, and: {error}", refused.len()))
        }
        other => Err(format!("{other:?}")),
    }
}

pub(crate) fn rings_come_back() -> Result<String, String> {
    let mut ring = shuffled(7, &nodes(6), &mut Rng::new(9))?;
    ring.remove("node-2").map_err(text)?;
    ring.add_at(Node::new("given").within(["zone"]), vec![5, u64::MAX, 3]).map_err(text)?;
    ring.remove("node-0").map_err(text)?;
    let json = serde_json::to_string(&ring).map_err(text)?;
    let bytes = postcard::to_allocvec(&ring).map_err(text)?;
    if serde_json::from_str::<Ring>(&json).map_err(text)? != ring
        || postcard::from_bytes::<Ring>(&bytes).map_err(text)? != ring
    {
        return Err(format!("{json} is not {ring:?}"));
    }
    let wrong = [
        json.replace("ring/1", "ring/2"),
        json.replace("[3,5,", "[5,3,"),
        json.replace("[3,5,", "[3,3,"),
        json.replace("\"weight\":3", "\"weight\":4294967295"),
        json.replace("\"per_weight\":7", "\"per_weight\":0"),
        json.replace("\"given\":[[", "\"given\":[[1"),
        json.replace("\"given\":[[", "\"given\":[[2,[]],["),
        json.replace("\"given\":[[", "\"given\":[[4,[1]],["),
    ];
    for json in &wrong {
        if let Ok(ring) = serde_json::from_str::<Ring>(json) {
            return Err(format!("{json} is read as {ring:?}"));
        }
    }
    let length = json.len();
    Ok(format!("{length} bytes for {} tokens, {} texts that are no ring", ring.token_count(), wrong.len()))
}

/// Indexes that need more bits than there are tokens do not get in the way of tokens.
pub(crate) fn indexes_may_be_wider_than_tokens_are_many() -> Result<String, String> {
    let mut ring = Ring::new(Hashing::default(), tokens(1));
    for number in 0..70_u32 {
        ring.add(Node::new(number.to_string())).map_err(text)?;
    }
    for number in 0..69_u32 {
        ring.remove(&number.to_string()).map_err(text)?;
    }
    ring.add_at(Node::new("given"), vec![0, u64::MAX]).map_err(text)?;
    let mut model = Model::of(ring.hashing(), 1, [("69", 1)]).0;
    model.extend([(0, "given".to_owned()), (u64::MAX, "given".to_owned())]);
    let model = Model::from_tokens(model);
    model.is(&ring)?;
    match model.edges().find(|&hash| owner(&ring, hash) != model.owner(hash)) {
        Some(hash) => Err(format!("{hash:016x} is on {:?}", owner(&ring, hash))),
        None => Ok(format!("3 tokens, indexes up to {}", NodeIx::new(69))),
    }
}
