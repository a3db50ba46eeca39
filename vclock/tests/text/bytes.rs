//! What must hold of the binary form. Each check says what it reached, or what does not hold.

use std::fmt::Debug;

use quorate_machine::Rng;
use quorate_vclock::{
    CausalContext, DenseClock, Dot, DotRange, HlcStamp, LamportStamp, Siblings, VClock,
    wire::{Actor, Limits, Wire},
};

/// Decodes; what comes of it must have these very bytes.
fn is_canonical<T: Wire + Debug>(bytes: &[u8]) -> Result<bool, String> {
    match T::decode(bytes, &Limits::default()) {
        Ok(value) if value.to_bytes() == bytes => Ok(true),
        Ok(value) => {
            Err(format!("{bytes:02x?} decode to {value:?}, whose bytes are {:02x?}", value.to_bytes()))
        }
        Err(error) if error.offset <= bytes.len() => Ok(false),
        Err(error) => Err(format!("{error}, of {} bytes", bytes.len())),
    }
}

/// The same of a clock, which must also be the one that its entries make.
fn is_canonical_clock<A: Actor + Clone + Debug>(bytes: &[u8]) -> Result<bool, String> {
    if !is_canonical::<VClock<A>>(bytes)? {
        return Ok(false);
    }
    let clock = VClock::<A>::decode(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let again: VClock<A> = clock.clone().into_iter().collect();
    if again == clock { Ok(true) } else { Err(format!("{clock:?} is decoded, which should be {again:?}")) }
}

/// The same of a context, which must also be the one that its runs make.
fn is_canonical_context<A: Actor + Clone + Debug>(bytes: &[u8]) -> Result<bool, String> {
    if !is_canonical::<CausalContext<A>>(bytes)? {
        return Ok(false);
    }
    let context = CausalContext::<A>::decode(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let mut again = CausalContext::new();
    for range in context.ranges() {
        again.insert_range(range.cloned()).map_err(|error| error.to_string())?;
    }
    if again == context {
        Ok(true)
    } else {
        Err(format!("{context:?} is decoded, which should be {again:?}"))
    }
}

/// All strings of these symbols up to a length.
fn strings(symbols: &[u8], len_max: u32) -> impl Iterator<Item = Vec<u8>> {
    let base = symbols.len() as u64;
    (0..=len_max).flat_map(move |len| {
        (0..base.pow(len)).map(move |mut number| {
            let symbol = |_| {
                let at = usize::try_from(number % base).unwrap_or(0);
                number /= base;
                symbols[at]
            };
            (0..len).map(symbol).collect()
        })
    })
}

/// Every string of up to nine bytes of a few symbols is refused, or is the one string of a value.
pub(crate) fn only_canonical_bytes_decode() -> Result<String, String> {
    let (mut tried, mut values) = (0, 0);
    // 1 and 2 are counts, lengths, actors and counters; 0x80 begins longer numbers.
    for bytes in strings(&[0, 1, 2, 0x80], 9) {
        tried += 1;
        values += u32::from(is_canonical_clock::<u8>(&bytes)?);
        values += u32::from(is_canonical_clock::<String>(&bytes)?);
        values += u32::from(is_canonical_clock::<[u8; 2]>(&bytes)?);
        values += u32::from(is_canonical_context::<u8>(&bytes)?);
        values += u32::from(is_canonical::<LamportStamp<u8>>(&bytes)?);
        values += u32::from(is_canonical::<Siblings<u8, Vec<u8>>>(&bytes)?);
        values += u32::from(is_canonical::<HlcStamp>(&bytes)?);
        values += u32::from(is_canonical::<DotRange<(u8, Vec<u8>)>>(&bytes)?);
        values += u32::from(is_canonical::<DenseClock<3>>(&bytes)?);
    }
    Ok(format!("{values} values in {tried} strings"))
}

/// A few clocks whose bytes have every kind of part.
pub(crate) fn samples() -> Vec<VClock<u32>> {
    let long = (0..40).map(|at| (at * at * 1_000, u64::MAX >> (at % 64))).collect();
    vec![
        VClock::new(),
        VClock::from([(0, 1)]),
        VClock::from([(7, 127), (8, 128), (300, u64::MAX)]),
        VClock::from([(u32::MAX, 1 << 63)]),
        long,
    ]
}

/// A clock with one bit flipped is refused, or is another clock with these bytes.
pub(crate) fn no_flipped_bit_goes_unnoticed() -> Result<String, String> {
    let (mut refused, mut other) = (0, 0);
    for clock in samples() {
        let bytes = clock.to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if is_canonical::<VClock<u32>>(&flipped)? {
                other += 1;
            } else {
                refused += 1;
            }
            if VClock::decode(&flipped, &Limits::default()).as_ref() == Ok(&clock) {
                return Err(format!("{flipped:02x?} are {clock:?}, and so are {bytes:02x?}"));
            }
        }
    }
    Ok(format!("{refused} of {} flipped bits are refused", refused + other))
}

/// The length that is told beforehand is the length that is written.
pub(crate) fn a_length_is_what_is_written() -> Result<String, String> {
    let mut told = 0;
    for clock in samples() {
        same_length(&clock)?;
        for dot in &clock {
            let dot = Dot { actor: *dot.actor, counter: dot.counter };
            same_length(&dot)?;
            same_length(&DotRange {
                actor: (dot.actor, dot.actor.to_string()),
                first: dot.counter,
                last: dot.counter,
            })?;
            same_length(&DenseClock::from([dot.counter.get(), 0, u64::from(dot.actor)]))?;
            told += 3;
        }
        told += 1;
    }
    Ok(format!("{told} values"))
}

fn same_length<T: Wire + Debug>(value: &T) -> Result<(), String> {
    let (told, written) = (value.encoded_len(), value.to_bytes().len());
    if told == written { Ok(()) } else { Err(format!("{value:?} has {written} bytes, not {told}")) }
}

/// Contexts with gaps everywhere come back as they were, in as many bytes as was told, and with a flipped bit are refused or another
/// context; in whatever order their events came, they have the same bytes.
pub(crate) fn contexts_come_back() -> Result<String, String> {
    let mut rng = Rng::new(11);
    let (mut contexts, mut refused, mut flips) = (0, 0, 0);
    for round in 0..300 {
        // Around the edges of blocks, and near the last counter.
        let base = [0, 1, 62, 63, 64, 1_000, u64::MAX - 200, u64::MAX - 129][round % 8];
        let mut context = CausalContext::from(VClock::from([(1_u8, base), (9, 5)]));
        let mut dots: Vec<Dot<u8>> = (0..rng.below(60))
            .filter_map(|_| Dot::new(1 + u8::try_from(rng.below(3)).unwrap_or(0), base + 1 + rng.below(129)))
            .collect();
        let mut other = context.clone();
        context.extend(dots.iter().copied());
        dots.reverse();
        other.extend(dots);
        let bytes = context.to_bytes();
        let back = CausalContext::decode(&bytes, &Limits::default());
        if back.as_ref() != Ok(&context) || other.to_bytes() != bytes || context.encoded_len() != bytes.len()
        {
            return Err(format!("{context:?} is {bytes:02x?}, and comes back as {back:?}"));
        }
        contexts += 1;
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            refused += u32::from(!is_canonical_context::<u8>(&flipped)?);
            flips += 1;
        }
    }
    Ok(format!("{contexts} contexts; {refused} of {flips} flipped bits are refused"))
}
