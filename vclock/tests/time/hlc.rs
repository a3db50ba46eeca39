use quorate_machine::Rng;
use quorate_vclock::{Hlc, HlcError, HlcStamp, PackError};

use crate::{checks, reached};

#[test]
fn stamps_rise_along_happened_before() {
    reached(checks::hlc::stamps_rise_along_happened_before());
}

#[test]
fn stamps_stay_near_the_physical_clock() {
    reached(checks::hlc::stamps_stay_near_the_physical_clock());
}

#[test]
fn what_is_up_to_a_stamp_is_a_consistent_cut() {
    reached(checks::hlc::what_is_up_to_a_stamp_is_a_consistent_cut());
}

#[test]
fn the_counter_never_carries_into_time() {
    reached(checks::hlc::the_counter_never_carries_into_time());
}

#[test]
fn every_small_step_is_the_papers() {
    reached(checks::hlc::every_small_step_is_the_papers());
}

#[test]
fn drift_is_checked_forwards_and_before_anything_changes() {
    reached(checks::hlc::drift_is_checked_forwards_and_before_anything_changes());
}

#[test]
fn no_stamp_is_reused_after_a_restart() {
    reached(checks::hlc::no_stamp_is_reused_after_a_restart());
}

/// One clock is ten ticks ahead, and its message goes round: with the naive rule each round would add to the lead, here
/// the counter takes it up until physical clocks arrive (Kulkarni et al. 2014, figures 4 and 6).
#[test]
fn the_papers_run_of_four_nodes() -> Result<(), HlcError> {
    let stamp = HlcStamp::new;
    let [mut node0, mut node1, mut node2, mut node3] = [(); 4].map(|()| Hlc::new(10));
    let first = node0.now(10)?;
    assert_eq!(first, stamp(10, 0));
    assert_eq!(node1.receive(1, first)?, stamp(10, 1));
    let second = node1.now(2)?;
    assert_eq!(second, stamp(10, 2));
    assert_eq!(node2.now(1)?, stamp(1, 0));
    assert_eq!(node2.receive(2, second)?, stamp(10, 3));
    let third = node2.now(3)?;
    assert_eq!(third, stamp(10, 4));
    assert_eq!(node3.now(1)?, stamp(1, 0));
    assert_eq!(node3.receive(3, third)?, stamp(10, 5));
    let fourth = node3.now(4)?;
    assert_eq!(fourth, stamp(10, 6));
    assert_eq!(node0.receive(11, fourth)?, stamp(11, 0));
    assert_eq!(node1.now(13)?, stamp(13, 0));
    Ok(())
}

#[test]
fn a_clock_set_back_by_an_hour_rises_as_long_as_its_drift_allows() {
    const HOUR: u64 = 3_600_000;
    let mut patient = Hlc::new(HOUR);
    let mut strict = Hlc::new(500);
    let before = patient.now(2 * HOUR);
    assert_eq!(strict.now(2 * HOUR), before);
    assert_eq!(before, Ok(HlcStamp::new(2 * HOUR, 0)));
    assert_eq!(patient.now(HOUR), Ok(HlcStamp::new(2 * HOUR, 1)));
    assert_eq!(patient.ahead(HOUR), HOUR);
    assert_eq!(patient.now(HOUR - 1), Err(HlcError::LocalAhead { by: HOUR + 1, max: HOUR }));
    let refused = Err(HlcError::LocalAhead { by: HOUR, max: 500 });
    assert_eq!(strict.now(HOUR), refused);
    assert_eq!(strict.receive(HOUR, HlcStamp::new(HOUR, 0)), refused, "receiving is an event as well");
    assert_eq!(strict.now(2 * HOUR - 500), Ok(HlcStamp::new(2 * HOUR, 1)), "it passes");
}

#[test]
fn a_forward_jump_is_followed_refused_by_others_and_waited_out() {
    const HOUR: u64 = 3_600_000;
    let (mut jumped, mut other) = (Hlc::restore(0, 500), Hlc::new(500));
    jumped.persisted(3 * HOUR);
    let ahead = jumped.now(2 * HOUR);
    assert_eq!(ahead, Ok(HlcStamp::new(2 * HOUR, 0)));
    assert_eq!(
        other.receive(HOUR, HlcStamp::new(2 * HOUR, 0)),
        Err(HlcError::RemoteAhead { by: HOUR, max: 500 })
    );
    assert_eq!(jumped.now(HOUR), Err(HlcError::LocalAhead { by: HOUR, max: 500 }));
    let mut restarted = Hlc::restore(3 * HOUR, 500);
    restarted.persisted(4 * HOUR);
    assert_eq!(restarted.now(2 * HOUR), Err(HlcError::LocalAhead { by: HOUR, max: 500 }));
    assert_eq!(restarted.now(3 * HOUR), Ok(HlcStamp::new(3 * HOUR, 1)));
}

#[test]
fn a_clock_may_stand_at_its_first_and_at_its_last_tick() {
    assert_eq!(Hlc::new(0).now(0), Ok(HlcStamp::new(0, 1)));
    let mut last = Hlc::new(0);
    assert_eq!(last.now(u64::MAX - 1), Ok(HlcStamp::new(u64::MAX - 1, 0)));
    assert_eq!(last.now(u64::MAX), Err(HlcError::BeyondBound { wall: u64::MAX, bound: u64::MAX }));
    let far = HlcStamp::new(u64::MAX, u32::MAX);
    assert_eq!(Hlc::new(5).receive(1, far), Err(HlcError::RemoteAhead { by: u64::MAX - 1, max: 5 }));
}

#[test]
fn nothing_is_issued_before_the_first_bound_is_persisted() {
    let mut clock = Hlc::restore(0, 100);
    assert_eq!(clock.now(7), Err(HlcError::BeyondBound { wall: 7, bound: 0 }));
    assert_eq!(clock.needs_persist(7, 10), Some(17));
    clock.persisted(17);
    assert_eq!(clock.now(7), Ok(HlcStamp::new(7, 0)));
    assert_eq!(clock.needs_persist(11, 10), None);
    assert_eq!(clock.needs_persist(12, 10), Some(22), "half of the window is left");
    assert_eq!(clock.receive(12, HlcStamp::new(17, 0)), Err(HlcError::BeyondBound { wall: 17, bound: 17 }));
    clock.persisted(3);
    assert_eq!(clock.now(16), Ok(HlcStamp::new(16, 0)), "a lower bound changes nothing");
}

#[test]
fn a_clock_restored_ahead_of_the_physical_one_waits_where_it_must() {
    let mut clock = Hlc::restore(1000, 50);
    clock.persisted(1100);
    assert_eq!(clock.now(949), Err(HlcError::LocalAhead { by: 51, max: 50 }));
    assert_eq!(clock.now(950), Ok(HlcStamp::new(1000, 1)));
}

#[test]
fn a_million_packed_stamps_compare_as_the_stamps_do() -> Result<(), PackError> {
    const EPOCH: u64 = 1_577_836_800_000;
    let mut rng = Rng::new(20);
    let mut draw = |spread| {
        let logical = u32::try_from(rng.below(1 << 16)).unwrap_or(0);
        HlcStamp::new(EPOCH + rng.below(spread), logical)
    };
    for number in 0..1_000_000_u64 {
        // Half of them close together, so that ticks meet and counters decide.
        let spread = if number % 2 == 0 { 3 } else { 1 << 48 };
        let (left, right) = (draw(spread), draw(spread));
        let (packed_left, packed_right) = (left.pack(EPOCH)?, right.pack(EPOCH)?);
        assert_eq!(left.cmp(&right), packed_left.cmp(&packed_right), "{left} and {right}");
        assert_eq!(HlcStamp::unpack(packed_left, EPOCH)?, left);
    }
    Ok(())
}

#[test]
fn what_does_not_fit_is_not_packed() {
    let (epoch, last) = (1000, 1000 + (1 << 48) - 1);
    assert_eq!(HlcStamp::new(last, 0xffff).pack(epoch), Ok(u64::MAX));
    assert_eq!(HlcStamp::new(epoch, 0).pack(epoch), Ok(0));
    assert_eq!(HlcStamp::new(999, 0).pack(epoch), Err(PackError::BeforeEpoch { wall: 999, epoch }));
    assert_eq!(HlcStamp::new(last + 1, 0).pack(epoch), Err(PackError::TooLate { wall: last + 1, epoch }));
    let logical = 1 << 16;
    assert_eq!(HlcStamp::new(epoch, logical).pack(epoch), Err(PackError::LogicalTooHigh { logical }));
    let since = (1 << 48) - 1;
    assert_eq!(
        HlcStamp::unpack(u64::MAX, u64::MAX),
        Err(PackError::PastTheLastTick { since, epoch: u64::MAX })
    );
}

#[test]
fn a_stamp_is_sixteen_bytes() {
    assert_eq!(size_of::<HlcStamp>(), 16);
}
