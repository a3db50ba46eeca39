use core::{fmt, mem};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

use super::{Item, Slot, Store};

/// The first byte of the first part.
const FORMAT_VERSION: u8 = 1;
/// Stands for a key without an end: no end is at the epoch, since the log time is never before it.
const NO_END: u64 = 0;
/// Two lengths and an end.
const ITEM_HEADER_BYTES: usize = 4 + 4 + 8;

/// Why parts are not a store. Nothing was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A newer program wrote them.
    #[error("format version {found} is not the known {FORMAT_VERSION}")]
    Version {
        /// The version they state.
        found: u8,
    },
    /// They end in the middle.
    #[error("the parts end before item {item} of {items} is complete")]
    CutShort {
        /// Which item, from 0.
        item: u64,
        /// How many there should be.
        items: u64,
    },
    /// They go on after the last item.
    #[error("{bytes} bytes follow the last item")]
    TrailingBytes {
        /// How many at least.
        bytes: usize,
    },
}

impl Store {
    /// The store that these parts hold.
    ///
    /// # Errors
    /// When they are not the parts of one store, complete and in order.
    pub fn restore(parts: &[Bytes]) -> Result<Self, ImageError> {
        let mut items = items(parts)?;
        let mut store = Self { log_time_ms: items.log_time_ms, ..Self::new() };
        for item in &mut items {
            let DumpedItem { key, value, ends_at_ms } = item?;
            store.insert(Slot::of(&key), Item { value, ends_at_ms });
        }
        match items.source.remaining {
            0 => Ok(store),
            bytes => Err(ImageError::TrailingBytes { bytes }),
        }
    }
}

/// One key of a store that was written as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpedItem {
    /// The key.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
    /// When it ends, in milliseconds since the Unix epoch.
    pub ends_at_ms: Option<u64>,
}

/// The items in the parts of a store, one after the other.
///
/// # Errors
/// When the parts do not begin as a store does. What is wrong further on is told by the iterator.
pub fn items(parts: &[Bytes]) -> Result<Items<'_>, ImageError> {
    let mut source = Source { parts, offset: 0, remaining: parts.iter().map(Bytes::len).sum() };
    let cut = ImageError::CutShort { item: 0, items: 0 };
    let [version] = source.array().ok_or(cut)?;
    if version != FORMAT_VERSION {
        return Err(ImageError::Version { found: version });
    }
    let log_time_ms = u64::from_le_bytes(source.array().ok_or(cut)?);
    let count = u64::from_le_bytes(source.array().ok_or(cut)?);
    Ok(Items { source, log_time_ms, count, read: 0 })
}

/// Reads items; made by [`items`].
pub struct Items<'a> {
    source: Source<'a>,
    log_time_ms: u64,
    count: u64,
    read: u64,
}

impl Items<'_> {
    fn next_item(&mut self) -> Option<DumpedItem> {
        let header: [u8; ITEM_HEADER_BYTES] = self.source.array()?;
        let mut fields = &header[..];
        let (key, value) = (fields.get_u32_le() as usize, fields.get_u32_le() as usize);
        let ends_at_ms = Some(fields.get_u64_le()).filter(|at_ms| *at_ms != NO_END);
        Some(DumpedItem { key: self.source.bytes(key)?, value: self.source.bytes(value)?, ends_at_ms })
    }
}

impl Iterator for Items<'_> {
    type Item = Result<DumpedItem, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read == self.count {
            return None;
        }
        let item = self.next_item();
        let cut = ImageError::CutShort { item: self.read, items: self.count };
        self.read = if item.is_some() { self.read + 1 } else { self.count };
        Some(item.ok_or(cut))
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("count", &self.count).field("read", &self.read).finish_non_exhaustive()
    }
}

/// A store that is being written as bytes.
#[derive(Clone)]
pub(super) struct Parts {
    done: Vec<Bytes>,
    open: BytesMut,
    part_bytes_max: usize,
}

impl Parts {
    pub(super) fn begin(part_bytes_max: usize, log_time_ms: u64, items: u64) -> Self {
        let mut parts =
            Self { done: Vec::new(), open: BytesMut::new(), part_bytes_max: part_bytes_max.max(1) };
        parts.put(&[FORMAT_VERSION]);
        parts.put(&log_time_ms.to_le_bytes());
        parts.put(&items.to_le_bytes());
        parts
    }

    pub(super) fn put_item(&mut self, slot: &Slot, item: &Item) {
        let mut header = [0; ITEM_HEADER_BYTES];
        let mut fields = &mut header[..];
        fields.put_u32_le(length(&slot.key));
        fields.put_u32_le(length(&item.value));
        fields.put_u64_le(item.ends_at_ms.unwrap_or(NO_END));
        self.put(&header);
        self.put(&slot.key);
        self.put(&item.value);
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.open.len() == self.part_bytes_max {
                self.done.push(mem::take(&mut self.open).freeze());
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.part_bytes_max - self.open.len()));
            self.open.extend_from_slice(now);
            bytes = later;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Bytes> {
        self.done.push(self.open.freeze());
        self.done
    }
}

/// Bytes that lie in several parts. What is taken out is copied, so that a small value does not hold a part alive.
struct Source<'a> {
    parts: &'a [Bytes],
    /// How much of the first part has been taken.
    offset: usize,
    /// How much is left of all.
    remaining: usize,
}

impl Source<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut array = [0; N];
        self.fill(&mut array).then_some(array)
    }

    fn bytes(&mut self, length: usize) -> Option<Bytes> {
        if length > self.remaining {
            return None;
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes).then(|| bytes.into())
    }

    fn fill(&mut self, mut wanted: &mut [u8]) -> bool {
        while !wanted.is_empty() {
            let Some((part, rest)) = self.parts.split_first() else { return false };
            let here = part.get(self.offset..).unwrap_or_default();
            let taken = here.len().min(wanted.len());
            wanted[..taken].copy_from_slice(&here[..taken]);
            wanted = &mut wanted[taken..];
            self.offset += taken;
            self.remaining -= taken;
            if self.offset >= part.len() {
                (self.parts, self.offset) = (rest, 0);
            }
        }
        true
    }
}

/// No key or value comes near 4 GiB: a proposal and a value have lower limits.
fn length(bytes: &Bytes) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
