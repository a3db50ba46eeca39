use bytes::Bytes;

use super::{Slot, Store};
use crate::{
    glob,
    query::{Query, Scan, TtlShape},
    reply::Reply,
};

/// The one type of value there is.
const STRING: &str = "string";

impl Store {
    /// Answers a query. `now_ms` is the asker's wall clock: it decides how much of a key's time is left, never
    /// whether the key is there.
    pub fn answer(&self, query: &Query, now_ms: u64) -> Reply {
        match query {
            Query::Get { key } => Reply::optional(self.value(key)),
            Query::GetAll { keys } => {
                Reply::Array(keys.iter().map(|key| Reply::optional(self.value(key))).collect())
            }
            Query::Strlen { key } => {
                Reply::count(self.get(&Slot::of(key)).map_or(0, |item| item.value.len()))
            }
            Query::Exists { keys } => {
                Reply::count(keys.iter().filter(|key| self.get(&Slot::of(key)).is_some()).count())
            }
            Query::Type { key } => {
                let there = self.get(&Slot::of(key)).is_some();
                Reply::Simple(if there { STRING } else { "none" }.into())
            }
            Query::Ttl { key, shape } => self.ttl(key, *shape, now_ms),
            Query::Keys { pattern } => self.keys(pattern),
            Query::Scan(scan) => self.scan(scan),
            Query::DbSize => Reply::count(self.items.len()),
            Query::Dump => Reply::Array(self.parts(DUMP_PART_BYTES).into_iter().map(Reply::Bulk).collect()),
        }
    }

    fn value(&self, key: &Bytes) -> Option<Bytes> {
        self.get(&Slot::of(key)).map(|item| item.value.clone())
    }

    fn ttl(&self, key: &Bytes, shape: TtlShape, now_ms: u64) -> Reply {
        let Some(item) = self.get(&Slot::of(key)) else { return Reply::Integer(NO_KEY) };
        let Some(at_ms) = item.ends_at_ms else { return Reply::Integer(NO_END) };
        let milliseconds =
            if shape.absolute { at_ms } else { at_ms.saturating_sub(now_ms.max(self.log_time_ms)) };
        Reply::count(if shape.milliseconds { milliseconds } else { milliseconds.saturating_add(500) / 1_000 })
    }

    fn keys(&self, pattern: &Bytes) -> Reply {
        let matching = self.live_from(0).filter(|(slot, _)| glob::matches(pattern, &slot.key));
        Reply::Array(matching.map(|(slot, _)| Reply::Bulk(slot.key.clone())).collect())
    }

    /// A key that is there from the first call of a walk to the last keeps its place, and the cursor passes every
    /// place: it is answered once. Keys that share a place are never parted, so the cursor need not name one.
    fn scan(&self, scan: &Scan) -> Reply {
        let mut found = Vec::new();
        let mut last_place = None;
        let mut cursor = 0;
        for (seen, (slot, _)) in self.live_from(scan.cursor).enumerate() {
            if seen >= scan.count && last_place != Some(slot.place) {
                cursor = slot.place;
                break;
            }
            last_place = Some(slot.place);
            if scan.wants(&slot.key) {
                found.push(Reply::Bulk(slot.key.clone()));
            }
        }
        Reply::Array(vec![Reply::bulk(cursor.to_string()), Reply::Array(found)])
    }
}

const NO_KEY: i64 = -2;
const NO_END: i64 = -1;
/// How large the parts of a dump are.
const DUMP_PART_BYTES: usize = 256 << 10;

impl Scan {
    fn wants(&self, key: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| glob::matches(pattern, key))
            && self.type_name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(STRING.as_bytes()))
    }
}
