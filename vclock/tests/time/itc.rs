use std::error::Error;

use quickcheck::Gen;
use quorate_sim::laws::{
    below,
    values::{Coded, Growing, Lattice, Ordered, Values},
};
use quorate_vclock::{
    Causality,
    itc::{DecodeError, EventError, ForkError, JoinError, Limits, Stamp, TooLarge},
};

use crate::{checks, reached};

#[test]
fn stamps_are_the_causal_histories() {
    reached(checks::itc::stamps_are_the_causal_histories());
}

#[test]
fn every_short_run_is_the_causal_histories() {
    reached(checks::itc::every_short_run_is_the_causal_histories());
}

#[test]
fn every_small_stamp_obeys_the_rules() {
    reached(checks::itc::every_small_stamp_obeys_the_rules());
}

#[test]
fn joining_undoes_forking() {
    reached(checks::itc::joining_undoes_forking());
}

#[test]
fn only_what_is_encoded_is_decoded() {
    reached(checks::itc::only_what_is_encoded_is_decoded());
}

/// The run that the paper draws (Almeida, Baquero, Fonte 2008, §5): each stamp worked out by hand.
#[test]
fn the_papers_run() -> Result<(), Box<dyn Error>> {
    let seed = Stamp::seed();
    assert_eq!(seed.to_string(), "(1, 0)");
    let (mut a, mut b) = seed.fork()?;
    assert_eq!([a.to_string(), b.to_string()], ["((1, 0), 0)", "((0, 1), 0)"]);
    a.event()?;
    b.event()?;
    assert_eq!([a.to_string(), b.to_string()], ["((1, 0), (0, 1, 0))", "((0, 1), (0, 0, 1))"]);
    let (mut a, c) = a.fork()?;
    b.event()?;
    assert_eq!(a.to_string(), "(((1, 0), 0), (0, 1, 0))");
    assert_eq!(c.to_string(), "(((0, 1), 0), (0, 1, 0))");
    assert_eq!(b.to_string(), "((0, 1), (0, 0, 2))");
    a.event()?;
    let b = b.join(c)?;
    assert_eq!(a.to_string(), "(((1, 0), 0), (0, (1, 1, 0), 0))");
    assert_eq!(b.to_string(), "(((0, 1), 1), (1, 0, 1))");
    assert_eq!(a.compare(&b), Causality::Concurrent);
    let (b, c) = b.fork()?;
    assert_eq!(b.to_string(), "(((0, 1), 0), (1, 0, 1))");
    assert_eq!(c.to_string(), "((0, 1), (1, 0, 1))");
    let mut a = a.join(b)?;
    assert_eq!(a.to_string(), "((1, 0), (1, (0, 1, 0), 1))");
    assert_eq!(a.compare(&c), Causality::After);
    a.event()?;
    assert_eq!(a.to_string(), "((1, 0), 2)", "the event has filled the gap, and the tree is a number again");
    Ok(())
}

/// Bits, as a text in which spaces say nothing, in whole bytes.
fn bytes(bits: &str) -> Vec<u8> {
    let bits: Vec<char> = bits.chars().filter(|bit| *bit != ' ').collect();
    let byte =
        |bits: &[char]| bits.iter().enumerate().map(|(at, bit)| u8::from(*bit == '1') << (7 - at)).sum();
    bits.chunks(8).map(byte).collect()
}

#[test]
fn stamps_are_encoded_as_the_paper_encodes_them() {
    let large = format!("001 1 {}0 {:064b}", "1".repeat(62), 3);
    for (text, bits) in [
        ("(1, 0)", "001 1000"),
        ("(0, 3)", "000 1011"),
        ("(1, 4)", "001 1 10 000"),
        ("(1, 11)", "001 1 10 111"),
        ("(1, 12)", "001 1 110 0000"),
        ("(1, 18446744073709551615)", &large),
        ("((1, 0), (0, 1, 0))", "10 001 0 01 1001"),
        ("((0, 1), (0, 0, 1))", "01 001 0 00 1001"),
        ("((1, (0, 1)), (1, 0, 2))", "11 001 01 001 0 11 0 0 1001 1010"),
        ("((0, 1), (1, 2, 0))", "01 001 0 11 0 1 1001 1010"),
        ("((1, 0), (1, (0, 1, 0), 1))", "10 001 0 11 1 1001 0 01 1001 1001"),
        ("(1, (0, (0, 0, 1), (0, 2, 0)))", "001 0 10 0 00 1001 0 01 1010"),
    ] {
        let stamp = Stamp::decode(&bytes(bits), Limits::default());
        assert_eq!(stamp.as_ref().map(ToString::to_string), Ok(text.to_owned()));
        assert_eq!(stamp.map(|stamp| stamp.encode()), Ok(bytes(bits)), "{text}");
    }
}

#[test]
fn bytes_that_are_no_stamp_are_refused() {
    let decode = |bits: &str| Stamp::decode(&bytes(bits), Limits::default());
    let not_canonical = |at| Err(DecodeError::NotCanonical { at });
    assert_eq!(Stamp::decode(&[], Limits::default()), Err(DecodeError::Truncated { bytes: 0 }));
    assert_eq!(decode("10 001 0 01"), Err(DecodeError::Truncated { bytes: 1 }));
    assert_eq!(decode("001 1000 1"), not_canonical(0), "what fills the byte is zero");
    assert_eq!(decode("001 1000 0 00000000"), not_canonical(1), "something follows");
    assert_eq!(decode("11 001 001 1000"), not_canonical(0), "(1, 1) is 1");
    assert_eq!(decode("11 001 000 1000"), not_canonical(0), "(1, 0) has a shorter form");
    assert_eq!(decode("001 0 10 1001 1001"), not_canonical(0), "(0, 1, 1) is 1");
    assert_eq!(decode("001 0 10 1001 1010"), not_canonical(0), "(0, 1, 2) is (1, 0, 1)");
    assert_eq!(decode("001 0 11 0 0 1000 1010"), not_canonical(0), "a zero is left out");
    assert_eq!(decode("001 0 11 0 0 0 00 1001 1010"), not_canonical(1), "a tree where a number must be");
    let overflow = |at| Err(DecodeError::Overflow { at });
    assert_eq!(decode(&format!("001 {}", "1".repeat(400))), overflow(0));
    assert_eq!(decode(&format!("001 1 {}0 {:064b}", "1".repeat(62), 4)), overflow(0));
    let sum = format!("001 0 11 0 0 1001 1 {}0 {:064b}", "1".repeat(62), 3);
    assert_eq!(decode(&sum), overflow(1), "the counter itself would fit, what is above it is added");
}

#[test]
fn every_changed_bit_is_refused_or_another_stamp() -> Result<(), Box<dyn Error>> {
    let (a, mut b) = Stamp::seed().fork()?;
    let (mut b, mut c) = {
        b.event()?;
        b.fork()?
    };
    (0..300).try_for_each(|_| b.event())?;
    c.event()?;
    let stamp = a.join(b)?;
    let bytes = stamp.encode();
    let mut others = 0;
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 0x80 >> (bit % 8);
        if let Ok(other) = Stamp::decode(&changed, Limits::default()) {
            assert_ne!(other, stamp);
            assert_eq!(other.encode(), changed);
            others += 1;
        }
        assert!(Stamp::decode(&bytes[..bit / 8], Limits::default()).is_err(), "cut off");
    }
    println!("{others} of {} bits change it to another stamp", bytes.len() * 8);
    Ok(())
}

#[test]
fn overlapping_ids_are_not_joined_and_both_stamps_come_back() -> Result<(), Box<dyn Error>> {
    let (a, b) = Stamp::seed().fork()?;
    let (b, c) = b.fork()?;
    for (left, right) in [(a.clone(), a.clone()), (Stamp::seed(), c.clone()), (b.clone().join(a)?, b)] {
        let refused = left.clone().join(right.clone());
        assert_eq!(refused, Err(JoinError::Overlap { left: left.clone(), right: right.clone() }));
        assert_eq!(refused.map_err(JoinError::into_stamps), Err((left, right)));
    }
    Ok(())
}

#[test]
fn a_stamp_without_an_id_records_nothing_and_joins_with_all() -> Result<(), Box<dyn Error>> {
    let (mut a, b) = Stamp::seed().fork()?;
    a.event()?;
    let mut message = a.peek();
    assert!(message.is_anonymous() && !a.is_anonymous());
    assert_eq!(message.event(), Err(EventError::Anonymous));
    assert_eq!(message, a.peek(), "nothing has changed");
    let (copy, other) = message.clone().fork()?;
    assert_eq!((&copy, &other), (&message, &message));
    let mut merged = b.clone();
    merged.merge(&a)?;
    assert_eq!(merged, b.join(message)?, "joining what has no id is merging");
    assert_eq!(a.clone().join(a.peek())?, a, "a stamp has seen its own messages");
    Ok(())
}

#[test]
fn the_last_counter_is_not_passed() -> Result<(), Box<dyn Error>> {
    let full = bytes(&format!("001 1 {}0 {:064b}", "1".repeat(62), 3));
    let mut stamp = Stamp::decode(&full, Limits::default())?;
    assert_eq!(stamp.event(), Err(EventError::Overflow));
    assert_eq!(stamp.encode(), full, "nothing has changed");
    let (mut left, _) = stamp.fork()?;
    assert_eq!(left.event(), Err(EventError::Overflow));
    Ok(())
}

#[test]
fn what_would_pass_a_limit_is_refused_and_nothing_changes() -> Result<(), Box<dyn Error>> {
    let limits = Limits { nodes_max: 5, depth_max: 2 };
    let (a, mut b) = Stamp::seed().fork_within(limits)?;
    let (mut c, mut d) = a.fork_within(limits)?;
    assert_eq!(c.clone().fork_within(limits), Err(ForkError::TooLarge { stamp: c.clone(), limits }));
    let before = c.clone();
    let small = Limits { nodes_max: 4, ..limits };
    assert_eq!(c.event_within(small), Err(EventError::TooLarge { nodes_max: 4 }));
    assert_eq!(c, before);
    for stamp in [&mut b, &mut c, &mut d] {
        (0..2).try_for_each(|_| stamp.event_within(limits))?;
    }
    b.event_within(limits)?;
    d.event_within(limits)?;
    let before = b.clone();
    assert_eq!(b.merge_within(&c, Limits { nodes_max: 3, ..limits }), Err(TooLarge { nodes_max: 3 }));
    assert_eq!(b, before);
    let refused = c.clone().join_within(b.clone(), Limits { nodes_max: 4, ..limits });
    assert_eq!(refused, Err(JoinError::TooLarge { left: c.clone(), right: b.clone(), nodes_max: 4 }));
    let joined = c.join_within(b, limits)?;
    let bytes = joined.encode();
    assert_eq!(Stamp::decode(&bytes, limits), Ok(joined));
    let decode = |nodes_max, depth_max| Stamp::decode(&bytes, Limits { nodes_max, depth_max });
    assert!(matches!(decode(4, 2), Err(DecodeError::TooManyNodes { max: 4, .. })));
    assert!(matches!(decode(5, 1), Err(DecodeError::TooDeep { max: 1, .. })));
    Ok(())
}

#[test]
fn a_hundred_thousand_levels_are_refused_and_within_limits_no_danger() -> Result<(), Box<dyn Error>> {
    const DEPTH: usize = 100_000;
    let deep = bytes(&format!("{} 001 1000", "01".repeat(DEPTH)));
    let max = Limits::default().depth_max;
    assert!(
        matches!(Stamp::decode(&deep, Limits::default()), Err(DecodeError::TooDeep { max: m, .. }) if m == max)
    );
    let endless = vec![0b0101_0101; 1 << 20];
    let wide = vec![0xff; 1 << 20];
    for hostile in [&endless, &wide, &vec![0; 1 << 20]] {
        assert!(Stamp::decode(hostile, Limits::default()).is_err());
    }
    // Whoever allows it gets it: no operation needs the call stack.
    let limits = Limits { nodes_max: 1 << 20, depth_max: 1 << 20 };
    let mut stamp = Stamp::decode(&deep, limits)?;
    assert_eq!(stamp.depth(), DEPTH);
    let before = stamp.peek();
    stamp.event_within(limits)?;
    assert_eq!(stamp.compare(&before), Causality::After);
    assert_eq!(Stamp::decode(&stamp.encode(), limits), Ok(stamp.clone()));
    assert!(stamp.to_string().ends_with(&")".repeat(DEPTH)));
    let (mut left, right) = stamp.clone().fork_within(limits)?;
    left.event_within(limits)?;
    assert_eq!(left.compare(&right), Causality::After);
    let joined = left.join_within(right, limits)?;
    assert_eq!(joined.compare(&stamp), Causality::After);
    Ok(())
}

/// What messages carry: stamps without ids are equal exactly if they have seen the same.
struct Messages;

/// A few actors that come and go.
fn actors(g: &mut Gen) -> Vec<Stamp> {
    let mut live = vec![Stamp::seed()];
    for _ in 0..below(g, 14) {
        let actor = live.swap_remove(at(g, live.len()));
        match below(g, 5) {
            0 | 1 if live.len() < 5 => {
                let (first, second) = actor.fork().unwrap();
                live.extend([first, second]);
            }
            2 if !live.is_empty() => {
                let other = live.swap_remove(at(g, live.len()));
                live.push(actor.join(other).unwrap());
            }
            _ => live.push(risen(actor)),
        }
    }
    live
}

fn at(g: &mut Gen, length: usize) -> usize {
    usize::try_from(below(g, checks::count(length))).unwrap()
}

fn risen(mut stamp: Stamp) -> Stamp {
    stamp.event().unwrap();
    stamp
}

impl Values for Messages {
    type Value = Stamp;

    fn value(&self, g: &mut Gen) -> Stamp {
        let actors = actors(g);
        actors[at(g, actors.len())].peek()
    }

    fn near(&self, g: &mut Gen, value: &Stamp) -> Stamp {
        match below(g, 4) {
            0 => value.clone(),
            1 => self.grown(g, value),
            2 => self.join(value, &self.value(g)),
            _ => self.value(g),
        }
    }
}

impl Ordered for Messages {
    fn compare(&self, a: &Stamp, b: &Stamp) -> Option<std::cmp::Ordering> {
        a.compare(b).ordering()
    }

    fn at_most(&self, a: &Stamp, b: &Stamp) -> bool {
        b.descends(a)
    }
}

impl Growing for Messages {
    fn grown(&self, g: &mut Gen, value: &Stamp) -> Stamp {
        let actors = actors(g);
        let mut actor = actors[at(g, actors.len())].clone();
        actor.merge(value).unwrap();
        risen(actor).peek()
    }
}

impl Lattice for Messages {
    fn join(&self, a: &Stamp, b: &Stamp) -> Stamp {
        let mut join = a.clone();
        join.merge(b).unwrap();
        join
    }
}

/// Stamps with their ids.
struct Stamps;

impl Values for Stamps {
    type Value = Stamp;

    fn value(&self, g: &mut Gen) -> Stamp {
        actors(g).swap_remove(0)
    }
}

impl Coded for Stamps {
    fn encode(&self, stamp: &Stamp) -> Vec<u8> {
        stamp.encode()
    }

    fn decode(&self, bytes: &[u8]) -> Option<Stamp> {
        Stamp::decode(bytes, Limits::default()).ok()
    }

    fn remade(&self, g: &mut Gen, stamp: &Stamp) -> Stamp {
        let (mut first, second) = stamp.clone().fork().unwrap();
        first.merge(&stamp.peek()).unwrap();
        if below(g, 2) == 0 { first.join(second).unwrap() } else { second.join(first).unwrap() }
    }
}

quorate_sim::value_laws!(message_laws, Messages; order, growth, join);
quorate_sim::value_laws!(stamp_laws, Stamps; canonical, strict);
