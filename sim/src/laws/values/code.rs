use core::hash::{Hash, Hasher as _};

use quickcheck::{Arbitrary as _, Gen};
use siphasher::sip::SipHasher13;

use super::{Values, cases, demand};
use crate::laws::{Finding, below};

/// Values with one encoding each.
pub trait Coded: Values<Value: Hash> {
    /// What is sent and kept.
    fn encode(&self, value: &Self::Value) -> Vec<u8>;

    /// The value again; nothing if these bytes are none.
    fn decode(&self, bytes: &[u8]) -> Option<Self::Value>;

    /// The same value, come about in another way: in another order, by way of something that was undone, merged with
    /// what it already held. By default decoded.
    fn remade(&self, _g: &mut Gen, value: &Self::Value) -> Self::Value {
        self.decode(&self.encode(value)).unwrap_or_else(|| value.clone())
    }
}

/// What is encoded comes back as it was.
///
/// # Errors
/// What does not.
pub fn encodings_return<V: Coded>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let value = values.value(g);
        let back = values.decode(&values.encode(&value));
        demand(back.as_ref() == Some(&value), || format!("{value:?} comes back as {back:?}"))?;
        Ok(true)
    })
}

/// Two values have the same encoding if they are equal, and only then; the same value made in another way is equal.
///
/// # Errors
/// Which have not.
pub fn equal_values_encode_alike<V: Coded>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let (value, again) = twins(values, g)?;
        let other = values.near(g, &value);
        for other in [again, other] {
            let (equal, alike) = (value == other, values.encode(&value) == values.encode(&other));
            demand(equal == alike, || {
                format!(
                    "that {value:?} and {other:?} are equal is {equal}, that their encodings are is {alike}"
                )
            })?;
        }
        Ok(true)
    })
}

/// Equal values have equal hashes.
///
/// # Errors
/// Which have not.
pub fn equal_values_hash_alike<V: Coded>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let (value, again) = twins(values, g)?;
        let other = values.near(g, &value);
        for other in [again, other].into_iter().filter(|other| *other == value) {
            demand(hash(&value) == hash(&other), || {
                format!("{value:?} and {other:?} are equal and hash to different values")
            })?;
        }
        Ok(true)
    })
}

/// Whatever the bytes are, decoding does not panic, and what comes of it can be encoded and decoded again.
///
/// # Errors
/// What cannot.
pub fn decoding_is_total<V: Coded>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let bytes = damaged(values, g);
        let Some(value) = values.decode(&bytes) else { return Ok(true) };
        let back = values.decode(&values.encode(&value));
        demand(back.as_ref() == Some(&value), || {
            format!("{bytes:02x?} are {value:?}, and that comes back as {back:?}")
        })?;
        Ok(true)
    })
}

/// No bytes but a value's own encoding decode to it: no padding, nothing behind it, no zeros, no second order.
///
/// # Errors
/// Which do.
pub fn decoding_is_strict<V: Coded>(values: &V, g: &mut Gen) -> Result<Finding, String> {
    cases(g, |g| {
        let bytes = damaged(values, g);
        let Some(value) = values.decode(&bytes) else { return Ok(true) };
        let own = values.encode(&value);
        demand(own == bytes, || format!("{bytes:02x?} decode to {value:?}, which encodes as {own:02x?}"))?;
        Ok(true)
    })
}

fn twins<V: Coded>(values: &V, g: &mut Gen) -> Result<(V::Value, V::Value), String> {
    let value = values.value(g);
    let again = values.remade(g, &value);
    demand(again == value, || format!("{value:?}, made in another way, is {again:?}"))?;
    Ok((value, again))
}

/// An encoding with a byte changed, put in, left out or repeated, cut short, drawn out; or no encoding at all.
fn damaged<V: Coded>(values: &V, g: &mut Gen) -> Vec<u8> {
    let value = values.value(g);
    let mut bytes = values.encode(&value);
    for _ in 0..=below(g, 2) {
        let at = usize::try_from(below(g, bytes.len() as u64)).unwrap_or(0);
        let some = u8::arbitrary(g);
        match below(g, 8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, some),
            2 => bytes.push(if below(g, 2) == 0 { 0 } else { some }),
            3 if at < bytes.len() => drop(bytes.remove(at)),
            4 => bytes.extend_from_within(at..),
            5 => bytes = (0..below(g, 24)).map(|_| u8::arbitrary(g)).collect(),
            6 if at < bytes.len() => bytes[at] = [0, 1, 0x80, 0xff][usize::from(some % 4)],
            _ if at < bytes.len() => bytes[at] ^= 1 << (some % 8),
            _ => {}
        }
    }
    bytes
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = SipHasher13::new();
    value.hash(&mut hasher);
    hasher.finish()
}
