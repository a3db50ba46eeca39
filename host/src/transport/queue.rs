//! What waits for one peer: frames, already encoded, back to back in one buffer.

use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use quorate_wire::{Codec, frame};
use tokio::sync::Notify;

/// Above this many bytes an emptied buffer is given back instead of kept.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queued {
    Waiting,
    Full,
    NotEncoded,
}

/// A bounded queue that is emptied at once: one buffer for the loop to fill, swapped with the one just written.
#[derive(Debug)]
pub(crate) struct SendQueue {
    waiting: Mutex<Waiting>,
    filled: Notify,
    messages_max: usize,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    messages: usize,
}

impl SendQueue {
    pub(crate) fn new(messages_max: usize, bytes_max: usize) -> Self {
        Self { waiting: Mutex::default(), filled: Notify::new(), messages_max, bytes_max }
    }

    /// Appends a message; [`flush`](Self::flush) wakes the connection.
    pub(crate) fn push<T, C: Codec<T>>(&self, message: &T, message_bytes_max: u32) -> Queued {
        let mut waiting = self.lock();
        if waiting.messages >= self.messages_max {
            return Queued::Full;
        }
        let before = waiting.bytes.len();
        let encoded = frame::encode(message_bytes_max, &mut waiting.bytes, |body| C::encode(message, body));
        if encoded.is_err() {
            return Queued::NotEncoded;
        }
        if waiting.bytes.len() > self.bytes_max {
            waiting.bytes.truncate(before);
            return Queued::Full;
        }
        waiting.messages += 1;
        Queued::Waiting
    }

    pub(crate) fn flush(&self) {
        self.filled.notify_one();
    }

    /// Waits for something to send and swaps it into the empty `bytes`. Answers how many messages that is.
    pub(crate) async fn take(&self, bytes: &mut Vec<u8>) -> usize {
        loop {
            let messages = self.try_take(bytes);
            if messages > 0 {
                return messages;
            }
            self.filled.notified().await;
        }
    }

    /// Throws away what waits; answers how many messages that was.
    pub(crate) fn discard(&self) -> usize {
        let mut waiting = self.lock();
        waiting.bytes.clear();
        mem::take(&mut waiting.messages)
    }

    fn try_take(&self, bytes: &mut Vec<u8>) -> usize {
        if bytes.capacity() > BUFFER_BYTES_KEPT {
            *bytes = Vec::new();
        }
        bytes.clear();
        let mut waiting = self.lock();
        mem::swap(&mut waiting.bytes, bytes);
        mem::take(&mut waiting.messages)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use quorate_wire::Postcard;

    use super::{Queued, SendQueue};

    #[test]
    fn a_full_queue_takes_no_more_and_keeps_what_it_has() {
        let by_count = SendQueue::new(2, 1 << 10);
        let pushed: Vec<Queued> = (0_u64..3).map(|n| by_count.push::<_, Postcard>(&n, 64)).collect();
        assert_eq!(pushed, [Queued::Waiting, Queued::Waiting, Queued::Full]);
        assert_eq!(by_count.discard(), 2);

        let by_bytes = SendQueue::new(9, 20);
        assert_eq!(by_bytes.push::<_, Postcard>(&1_u64, 64), Queued::Waiting);
        assert_eq!(by_bytes.push::<_, Postcard>(&2_u64, 64), Queued::Full);
        let mut bytes = Vec::new();
        assert_eq!((by_bytes.try_take(&mut bytes), bytes.len()), (1, 14));
    }

    #[test]
    fn a_message_over_its_limit_leaves_no_trace() {
        let queue = SendQueue::new(9, 1 << 10);
        assert_eq!(queue.push::<_, Postcard>(&"a long text".to_owned(), 4), Queued::NotEncoded);
        let mut bytes = Vec::new();
        assert_eq!((queue.try_take(&mut bytes), bytes.len()), (0, 0));
    }
}
