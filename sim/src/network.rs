use core::{ops::Range, time::Duration};

use quorate_machine::{Chance, NodeId, Rng, Time};

use crate::{
    fault::NodeSet,
    node::place as place_of,
    plan::{Burst, NetworkPlan, Plan},
    recording::Fate,
    report::Counters,
};

/// Every directed link, and a museum of old messages.
pub(crate) struct Network<M> {
    /// What most links do, then what others do instead.
    plans: Vec<NetworkPlan>,
    nodes: usize,
    links: Vec<Link>,
    museum: Vec<Letter<M>>,
    letters: u64,
}

struct Link {
    rng: Rng,
    /// Which of the plans it follows.
    plan: usize,
    /// How many copies are on their way.
    under_way: u32,
    /// Whether a burst of loss is on.
    ill: bool,
    /// How many cuts hold at the moment.
    cuts: u32,
    sent: u64,
    clogged_until: Time,
    /// When the latest message arrives, for links that keep the order.
    latest: Time,
    /// Healed for the liveness phase: latency, and nothing else.
    calm: bool,
}

/// A message between two nodes, by their places.
#[derive(Clone)]
pub(crate) struct Letter<M> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The how many-th message of the run it is; copies have the same number.
    pub(crate) number: u64,
    /// Whether some of its bits have turned over.
    pub(crate) corrupt: bool,
    pub(crate) message: M,
}

const MUSEUM_MAX: usize = 64;
/// One message in this many is exhibited.
const MUSEUM_STRIDE: u64 = 8;

impl<M: Clone> Network<M> {
    pub(crate) fn new(plan: &Plan, nodes: usize, rng: &Rng) -> Self {
        let link = |at| Link {
            rng: rng.fork(at),
            plan: 0,
            under_way: 0,
            ill: false,
            cuts: 0,
            sent: 0,
            clogged_until: Time::ZERO,
            latest: Time::ZERO,
            calm: false,
        };
        let mut links: Vec<Link> = (0..(nodes * nodes) as u64).map(link).collect();
        let mut plans = vec![plan.network.clone()];
        for other in &plan.links {
            let (from, to) = (place_of(other.from), place_of(other.to));
            if from < nodes && to < nodes {
                links[from * nodes + to].plan = plans.len();
                plans.push(other.network.clone());
            }
        }
        Self { plans, nodes, links, museum: Vec::new(), letters: 0 }
    }

    /// Decides the fate of the link's n-th message from (plan seed, link, n) alone, so that a fault removed elsewhere
    /// disturbs nothing here. Says which number the message got, and what became of it.
    pub(crate) fn send(
        &mut self,
        now: Time,
        (from, to): (usize, usize),
        message: M,
        counters: &mut Counters,
        mut deliver: impl FnMut(Time, Letter<M>),
    ) -> (u64, Fate) {
        self.letters += 1;
        let mut letter = Letter { from, to, number: self.letters, corrupt: false, message };
        let link = &mut self.links[from * self.nodes + to];
        let plan = &self.plans[link.plan];
        let mut rng = link.rng.fork(link.sent);
        link.sent += 1;
        counters.sent += 1;
        if link.cuts > 0 {
            counters.cut += 1;
            return (letter.number, Fate::Cut);
        }
        let arrival = now + within(&plan.latency, rng.draw());
        if link.calm {
            deliver(link.admit(arrival, plan.fifo), letter);
            return (self.letters, Fate::Sent);
        }
        let odds = rng.draw();
        if hits(plan.loss, odds) || link.loses_in_burst(plan.burst, &mut rng) {
            counters.lost += 1;
            return (letter.number, Fate::Lost);
        }
        if plan.capacity > 0 && link.under_way >= plan.capacity {
            counters.overflowed += 1;
            return (letter.number, Fate::Overflowed);
        }
        let mut fate = Fate::Sent;
        let mut arrival = link.admit(arrival, plan.fifo);
        if hits(plan.spike, odds >> 20) {
            counters.spiked += 1;
            arrival = arrival + rng.span(Duration::ZERO..plan.spike_span);
        }
        if hits(plan.duplication, odds >> 40) {
            counters.duplicated += 1;
            fate = Fate::Duplicated;
            link.under_way += 1;
            deliver(arrival + within(&plan.latency, rng.draw()), letter.clone());
        }
        if plan.replay != Chance::NEVER {
            let (sent, replay, span) = (link.sent, plan.replay, plan.replay_span);
            self.exhibit(sent, &letter, &mut rng);
            if rng.chance(replay) {
                self.replay(now, span, &mut rng, counters, &mut deliver);
            }
        }
        let link = &mut self.links[from * self.nodes + to];
        let corruption = self.plans[link.plan].corruption;
        if corruption != Chance::NEVER && rng.chance(corruption) {
            letter.corrupt = true;
            fate = Fate::Corrupted;
        }
        link.under_way += 1;
        deliver(arrival, letter);
        (self.letters, fate)
    }

    /// A copy has come to its end.
    pub(crate) fn arrived(&mut self, letter: &Letter<M>) {
        let link = &mut self.links[letter.from * self.nodes + letter.to];
        link.under_way = link.under_way.saturating_sub(1);
    }

    fn exhibit(&mut self, sent: u64, letter: &Letter<M>, rng: &mut Rng) {
        if self.museum.len() < MUSEUM_MAX {
            self.museum.push(letter.clone());
        } else if sent % MUSEUM_STRIDE == 0 {
            let place = place(rng.below(MUSEUM_MAX as u64));
            self.museum[place] = letter.clone();
        }
    }

    fn replay(
        &mut self,
        now: Time,
        span: Duration,
        rng: &mut Rng,
        counters: &mut Counters,
        deliver: &mut impl FnMut(Time, Letter<M>),
    ) {
        let Some(letter) = self.museum.get(place(rng.below(self.museum.len() as u64))) else { return };
        counters.replayed += 1;
        self.links[letter.from * self.nodes + letter.to].under_way += 1;
        deliver(now + rng.span(Duration::ZERO..span), letter.clone());
    }

    /// Whether a message that arrives now gets through.
    pub(crate) fn is_open(&self, from: usize, to: usize) -> bool {
        self.links[from * self.nodes + to].cuts == 0
    }

    /// Cuts the links, or mends what one earlier cut did to them.
    pub(crate) fn cut(&mut self, from: NodeSet, to: NodeSet, both: bool, mend: bool) {
        for a in places(from, self.nodes) {
            for b in places(to, self.nodes).filter(|b| *b != a) {
                self.links[a * self.nodes + b].cut(mend);
                if both {
                    self.links[b * self.nodes + a].cut(mend);
                }
            }
        }
    }

    pub(crate) fn clog(&mut self, from: NodeSet, to: NodeSet, both: bool, until: Time) {
        for a in places(from, self.nodes) {
            for b in places(to, self.nodes) {
                self.links[a * self.nodes + b].clog(until);
                if both {
                    self.links[b * self.nodes + a].clog(until);
                }
            }
        }
    }

    /// Heals every link inside `core` for good.
    pub(crate) fn heal(&mut self, core: NodeSet) {
        for from in places(core, self.nodes) {
            for to in places(core, self.nodes) {
                let link = &mut self.links[from * self.nodes + to];
                link.cuts = 0;
                link.clogged_until = Time::ZERO;
                link.calm = true;
            }
        }
    }
}

impl Link {
    /// Whether the message falls into a burst of loss, which may begin or end with it.
    fn loses_in_burst(&mut self, burst: Burst, rng: &mut Rng) -> bool {
        if burst.begin == Chance::NEVER {
            return false;
        }
        let turn = if self.ill { burst.end } else { burst.begin };
        self.ill ^= rng.chance(turn);
        self.ill && rng.chance(burst.loss)
    }

    fn admit(&mut self, arrival: Time, fifo: bool) -> Time {
        let mut arrival = arrival.max(self.clogged_until);
        if fifo {
            arrival = arrival.max(self.latest);
            self.latest = arrival;
        }
        arrival
    }

    fn clog(&mut self, until: Time) {
        self.clogged_until = self.clogged_until.max(until);
    }

    const fn cut(&mut self, mend: bool) {
        self.cuts = if mend { self.cuts.saturating_sub(1) } else { self.cuts + 1 };
    }
}

/// A span in the range, by multiplication.
fn within(range: &Range<Duration>, draw: u64) -> Duration {
    let width = range.end.saturating_sub(range.start).as_nanos();
    let offset = (u128::from(draw) * width) >> 64;
    range.start + Duration::from_nanos(u64::try_from(offset).unwrap_or(u64::MAX))
}

/// Whether twenty random bits fall within the chance.
fn hits(chance: Chance, bits: u64) -> bool {
    ((bits & 0xf_ffff) * 1_000_000) >> 20 < u64::from(chance.as_ppm())
}

fn place(below: u64) -> usize {
    usize::try_from(below).unwrap_or(0)
}

/// Where the members sit among `nodes` nodes.
fn places(set: NodeSet, nodes: usize) -> impl Iterator<Item = usize> {
    (1..=nodes as u64).zip(0..).filter(move |(id, _)| set.contains(NodeId(*id))).map(|(_, place)| place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::LinkPlan;

    const PLAN: fn() -> NetworkPlan = || NetworkPlan {
        latency: Duration::from_millis(1)..Duration::from_millis(90),
        spike: Chance::ppm(100_000),
        spike_span: Duration::from_secs(1),
        ..NetworkPlan::default()
    };

    fn over(network: &NetworkPlan) -> Plan {
        Plan { network: network.clone(), ..Plan::default() }
    }

    /// When each of a hundred messages arrives, sent a millisecond apart; `None` for those that do not.
    fn arrivals(plan: &NetworkPlan) -> Vec<Option<Time>> {
        let mut network = Network::new(&over(plan), 2, &Rng::new(5));
        let send = |n: u64| {
            let mut arrival = None;
            let now = Time::ZERO + Duration::from_millis(n);
            network.send(now, (0, 1), n, &mut Counters::default(), |at, _| arrival = Some(at));
            arrival
        };
        (0..100).map(send).collect()
    }

    #[test]
    fn a_fifo_link_keeps_the_order_and_another_does_not() {
        let calm = NetworkPlan { spike: Chance::NEVER, ..PLAN() };
        assert!(!arrivals(&calm).is_sorted());
        assert!(arrivals(&NetworkPlan { fifo: true, ..calm }).is_sorted());
    }

    #[test]
    fn losing_some_messages_does_not_disturb_the_others() {
        let all = arrivals(&PLAN());
        let some = arrivals(&NetworkPlan { loss: Chance::ppm(500_000), ..PLAN() });
        assert!((20..80).contains(&some.iter().flatten().count()));
        assert!(some.iter().zip(&all).all(|(some, all)| some.is_none() || some == all));
    }

    #[test]
    fn bursts_lose_neighbours_together() {
        let burst = Burst { begin: Chance::ppm(50_000), end: Chance::ppm(200_000), loss: Chance::ALWAYS };
        let some = arrivals(&NetworkPlan { burst, ..PLAN() });
        let lost = some.iter().filter(|arrival| arrival.is_none()).count();
        let bursts = some.windows(2).filter(|pair| pair[0].is_some() && pair[1].is_none()).count();
        assert!(bursts > 0 && lost >= 2 * bursts, "{lost} lost in {bursts} bursts");
    }

    #[test]
    fn a_full_link_drops_what_comes_next_until_something_arrives() {
        let plan = NetworkPlan { capacity: 2, ..PLAN() };
        let mut network = Network::new(&over(&plan), 2, &Rng::new(5));
        let mut letters = Vec::new();
        let mut send = |network: &mut Network<u64>, n| {
            network.send(Time::ZERO, (0, 1), n, &mut Counters::default(), |_, letter| letters.push(letter)).1
        };
        let fates = [1, 2, 3].map(|n| send(&mut network, n));
        assert_eq!(fates, [Fate::Sent, Fate::Sent, Fate::Overflowed]);
        let first = Letter { from: 0, to: 1, number: 1, corrupt: false, message: 1 };
        network.arrived(&first);
        assert_eq!([4, 5].map(|n| send(&mut network, n)), [Fate::Sent, Fate::Overflowed]);
        assert_eq!(letters.iter().map(|letter| letter.number).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn one_link_may_differ_from_all_others() {
        let lossy = NetworkPlan { loss: Chance::ALWAYS, ..PLAN() };
        let link = LinkPlan { from: NodeId(2), to: NodeId(1), network: lossy };
        let mut network = Network::new(&Plan { links: vec![link], ..over(&PLAN()) }, 2, &Rng::new(5));
        let mut send = |link| network.send(Time::ZERO, link, 7, &mut Counters::default(), |_, _| ()).1;
        assert_eq!((send((0, 1)), send((1, 0))), (Fate::Sent, Fate::Lost));
    }

    #[test]
    fn chances_are_met() {
        for (ppm, range) in
            [(0, 0..=0), (10_000, 700..=1_300), (500_000, 49_000..=51_000), (1_000_000, 100_000..=100_000)]
        {
            let mut rng = Rng::new(1);
            let hit = (0..100_000).filter(|_| hits(Chance::ppm(ppm), rng.draw() >> 20)).count();
            assert!(range.contains(&hit), "{ppm} ppm: {hit}");
        }
    }

    #[test]
    fn overlapping_cuts_are_mended_one_by_one() {
        let mut network = Network::<u64>::new(&over(&PLAN()), 3, &Rng::new(5));
        let set = |id| NodeSet::EMPTY.with(NodeId(id));
        network.cut(set(1), set(2), false, false);
        network.cut(set(1).with(NodeId(3)), set(2), true, false);
        assert!(!network.is_open(0, 1) && !network.is_open(1, 0) && !network.is_open(2, 1));
        network.cut(set(1).with(NodeId(3)), set(2), true, true);
        assert!(!network.is_open(0, 1) && network.is_open(1, 0) && network.is_open(2, 1));
        network.cut(set(1), set(2), false, true);
        assert!(network.is_open(0, 1));
    }
}
