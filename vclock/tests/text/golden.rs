//! The bytes as they are, for ever; and bytes that are refused, with the place and the reason.

use quorate_machine::NodeId;
use quorate_vclock::{
    CausalContext, CausalMessage, DenseClock, Dot, DotRange, HlcStamp, LamportStamp, Siblings, VClock,
    wire::{DecodeError, Limits, Malformed, Wire},
};

fn has_bytes<T: Wire + PartialEq + core::fmt::Debug>(value: &T, bytes: &[u8]) {
    assert_eq!(value.to_bytes(), bytes, "{value:?}");
    assert_eq!(T::decode(bytes, &Limits::default()).as_ref(), Ok(value));
}

fn named(entries: &[(&str, u64)]) -> VClock<String> {
    entries.iter().map(|(actor, counter)| ((*actor).to_owned(), *counter)).collect()
}

#[test]
fn the_bytes_as_they_are() {
    has_bytes(&VClock::<u64>::new(), &[0]);
    has_bytes(&VClock::from([(1_u64, 5), (2, 3), (9, 200)]), &[3, 1, 5, 1, 3, 7, 0xc8, 1]);
    has_bytes(&VClock::from([(NodeId(300), 1)]), &[1, 0xac, 2, 1]);
    has_bytes(&VClock::from([(0_u8, 1), (255, 127)]), &[2, 0, 1, 0xff, 1, 127]);
    has_bytes(
        &VClock::from([(u64::MAX, u64::MAX)]),
        &[1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
    );
    has_bytes(&named(&[("", 1), ("ab", 2)]), &[2, 0, 1, 2, b'a', b'b', 2]);
    has_bytes(&VClock::from([([1_u8, 2], 3)]), &[1, 1, 2, 3]);
    has_bytes(&VClock::from([((7_u32, 1_u16), 3), ((7, 2), 4)]), &[2, 7, 1, 3, 7, 2, 4]);
    has_bytes(&VClock::from([(vec![0xff_u8], 1)]), &[1, 1, 0xff, 1]);
    has_bytes(&Dot::new(7_u16, 3).unwrap(), &[7, 3]);
    has_bytes(&DotRange::new(7_u32, 3, 5).unwrap(), &[7, 3, 2]);
    has_bytes(&DenseClock::from([0, 1, 128]), &[0, 1, 0x80, 1]);
}

fn seen(events: &[(u8, u64)]) -> CausalContext<u8> {
    events.iter().filter_map(|(actor, counter)| Dot::new(*actor, *counter)).collect()
}

#[test]
fn the_bytes_of_contexts_and_stamps_as_they_are() {
    has_bytes(&CausalContext::<u8>::new(), &[0]);
    has_bytes(&seen(&[(7, 1), (7, 2)]), &[1, 7, 2, 0]);
    // 3 is missing; 4 and 6 are bits 0 and 2 of what is left of the first block.
    has_bytes(&seen(&[(7, 1), (7, 2), (7, 4), (7, 6)]), &[1, 7, 2, 1, 0, 0b101]);
    // 65 is the first of the next block, and two blocks on.
    has_bytes(&seen(&[(7, 65), (7, 193), (9, 2)]), &[2, 7, 0, 2, 1, 1, 2, 1, 2, 0, 1, 0, 1]);
    has_bytes(&HlcStamp::new(300, 2), &[0xac, 2, 2]);
    has_bytes(&LamportStamp { time: 300, actor: 7_u8 }, &[0xac, 2, 7]);
}

#[test]
fn contexts_that_say_nothing_or_too_much_are_refused() {
    use Malformed::{Count, NotMinimal, Nothing, TooLarge, Unsorted};

    type Context = CausalContext<u8>;
    assert_eq!(refused::<Context>(&[1, 7, 0, 0]), (2, Nothing), "nothing has been seen");
    assert_eq!(refused::<Context>(&[1, 7, 2, 1, 0, 0]), (5, Nothing), "a block without events");
    assert_eq!(refused::<Context>(&[1, 7, 2, 2, 1, 1, 0, 1]), (6, Unsorted), "a block twice");
    assert_eq!(refused::<Context>(&[2, 7, 1, 0, 0, 1, 0]), (4, Unsorted), "an actor twice");
    assert_eq!(refused::<Context>(&[1, 7, 2, 9, 1, 1]), (3, Count { count: 9 }));
    assert_eq!(refused::<Context>(&[1, 7, 63, 1, 0, 1]), (5, TooLarge), "the block's last event is not seen");
    assert_eq!(refused::<Context>(&[1, 7, 2, 1, 0, 0x81, 0]), (5, NotMinimal));
    let mut last = vec![1, 7, 0, 1];
    quorate_vclock::wire::put_varint((u64::MAX - 1) / 64, &mut last);
    let mut beyond = last.clone();
    quorate_vclock::wire::put_varint(1 << 62, &mut last);
    assert!(Context::decode(&last, &Limits::default()).unwrap().contains(&Dot::new(7, u64::MAX).unwrap()));
    quorate_vclock::wire::put_varint(1 << 63, &mut beyond);
    assert_eq!(refused::<Context>(&beyond).1, TooLarge, "no counter has 65 bits");
    assert_eq!(refused::<HlcStamp>(&[0, 0x80, 0x80, 0x80, 0x80, 0x10]), (1, TooLarge));
}

fn siblings() -> Siblings<u8, String> {
    let mut key = Siblings::new();
    for value in ["x", "yz"] {
        key.update(&VClock::new(), 7, value.to_owned()).unwrap();
    }
    let read = key.context();
    key.update(&VClock::new(), 9, String::new()).unwrap();
    key.update(&read, 9, "w".to_owned()).unwrap();
    key
}

#[test]
fn the_bytes_of_siblings_and_messages_as_they_are() {
    // The writes of 7 have been overwritten; of 9 both are there.
    has_bytes(&siblings(), &[2, 7, 2, 0, 2, 2, 2, 0, 1, b'w']);
    let message =
        CausalMessage { dot: Dot::new(7_u8, 2).unwrap(), after: VClock::from([(9, 1)]), payload: vec![5, 6] };
    has_bytes(&message, &[7, 2, 1, 9, 1, 2, 5, 6]);
    let more_than_seen = &[1, 7, 1, 2, 0, 0];
    assert_eq!(refused::<Siblings<u8, Vec<u8>>>(more_than_seen), (3, Malformed::TooLarge));
    assert_eq!(refused::<Siblings<u8, Vec<u8>>>(&[1, 7, 0, 0]), (2, Malformed::ZeroCounter));
    assert_eq!(refused::<Siblings<u8, Vec<u8>>>(&[2, 7, 1, 0, 0, 1, 0]), (4, Malformed::Unsorted));
    assert_eq!(refused::<Siblings<u8, Vec<u8>>>(&[1, 7, 9, 9, 0]), (3, Malformed::Count { count: 9 }));
    assert_eq!(
        refused::<Siblings<u8, Vec<u8>>>(&[1, 7, 1, 1, 9]),
        (5, Malformed::Ends),
        "a value of 9 bytes"
    );
}

/// Permuted insertion gives the same bytes.
#[test]
fn the_order_of_insertion_does_not_show() {
    let mut reversed = VClock::new();
    for actor in (0..20_u64).rev() {
        reversed.increment(actor).unwrap();
    }
    let sorted: VClock<u64> = (0..20).map(|actor| (actor, 1)).collect();
    assert_eq!(reversed.to_bytes(), sorted.to_bytes());
}

fn refused<T: Wire>(bytes: &[u8]) -> (usize, Malformed) {
    match T::decode(bytes, &Limits::default()) {
        Err(DecodeError { offset, why }) => (offset, why),
        Ok(_) => panic!("{bytes:02x?} are taken"),
    }
}

#[test]
fn zeros_duplicates_disorder_and_leftovers_are_refused() {
    use Malformed::{Ends, NotText, TooLarge, Trailing, Unsorted, ZeroCounter};

    type Numbers = VClock<u8>;
    assert_eq!(refused::<Numbers>(&[1, 7, 0]), (2, ZeroCounter));
    assert_eq!(refused::<Numbers>(&[2, 7, 1, 0, 1]), (3, Unsorted), "the same actor twice");
    assert_eq!(refused::<Numbers>(&[1, 7, 1, 9, 9]), (3, Trailing { bytes: 2 }));
    assert_eq!(refused::<Numbers>(&[2, 0xff, 1, 1, 1, 1]), (4, TooLarge), "256 is no u8");
    assert_eq!(refused::<VClock<u64>>(&[1, 7, 0x80]), (3, Ends));
    assert_eq!(refused::<Numbers>(&[]), (0, Ends));
    assert_eq!(refused::<VClock<String>>(&[2, 1, b'b', 1, 1, b'a', 1]), (4, Unsorted));
    assert_eq!(refused::<VClock<String>>(&[2, 1, b'a', 1, 1, b'a', 1]), (4, Unsorted));
    assert_eq!(refused::<VClock<String>>(&[1, 1, 0xff, 1]), (1, NotText));
    assert_eq!(refused::<VClock<String>>(&[1, 200, 1, 1]), (4, Ends), "200 bytes, and there are two");
    let mut last = DotRange::new(7_u8, u64::MAX, u64::MAX).unwrap().to_bytes();
    *last.last_mut().unwrap() = 1;
    assert_eq!(refused::<DotRange<u8>>(&last), (11, TooLarge));
}

#[test]
fn numbers_have_one_form() {
    assert_eq!(refused::<Dot<u64>>(&[0x80, 0, 1]), (0, Malformed::NotMinimal));
    assert_eq!(refused::<Dot<u64>>(&[5, 0x81, 0x80, 0]), (1, Malformed::NotMinimal));
    let eleven = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert_eq!(refused::<Dot<u64>>(&eleven), (0, Malformed::TooLarge));
    let over = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
    assert_eq!(refused::<Dot<u64>>(&over), (0, Malformed::TooLarge), "the 65th bit");
}

#[test]
fn counts_and_lengths_are_limited_before_anything_is_reserved() {
    let huge = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 1]; // 2^60
    let count = 1 << 60;
    assert_eq!(refused::<VClock<u64>>(&huge), (0, Malformed::TooMany { count, max: 65_536 }));
    let unlimited = Limits { entries_max: usize::MAX, actor_bytes_max: usize::MAX };
    let error = VClock::<u64>::decode(&huge, &unlimited);
    assert_eq!(error, Err(DecodeError { offset: 0, why: Malformed::Count { count } }));
    assert_eq!(refused::<VClock<u64>>(&[3, 1, 1, 1, 1]), (0, Malformed::Count { count: 3 }));
    let long = [1, 0x80, 2, b'a'];
    assert_eq!(refused::<VClock<String>>(&long), (1, Malformed::TooLong { bytes: 256, max: 255 }));
    let error = VClock::<String>::decode(&long, &unlimited);
    assert_eq!(error, Err(DecodeError { offset: 4, why: Malformed::Ends }));
    let few = Limits { entries_max: 1, ..Limits::default() };
    let two = VClock::from([(1_u8, 1), (2, 1)]).to_bytes();
    let error = VClock::<u8>::decode(&two, &few).unwrap_err();
    assert_eq!(error.to_string(), "byte 0: 2 are more than the 1 that are allowed");
}
