use quorate_vclock::{BloomCausality, BloomClock, Causality, VClock};

use super::execution::{Execution, Kind};

/// An event's name: no two are equal.
fn name(scene: u64, event: u64) -> [u8; 16] {
    (u128::from(scene) << 64 | u128::from(event)).to_be_bytes()
}

/// Two clocks that share a past. Then there is one event here, and `others` there: is the one hidden?
struct Hiding {
    others: u32,
    trials: u32,
}

impl Hiding {
    /// How often the event is hidden is what the formula says, within four standard deviations, and whenever it is, the
    /// clock admits at least the chance that it had. The formula: each of K blocks hides the event if one of the others
    /// hits the same of W counters, which is 1 − (1 − 1/W)^others.
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn measure<const M: usize, const K: usize>(&self) -> Result<String, String> {
        let width = (M / K) as f64;
        let mut hidden = 0_u32;
        for trial in 0..u64::from(self.trials) {
            let fail = |error| format!("{error}");
            let mut past = BloomClock::<M, K>::new();
            (0..20).try_for_each(|event| past.increment(&name(trial, event))).map_err(fail)?;
            let (mut here, mut there) = (past.clone(), past.clone());
            here.increment(&name(trial, 1000)).map_err(fail)?;
            for other in 0..self.others {
                there.increment(&name(trial, 2000 + u64::from(other))).map_err(fail)?;
            }
            let mistaken = match here.compare(&there) {
                BloomCausality::ProbablyBefore { mistaken } | BloomCausality::ProbablyEqual { mistaken } => {
                    mistaken
                }
                BloomCausality::ProbablyAfter { .. } | BloomCausality::Concurrent => continue,
            };
            hidden += 1;
            let chance = chance_to_cover(&past, &there);
            if !admits(mistaken, chance) {
                return Err(format!("trial {trial}: mistaken by {mistaken} at most, and by {chance} it was"));
            }
        }
        let missed: f64 = (0..self.others).map(|_| 1.0 - 1.0 / width).product();
        let chance: f64 = (0..K).map(|_| 1.0 - missed).product();
        let (trials, hidden) = (f64::from(self.trials), f64::from(hidden));
        let deviation = (trials * chance * (1.0 - chance)).sqrt();
        let off = (hidden - trials * chance) / deviation;
        if off.abs() > 4.0 {
            return Err(format!(
                "{M} counters, {K} hashes: {hidden} of {trials} hidden, {off:.1} σ off {chance:.4}"
            ));
        }
        Ok(format!("{:.4} hidden, {chance:.4} by the formula", hidden / trials))
    }
}

/// For several sizes, and few and many events on the other side.
pub(crate) fn false_positives_are_as_the_formula_says() -> Result<String, String> {
    let results = [
        Hiding { others: 1, trials: 6000 }.measure::<8, 2>()?,
        Hiding { others: 5, trials: 6000 }.measure::<32, 1>()?,
        Hiding { others: 8, trials: 6000 }.measure::<48, 3>()?,
        Hiding { others: 16, trials: 6000 }.measure::<64, 4>()?,
        Hiding { others: 40, trials: 3000 }.measure::<30, 3>()?,
    ];
    Ok(results.join("; "))
}

/// How likely one more event, if hashes are random, raises only counters in which the other clock is ahead of this one.
#[allow(clippy::cast_precision_loss, reason = "small numbers")]
fn chance_to_cover<const M: usize, const K: usize>(past: &BloomClock<M, K>, other: &BloomClock<M, K>) -> f64 {
    let blocks = past.counters().chunks(M / K).zip(other.counters().chunks(M / K));
    let ahead =
        blocks.map(|(past, other)| past.iter().zip(other).filter(|(past, other)| past < other).count());
    ahead.map(|ahead| ahead as f64 / (M / K) as f64).product()
}

fn admits(mistaken: f64, chance: f64) -> bool {
    mistaken >= chance * (1.0 - 1e-12) && mistaken <= 1.0
}

/// What led to an event is never shown to be anything but before it, for clocks so small that most of what is concurrent
/// is hidden, and for larger ones. What is hidden is admitted to be as likely as it was, also where clocks were merged.
pub(crate) fn causes_are_never_missed() -> Result<String, String> {
    Ok([missed::<4, 2>()?, missed::<60, 3>()?].join("; "))
}

fn missed<const M: usize, const K: usize>() -> Result<String, String> {
    let (mut causes, mut hidden, mut concurrent) = (0, 0, 0);
    for seed in 0..12 {
        let execution = Execution::random(seed, 4, 100);
        let stamps = stamped::<M, K>(seed, &execution)?;
        for left in &stamps {
            for right in &stamps {
                let (exact, found) = (left.exact.compare(&right.exact), left.bloom.compare(&right.bloom));
                let broken = || {
                    Err(format!("seed {seed}: {} is {exact} {}, shown as {found:?}", left.exact, right.exact))
                };
                let mistaken = match found {
                    // Equal, too: an event may be hidden by others that its own clock was merged with.
                    BloomCausality::ProbablyBefore { mistaken }
                    | BloomCausality::ProbablyEqual { mistaken } => Some(mistaken),
                    BloomCausality::ProbablyAfter { .. } | BloomCausality::Concurrent => None,
                };
                if mistaken.is_none() != left.bloom.certainly_not_before(&right.bloom) {
                    return broken();
                }
                match (exact, mistaken) {
                    (Causality::Before | Causality::Equal, None) => return broken(),
                    (Causality::Before | Causality::Equal, Some(_)) => causes += 1,
                    (Causality::Concurrent, Some(mistaken)) => {
                        if !admits(mistaken, chance_to_cover(&left.past, &right.bloom)) {
                            return broken();
                        }
                        hidden += 1;
                        concurrent += 1;
                    }
                    (Causality::Concurrent, None) => concurrent += 1,
                    (Causality::After, _) => {}
                }
            }
        }
    }
    Ok(format!("{causes} causes, {hidden} of {concurrent} concurrent pairs hidden by {M} counters"))
}

/// An event's clocks, and one of them as it was before the event, with what was received.
struct Stamped<const M: usize, const K: usize> {
    exact: VClock<usize>,
    bloom: BloomClock<M, K>,
    past: BloomClock<M, K>,
}

fn stamped<const M: usize, const K: usize>(
    seed: u64,
    execution: &Execution,
) -> Result<Vec<Stamped<M, K>>, String> {
    let mut clocks = vec![(VClock::new(), BloomClock::new()); execution.actors];
    let mut stamps: Vec<Stamped<M, K>> = Vec::new();
    for (number, event) in execution.events.iter().enumerate() {
        let (exact, bloom) = &mut clocks[event.actor];
        if let Kind::Receive(sent) = event.kind {
            exact.merge(&stamps[sent].exact);
            bloom.merge(&stamps[sent].bloom);
        }
        let past = bloom.clone();
        exact.increment(event.actor).map_err(|error| error.to_string())?;
        bloom.increment(&name(seed, super::count(number))).map_err(|error| error.to_string())?;
        stamps.push(Stamped { exact: exact.clone(), bloom: bloom.clone(), past });
    }
    Ok(stamps)
}
