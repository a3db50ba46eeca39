//! The scripts in the corpus of the fuzzer once more, and some that nobody chose.

use quorate_machine::Rng;

use super::{phi, replay::replay};

#[test]
fn phi_detector() {
    replay("phi_detector", phi::detector);
}

/// Bytes at random after a beginning that makes a model, which bytes at random seldom do.
#[test]
fn any_bytes_keep_the_promises() {
    const SCRIPTS: u64 = 4_000;
    // A number of up to 30 bits, somewhere between the least and the greatest.
    let number = |rng: &mut Rng, bits: u64| {
        let bits = 1 + rng.below(bits);
        let count = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
        let bytes = (0..count).map(|_| rng.draw().to_le_bytes()[0]).collect::<Vec<_>>();
        [&[u8::try_from(bits).unwrap_or(0)], &bytes[..]].concat()
    };
    let mut rng = Rng::new(17);
    for _ in 0..SCRIPTS {
        let kind = u8::try_from(rng.below(9)).unwrap_or(0);
        let mut script = vec![kind];
        // Flags, samples, spans.
        if matches!(kind, 1 | 3 | 4 | 5) {
            script.push(rng.draw().to_le_bytes()[0]);
        }
        if matches!(kind, 6..) {
            script.push(64);
        }
        if kind != 0 {
            script.extend(number(&mut rng, 12));
        }
        for bits in [46, 30, 30, 40] {
            script.extend(number(&mut rng, bits));
        }
        for _ in 0..rng.below(60) {
            script.push(rng.draw().to_le_bytes()[0]);
            let bits = if rng.below(8) == 0 { 64 } else { 32 };
            script.extend(number(&mut rng, bits));
            if rng.below(2) == 0 {
                script.push(rng.draw().to_le_bytes()[0]);
            }
        }
        phi::detector(&script);
    }
}
