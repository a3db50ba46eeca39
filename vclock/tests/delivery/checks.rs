//! What must hold of causal delivery and stability. Each check says what it reached, or what does not hold.

use std::collections::{BTreeMap, BTreeSet};

use quorate_machine::Rng;
use quorate_vclock::{CausalBuffer, CausalMessage, Dot, DotRange, MatrixClock, Received, VClock};

type Message = CausalMessage<u8, u64>;

/// What a message follows, as a set, kept beside the clocks that are to be proven.
type Past = BTreeSet<Dot<u8>>;

/// Nodes that send and hear over a network which loses nothing for ever, but repeats and reorders at will.
struct Group {
    buffers: Vec<CausalBuffer<u8, u64>>,
    delivered: Vec<Vec<Dot<u8>>>,
    past: BTreeMap<Dot<u8>, Past>,
    under_way: Vec<(usize, Message)>,
    waited: usize,
}

impl Group {
    fn new(nodes: u8) -> Self {
        Self {
            buffers: (0..nodes).map(|_| CausalBuffer::new(usize::MAX)).collect(),
            delivered: vec![Vec::new(); usize::from(nodes)],
            past: BTreeMap::new(),
            under_way: Vec::new(),
            waited: 0,
        }
    }

    fn send(&mut self, node: usize, payload: u64) {
        let actor = u8::try_from(node).unwrap_or(0);
        let Ok(message) = self.buffers[node].send(actor, payload) else { return };
        let past = self.delivered[node].iter().copied().collect();
        self.past.insert(message.dot, past);
        self.delivered[node].push(message.dot);
        for to in (0..self.buffers.len()).filter(|to| *to != node) {
            self.under_way.push((to, message.clone()));
        }
    }

    /// Hands over any message that is under way, in one of ten cases twice.
    fn hear(&mut self, rng: &mut Rng) -> Result<(), String> {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let pick = usize::try_from(rng.below(self.under_way.len() as u64)).unwrap_or(0);
        let (to, message) =
            if rng.below(10) == 0 { self.under_way[pick].clone() } else { self.under_way.swap_remove(pick) };
        let delivered = &mut self.delivered[to];
        let received = self.buffers[to]
            .receive(message, |message| delivered.push(message.dot))
            .map_err(|full| full.to_string())?;
        self.waited += usize::from(received == Received::Waiting);
        Ok(())
    }

    /// What each node has delivered is one order that causality allows, each message once.
    fn is_causal(&self) -> Result<(), String> {
        for (node, delivered) in self.delivered.iter().enumerate() {
            let mut before = Past::new();
            for dot in delivered {
                if !self.past[dot].is_subset(&before) {
                    return Err(format!("node {node} delivers {dot} before something that it follows"));
                }
                if !before.insert(*dot) {
                    return Err(format!("node {node} delivers {dot} twice"));
                }
            }
        }
        Ok(())
    }
}

/// Birman, Schiper and Stephenson 1991, §5.1: safety and liveness, against the past as a set.
pub(crate) fn delivery_is_a_linear_extension() -> Result<String, String> {
    let (mut messages, mut waited) = (0, 0);
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let nodes = 2 + u8::try_from(seed % 4).unwrap_or(0);
        let mut group = Group::new(nodes);
        for payload in 0..200 {
            let node = usize::try_from(rng.below(u64::from(nodes))).unwrap_or(0);
            group.send(node, payload);
            for _ in 0..rng.below(2 * u64::from(nodes)) {
                group.hear(&mut rng)?;
            }
        }
        while !group.under_way.is_empty() {
            group.hear(&mut rng)?;
        }
        group.is_causal().map_err(|broken| format!("seed {seed}: {broken}"))?;
        for (node, buffer) in group.buffers.iter().enumerate() {
            if !buffer.is_empty() || group.delivered[node].len() != 200 || buffer.missing().count() > 0 {
                return Err(format!(
                    "seed {seed}: node {node} has delivered {}",
                    group.delivered[node].len()
                ));
            }
        }
        messages += 200;
        waited += group.waited;
    }
    if waited == 0 {
        return Err("no message was ever early".to_owned());
    }
    Ok(format!("{messages} messages, {waited} arrivals were early"))
}

/// After any arrivals, what is missing is exactly what somebody waits for and nobody has.
pub(crate) fn missing_is_what_is_lacking() -> Result<String, String> {
    let mut asked = 0;
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let mut group = Group::new(3);
        for payload in 0..30 {
            let node = usize::try_from(rng.below(3)).unwrap_or(0);
            group.send(node, payload);
            group.hear(&mut rng)?;
        }
        for buffer in &group.buffers {
            let held: Past = buffer.waiting().map(|message| message.dot).collect();
            let mut lacking = Past::new();
            for message in buffer.waiting() {
                lacking.extend(&group.past[&message.dot]);
            }
            lacking.retain(|dot| !held.contains(dot) && !buffer.delivered().contains(dot));
            let missing: Past = buffer
                .missing()
                .flat_map(|DotRange { actor, first, last }| {
                    (first.get()..=last.get()).filter_map(|counter| Dot::new(*actor, counter))
                })
                .collect();
            if missing != lacking {
                return Err(format!("seed {seed}: {missing:?} is missing, not {lacking:?}"));
            }
            asked += missing.len();
        }
    }
    if asked == 0 {
        Err("nothing was ever missing".to_owned())
    } else {
        Ok(format!("{asked} events missing"))
    }
}

/// What is stable is what every member's row holds, however the observations come, and never falls.
pub(crate) fn stable_is_what_every_row_has() -> Result<String, String> {
    let (mut observations, mut advances) = (0, 0);
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let mut matrix = MatrixClock::new(0..4_u8);
        let mut rows: BTreeMap<u8, VClock<u8>> = (0..4).map(|member| (member, VClock::new())).collect();
        let mut stable = VClock::new();
        for step in 0..120 {
            let member = u8::try_from(rng.below(6)).unwrap_or(0);
            let mut seen: VClock<u8> = (0..5).map(|actor| (actor, rng.below(2 + step / 8))).collect();
            match rng.below(20) {
                0 => {
                    let removed = matrix.remove(&member).ok();
                    if removed != rows.remove(&member) {
                        return Err(format!("seed {seed}: {member} was removed with another row"));
                    }
                }
                1 => {
                    // A state is handed over at what is stable, or later.
                    seen.merge(&stable);
                    let new = !rows.contains_key(&member);
                    if matrix.admit(member, seen.clone()).is_ok() != new {
                        return Err(format!("seed {seed}: {member} was admitted wrongly"));
                    }
                    rows.entry(member).or_insert(seen);
                }
                _ => {
                    let heard = matrix.observe(&member, &seen);
                    if heard.is_ok() != rows.contains_key(&member) {
                        return Err(format!("seed {seed}: {heard:?} of {member}"));
                    }
                    rows.entry(member).and_modify(|row| row.merge(&seen));
                    observations += 1;
                }
            }
            let all = VClock::meet_all(rows.values()).unwrap_or_else(|| stable.clone());
            if !matrix.stable().descends(&stable) {
                return Err(format!("seed {seed}: {} was stable, now {}", stable, matrix.stable()));
            }
            advances += usize::from(*matrix.stable() != stable);
            stable = matrix.stable().clone();
            if stable != all {
                return Err(format!("seed {seed}: {stable} is stable, every row has {all}"));
            }
        }
    }
    Ok(format!("{observations} observations, {advances} advances"))
}
