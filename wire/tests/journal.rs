//! Laws of the journal: files cut, flipped, reordered and mixed, judged against what was written.
#![expect(clippy::unwrap_used, reason = "the helpers of tests may fail as tests do")]
#![expect(clippy::needless_pass_by_value, reason = "quickcheck hands a law its values")]

mod written;

use bytes::Bytes;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use quorate_wire::{
    EncodeError,
    journal::{End, Fault, Frame, HEADER_BYTES, Header, JournalError, Salvage, Scan, Torn, Writer},
};

use self::written::{SALT, Step, Written, put, sequence_of, to_usize};

const OTHER_SALT: u64 = 0xfeed;

fn check(size: usize, seed: u64) -> QuickCheck {
    QuickCheck::new().rng(Gen::from_size_and_seed(size, seed))
}

/// All frames before the first bad one, and the verdict.
fn scan(file: &[u8], floor: Option<u64>) -> (Vec<Frame>, Result<End, JournalError>) {
    let mut scan = Scan::open(Bytes::copy_from_slice(file), floor).unwrap().unwrap();
    (scan.by_ref().collect(), scan.end())
}

fn open(file: &[u8], floor: Option<u64>) -> Result<Option<Scan>, JournalError> {
    Scan::open(Bytes::copy_from_slice(file), floor)
}

#[test]
fn what_is_written_is_read() {
    fn law(steps: Vec<Step>) -> bool {
        let written = Written::of(&steps, SALT);
        let (frames, end) = scan(&written.file, None);
        let clean = End {
            sequence_next: written.sequence_next(),
            valid_length: written.file.len() as u64,
            torn: None,
        };
        frames == written.frames && end == Ok(clean)
    }
    check(40, 1).quickcheck(law as fn(_) -> _);
}

#[test]
fn a_cut_anywhere_is_a_torn_tail() {
    fn law(steps: Vec<Step>) -> bool {
        let written = Written::of(&steps, SALT);
        (HEADER_BYTES..=written.file.len()).all(|cut| {
            let whole = written.whole_before(cut);
            let valid_length = written.offset(whole.len());
            let bytes = cut as u64 - valid_length;
            let (frames, end) = scan(&written.file[..cut], None);
            let end = end.unwrap();
            frames == whole
                && (end.sequence_next, end.valid_length) == (sequence_of(whole.len()), valid_length)
                && end.torn.map(|torn| (torn.offset, torn.bytes))
                    == (bytes > 0).then_some((valid_length, bytes))
        })
    }
    check(15, 2).tests(60).quickcheck(law as fn(_) -> _);
}

#[test]
fn a_cut_below_the_floor_is_corruption() {
    fn law(steps: Vec<Step>, floor: u8) -> bool {
        let written = Written::of(&steps, SALT);
        let floor = u64::from(floor) % 20;
        (HEADER_BYTES..=written.file.len()).all(|cut| {
            let whole = written.whole_before(cut);
            let (frames, end) = scan(&written.file[..cut], Some(floor));
            let enough = floor < sequence_of(whole.len());
            frames == whole
                && match end {
                    Ok(_) => enough,
                    Err(JournalError::Corrupt { offset, sequence, synced, witness: None, .. }) => {
                        !enough
                            && offset == written.offset(whole.len())
                            && (sequence, synced) == (sequence_of(whole.len()), floor)
                    }
                    Err(_) => false,
                }
        })
    }
    check(15, 3).tests(60).quickcheck(law as fn(_, _) -> _);
}

#[test]
fn a_cut_inside_the_header_is_an_unborn_file_or_a_lost_one() {
    let file = Written::of(&[], SALT).file;
    for cut in 0..HEADER_BYTES {
        assert!(matches!(open(&file[..cut], None), Ok(None)), "cut at {cut}");
        assert_eq!(open(&file[..cut], Some(1)).unwrap_err(), JournalError::BadHeader, "cut at {cut}");
    }
}

#[test]
fn every_flipped_bit_is_judged_rightly() {
    fn law(steps: Vec<Step>) -> bool {
        let written = Written::of(&steps, SALT);
        (HEADER_BYTES * 8..written.file.len() * 8).all(|bit| {
            let mut file = written.file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            let bad = written.whole_before(bit / 8).len();
            let (frames, end) = scan(&file, None);
            let later = &written.frames[bad + 1..];
            let witness = later.iter().find(|frame| frame.synced >= sequence_of(bad));
            frames == written.frames[..bad] && is_verdict(&end, &written, bad, witness)
        })
    }
    check(10, 4).tests(25).quickcheck(law as fn(_) -> _);
}

/// Whether `end` says that frame `bad` is the first bad one, and a torn tail or corruption as `witness` has it.
fn is_verdict(
    end: &Result<End, JournalError>,
    written: &Written,
    bad: usize,
    witness: Option<&Frame>,
) -> bool {
    match (end, witness) {
        (&Ok(End { sequence_next, valid_length, torn: Some(Torn { offset, .. }) }), None) => {
            offset == valid_length && (sequence_next, offset) == (sequence_of(bad), written.offset(bad))
        }
        (&Err(JournalError::Corrupt { offset, sequence, synced, witness: at, .. }), Some(frame)) => {
            (sequence, offset) == (sequence_of(bad), written.offset(bad))
                && (synced, at) == (frame.synced, Some(frame.offset))
        }
        _ => false,
    }
}

#[test]
fn every_flipped_bit_of_the_header_is_refused() {
    let written = Written::of(&[Step::of(b"body", true)], SALT);
    for bit in 0..HEADER_BYTES * 8 {
        let mut file = written.file.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        let refused = open(&file, None).unwrap_err();
        let expected = if bit < 7 * 8 { JournalError::NotAJournal } else { JournalError::BadHeader };
        assert_eq!(refused, expected, "bit {bit}");
    }
}

/// A part of a file put together from parts that do not belong together.
#[derive(Clone, Debug)]
enum Part {
    Own(u8),
    Foreign(u8),
    Zeros(u8),
    Garbage(Vec<u8>),
}

impl Arbitrary for Part {
    fn arbitrary(g: &mut Gen) -> Self {
        match u8::arbitrary(g) % 16 {
            0 => Self::Foreign(u8::arbitrary(g)),
            1 => Self::Zeros(u8::arbitrary(g)),
            2 => Self::Garbage(Vec::arbitrary(g)),
            _ => Self::Own(u8::arbitrary(g)),
        }
    }
}

/// Frames swapped, repeated, left out, taken from a file with another salt, with zeros and garbage in between.
#[test]
fn any_mixture_gives_the_right_frames_and_the_right_verdict() {
    fn law(steps: Vec<Step>, in_order: u8, parts: Vec<Part>) -> bool {
        let (written, foreign) = (Written::of(&steps, SALT), Written::of(&steps, OTHER_SALT));
        let count = written.frames.len();
        let pick = |number: u8| usize::from(number).checked_rem(count);
        let prefix = usize::from(in_order) % (count + 1);
        let mut file = written.file[..to_usize(written.offset(prefix))].to_vec();
        let mut own: Vec<Option<usize>> = (0..prefix).map(Some).collect();
        for part in parts {
            let (bytes, number) = match part {
                Part::Own(number) => (pick(number).map(|n| written.bytes(n).to_vec()), pick(number)),
                Part::Foreign(number) => (pick(number).map(|n| foreign.bytes(n).to_vec()), None),
                Part::Zeros(bytes) => (Some(vec![0; usize::from(bytes)]), None),
                Part::Garbage(bytes) => (Some(bytes), None),
            };
            let bytes = bytes.filter(|bytes| !bytes.is_empty());
            own.extend(bytes.is_some().then_some(number));
            file.extend(bytes.unwrap_or_default());
        }
        let good = own.iter().enumerate().take_while(|&(place, number)| *number == Some(place)).count();
        let next = sequence_of(good);
        let synced = own[good..].iter().flatten().map(|&n| written.frames[n].synced).find(|&s| s >= next);
        let (frames, end) = scan(&file, None);
        let verdict = match end {
            Ok(end) => (end.sequence_next, end.valid_length, None),
            Err(JournalError::Corrupt { sequence, offset, synced, .. }) => (sequence, offset, Some(synced)),
            Err(_) => return false,
        };
        frames == written.frames[..good] && verdict == (next, written.offset(good), synced)
    }
    check(12, 5).tests(5_000).quickcheck(law as fn(_, _, _) -> _);
}

/// Many faults at once: no frame is ever read, by scan or salvage, that was not written.
#[test]
fn no_damage_makes_up_a_frame() {
    fn law(steps: Vec<Step>, damage: Vec<(u16, u8)>) -> bool {
        let written = Written::of(&steps, SALT);
        let mut file = written.file.clone();
        let length = file.len();
        for (at, value) in damage {
            if let Some(at) = usize::from(at).checked_rem(length - HEADER_BYTES) {
                file[HEADER_BYTES + at] = value;
            }
        }
        let (frames, _) = scan(&file, None);
        let salvaged: Vec<_> = open(&file, None).unwrap().unwrap().salvage().collect();
        written.frames.starts_with(&frames) && salvaged.iter().all(|frame| written.frames.contains(frame))
    }
    check(20, 6).tests(1_000).quickcheck(law as fn(_, _) -> _);
}

#[test]
fn garbage_is_refused_or_torn() {
    fn law(garbage: Vec<u8>) -> bool {
        let refused = match open(&garbage, None) {
            Ok(opened) => opened.is_none() && garbage.iter().all(|&byte| byte == 0),
            Err(_) => true,
        };
        let header = Header::new(SALT, 1).encode();
        let (frames, end) = scan(&[&header[..], &garbage].concat(), None);
        refused && frames.is_empty() && end.unwrap().valid_length == HEADER_BYTES as u64
    }
    check(300, 7).tests(1_000).quickcheck(law as fn(_) -> _);
}

#[test]
fn space_that_was_never_written_is_a_blank_tail() {
    let written = Written::of(&[Step::of(b"one", true), Step::of(b"two", true)], SALT);
    for zeros in 1..100 {
        let file = [&written.file[..], &vec![0; zeros]].concat();
        let (frames, end) = scan(&file, None);
        let offset = written.file.len() as u64;
        assert_eq!(frames, written.frames);
        assert_eq!(end.unwrap().torn, Some(Torn { offset, bytes: zeros as u64, fault: Fault::Blank }));
    }
    assert!(matches!(open(&[0; 4096], None), Ok(None)));
    assert_eq!(open(&[0; 4096], Some(1)).unwrap_err(), JournalError::BadHeader);
}

#[test]
fn a_file_in_use_that_lost_its_header_is_not_taken_for_an_unborn_one() {
    let mut file = five().file;
    file[..HEADER_BYTES].fill(0);
    assert_eq!(open(&file, None).unwrap_err(), JournalError::BadHeader);
}

/// No writer knows a frame to be synced before it is written.
#[test]
fn a_frame_that_vouches_for_itself_is_bad() {
    let salted = |bytes: &[u8]| crc32fast::hash(&[&SALT.to_le_bytes()[..], bytes].concat());
    let mut frame = [&0_u32.to_le_bytes()[..], &1_u64.to_le_bytes(), &1_u64.to_le_bytes()].concat();
    frame.extend(salted(&[]).to_le_bytes());
    frame.extend(salted(&frame).to_le_bytes());
    let (frames, end) = scan(&[&Header::new(SALT, 1).encode()[..], &frame].concat(), None);
    assert_eq!(frames, []);
    assert_eq!(end.unwrap().torn.unwrap().fault, Fault::Header);
}

/// Five frames; the fourth is the first that says the three before it had been synced.
fn five() -> Written {
    let step = |body: &[u8; 5], synced| Step::of(body, synced);
    let steps = [
        step(b"one..", false),
        step(b"two..", false),
        step(b"three", true),
        step(b"four.", false),
        step(b"five.", false),
    ];
    Written::of(&steps, SALT)
}

#[test]
fn each_fault_is_named() {
    let written = five();
    let fault = |file: &[u8], floor| match scan(file, floor).1 {
        Ok(end) => end.torn.map(|torn| torn.fault),
        Err(JournalError::Corrupt { fault, .. }) => Some(fault),
        Err(_) => None,
    };
    let start = to_usize(written.offset(4));
    let with = |at: usize| {
        let mut file = written.file.clone();
        file[at] ^= 1;
        file
    };
    assert_eq!(fault(&written.file, None), None);
    assert_eq!(fault(&written.file, Some(6)), Some(Fault::Missing));
    assert_eq!(fault(&written.file[..=start], None), Some(Fault::Cut));
    assert_eq!(fault(&written.file[..start + 30], None), Some(Fault::Cut));
    assert_eq!(fault(&with(start + 5), None), Some(Fault::Header));
    assert_eq!(fault(&with(start + 30), None), Some(Fault::Body));
    let swapped = [&written.file[..start], written.bytes(2)].concat();
    assert_eq!(fault(&swapped, None), Some(Fault::Sequence { found: 3 }));
}

#[test]
fn corruption_names_the_offset_and_loses_nothing_readable() {
    let written = five();
    let mut file = written.file.clone();
    file[to_usize(written.offset(1)) + 30] ^= 0x40;
    let mut scan = Scan::open(Bytes::from(file), None).unwrap().unwrap();
    let corrupt = JournalError::Corrupt {
        offset: written.offset(1),
        sequence: 2,
        synced: 3,
        fault: Fault::Body,
        witness: Some(written.offset(3)),
    };
    assert_eq!(scan.by_ref().collect::<Vec<_>>(), written.frames[..1]);
    assert_eq!(scan.end(), Err(corrupt.clone()));
    assert_eq!(scan.end(), Err(corrupt));
    assert_eq!(scan.salvage().collect::<Vec<_>>(), written.frames[2..]);
}

#[test]
fn an_unsynced_frame_may_be_lost_from_between_others() {
    let written = five();
    let mut file = written.file.clone();
    file[to_usize(written.offset(3)) + 30] ^= 0x40;
    let (frames, end) = scan(&file, None);
    assert_eq!(frames, written.frames[..3]);
    let end = end.unwrap();
    assert_eq!((end.sequence_next, end.valid_length), (4, written.offset(3)));
}

/// Frames written after an open go where the torn tail was, and count what is before them as synced.
#[test]
fn a_torn_journal_is_truncated_and_continued() {
    let written = five();
    let mut file = written.file[..written.file.len() - 2].to_vec();
    let end = scan(&file, None).1.unwrap();
    file.truncate(to_usize(end.valid_length));
    let mut writer = Writer::resume(&Header::new(SALT, 1), &end, 100);
    let sequence = writer.append(&mut file, |body| put(body, b"again")).unwrap();
    let (frames, end) = scan(&file, None);
    assert_eq!(sequence, 5);
    assert_eq!((frames[4].synced, &frames[4].body[..]), (4, &b"again"[..]));
    assert_eq!(end.unwrap().torn, None);
}

#[test]
fn frames_of_an_older_file_in_the_same_blocks_never_verify() {
    let (written, older) =
        (five(), Written::of(&[Step::of(b"older", true), Step::of(b"older", true)], OTHER_SALT));
    let file = [&written.file[..to_usize(written.offset(1))], older.bytes(1)].concat();
    let (frames, end) = scan(&file, None);
    assert_eq!(frames, written.frames[..1]);
    assert_eq!(end.unwrap().torn.unwrap().fault, Fault::Header);
}

/// A body that holds this very format, as a snapshot of a data folder would, is not mistaken for frames.
#[test]
fn frames_inside_a_body_prove_nothing() {
    let smuggled =
        Written::of(&[Step::of(b"x", true), Step::of(b"y", true), Step::of(b"z", true)], OTHER_SALT);
    let written = Written::of(&[Step::of(b"a", false), Step::of(&smuggled.file, false)], SALT);
    let mut file = written.file.clone();
    file[HEADER_BYTES] ^= 1;
    let (_, end) = scan(&file, None);
    assert_eq!(end.unwrap().valid_length, HEADER_BYTES as u64);
}

#[test]
fn foreign_and_newer_files_are_refused() {
    for foreign in [&b"x"[..], b"QUORX", b"#!/bin/sh\necho this is a rather long file\n"] {
        assert_eq!(open(foreign, None).unwrap_err(), JournalError::NotAJournal);
    }
    let mut newer = Header::new(SALT, 1).encode();
    newer[7] = 2;
    let sum = crc32fast::hash(&newer[..24]);
    newer[24..].copy_from_slice(&sum.to_le_bytes());
    assert_eq!(open(&newer, None).unwrap_err(), JournalError::Version { found: 2, known: 1 });
}

#[test]
fn a_header_that_no_writer_writes_is_refused() {
    for first in [0, u64::MAX] {
        let mut header = Header::new(SALT, 1).encode();
        header[16..24].copy_from_slice(&first.to_le_bytes());
        let sum = crc32fast::hash(&header[..24]);
        header[24..].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(open(&header, None).unwrap_err(), JournalError::BadHeader);
    }
    assert_eq!(Header::new(SALT, 0).first(), 1);
    let last = Header::new(SALT, u64::MAX);
    assert_eq!(Header::decode(&last.encode()), Ok(Some(last)));
}

#[test]
fn a_body_over_the_limit_leaves_the_writer_as_it_was() {
    let (mut writer, mut file) = (Writer::new(&Header::new(SALT, 1), 0, 4), b"before".to_vec());
    let over = writer.append(&mut file, |body| put(body, b"12345"));
    assert_eq!(over, Err(EncodeError::TooLarge { length: 5, limit: 4 }));
    assert_eq!((&file[..], writer.sequence_next()), (&b"before"[..], 1));
    assert_eq!(writer.append(&mut file, |body| put(body, b"1234")), Ok(1));
}

#[test]
fn only_what_was_written_can_be_marked_synced_and_never_less() {
    let (mut writer, mut file) = (Writer::new(&Header::new(SALT, 5), 9, 4), Vec::new());
    assert_eq!(writer.synced(), 4);
    writer.append(&mut file, |body| put(body, b"")).unwrap();
    writer.mark_synced(99);
    assert_eq!(writer.synced(), 5);
    writer.mark_synced(2);
    assert_eq!(writer.synced(), 5);
}

#[test]
fn salvage_needs_only_the_salt() {
    let written = five();
    let mut file = written.file.clone();
    file[..HEADER_BYTES].fill(0xff);
    let salvaged: Vec<_> = Salvage::new(Bytes::from(file), &Header::new(SALT, 1), 0).collect();
    assert_eq!(salvaged, written.frames);
}
