//! What must hold of values that go through `serde`.

use quorate_vclock::VClock;

/// Of all short lists of pairs, postcard's bytes are taken for a clock if they are sorted, name no actor twice and hold no
/// zero, and then the clock is the one of these entries.
pub(crate) fn only_sorted_pairs_come_out_of_postcard() -> Result<String, String> {
    let (mut taken, mut refused) = (0, 0);
    // A length, and three pairs of one of three actors and one of two counters.
    for number in 0..4 * 6_u16.pow(3) {
        let len = number % 4;
        let digit = |at: u16| number / 4 / 6_u16.pow(u32::from(at)) % 6;
        let pair = |at| [digit(at) % 3, digit(at) / 3].map(|part| u8::try_from(part).unwrap_or(0));
        let entries: Vec<(u8, u8)> = (0..len).map(|at| pair(at).into()).collect();
        let count = u8::try_from(len).unwrap_or(0);
        let pairs = entries.iter().flat_map(|(actor, counter)| [*actor, *counter]);
        let bytes: Vec<u8> = [count].into_iter().chain(pairs).collect();
        let sorted = entries.iter().zip(entries.iter().skip(1)).all(|(left, right)| left.0 < right.0);
        let sound = sorted && entries.iter().all(|(_, counter)| *counter > 0);
        let clock = || entries.iter().map(|(actor, counter)| (*actor, u64::from(*counter))).collect();
        let expected: Option<VClock<u8>> = sound.then(clock);
        let clock = postcard::from_bytes::<VClock<u8>>(&bytes).ok();
        if clock != expected {
            return Err(format!("{entries:?} come out as {clock:?}, not {expected:?}"));
        }
        if clock.is_some() { taken += 1 } else { refused += 1 }
    }
    Ok(format!("{taken} taken, {refused} refused"))
}
