//! AnchorHash beside its definition, and beside whoever wants its lookups slow.

use quorate_hashring::{
    AddReason, Anchor, Elastic, Hashing, KeyHash, Node, NodeIx, Nodes, Place, Weight, jump_back,
};
use quorate_machine::Rng;

use super::compared::equal;

/// The definition, in section 3 of the paper: each removed bucket keeps the whole list of those that were left.
#[derive(Default)]
struct Defined {
    capacity: Option<u32>,
    count: u32,
    left: Vec<u32>,
    /// Each removed bucket, where it had stood, and who was left, the last last.
    removed: Vec<(u32, usize, Vec<u32>)>,
}

impl Defined {
    fn add(&mut self) -> u32 {
        let Some((bucket, position, _)) = self.removed.pop() else {
            self.left.push(self.count);
            self.count += 1;
            return self.count - 1;
        };
        self.left.push(bucket);
        let last = self.left.len() - 1;
        self.left.swap(position, last);
        bucket
    }

    fn remove(&mut self, bucket: u32) {
        let position = self.left.iter().position(|&left| left == bucket).expect("in use");
        self.left.swap_remove(position);
        if self.removed.is_empty() && bucket + 1 == self.count {
            self.count -= 1;
        } else {
            self.removed.push((bucket, position, self.left.clone()));
        }
    }

    fn locate(&self, hash: KeyHash) -> Option<u32> {
        if self.left.is_empty() {
            return None;
        }
        let again = |bucket: u32| {
            let step = 0x6a09_e667_f3bc_c909_u64.wrapping_mul(u64::from(bucket) + 1);
            KeyHash::mixed(hash.get().wrapping_add(step))
        };
        let mut bucket = match self.capacity {
            None => jump_back(hash, self.count)?,
            Some(capacity) => hash.scaled(capacity),
        };
        loop {
            if bucket >= self.count {
                bucket = again(bucket).scaled(bucket);
                continue;
            }
            let Some((_, _, left)) = self.removed.iter().find(|(removed, ..)| *removed == bucket) else {
                return Some(bucket);
            };
            bucket = left[again(bucket).scaled(u32::try_from(left.len()).expect("few")) as usize];
        }
    }
}

/// Random histories, in which removals outweigh at times: every lookup is where the definition says.
pub(crate) fn anchor_is_what_the_paper_defines() -> Result<String, String> {
    let (mut lookups, mut deepest) = (0, 0);
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let capacity = (seed % 2 == 1).then_some(130);
        let mut anchor = match capacity {
            None => Anchor::new(Hashing::default()),
            Some(capacity) => Anchor::reserving(Hashing::default(), capacity),
        };
        let mut defined = Defined { capacity, ..Defined::default() };
        let mut of_bucket: Vec<Option<NodeIx>> = vec![None; 200];
        for step in 0..260_u64 {
            let grows = defined.left.is_empty() || rng.below(100) < if step % 130 < 60 { 80 } else { 30 };
            if grows && defined.left.len() < 130 {
                let index = anchor.add(Node::new(format!("{step}"))).map_err(|error| error.to_string())?;
                of_bucket[defined.add() as usize] = Some(index);
            } else if !defined.left.is_empty() {
                // Now one of many, now one of the first: the chains of the first positions grow long.
                let among = if seed % 3 == 0 { 2 } else { defined.left.len() as u64 };
                let position = rng.below(among.min(defined.left.len() as u64));
                let bucket = defined.left[usize::try_from(position).expect("small")];
                defined.remove(bucket);
                let index = of_bucket[bucket as usize].take().ok_or("a node is there")?;
                let name =
                    anchor.nodes().get(index).map(|node| node.name().to_owned()).ok_or("it has a name")?;
                anchor.remove(&name).map_err(|error| error.to_string())?;
            }
            for _ in 0..20 {
                let hash = KeyHash::new(rng.draw());
                let expected = defined.locate(hash).and_then(|bucket| of_bucket[bucket as usize]);
                equal(|| format!("{seed}/{step}: {hash:?}"), anchor.locate(hash), expected)?;
                deepest = deepest.max(anchor.steps(hash));
                lookups += 1;
            }
        }
    }
    Ok(format!("{lookups} lookups agree, the longest in {deepest} steps"))
}

fn grown(mut anchor: Anchor, nodes: u32) -> Result<Anchor, String> {
    for number in 0..nodes {
        anchor.add(Node::new(number.to_string())).map_err(|error| error.to_string())?;
    }
    Ok(anchor)
}

fn steps(anchor: &Anchor) -> (usize, usize) {
    let steps = |key| anchor.steps(KeyHash::mixed(key));
    ((0..10_000).map(steps).sum::<usize>() / 10_000, (0..10_000).map(steps).max().unwrap_or(0))
}

/// Bucket 0, then always the last: in the plain algorithm one position's chain is as long as the table, and a lookup takes 100,000
/// steps on average. Ours stays within twice the logarithm of the table's size, with any number of long chains. Of 100,000 nodes that
/// leave at random to the last, each position has lost a dozen, and a lookup takes the square of that, halved.
pub(crate) fn an_adversary_cannot_make_lookups_slow() -> Result<String, String> {
    const NODES: u32 = 100_000;
    const LOG: usize = 17;
    let mut report = Vec::new();
    let mut gone = |name: &str, anchor: Anchor, max: usize, order: &mut dyn Iterator<Item = u32>| {
        let mut anchor = grown(anchor, NODES)?;
        for number in order {
            anchor.remove(&number.to_string()).map_err(|error| error.to_string())?;
        }
        let (mean, most) = steps(&anchor);
        if mean > max {
            return Err(format!("{name}: {mean} steps on average, {most} at most"));
        }
        report.push(format!("{name}: {mean} steps on average, {most} at most"));
        Ok(())
    };
    let uncapped = || Anchor::new(Hashing::default());
    gone("0, then from the last", uncapped(), 2 * LOG, &mut [0].into_iter().chain((2..NODES).rev()))?;
    let full = Anchor::reserving(Hashing::default(), NODES);
    gone("the same, full", full, 2 * LOG, &mut [0].into_iter().chain((2..NODES).rev()))?;
    gone("100 chains", uncapped(), 2 * LOG, &mut (0..100).chain((200..NODES).rev()))?;
    gone("from the first", uncapped(), 2 * LOG, &mut (0..NODES - 1))?;
    let mut shuffled: Vec<_> = (0..NODES).collect();
    let mut rng = Rng::new(3);
    for end in (1..NODES).rev() {
        shuffled.swap(end as usize, usize::try_from(rng.below(u64::from(end) + 1)).expect("small"));
    }
    gone("at random", uncapped(), 12 * 12 / 2, &mut shuffled.into_iter().take(99_999))?;
    Ok(report.join("; "))
}

/// Adding takes back removing: as long as all that goes comes back in the reverse order, the table is what it was, down to the steps
/// of its lookups. Also where the last node goes, and where long chains come and go.
pub(crate) fn adding_undoes_the_last_removal() -> Result<String, String> {
    fn seen(anchor: &Anchor) -> Vec<(Option<String>, usize)> {
        let name = |hash| {
            let index = anchor.locate(hash)?;
            anchor.nodes().get(index).map(|node| node.name().to_owned())
        };
        (0..200).map(KeyHash::mixed).map(|hash| (name(hash), anchor.steps(hash))).collect()
    }
    let remove = |anchor: &mut Anchor, name: &str| anchor.remove(name).map_err(|error| error.to_string());
    let add = |anchor: &mut Anchor, node| anchor.add(node).map_err(|error| error.to_string());
    for anchor in [Anchor::new(Hashing::default()), Anchor::reserving(Hashing::default(), 64)] {
        let mut anchor = grown(anchor, 50)?;
        let mut once = anchor.clone();
        let node = remove(&mut once, "7")?;
        add(&mut once, node)?;
        equal(|| "the same indexes, and equal".to_owned(), &once, &anchor)?;
        let mut rng = Rng::new(4);
        let mut undone = Vec::new();
        for step in 0..50_u64 {
            let among = if step < 25 { 2 } else { 50 - step };
            let nth = usize::try_from(rng.below(among)).expect("small");
            let name =
                anchor.nodes().iter().nth(nth).map(|(_, node)| node.name().to_owned()).ok_or("a node")?;
            let before = seen(&anchor);
            let node = remove(&mut anchor, &name)?;
            undone.push((before, node));
        }
        equal(|| "nobody".to_owned(), anchor.locate(KeyHash::new(7)), None)?;
        equal(|| "steps of nobody".to_owned(), anchor.steps(KeyHash::new(7)), 0)?;
        while let Some((before, node)) = undone.pop() {
            let name = node.name().to_owned();
            add(&mut anchor, node)?;
            equal(|| format!("{name} is back"), seen(&anchor), before)?;
        }
    }
    Ok("50 nodes left one by one, and came back".to_owned())
}

/// What cannot come does not, says why, and changes nothing.
pub(crate) fn an_anchor_refuses_what_it_cannot_have() -> Result<String, String> {
    let mut anchor = grown(Anchor::reserving(Hashing::default(), 3), 3)?;
    let before = anchor.clone();
    let weight = Weight::new(2).map_err(|error| error.to_string())?;
    for (node, reason) in [
        (Node::new("3"), AddReason::TooManyNodes { max: 3 }),
        (Node::new("2"), AddReason::Duplicate),
        (Node::new("4").weighing(weight), AddReason::Weighted { weight }),
    ] {
        let refused = anchor.add(node.clone()).map_err(|error| (error.node, error.reason));
        equal(|| node.name().to_owned(), refused, Err((node.clone(), reason)))?;
    }
    equal(|| "an unknown node".to_owned(), anchor.remove("9").is_err(), true)?;
    equal(|| "a weight".to_owned(), anchor.set_weight("1", weight).is_err(), true)?;
    equal(|| "weight 1".to_owned(), anchor.set_weight("1", Weight::ONE), Ok(Weight::ONE))?;
    equal(|| "what is refused changes nothing".to_owned(), &anchor, &before)?;
    anchor.remove("0").map_err(|error| error.to_string())?;
    anchor.add(Node::new("3")).map_err(|error| error.to_string())?;
    let none = Anchor::reserving(Hashing::default(), 0).add(Node::new("0")).map_err(|error| error.reason);
    equal(|| "room for none".to_owned(), none, Err(AddReason::TooManyNodes { max: 0 }))?;
    let nodes = |count: u32| Nodes::of((0..count).map(|number| Node::new(number.to_string())));
    let at_once = |count| {
        let nodes = nodes(count).map_err(|error| error.to_string())?;
        Ok::<_, String>(
            Anchor::reserving(Hashing::default(), 3).with_nodes(nodes).map_err(|error| error.reason),
        )
    };
    equal(|| "four at once".to_owned(), at_once(4)?, Err(AddReason::TooManyNodes { max: 3 }))?;
    equal(|| "three at once".to_owned(), at_once(3)?, Ok(before))?;
    Ok("6 refusals".to_owned())
}
