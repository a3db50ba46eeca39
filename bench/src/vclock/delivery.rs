//! Messages that come in the worst order.

use core::time::Duration;

use quorate_vclock::{CausalBuffer, CausalMessage};

use crate::cpu::cpu_time;

/// How long a buffer takes for so many messages of so many senders, each of which follows all before it, when the last one
/// comes first.
///
/// # Panics
/// If they are not delivered in the order in which they were sent.
pub fn reversed(senders: u64, messages: usize) -> Duration {
    let mut sent: Vec<CausalMessage<u64, usize>> = Vec::with_capacity(messages);
    let mut buffer = CausalBuffer::new(messages);
    for at in 0..messages {
        sent.extend(buffer.send(at as u64 % senders, at).ok());
    }
    let mut other_end = CausalBuffer::new(messages);
    let mut delivered = Vec::with_capacity(messages);
    let begun = cpu_time();
    for message in sent.into_iter().rev() {
        let taken = other_end.receive(message, |message| delivered.push(message.payload));
        assert!(taken.is_ok(), "there is room");
    }
    let time = cpu_time().saturating_sub(begun);
    assert!(delivered.into_iter().eq(0..messages), "delivered in the order of sending");
    time
}
