use bytes::{Bytes, BytesMut};

use super::{ENDED_PER_BATCH_MAX, Item, Slot, Store, cost};
use crate::{
    number,
    operation::{Batch, Change, Condition, End, ExpireWhen, Expiry, Operation, Set, SetAnswer},
    reply::{Reply, lines},
};

/// The longest value, as in Redis.
const VALUE_BYTES_MAX: usize = 512 << 20;

/// Why an operation changed nothing: the error line that says so.
type Refused = &'static str;

impl Store {
    /// Applies a committed batch and answers each of its operations.
    pub fn apply(&mut self, batch: Batch) -> Vec<Reply> {
        self.log_time_ms = self.log_time_ms.max(batch.at_ms);
        self.remove_ended(ENDED_PER_BATCH_MAX);
        let memory_bytes_max = batch.memory_bytes_max;
        batch.operations.into_iter().map(|operation| self.apply_one(operation, memory_bytes_max)).collect()
    }

    fn apply_one(&mut self, operation: Operation, memory_bytes_max: u64) -> Reply {
        let outcome = match operation {
            Operation::Set(set) => self.set(set, memory_bytes_max),
            Operation::Del { keys } => Ok(self.del(&keys)),
            Operation::Increment { key, by } => self.increment(&key, by, memory_bytes_max),
            Operation::Append { key, tail } => self.append(&key, &tail, memory_bytes_max),
            Operation::GetDel { key } => Ok(self.get_del(&key)),
            Operation::SetAll { pairs, if_none_exists } => {
                self.set_all(pairs, if_none_exists, memory_bytes_max)
            }
            Operation::Expire { key, end, when } => Ok(self.expire(&key, end, when)),
            Operation::Persist { key } => Ok(self.persist(&key)),
            Operation::FlushAll => {
                self.clear();
                Ok(Reply::OK)
            }
            Operation::Tick => Ok(Reply::OK),
        };
        outcome.unwrap_or_else(Reply::error)
    }

    fn set(&mut self, set: Set, memory_bytes_max: u64) -> Result<Reply, Refused> {
        let slot = Slot::of(&set.key);
        let before = self.get(&slot).cloned();
        let holds = match set.condition {
            Condition::Always => true,
            Condition::Absent => before.is_none(),
            Condition::Present => before.is_some(),
        };
        if holds {
            let ends_at_ms = match set.expiry {
                Expiry::Never => None,
                Expiry::Keep => before.as_ref().and_then(|item| item.ends_at_ms),
                Expiry::Ends(end) => Some(self.resolve(end)),
            };
            self.put(slot, Item { value: set.value, ends_at_ms }, memory_bytes_max)?;
        }
        Ok(match set.answer {
            SetAnswer::Previous => Reply::optional(before.map(|item| item.value)),
            SetAnswer::Flag => Reply::flag(holds),
            SetAnswer::Status if holds => Reply::OK,
            SetAnswer::Status => Reply::Nil,
        })
    }

    fn del(&mut self, keys: &[Bytes]) -> Reply {
        let removed = keys.iter().map(Slot::of).filter(|slot| self.take(slot).is_some()).count();
        Reply::count(removed)
    }

    fn increment(&mut self, key: &Bytes, by: i64, memory_bytes_max: u64) -> Result<Reply, Refused> {
        let slot = Slot::of(key);
        let before = self.get(&slot);
        let number = match before {
            Some(item) => number::integer(&item.value).ok_or(lines::NOT_AN_INTEGER)?,
            None => 0,
        };
        let ends_at_ms = before.and_then(|item| item.ends_at_ms);
        let sum = number.checked_add(by).ok_or(lines::OVERFLOW)?;
        self.put(slot, Item { value: sum.to_string().into(), ends_at_ms }, memory_bytes_max)?;
        Ok(Reply::Integer(sum))
    }

    fn append(&mut self, key: &Bytes, tail: &Bytes, memory_bytes_max: u64) -> Result<Reply, Refused> {
        let slot = Slot::of(key);
        let (length, ends_at_ms) =
            self.get(&slot).map_or((0, None), |item| (item.value.len(), item.ends_at_ms));
        let length = length + tail.len();
        if length > VALUE_BYTES_MAX {
            return Err(lines::STRING_TOO_LONG);
        }
        let item_bytes = if self.get(&slot).is_none() { super::ITEM_BYTES + key.len() as u64 } else { 0 };
        let growth = tail.len() as u64 + item_bytes;
        self.check_room(growth, memory_bytes_max)?;
        // Taking the item out lets its buffer grow in place: nobody else holds it but a reply under way.
        let value = self.take(&slot).map_or_else(Bytes::new, |item| item.value);
        let mut value = value.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
        value.extend_from_slice(tail);
        self.insert(slot, Item { value: value.freeze(), ends_at_ms });
        Ok(Reply::count(length))
    }

    fn get_del(&mut self, key: &Bytes) -> Reply {
        Reply::optional(self.take(&Slot::of(key)).map(|item| item.value))
    }

    fn set_all(
        &mut self,
        pairs: Vec<(Bytes, Bytes)>,
        if_none_exists: bool,
        memory_bytes_max: u64,
    ) -> Result<Reply, Refused> {
        if if_none_exists && pairs.iter().any(|(key, _)| self.get(&Slot::of(key)).is_some()) {
            return Ok(Reply::flag(false));
        }
        let growth = pairs.iter().map(|(key, value)| self.growth(key, value)).sum();
        self.check_room(growth, memory_bytes_max)?;
        for (key, value) in pairs {
            self.insert(Slot::of(&key), Item { value, ends_at_ms: None });
        }
        Ok(if if_none_exists { Reply::flag(true) } else { Reply::OK })
    }

    fn expire(&mut self, key: &Bytes, end: End, when: ExpireWhen) -> Reply {
        let slot = Slot::of(key);
        let at_ms = self.resolve(end);
        let Some(item) = self.get(&slot) else { return Reply::flag(false) };
        let has_end = when.has_end.is_none_or(|wanted| wanted == item.ends_at_ms.is_some());
        let moves = match (when.change, item.ends_at_ms) {
            (None, _) | (Some(Change::Earlier), None) => true,
            (Some(Change::Later), None) => false,
            (Some(Change::Later), Some(before)) => at_ms > before,
            (Some(Change::Earlier), Some(before)) => at_ms < before,
        };
        if !(has_end && moves) {
            return Reply::flag(false);
        }
        let item = Item { ends_at_ms: Some(at_ms), ..item.clone() };
        self.place(slot, item);
        Reply::flag(true)
    }

    fn persist(&mut self, key: &Bytes) -> Reply {
        let slot = Slot::of(key);
        let Some(item) = self.get(&slot).filter(|item| item.ends_at_ms.is_some()) else {
            return Reply::flag(false);
        };
        let item = Item { ends_at_ms: None, ..item.clone() };
        self.place(slot, item);
        Reply::flag(true)
    }

    /// Removes a key; one that has ended was not there.
    fn take(&mut self, slot: &Slot) -> Option<Item> {
        let item = self.remove(slot)?;
        self.is_live(&item).then_some(item)
    }

    fn put(&mut self, slot: Slot, item: Item, memory_bytes_max: u64) -> Result<(), Refused> {
        let before = self.items.get(&slot).map_or(0, |before| cost(&slot, before));
        self.check_room(cost(&slot, &item).saturating_sub(before), memory_bytes_max)?;
        self.place(slot, item);
        Ok(())
    }

    /// Puts an item in its slot, or nothing if it has ended already.
    fn place(&mut self, slot: Slot, item: Item) {
        if self.is_live(&item) {
            self.insert(slot, item);
        } else {
            self.remove(&slot);
        }
    }

    fn growth(&self, key: &Bytes, value: &Bytes) -> u64 {
        let slot = Slot::of(key);
        let before = self.items.get(&slot).map_or(0, |before| cost(&slot, before));
        cost(&slot, &Item { value: value.clone(), ends_at_ms: None }).saturating_sub(before)
    }

    const fn check_room(&self, growth: u64, memory_bytes_max: u64) -> Result<(), Refused> {
        if growth > 0 && self.bytes.saturating_add(growth) > memory_bytes_max {
            return Err(lines::OUT_OF_MEMORY);
        }
        Ok(())
    }

    /// The instant of an end. Before the epoch is the epoch: both are long gone.
    fn resolve(&self, end: End) -> u64 {
        match end {
            End::AfterMs(span) => self.log_time_ms.saturating_add_signed(span),
            End::AtMs(at) => u64::try_from(at).unwrap_or(0),
        }
    }
}
