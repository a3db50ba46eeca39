//! How finely silences are told apart.
//!
//! A nanosecond up to 2⁴⁴ of them (almost five hours), and one part in 2⁴⁴ beyond. So two silences that are told apart
//! differ by far more than floating point rounds, and whatever is computed of them by rounding rises with them.

/// The silence as far as it is told apart from longer ones.
pub const fn coarse(silence: u64) -> u64 {
    silence & !(grain(silence) - 1)
}

/// What the silences around this one are multiples of.
pub const fn grain(silence: u64) -> u64 {
    let bits = u64::BITS - silence.leading_zeros();
    1 << bits.saturating_sub(FINE_BITS)
}

/// The least silence that `reaches`, which never stops once it has begun, starting from a guess that only rounding keeps
/// from being right.
pub(crate) fn least(guess: f64, reaches: impl Fn(u64) -> bool) -> u64 {
    // Casts of floats saturate, and a NaN is 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturation is what is wanted"
    )]
    let mut silence = coarse(guess as u64);
    for _ in 0..ROUNDING_MAX {
        let shorter = coarse(silence.saturating_sub(1));
        if silence == 0 || !reaches(shorter) {
            break;
        }
        silence = shorter;
    }
    for _ in 0..ROUNDING_MAX {
        if reaches(silence) {
            return silence;
        }
        let Some(longer) = silence.checked_add(grain(silence)) else { break };
        silence = longer;
    }
    if reaches(silence) { silence } else { u64::MAX }
}

const FINE_BITS: u32 = 44;
const ROUNDING_MAX: usize = 16;
