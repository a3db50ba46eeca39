//! The formats, byte by byte. The expected bytes were computed from the tables by another program.
//!
//! If one of these fails, files and peers of the released version cannot be read any more: raise the version instead.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail as tests do")]

use core::convert::Infallible;

use bytes::{Bytes, BytesMut};
use quorate_wire::{
    Codec as _, Postcard, frame,
    journal::{Header, Scan, Writer},
};

const HEADER: &str = "51554f524a4e4c01 efcdab8967452301 0700000000000000 e44b6ec4";
const FRAME_7: &str = "05000000 0700000000000000 0600000000000000 1c2b9e1c bdab2d21 68656c6c6f";
const FRAME_8: &str = "00000000 0800000000000000 0700000000000000 47e23b44 8dd8861a";

fn bytes(hex: &[&str]) -> Vec<u8> {
    let digits = hex.concat().replace(' ', "");
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a body writer")]
fn hello(buffer: &mut Vec<u8>) -> Result<(), Infallible> {
    buffer.extend_from_slice(b"hello");
    Ok(())
}

#[test]
fn a_stream_frame() {
    let (mut stream, expected) = (Vec::new(), "01 05000000 86a61036 74412d29 68656c6c6f");
    frame::encode(5, &mut stream, hello).unwrap();
    assert_eq!(stream, bytes(&[expected]));
    let body = frame::decode(5, &mut BytesMut::from(&bytes(&[expected])[..])).unwrap();
    assert_eq!(body.unwrap(), &b"hello"[..]);
}

#[test]
fn an_empty_stream_frame() {
    let mut stream = Vec::new();
    frame::encode(0, &mut stream, |_| Ok::<_, Infallible>(())).unwrap();
    assert_eq!(stream, bytes(&["01 00000000 00000000 ed0072f1"]));
}

#[test]
fn a_journal() {
    let header = Header::new(0x0123_4567_89ab_cdef, 7);
    let (mut file, mut writer) = (header.encode().to_vec(), Writer::new(&header, 6, 100));
    writer.append(&mut file, hello).unwrap();
    writer.mark_synced(7);
    writer.append(&mut file, |_| Ok::<_, Infallible>(())).unwrap();
    assert_eq!(file, bytes(&[HEADER, FRAME_7, FRAME_8]));
}

#[test]
fn a_journal_read_back() {
    let file = bytes(&[HEADER, FRAME_7, FRAME_8]);
    let mut scan = Scan::open(Bytes::from(file), None).unwrap().unwrap();
    let found: Vec<_> = scan.by_ref().map(|frame| (frame.sequence, frame.synced, frame.body)).collect();
    assert_eq!(found, [(7, 6, Bytes::from_static(b"hello")), (8, 7, Bytes::new())]);
    assert_eq!(scan.end().unwrap().sequence_next, 9);
}

#[test]
fn a_postcard_body() {
    let mut body = Vec::new();
    Postcard::encode(&(300_u32, Some(-1_i64), String::from("hi")), &mut body).unwrap();
    assert_eq!(body, bytes(&["ac02 01 01 02 6869"]));
}
