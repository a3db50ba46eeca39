//! Writes the store piece by piece while it changes: what a change would overwrite is kept until it is written.

use core::{fmt, ops::Bound};
use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Item, Slot, Store, image::Parts};

/// What an item costs to write besides its bytes, in bytes: the search for it.
const ITEM_EFFORT_BYTES: usize = 128;

/// The store as of one moment, partly written.
#[derive(Clone)]
pub(super) struct Imaging {
    parts: Parts,
    /// Everything up to here is written.
    written: Option<Slot>,
    /// What has changed since and is not written yet, as it was; `None` for what was not there.
    before: BTreeMap<Slot, Option<Item>>,
    /// All items as of the moment at which the store was emptied.
    emptied: Option<BTreeMap<Slot, Item>>,
}

impl Store {
    /// Begins to write the store as it is now, in parts of at most `part_bytes_max`. Changes made before all of it
    /// is written do not show in it. What is being written already is given up.
    pub fn begin_image(&mut self, part_bytes_max: usize) {
        *self.imaging = Some(Imaging::of(self, part_bytes_max));
    }

    /// Writes about `bytes_max` more of what [`begin_image`](Self::begin_image) has begun. Gives the parts once all
    /// is written; from then on, and if nothing was begun, there is nothing to give.
    pub fn continue_image(&mut self, bytes_max: usize) -> Option<Vec<Bytes>> {
        let Self { items, imaging, .. } = self;
        if !imaging.as_mut()?.write(items, bytes_max) {
            return None;
        }
        let Imaging { parts, emptied, .. } = imaging.take()?;
        self.discard(emptied.unwrap_or_default());
        Some(parts.finish())
    }

    /// The store as bytes, in parts of at most `part_bytes_max`. An item may span parts.
    pub fn parts(&self, part_bytes_max: usize) -> Vec<Bytes> {
        let mut imaging = Imaging::of(self, part_bytes_max);
        imaging.write(&self.items, usize::MAX);
        imaging.parts.finish()
    }

    /// To be called before an item changes.
    pub(super) fn keep_for_image(&mut self, slot: &Slot) {
        let Some(imaging) = self.imaging.as_mut() else { return };
        if imaging.needs(slot) {
            imaging.before.insert(slot.clone(), self.items.get(slot).cloned());
        }
    }

    /// Takes all items out, for the image that needs them or to be given back to the system bit by bit.
    pub(super) fn empty_items(&mut self) {
        let items = core::mem::take(&mut self.items);
        match self.imaging.as_mut() {
            Some(imaging) if imaging.emptied.is_none() => imaging.emptied = Some(items),
            _ => self.discard(items),
        }
    }
}

impl Imaging {
    fn of(store: &Store, part_bytes_max: usize) -> Self {
        let parts = Parts::begin(part_bytes_max, store.log_time_ms, store.items.len() as u64);
        Self { parts, written: None, before: BTreeMap::new(), emptied: None }
    }

    fn needs(&self, slot: &Slot) -> bool {
        let ahead = self.written.as_ref().is_none_or(|written| written < slot);
        ahead && self.emptied.is_none() && !self.before.contains_key(slot)
    }

    /// Says whether all is written.
    fn write(&mut self, items: &BTreeMap<Slot, Item>, bytes_max: usize) -> bool {
        let Self { parts, written, before, emptied } = self;
        let from = written.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut now = emptied.as_ref().unwrap_or(items).range((from, Bound::Unbounded)).peekable();
        let (mut effort, mut last) = (0_usize, None);
        let complete = loop {
            if effort >= bytes_max {
                break false;
            }
            // What was kept comes in the place of what is there now.
            let kept =
                before.first_entry().filter(|kept| now.peek().is_none_or(|(slot, _)| kept.key() <= *slot));
            let (slot, item) = if let Some(kept) = kept {
                let (slot, item) = kept.remove_entry();
                now.next_if(|(same, _)| **same == slot);
                (slot, item)
            } else {
                let Some((slot, item)) = now.next() else { break true };
                (slot.clone(), Some(item.clone()))
            };
            effort += ITEM_EFFORT_BYTES;
            if let Some(item) = item {
                effort += slot.key.len() + item.value.len();
                parts.put_item(&slot, &item);
            }
            last = Some(slot);
        };
        *written = last.or(written.take());
        complete
    }
}

impl fmt::Debug for Imaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imaging").field("before", &self.before.len()).finish_non_exhaustive()
    }
}
