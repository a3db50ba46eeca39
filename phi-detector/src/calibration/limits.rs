use core::f64::consts::{LN_10, PI};

use libm::{exp, expm1, log, log1p};

use super::float;
use crate::Bug;

/// Between what the `−log₁₀` of a probability can be, after so many of so many trials.
///
/// The limits of Clopper and Pearson (1934): the greatest probability is the one with which so few, or fewer, come about with a
/// chance of half of what confidence leaves, and the least the one with which so many, or more, do. So they are wrong less
/// often than confidence says, whatever the probability is, if trials are independent. Heartbeats are not where what delays one
/// delays the next; there the limits are too narrow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// It is no less than this; 0 if nothing is known.
    pub low: f64,
    /// It is no more than this; `None` if there is no such bound, since it never happened.
    pub high: Option<f64>,
}

impl Limits {
    /// The limits after `hits` of `trials`, which hold with this confidence: it is taken to be at least a half and at most
    /// 1 − 10⁻¹², and 95 % if it is not a number. Takes a millisecond or so, once many were counted.
    pub fn of(hits: u64, trials: u64, confidence: f64) -> Self {
        let confidence = if confidence.is_nan() { 0.95 } else { confidence.clamp(0.5, 1.0 - 1e-12) };
        let risk = if Bug::RiskTakenTwice.is_planted() { 1.0 - confidence } else { (1.0 - confidence) / 2.0 };
        let hits = hits.min(trials);
        // The rarer the event is, the less likely are few to be few by chance.
        let (low, _) = if hits < trials {
            bisect(|decades| !Binomial::new(hits, trials, decades).few_have_chance(risk))
        } else {
            (0.0, 0.0)
        };
        let high = (hits > 0)
            .then(|| bisect(|decades| Binomial::new(hits, trials, decades).many_have_chance(risk)))
            .map(|(_, high)| high);
        Self { low, high }
    }
}

/// Where a condition that holds for small numbers ends to hold, from both sides.
fn bisect(holds: impl Fn(f64) -> bool) -> (f64, f64) {
    let (mut low, mut high) = (0.0, DECADES_MAX);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if holds(middle) { low = middle } else { high = middle }
    }
    (low, high)
}

/// So many hits of so many trials of an event of this probability, and of its complement.
struct Binomial {
    hits: f64,
    misses: f64,
    event: f64,
    complement: f64,
    /// What was expected less what came.
    fewer: f64,
}

impl Binomial {
    fn new(hits: u64, trials: u64, decades: f64) -> Self {
        let (hits, misses, trials) = (float(hits), float(trials - hits), float(trials));
        let (event, complement) = (exp(-decades * LN_10), -expm1(-decades * LN_10));
        // Of the smaller numbers, so that little is lost.
        let fewer = if hits <= misses { trials * event - hits } else { misses - trials * complement };
        Self { hits, misses, event, complement, fewer }
    }

    /// Whether so few, or fewer, have at least this chance.
    fn few_have_chance(&self, risk: f64) -> bool {
        let ratio =
            |down: f64| (self.hits - down) * self.complement / ((self.misses + down + 1.0) * self.event);
        // The median is next to the mean, so the chance is a half and more, which no risk is.
        self.fewer <= 0.0 || self.tail(risk, ratio)
    }

    /// Whether so many, or more, have at least this chance.
    fn many_have_chance(&self, risk: f64) -> bool {
        let ratio = |up: f64| (self.misses - up) * self.event / ((self.hits + up + 1.0) * self.complement);
        self.fewer >= 0.0 || self.tail(risk, ratio)
    }

    /// Whether the terms from this one on, of which each is `ratio` times the one before and the ratios fall from below 1, add up to the
    /// risk. What is left out after many of them counts for more than it is, so that limits are never too narrow.
    fn tail(&self, risk: f64, ratio: impl Fn(f64) -> f64) -> bool {
        let mut term = exp(self.log_chance());
        let (mut sum, mut index) = (term, 0.0);
        for _ in 0..TERMS_MAX {
            if sum >= risk || term <= sum * f64::EPSILON {
                return sum >= risk;
            }
            term *= ratio(index);
            sum += term;
            index += 1.0;
        }
        let ratio = ratio(index);
        sum + term * ratio / (1.0 - ratio) >= risk
    }

    /// The logarithm of the chance of exactly so many, by the deviance and Stirling's series (as Loader does, 2000): factorials of great
    /// numbers would cancel.
    fn log_chance(&self) -> f64 {
        let Self { hits, misses, event, complement, fewer } = *self;
        let trials = hits + misses;
        if hits == 0.0 {
            return trials * log1p(-event);
        }
        if misses == 0.0 {
            return trials * log1p(-complement);
        }
        let deviance = misses * log1p(fewer / (trials * complement)) - hits * log1p(fewer / hits);
        let scale = 0.5 * log(trials / (2.0 * PI * hits * misses));
        scale - deviance + beyond_stirling(trials) - beyond_stirling(hits) - beyond_stirling(misses)
    }
}

/// What `ln n!` is more than `(n + ½) ln n − n + ½ ln 2π`, for n ≥ 1.
fn beyond_stirling(count: f64) -> f64 {
    if count >= STIRLING_MIN {
        let square = count * count;
        return (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square)
            / count;
    }
    let (mut factorial, mut factor) = (1.0, 1.0);
    while factor < count {
        factor += 1.0;
        factorial *= factor;
    }
    log(factorial) - (count + 0.5) * log(count) + count - 0.5 * log(2.0 * PI)
}

/// One in 10⁴⁰ is less than what can be excluded after 2⁶⁴ trials, with any risk that can be chosen.
const DECADES_MAX: f64 = 40.0;
const HALVINGS: usize = 52;
const TERMS_MAX: usize = 4096;
const STIRLING_MIN: f64 = 16.0;
