use super::need::{optional, unknown};
use crate::{
    format::{Entry, Mistake, Recorded, Value},
    spec::{FifoQueue, QueueOp, QueueRet, UnorderedQueue},
};

fn queue_op(entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
    match entry.f.as_str() {
        "enqueue" => Ok(QueueOp::Enqueue(entry.value.clone())),
        "dequeue" => Ok(QueueOp::Dequeue),
        _ => unknown(entry),
    }
}

fn queue_ret(op: &QueueOp<Value>, entry: &Entry) -> QueueRet<Value> {
    match op {
        QueueOp::Enqueue(_) => QueueRet::Enqueued,
        QueueOp::Dequeue => QueueRet::Dequeued(optional(&entry.value)),
    }
}

/// `enqueue V`, `dequeue` that returns a value, or `nil` if it found nothing.
impl Recorded for FifoQueue<Value> {
    fn op(&self, entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
        queue_op(entry)
    }

    fn ret(&self, op: &QueueOp<Value>, entry: &Entry) -> Result<QueueRet<Value>, Mistake> {
        Ok(queue_ret(op, entry))
    }

    fn shown(&self, state: &Self::State) -> Value {
        Value::List(state.iter().cloned().collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the queue"
    }
}

/// As for [`FifoQueue`].
impl Recorded for UnorderedQueue<Value> {
    fn op(&self, entry: &Entry) -> Result<QueueOp<Value>, Mistake> {
        queue_op(entry)
    }

    fn ret(&self, op: &QueueOp<Value>, entry: &Entry) -> Result<QueueRet<Value>, Mistake> {
        Ok(queue_ret(op, entry))
    }

    fn shown(&self, state: &Self::State) -> Value {
        let all = state.iter().flat_map(|(value, count)| core::iter::repeat_n(value.clone(), *count));
        Value::List(all.collect())
    }

    fn shown_key(&self, (): &()) -> Option<Value> {
        None
    }

    fn noun(&self) -> &'static str {
        "the queue"
    }
}
