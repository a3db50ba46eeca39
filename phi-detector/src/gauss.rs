//! The normal distribution's upper tail, in decades: exact far beyond where the probability itself is zero in floating
//! point.

use core::f64::consts::{FRAC_1_SQRT_2, LOG10_E, PI, SQRT_2};

use libm::{erfc, exp, fma, log1p, log10, nextafter, sqrt};

use crate::Bug;

/// φ of a heartbeat that is `y` standard deviations late: `−log₁₀ Q(y)`, where Q is the upper tail of the normal
/// distribution (Hayashibara et al. 2004, §4.3).
///
/// Never negative, finite for every finite `y`, and a few units in the last place from the exact value. Below −37
/// deviations it is 0; for a NaN as well.
///
/// ```
/// use quorate_phi_detector::gauss;
///
/// assert!((gauss::phi(0.0) - 2.0_f64.log10()).abs() < 1e-15);
/// assert!((gauss::phi(40.0) - 349.437_006_459_345_84).abs() < 1e-12); // where 1 − CDF has long been 0
/// ```
pub fn phi(y: f64) -> f64 {
    if Bug::TailUnderflows.is_planted() {
        return -log10(0.5 * erfc(y * FRAC_1_SQRT_2));
    }
    if y > ERFC_ENDS {
        // Q = ½·erfc(x) and erfc(x) = e^(−x²)·erfcx(x): nothing here is small enough to vanish.
        return y * y * 0.5 * LOG10_E - log10(0.5 * erfcx_far(y * FRAC_1_SQRT_2));
    }
    if y >= 0.0 {
        return -log10(0.5 * erfc(y * FRAC_1_SQRT_2));
    }
    if y > -ERFC_ENDS {
        // Q is near 1, and its complement is what is known precisely.
        return -log1p(-0.5 * erfc_of_halves(-y)) * LOG10_E;
    }
    0.0
}

/// How many standard deviations late a heartbeat has to be for [`phi`] to reach `target`: the least `y` whose φ is no
/// less.
///
/// By Newton's method on a convex function; meant to be called once per threshold. `target` is positive and finite.
pub fn quantile(target: f64) -> f64 {
    let mut y = if target < 0.301 { -1.0 } else { sqrt(2.0 * target / LOG10_E) };
    for _ in 0..NEWTON_MAX {
        let step = (phi(y) - target) / (hazard(y) * LOG10_E);
        y = (y - step.clamp(-STEP_MAX, STEP_MAX)).max(-ERFC_ENDS);
        if step.abs() <= f64::EPSILON * y.abs() {
            break;
        }
    }
    least_reaching(y, target)
}

/// Steps over the last few representable numbers, where Newton's method only rounds.
fn least_reaching(mut y: f64, target: f64) -> f64 {
    for _ in 0..ROUNDING_MAX {
        if phi(y) >= target {
            break;
        }
        y = nextafter(y, f64::INFINITY);
    }
    for _ in 0..ROUNDING_MAX {
        if phi(nextafter(y, f64::NEG_INFINITY)) < target {
            break;
        }
        y = nextafter(y, f64::NEG_INFINITY);
    }
    y
}

/// The density over the tail: how fast `−ln Q` rises.
fn hazard(y: f64) -> f64 {
    if y > ERFC_ENDS {
        return sqrt(2.0 / PI) / erfcx_far(y * FRAC_1_SQRT_2);
    }
    let density = exp(-0.5 * y * y) / sqrt(2.0 * PI);
    density / (0.5 * erfc(y * FRAC_1_SQRT_2))
}

/// `erfc(y/√2)` for `y ≥ 0`, also where it falls so steeply that the rounding of `y/√2` alone would cost many places.
fn erfc_of_halves(y: f64) -> f64 {
    let x = y * FRAC_1_SQRT_2;
    let lost = fma(y, FRAC_1_SQRT_2, -x) + y * FRAC_1_SQRT_2_LOW;
    // −(ln erfc)′ to within two percent of what is corrected (Abramowitz and Stegun, 7.1.13).
    let steepness = x + sqrt(x * x + 4.0 / PI);
    erfc(x) * (1.0 - steepness * lost)
}

/// `e^(x²)·erfc(x)` for `x` above 26, by its asymptotic series (Abramowitz and Stegun, 7.1.23): the terms left out are
/// below the last place.
fn erfcx_far(x: f64) -> f64 {
    let t = 0.5 / (x * x);
    let series = 1.0 - t * (1.0 - 3.0 * t * (1.0 - 5.0 * t * (1.0 - 7.0 * t * (1.0 - 9.0 * t))));
    series / (x * sqrt(PI))
}

/// Where the tail itself is still a normal number: `erfc(26.2)` is about 10⁻³⁰⁰.
const ERFC_ENDS: f64 = 26.2 * SQRT_2;
/// What `FRAC_1_SQRT_2` leaves out of 1/√2.
const FRAC_1_SQRT_2_LOW: f64 = -4.833_646_656_726_457e-17;
const NEWTON_MAX: usize = 64;
const STEP_MAX: f64 = 8.0;
const ROUNDING_MAX: usize = 64;
