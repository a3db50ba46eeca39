//! How likely it is that what was counted is chance.

/// Pearson's chi-square of counts that should be in proportion to `shares`.
pub(crate) fn chi_square(counts: &[u64], shares: &[f64]) -> f64 {
    let all: f64 = counts.iter().map(|&count| float(count)).sum();
    let whole: f64 = shares.iter().sum();
    let term = |(&count, &share): (&u64, &f64)| {
        let expected = all * share / whole;
        (float(count) - expected).powi(2) / expected
    };
    counts.iter().zip(shares).map(term).sum()
}

/// Whether a chi-square of that many degrees of freedom is one of the greatest of 100, by Wilson and Hilferty's cube root, which is
/// within a tenth of a percent of the true limit from 4 degrees on.
pub(crate) fn is_one_of_a_hundred(chi_square: f64, freedom: usize) -> bool {
    const QUANTILE: f64 = 2.326_348;
    let part = 2.0 / (9.0 * float(freedom as u64));
    (chi_square / float(freedom as u64)).cbrt() > 1.0 - part + QUANTILE * part.sqrt()
}

/// How many standard deviations a count is from `trials · probability`.
pub(crate) fn deviations(count: usize, trials: usize, probability: f64) -> f64 {
    let trials = float(trials as u64);
    (float(count as u64) - trials * probability).abs() / (trials * probability * (1.0 - probability)).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}
