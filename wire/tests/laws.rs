//! Laws of stream frames and codecs.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail as tests do")]
#![expect(clippy::needless_pass_by_value, reason = "quickcheck hands a law its values")]

use bytes::{Bytes, BytesMut};
use quickcheck::{Gen, QuickCheck};
use quorate_wire::{
    Codec, EncodeError, Postcard, PostcardError,
    frame::{self, FrameError, HEADER_BYTES},
};
use serde::{Deserialize, Serialize};

const LIMIT: u32 = 1 << 16;

fn check(seed: u64) -> QuickCheck {
    QuickCheck::new().rng(Gen::from_size_and_seed(40, seed))
}

fn stream(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for body in bodies {
        frame::encode(LIMIT, &mut stream, |buffer| append(buffer, body)).unwrap();
    }
    stream
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a body writer")]
fn append(buffer: &mut Vec<u8>, body: &[u8]) -> Result<(), PostcardError> {
    buffer.extend_from_slice(body);
    Ok(())
}

/// All frames at the front of `buffer`, and what stopped them.
fn drain(buffer: &mut BytesMut) -> (Vec<Bytes>, Result<(), FrameError>) {
    let mut bodies = Vec::new();
    loop {
        match frame::decode(LIMIT, buffer) {
            Ok(Some(body)) => bodies.push(body),
            Ok(None) => return (bodies, Ok(())),
            Err(error) => return (bodies, Err(error)),
        }
    }
}

#[test]
fn any_chunks_give_the_same_frames() {
    fn law(bodies: Vec<Vec<u8>>, cuts: Vec<u8>) -> bool {
        let stream = stream(&bodies);
        let mut cuts = cuts.into_iter().map(|cut| usize::from(cut) % 31).cycle();
        let (mut rest, mut buffer, mut found) = (&stream[..], BytesMut::new(), Vec::new());
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(cuts.next().unwrap_or(1).clamp(1, rest.len()));
            buffer.extend_from_slice(chunk);
            let (some, stopped) = drain(&mut buffer);
            assert_eq!(stopped, Ok(()));
            found.extend(some);
            rest = later;
        }
        found == bodies && buffer.is_empty()
    }
    check(1).quickcheck(law as fn(_, _) -> _);
}

#[test]
fn a_cut_stream_gives_the_whole_frames_and_waits() {
    fn law(bodies: Vec<Vec<u8>>) -> bool {
        let stream = stream(&bodies);
        (0..=stream.len()).all(|cut| {
            let mut ends = bodies.iter().scan(0, |end, body| {
                *end += HEADER_BYTES + body.len();
                Some(*end)
            });
            let whole = ends.by_ref().take_while(|&end| end <= cut).count();
            let (found, stopped) = drain(&mut BytesMut::from(&stream[..cut]));
            found == bodies[..whole] && stopped == Ok(())
        })
    }
    check(2).tests(50).quickcheck(law as fn(_) -> _);
}

#[test]
fn every_flipped_bit_is_an_error_and_no_body_is_wrong() {
    fn law(bodies: Vec<Vec<u8>>) -> bool {
        let stream = stream(&bodies);
        (0..stream.len() * 8).all(|bit| {
            let mut flipped = BytesMut::from(&stream[..]);
            flipped[bit / 8] ^= 1 << (bit % 8);
            let (found, stopped) = drain(&mut flipped);
            stopped.is_err() && found.len() < bodies.len() && bodies.starts_with(&as_vecs(&found))
        })
    }
    QuickCheck::new().rng(Gen::from_size_and_seed(12, 3)).tests(30).quickcheck(law as fn(_) -> _);
}

fn as_vecs(bodies: &[Bytes]) -> Vec<Vec<u8>> {
    bodies.iter().map(|body| body.to_vec()).collect()
}

#[test]
fn garbage_neither_panics_nor_allocates() {
    fn law(garbage: Vec<u8>) -> bool {
        let mut buffer = BytesMut::from(&garbage[..]);
        let capacity = buffer.capacity();
        let (found, _) = drain(&mut buffer);
        found.is_empty() && buffer.capacity() == capacity && buffer == garbage
    }
    check(4).tests(2_000).quickcheck(law as fn(_) -> _);
}

#[test]
fn a_body_is_split_off_not_copied() {
    let mut buffer = BytesMut::from(&stream(&[b"first".to_vec(), b"second".to_vec()])[..]);
    let start = buffer.as_ptr() as usize;
    let body = frame::decode(LIMIT, &mut buffer).unwrap().unwrap();
    assert_eq!(body.as_ptr() as usize - start, HEADER_BYTES);
}

#[test]
fn a_body_of_the_limit_passes_and_one_byte_more_does_not() {
    let mut stream = b"before".to_vec();
    let over = frame::encode(4, &mut stream, |buffer| append(buffer, b"12345"));
    assert_eq!(over, Err(EncodeError::TooLarge { length: 5, limit: 4 }));
    assert_eq!(stream, b"before");

    let mut stream = Vec::new();
    frame::encode(4, &mut stream, |buffer| append(buffer, b"1234")).unwrap();
    let received = BytesMut::from(&stream[..]);
    assert_eq!(frame::decode(4, &mut received.clone()).unwrap().unwrap(), &b"1234"[..]);
    assert_eq!(frame::decode(3, &mut received.clone()), Err(FrameError::TooLarge { length: 4, limit: 3 }));
}

#[test]
fn a_length_over_the_limit_is_refused_before_its_body_comes() {
    let stream = stream(&[vec![7; 100]]);
    let mut received = BytesMut::from(&stream[..HEADER_BYTES]);
    assert_eq!(frame::decode(99, &mut received), Err(FrameError::TooLarge { length: 100, limit: 99 }));
}

#[test]
fn another_version_is_named() {
    let mut header = [&[9][..], &[0; 4], &[0; 4]].concat();
    header.extend(crc32fast::hash(&header).to_le_bytes());
    assert_eq!(frame::decode(LIMIT, &mut BytesMut::from(&header[..])), Err(FrameError::Version { found: 9 }));
}

#[test]
fn a_body_that_fails_leaves_the_buffer_as_it_was() {
    let mut stream = b"before".to_vec();
    let failed = frame::encode(LIMIT, &mut stream, |buffer| {
        buffer.extend_from_slice(b"half");
        Err("no more")
    });
    assert_eq!(failed, Err(EncodeError::Body("no more")));
    assert_eq!(stream, b"before");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Ping,
    Entries { term: u64, entries: Vec<Vec<u8>> },
    Name(String, Option<i32>),
}

#[test]
fn postcard_appends_and_reads_back() {
    fn law(before: Vec<u8>, term: u64, entries: Vec<Vec<u8>>, name: String, number: Option<i32>) -> bool {
        [Message::Ping, Message::Entries { term, entries }, Message::Name(name, number)].iter().all(
            |message| {
                let mut buffer = before.clone();
                Postcard::encode(message, &mut buffer).unwrap();
                let encoded = Bytes::from(buffer).split_off(before.len());
                <Postcard as Codec<Message>>::decode(&encoded).unwrap() == *message
            },
        )
    }
    check(5).quickcheck(law as fn(_, _, _, _, _) -> _);
}

#[test]
fn postcard_refuses_what_is_left_over_and_what_is_missing() {
    let mut buffer = Vec::new();
    Postcard::encode(&(300_u32, 7_u8), &mut buffer).unwrap();
    let encoded = Bytes::from(buffer);
    let short: Result<u32, _> = Postcard::decode(&encoded);
    assert_eq!(short, Err(PostcardError::Trailing { bytes: 1 }));
    let cut: Result<(u32, u8), _> = Postcard::decode(&encoded.slice(..2));
    assert!(matches!(cut, Err(PostcardError::Decode(_))), "{cut:?}");
}

/// A codec that keeps slices of the frame's body: what `decode(&Bytes)` is for.
struct Raw;

impl Codec<Bytes> for Raw {
    type Error = PostcardError;

    fn encode(value: &Bytes, buffer: &mut Vec<u8>) -> Result<(), PostcardError> {
        append(buffer, value)
    }

    fn decode(bytes: &Bytes) -> Result<Bytes, PostcardError> {
        Ok(bytes.clone())
    }
}

#[test]
fn a_codec_may_keep_slices_of_the_buffer() {
    let mut stream = Vec::new();
    frame::encode(LIMIT, &mut stream, |buffer| Raw::encode(&Bytes::from_static(b"kept"), buffer)).unwrap();
    let mut received = BytesMut::from(&stream[..]);
    let start = received.as_ptr() as usize;
    let value = Raw::decode(&frame::decode(LIMIT, &mut received).unwrap().unwrap()).unwrap();
    assert_eq!(value, &b"kept"[..]);
    assert_eq!(value.as_ptr() as usize - start, HEADER_BYTES);
}
