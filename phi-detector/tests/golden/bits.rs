//! φ and horizons as bits, the same on every platform and for ever.

use std::{fmt::Write as _, fs, path::Path};

use quorate_machine::Rng;
use quorate_phi_detector::Threshold;

use super::kinds::{Peer, Trace, all};

/// For each model, trace and number of heartbeats: φ of some silences, and some horizons.
fn text() -> Result<String, String> {
    const LENGTHS: [usize; 3] = [1, 300, 1_500];
    const SILENCES: [u64; 5] = [50_000_000, 130_000_000, 777_777_777, 10_000_000_000, 86_400_000_000_000];
    let levels = [0.5, 3.0, 8.0, 500.0].map(Threshold::new);
    let mut text = String::new();
    for (name, model) in all() {
        for trace in [Trace::Jitter, Trace::Losses, Trace::Wild] {
            let (mut peer, mut rng) = (Peer::new(model), Rng::new(99));
            for nth in 1..=LENGTHS[2] {
                peer.observes(trace.sample(&mut rng, nth, LENGTHS[2]));
                if !LENGTHS.contains(&nth) {
                    continue;
                }
                let phis = SILENCES.map(|silence| format!("{:016x}", peer.phi(silence).to_bits()));
                let mut horizons = vec![];
                for level in &levels {
                    let level = level.as_ref().map_err(ToString::to_string)?;
                    horizons.push(peer.horizon(level).to_string());
                }
                writeln!(text, "{name}; {trace:?}; {nth}; {}; {}", phis.join(" "), horizons.join(" "))
                    .map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(text)
}

/// Compares with what was written once. What is said now is left beside the tests' other output, for whoever means to change it.
pub(crate) fn phi_is_the_same_to_the_bit() -> Result<String, String> {
    let (is, was) = (text()?, include_str!("phi.txt"));
    if is == was {
        return Ok(format!("{} peers", was.lines().count()));
    }
    let left = Path::new(env!("CARGO_TARGET_TMPDIR")).join("phi.txt");
    fs::write(&left, &is).map_err(|error| error.to_string())?;
    let first = is.lines().zip(was.lines()).find(|(is, was)| is != was);
    Err(format!("of tests/golden/phi.txt and {}: {first:?}", left.display()))
}
