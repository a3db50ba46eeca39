//! Requests as clients send them, and batches as they stand in the log.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

#[path = "../../kv/src/server/inline.rs"]
mod inline;
#[path = "../../kv/src/server/request.rs"]
mod request;

use bytes::{Bytes, BytesMut};
use quorate_kv::{
    Batch, Operation, Reply, Store,
    command::{self, Request},
};

use self::request::{Decoded, Decoder, ProtocolError};

/// The longest command here; short, so that inputs reach it.
const COMMAND_BYTES_MAX: usize = 1_000;

/// However requests are split they are the same requests, and stop for the same reason. None is over its limit, none
/// becomes an operation larger than it was charged for, and whatever it asks for a store answers.
///
/// The first byte is the length of the chunks. Longer than a line may be, an input is not looked at: a line that has
/// grown too long is refused as soon as that shows, which depends on what has arrived.
pub fn requests(data: &[u8]) {
    let Some((chunk, stream)) = data.split_first() else { return };
    if stream.len() >= LINE_BYTES_MAX {
        return;
    }
    let whole = read(stream, stream.len());
    for chunk in [1, usize::from(*chunk) + 2] {
        assert_eq!(read(stream, chunk), whole, "in chunks of {chunk}");
    }
    let mut store = Store::new();
    for decoded in &whole.requests {
        check_charge(decoded);
        carry_out(decoded, &mut store);
    }
}

const LINE_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, PartialEq)]
struct Read {
    requests: Vec<Decoded>,
    /// The error, or what waits for more.
    end: Result<Vec<u8>, ProtocolError>,
}

fn read(stream: &[u8], chunk: usize) -> Read {
    let (mut requests, mut buffer) = (Vec::new(), BytesMut::new());
    let mut decoder = Decoder::new(COMMAND_BYTES_MAX);
    for bytes in stream.chunks(chunk.max(1)) {
        buffer.extend_from_slice(bytes);
        loop {
            match decoder.next(&mut buffer) {
                Ok(Some(request)) => requests.push(request),
                Ok(None) => break,
                Err(error) => return Read { requests, end: Err(error) },
            }
        }
    }
    Read { requests, end: Ok(buffer.to_vec()) }
}

fn check_charge(Decoded { words, bytes }: &Decoded) {
    assert!(!words.is_empty(), "a request of no words");
    assert!(*bytes <= COMMAND_BYTES_MAX, "a request of {bytes} bytes");
    assert!(words.iter().map(Bytes::len).sum::<usize>() < *bytes, "more words than were charged for");
}

fn carry_out(decoded: &Decoded, store: &mut Store) {
    match command::parse(&decoded.words) {
        Ok(Request::Write(operation)) => {
            let bound = operation.bytes_bound();
            assert!(
                bound <= decoded.bytes,
                "{operation:?} is larger than the {} bytes charged",
                decoded.bytes
            );
            let batch = batch_of(operation);
            assert_eq!(store.apply(batch).len(), 1);
        }
        Ok(Request::Read(query)) => drop(store.answer(&query, 7)),
        Ok(Request::Local(_)) => {}
        Err(error) => {
            let line = error.to_string();
            assert!(!line.is_empty() && !line.contains(['\r', '\n']), "{line:?} is no error line");
        }
    }
}

fn batch_of(operation: Operation) -> Batch {
    let bound = Batch::OVERHEAD_BYTES + operation.bytes_bound();
    let (sequence, at_ms) = (u64::MAX, 1 << 40);
    let batch =
        Batch { origin: u64::MAX, sequence, at_ms, memory_bytes_max: u64::MAX, operations: vec![operation] };
    let encoded = batch.encode();
    assert!(encoded.len() <= bound, "{batch:?} takes {} bytes, bound by {bound}", encoded.len());
    assert_eq!(Batch::decode(&encoded).as_ref(), Ok(&batch));
    batch
}

/// Equal batches in equal order make equal stores and equal answers. A store is what its parts restore, and no operation
/// but EXPIRE takes it over the memory limit that came with it.
///
/// The first byte is the length of the parts.
pub fn batches(data: &[u8]) {
    let Some((part_bytes, mut rest)) = data.split_first() else { return };
    let (mut one, mut other) = (Store::new(), Store::new());
    while let Ok((batch, more)) = postcard::take_from_bytes::<Batch>(rest) {
        rest = more;
        let encoded = batch.encode();
        assert_eq!(Batch::decode(&encoded).as_ref(), Ok(&batch), "it reads as something else");
        let bound = batch.operations.iter().map(Operation::bytes_bound).sum::<usize>();
        assert!(encoded.len() <= Batch::OVERHEAD_BYTES + bound, "{batch:?} takes {} bytes", encoded.len());
        assert_eq!(one.apply(batch.clone()), apply_singly(&mut other, &batch));
        assert!(one == other, "two stores differ");
    }
    let parts = one.parts(usize::from(*part_bytes) + 1);
    assert!(parts.iter().all(|part| part.len() <= usize::from(*part_bytes) + 1), "a part is too long");
    let restored = Store::restore(&parts).expect("the parts of a store");
    assert!(restored == one, "restored, it is another store");
    assert_eq!(restored.usage(), one.usage());
    // The bytes themselves, taken for parts of a store: refused, or a store.
    if let Ok(store) = Store::restore(&[Bytes::copy_from_slice(rest)]) {
        assert!(Store::restore(&store.parts(3)).as_ref() == Ok(&store), "what was restored is no store");
    }
}

/// The batch's operations one by one, each against the memory limit.
fn apply_singly(store: &mut Store, batch: &Batch) -> Vec<Reply> {
    store.apply(Batch { operations: Vec::new(), ..batch.clone() });
    let mut replies = Vec::new();
    for operation in &batch.operations {
        let before = store.usage().bytes;
        // Time does not pass between operations, and nothing that has ended is left but for more than a batch removes.
        replies.extend(store.apply(Batch { operations: vec![operation.clone()], ..batch.clone() }));
        let (bytes, max) = (store.usage().bytes, batch.memory_bytes_max);
        // What gives memory back later is never refused, as in Redis, though an end takes a little at first.
        let exempt = matches!(operation, Operation::Expire { .. });
        assert!(exempt || bytes <= before.max(max), "{operation:?} takes {bytes} of {max}, {before} before");
    }
    replies
}
