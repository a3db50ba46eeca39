//! Frames and journals, from bytes that nobody vouches for.
//!
//! A fuzzer does not guess checksums. So an input whose first byte is even is taken as the bytes themselves, and one
//! whose first byte is odd as a script in postcard that writes them, with right checksums, and then does damage.
#![allow(unreachable_pub, reason = "a library here, a module of a test in the crate that it tests")]

use core::convert::Infallible;

use bytes::{Bytes, BytesMut};
use quorate_wire::{
    frame::{self, FrameError},
    journal::{Frame, HEADER_BYTES, Header, JournalError, Salvage, Scan, Writer},
};
use serde::{Deserialize, Serialize};

/// The longest body that a stream may carry here; short, so that inputs reach it.
pub const LIMIT: u32 = 64;

/// A piece of a stream.
#[derive(Serialize, Deserialize)]
pub enum Piece {
    /// These bytes.
    Raw(Vec<u8>),
    /// A frame with this body.
    Framed(Vec<u8>),
    /// A header whose own checksum is right, whatever follows.
    Header {
        /// The version.
        version: u8,
        /// The announced length.
        length: u32,
        /// The announced checksum of the body.
        body_sum: u32,
    },
}

/// However a stream is split it gives the same frames, none over the limit, and stops at the same place for the same
/// reason; written again, its frames are the bytes that were read.
pub fn frame(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let stream = if first % 2 == 0 { rest.to_vec() } else { stream(&decode_all(rest)) };
    let whole = read(&stream, stream.len());
    for chunk in [1, usize::from(*first) / 2 + 2] {
        assert_eq!(read(&stream, chunk), whole, "in chunks of {chunk}");
    }
    let Read { bodies, left, .. } = whole;
    let mut again = Vec::new();
    for body in &bodies {
        assert!(body.len() <= LIMIT as usize, "a body of {} bytes", body.len());
        frame::encode(LIMIT, &mut again, |buffer| put(buffer, body)).expect("it was within the limit");
    }
    again.extend_from_slice(&left);
    assert_eq!(again, stream, "frames and rest are not the stream");
}

#[derive(Debug, PartialEq)]
struct Read {
    bodies: Vec<Bytes>,
    stopped: Option<FrameError>,
    left: Vec<u8>,
}

fn read(stream: &[u8], chunk: usize) -> Read {
    let (mut bodies, mut stopped, mut buffer) = (Vec::new(), None, BytesMut::new());
    for bytes in stream.chunks(chunk.max(1)) {
        buffer.extend_from_slice(bytes);
        while stopped.is_none() {
            match frame::decode(LIMIT, &mut buffer) {
                Ok(Some(body)) => bodies.push(body),
                Ok(None) => break,
                Err(error) => stopped = Some(error),
            }
        }
    }
    Read { bodies, stopped, left: buffer.to_vec() }
}

/// The bytes of the pieces.
pub fn stream(pieces: &[Piece]) -> Vec<u8> {
    let mut stream = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Raw(bytes) => stream.extend_from_slice(bytes),
            Piece::Framed(body) => {
                frame::encode(u32::MAX, &mut stream, |buffer| put(buffer, body)).expect("4 GiB are no input");
            }
            Piece::Header { version, length, body_sum } => {
                let fields = [&[*version][..], &length.to_le_bytes(), &body_sum.to_le_bytes()].concat();
                stream.extend_from_slice(&fields);
                stream.extend_from_slice(&crc32fast::hash(&fields).to_le_bytes());
            }
        }
    }
    stream
}

/// What happens to a journal's file.
#[derive(Serialize, Deserialize)]
pub enum Act {
    /// A frame with this body is appended.
    Append(Vec<u8>),
    /// All frames so far are synced.
    Sync,
    /// The file ends after so many bytes.
    Cut(u16),
    /// A bit flips.
    Flip(u16),
    /// So many bytes from there on are zero.
    Blank(u16, u8),
    /// So many bytes from one place on are written at another, or at the end.
    Copy(u16, u16, u8),
    /// Bytes that nobody framed.
    Raw(Vec<u8>),
}

/// A script that writes a journal and damages it.
#[derive(Serialize, Deserialize)]
pub struct Script {
    /// The salt of the file.
    pub salt: u64,
    /// The sequence of the first frame.
    pub first: u64,
    /// What the reader knows to be synced.
    pub floor: Option<u64>,
    /// What happens to the file.
    pub acts: Vec<Act>,
}

/// Where a journal ends, it can be cut and read again to the same frames, and be written on. Whatever is wrong with it,
/// salvage finds the frames that a scan gave out.
pub fn journal(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    if first % 2 == 0 {
        return judge(rest.to_vec(), None);
    }
    let Ok((script, _)) = postcard::take_from_bytes::<Script>(rest) else { return };
    judge(written(&script), script.floor);
}

fn judge(file: Vec<u8>, floor: Option<u64>) {
    let length = file.len() as u64;
    let Ok(Some(mut scan)) = Scan::open(Bytes::from(file.clone()), floor) else { return };
    let header = *scan.header();
    let frames: Vec<Frame> = scan.by_ref().collect();
    let end_of_frames = check_order(&header, &frames);
    assert!(end_of_frames <= length, "{end_of_frames} bytes of frames in {length}");
    let salvaged: Vec<_> =
        Salvage::new(Bytes::from(file.clone()), &header, HEADER_BYTES as u64).take(frames.len()).collect();
    assert_eq!(salvaged, frames, "salvage does not begin with what the scan found");
    let sequence_next = header.first() + frames.len() as u64;
    match scan.end() {
        Ok(end) => {
            assert_eq!((end.valid_length, end.sequence_next), (end_of_frames, sequence_next));
            let torn = end.torn.map_or((length, 0), |torn| (torn.offset, torn.bytes));
            assert_eq!(torn, (end_of_frames, length - end_of_frames));
            check_truncated(file, floor, &frames, end_of_frames);
        }
        Err(JournalError::Corrupt { offset, sequence, synced, witness, .. }) => {
            assert_eq!((offset, sequence), (end_of_frames, sequence_next));
            assert!(synced >= sequence, "what is corrupt had been synced");
            match witness {
                Some(witness) => {
                    assert!(scan.salvage().any(|frame| frame.offset == witness && frame.synced == synced));
                }
                None => assert_eq!(floor, Some(synced)),
            }
        }
        Err(other) => unreachable!("a file that was opened: {other}"),
    }
}

/// Frames lie back to back and count up; where they end.
fn check_order(header: &Header, frames: &[Frame]) -> u64 {
    let (mut offset, mut sequence) = (HEADER_BYTES as u64, header.first());
    for frame in frames {
        assert_eq!((frame.offset, frame.sequence), (offset, sequence));
        assert!(frame.synced < frame.sequence);
        (offset, sequence) = (frame.end(), sequence + 1);
    }
    offset
}

fn check_truncated(mut file: Vec<u8>, floor: Option<u64>, frames: &[Frame], valid_length: u64) {
    file.truncate(usize::try_from(valid_length).expect("it is in memory"));
    let open = |file: &[u8]| Scan::open(Bytes::copy_from_slice(file), floor);
    let mut scan = open(&file).expect("its header was read before").expect("it has a header");
    let header = *scan.header();
    assert_eq!(scan.by_ref().collect::<Vec<_>>(), frames, "cut where it ends, it holds other frames");
    let end = scan.end().expect("it was cut where it ends");
    assert_eq!((end.valid_length, end.torn), (valid_length, None));
    let sequence = Writer::resume(&header, &end, u32::MAX).append(&mut file, |buffer| put(buffer, b"more"));
    assert_eq!(sequence, Ok(end.sequence_next));
    let mut scan = open(&file).expect("its header was read before").expect("it has a header");
    assert_eq!(scan.by_ref().count(), frames.len() + 1, "written on, it holds other frames");
    assert_eq!(scan.end().map(|end| end.torn), Ok(None));
}

/// The file that the script leaves.
pub fn written(script: &Script) -> Vec<u8> {
    let header = Header::new(script.salt, script.first);
    let mut file = header.encode().to_vec();
    let mut writer = Writer::new(&header, 0, u32::MAX);
    for act in &script.acts {
        perform(act, &mut file, &mut writer);
    }
    file
}

fn perform(act: &Act, file: &mut Vec<u8>, writer: &mut Writer) {
    match act {
        Act::Append(body) => {
            writer.append(file, |buffer| put(buffer, body)).expect("4 GiB are no input");
        }
        Act::Sync => writer.mark_synced(u64::MAX),
        Act::Cut(length) => file.truncate(usize::from(*length)),
        Act::Flip(bit) => {
            if let Some(byte) = file.get_mut(usize::from(bit / 8)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        Act::Blank(from, length) => {
            file.iter_mut().skip(usize::from(*from)).take(usize::from(*length)).for_each(|byte| *byte = 0);
        }
        Act::Copy(from, to, length) => {
            let piece: Vec<u8> =
                file.iter().skip(usize::from(*from)).take(usize::from(*length)).copied().collect();
            let to = usize::from(*to).min(file.len());
            let end = (to + piece.len()).min(file.len());
            file.splice(to..end, piece);
        }
        Act::Raw(bytes) => file.extend_from_slice(bytes),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a body writer")]
fn put(buffer: &mut Vec<u8>, body: &[u8]) -> Result<(), Infallible> {
    buffer.extend_from_slice(body);
    Ok(())
}

/// Values one after the other, as far as they go.
fn decode_all<T: for<'a> Deserialize<'a>>(mut bytes: &[u8]) -> Vec<T> {
    let mut values = Vec::new();
    while let Ok((value, rest)) = postcard::take_from_bytes(bytes) {
        values.push(value);
        bytes = rest;
    }
    values
}
