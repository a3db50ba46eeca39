//! What noise does to a message, and whether its frame gives it away.

use core::convert::Infallible;

use bytes::BytesMut;
use quorate_machine::Rng;
use quorate_wire::frame;

/// The body in a frame as a connection has it, one to three of its bits turned over.
pub(crate) fn framed_with_noise(body: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut framed = framed(body);
    for _ in 0..=rng.below(3) {
        let at = usize::try_from(rng.below(framed.len() as u64)).unwrap_or(0);
        if let Some(byte) = framed.get_mut(at) {
            *byte ^= 1 << rng.below(8);
        }
    }
    framed
}

/// Whether the bytes are read as a whole frame that holds something else than the body. Bits that turn over twice are as
/// they were.
pub(crate) fn is_taken(body: &[u8], bytes: &[u8]) -> bool {
    let read = frame::decode(u32::MAX, &mut BytesMut::from(bytes));
    matches!(read, Ok(Some(read)) if read != body)
}

fn framed(body: &[u8]) -> Vec<u8> {
    let mut framed = Vec::new();
    let written = frame::encode::<Infallible>(u32::MAX, &mut framed, |buffer| {
        buffer.extend_from_slice(body);
        Ok(())
    });
    debug_assert!(written.is_ok(), "a message of four gigabytes");
    framed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_noticed_and_a_forgery_would_be_too() {
        for seed in 0..2_000 {
            let body = seed.to_string();
            let noisy = framed_with_noise(body.as_bytes(), &mut Rng::new(seed));
            assert!(!is_taken(body.as_bytes(), &noisy), "seed {seed}");
        }
        assert!(is_taken(b"what was sent", &framed(b"what was not")));
        assert!(!is_taken(b"what was sent", &framed(b"what was sent")));
    }
}
