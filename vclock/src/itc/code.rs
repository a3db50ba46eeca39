//! Stamps as bits (Almeida, Baquero, Fonte 2008, appendix): a few bytes for a few live stamps.

use alloc::vec::Vec;

use thiserror::Error;

use super::{
    Limits, Stamp,
    bits::{Reader, Writer},
    tree::{Builder, Tree},
};
use crate::bug::Bug;

/// Why bytes are no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They end too early.
    #[error("the stamp does not end within {bytes} bytes")]
    Truncated {
        /// How many there are.
        bytes: usize,
    },
    /// A tree has more nodes than is allowed.
    #[error("at byte {at}: more than {max} nodes")]
    TooManyNodes {
        /// In which byte.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// A tree is deeper than is allowed.
    #[error("at byte {at}: deeper than {max}")]
    TooDeep {
        /// In which byte.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// A counter has more than 64 bits.
    #[error("at byte {at}: a counter of more than 64 bits")]
    Overflow {
        /// In which byte.
        at: usize,
    },
    /// A stamp could be read, and would have been written with other bytes: it is not in normal form, a number is not
    /// where there must be one, or something follows.
    #[error("at byte {at}: not as it is encoded")]
    NotCanonical {
        /// The first byte that would be another.
        at: usize,
    },
}

impl Stamp {
    /// The stamp as bytes: id and history, a bit or two for each node and little more for small counters, the last byte
    /// filled up with zeros. Equal stamps have equal bytes.
    ///
    /// ```
    /// use quorate_vclock::itc::{Limits, Stamp};
    ///
    /// let stamp = Stamp::seed();
    /// assert_eq!(stamp.encode(), [0b0011_0000]); // 001 the whole, 1000 zero
    /// assert_eq!(Stamp::decode(&stamp.encode(), Limits::default()), Ok(stamp));
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut bits = Writer::default();
        put_id(&mut bits, &self.id);
        put_history(&mut bits, &self.history);
        bits.finish()
    }

    /// The stamp that [`encode`](Self::encode) made these bytes of. What is allocated is proportional to the bytes that
    /// there are.
    ///
    /// # Errors
    /// If they are not the bytes of a stamp within the limits.
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, DecodeError> {
        let mut decoder = Decoder { bits: Reader::new(bytes), bytes: bytes.len(), limits };
        let id = decoder.id()?;
        let history = decoder.history()?;
        let stamp = Self { id, history };
        let canonical = stamp.encode();
        if canonical == bytes || Bug::ItcDecodesAnyForm.is_planted() {
            return Ok(stamp);
        }
        let alike = canonical.iter().zip(bytes).take_while(|(ours, theirs)| ours == theirs).count();
        Err(DecodeError::NotCanonical { at: alike })
    }
}

/// Two bits for each parent: which of its halves are written, the others being nothing. For a leaf they are zero, and its
/// value follows.
fn put_id(bits: &mut Writer, id: &Tree) {
    let mut pending = Vec::new();
    let mut next = Some(id.cursor());
    while let Some(id) = next.take().or_else(|| pending.pop()) {
        match id.halves() {
            None => bits.put(id.low(), 3),
            Some((left, right)) if left.is(0) => {
                bits.put(1, 2);
                next = Some(right);
            }
            Some((left, right)) if right.is(0) => {
                bits.put(2, 2);
                next = Some(left);
            }
            Some((left, right)) => {
                bits.put(3, 2);
                pending.push(right);
                next = Some(left);
            }
        }
    }
}

fn put_history(bits: &mut Writer, history: &Tree) {
    // In prefix order, as the nodes are. A leaf of zero below a parent is what the parent's own bits say.
    for (at, node) in history.nodes.iter().enumerate() {
        if node.is_leaf() {
            if node.base > 0 || at == 0 {
                put_number(bits, node.base);
            }
            continue;
        }
        let zero = |at: usize| history.nodes.get(at).is_some_and(|half| half.is_leaf() && half.base == 0);
        let left = at + 1;
        let right = left + history.nodes.get(left).map_or(1, |half| half.size);
        match (zero(left), zero(right), node.base) {
            (true, _, 0) => bits.put(0b000, 3),
            (_, true, 0) => bits.put(0b001, 3),
            (_, _, 0) => bits.put(0b010, 3),
            (true, _, _) => bits.put(0b01100, 5),
            (_, true, _) => bits.put(0b01101, 5),
            _ => bits.put(0b0111, 4),
        }
        if node.base > 0 {
            put_number(bits, node.base);
        }
    }
}

/// Numbers below 4 have two bits, the next 8 three, and so on; the length comes first, in ones.
fn put_number(bits: &mut Writer, mut number: u64) {
    let mut count = 2;
    while count < 64 && number >> count != 0 {
        number -= 1 << count;
        count += 1;
    }
    if count == 64 {
        // Only here the count of ones does not fit one word with its end.
        bits.put(u64::MAX, 63);
        bits.put(0, 1);
    } else {
        bits.put((1 << count) - 2, count);
    }
    bits.put(number, count);
}

struct Decoder<'a> {
    bits: Reader<'a>,
    bytes: usize,
    limits: Limits,
}

/// What comes next of a tree.
enum Next {
    /// A zero above which nothing is added: it has no bits of its own.
    Level(u64),
    /// A subtree, to be lifted by what is above it.
    Tree(u64),
}

impl Decoder<'_> {
    fn id(&mut self) -> Result<Tree, DecodeError> {
        let mut built = Builder::default();
        let mut pending = Vec::from([Next::Tree(0)]);
        while let Some(next) = pending.pop() {
            self.check(&built)?;
            let halves = match next {
                Next::Level(value) => {
                    built.leaf(value);
                    continue;
                }
                Next::Tree(_) => self.take(2)?,
            };
            if halves == 0 {
                built.leaf(self.take(1)?);
                continue;
            }
            built.open(None);
            pending.push(if halves & 1 == 0 { Next::Level(0) } else { Next::Tree(0) });
            pending.push(if halves & 2 == 0 { Next::Level(0) } else { Next::Tree(0) });
        }
        Ok(built.finish())
    }

    fn history(&mut self) -> Result<Tree, DecodeError> {
        let mut built = Builder::default();
        let mut pending = Vec::from([Next::Tree(0)]);
        while let Some(next) = pending.pop() {
            self.check(&built)?;
            let above = match next {
                Next::Level(value) => {
                    built.leaf(value);
                    continue;
                }
                Next::Tree(above) => above,
            };
            if self.take(1)? == 1 {
                built.leaf(self.number(above)?);
                continue;
            }
            let (left_is_zero, right_is_zero, base) = match self.take(2)? {
                0 => (true, false, above),
                1 => (false, true, above),
                2 => (false, false, above),
                _ => {
                    let (left, right) = match self.take(1)? {
                        1 => (false, false),
                        _ => match self.take(1)? {
                            0 => (true, false),
                            _ => (false, true),
                        },
                    };
                    (left, right, self.marked_number(above)?)
                }
            };
            built.open(None);
            let half = |is_zero| if is_zero { Next::Level(base) } else { Next::Tree(base) };
            pending.push(half(right_is_zero));
            pending.push(half(left_is_zero));
        }
        Ok(built.finish())
    }

    /// Whether another node is allowed.
    fn check(&self, built: &Builder) -> Result<(), DecodeError> {
        let (at, Limits { nodes_max, depth_max }) = (self.bits.at(), self.limits);
        if built.len() >= nodes_max {
            return Err(DecodeError::TooManyNodes { at, max: nodes_max });
        }
        if built.depth() > depth_max {
            return Err(DecodeError::TooDeep { at, max: depth_max });
        }
        Ok(())
    }

    fn take(&mut self, count: u32) -> Result<u64, DecodeError> {
        self.bits.take(count).ok_or(DecodeError::Truncated { bytes: self.bytes })
    }

    /// A number that begins as a leaf does.
    fn marked_number(&mut self, above: u64) -> Result<u64, DecodeError> {
        let at = self.bits.at();
        if self.take(1)? == 1 { self.number(above) } else { Err(DecodeError::NotCanonical { at }) }
    }

    /// The rest of a number, and what is above it added.
    fn number(&mut self, above: u64) -> Result<u64, DecodeError> {
        let overflow = DecodeError::Overflow { at: self.bits.at() };
        let mut count = 2;
        while self.take(1)? == 1 {
            count += 1;
            if count > 64 {
                return Err(overflow);
            }
        }
        let before: u128 = (1 << count) - 4; // how many numbers have fewer bits
        let number = before + u128::from(self.take(count)?) + u128::from(above);
        u64::try_from(number).map_err(|_| overflow)
    }
}
