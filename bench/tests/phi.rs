//! What is said of the rivals' detectors, as tests: should one of them be mended, its test fails, and what is said has to change.

use core::{
    f64::consts::{LOG10_2, LOG10_E},
    time::Duration,
};
use std::panic;

use phi_accrual::PhiFailureDetector;
use phi_detector::PingWindow;
use quorate_bench::phi::{Accrual, Approximate, Pekko, TRACES, calibrated, judged, judges};
use quorate_machine::Time;
use quorate_phi_detector::{Detector, Threshold, gauss, memory::Window, model::Normal};

const SECOND: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;

fn near(found: [f64; 3], wanted: [f64; 3]) -> bool {
    found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-5)
}

fn pekko(pause: Duration) -> Pekko {
    Pekko::new(100, Duration::from_millis(100), pause, Duration::from_secs(1))
}

/// Ours, as that one is configured.
fn normal() -> Detector<Normal> {
    let (ms, second) = (Duration::from_millis(100), Duration::from_secs(1));
    Detector::new(Normal::new(Window::new(100, 16 * second).expect("some"), ms, second).expect("a second"))
}

/// After so many heartbeats, exactly a second apart: after how many milliseconds of silence it is no longer available.
fn timeout(heartbeats: u64, pause: Duration) -> u64 {
    let detector = pekko(pause);
    (1..=heartbeats).for_each(|beat| detector.heartbeat(beat * SECOND));
    (0..60_000).find(|silence| !detector.is_available(heartbeats * SECOND + silence * MS)).unwrap_or(u64::MAX)
}

/// It divides by all heartbeats that it ever heard, also those that have left its window.
#[test]
fn phi_accrual_failure_detector_forgets_that_its_window_is_full() {
    let none = Duration::ZERO;
    let found = [99, 150, 1_000, 2_000, 2_700, 2_829].map(|heartbeats| timeout(heartbeats, none));
    assert_eq!(found, [1_523, 3_134, 1_667, 1_189, 1_024, 1_001], "milliseconds, which should be the same");
    let paused = [99, 150, 1_000].map(|heartbeats| timeout(heartbeats, Duration::from_secs(3)));
    assert_eq!(paused, [4_523, 6_134, 4_667]);
    // Ours waits for the same 1,561 ms, from the moment on at which the two assumed intervals have left the window.
    let mut ours = normal();
    for beat in 1..=5_000 {
        ours.heartbeat(Time::from_nanos(beat * SECOND));
        if [150, 1_000, 2_829, 5_000].contains(&beat) {
            let due = ours.deadline(&Threshold::new(8.0).unwrap()).unwrap();
            assert_eq!(
                due.since(Time::from_nanos(beat * SECOND)).as_micros(),
                1_561_200,
                "{beat} heartbeats"
            );
        }
    }
    // A perfect node is taken for dead whenever it is heard, for ever.
    let detector = pekko(none);
    let mut dead = vec![];
    for beat in 1..=4_000 {
        if !detector.is_available(beat * SECOND) {
            dead.push(beat);
        }
        detector.heartbeat(beat * SECOND);
    }
    assert_eq!(dead, (2_832..=4_000).collect::<Vec<u64>>());
}

/// The mean is heartbeats per millisecond.
#[test]
fn phi_accrual_has_its_mean_upside_down() {
    let mut detector = Accrual::new(10);
    (1..=100).for_each(|beat| detector.heartbeat(beat * SECOND));
    let phis = [100, 1_000, 5_000].map(|silence| detector.phi(100 * SECOND + silence * MS));
    // Silence is as good as counted from the last heartbeat on, and a perfect node is suspicious all the time.
    assert!(near(phis, [0.337_122, 0.799_508, 7.299_959]), "{phis:?}");
    let mut once = Accrual::new(10);
    once.heartbeat(SECOND);
    assert!(once.phi(2 * SECOND).is_nan(), "one heartbeat is none too few");
    let mut ours = normal();
    ours.heartbeat(Time::from_nanos(SECOND));
    assert!(ours.phi(Time::from_nanos(2 * SECOND)) > 0.0);
}

#[test]
fn phi_accrual_does_not_bear_a_clock_that_goes_back() {
    let mut detector = PhiFailureDetector::new();
    (1..=10).for_each(|beat| detector.heartbeat(beat * 1_000));
    let outcome = panic::catch_unwind(move || detector.phi(9_999));
    assert_eq!(outcome.is_err(), cfg!(debug_assertions), "it panics where overflows are checked");
}

#[test]
fn phi_detector_has_neither_a_window_nor_a_variance() {
    let ms = Duration::from_millis;
    let mut window = PingWindow::new(ms(100));
    (0..20_000).for_each(|_| window.add_ping(ms(100)));
    (0..20_000).for_each(|_| window.add_ping(ms(1_000)));
    // Each of the last 20,000 intervals was a second.
    assert_eq!((window.normal_dist().mu(), window.normal_dist().sigma()), (ms(878), ms(307)));
    let mut window = PingWindow::new(ms(5_000));
    (0..1_000).for_each(|_| window.add_ping(ms(100)));
    // One in a thousand was another, and the deviation is what it was while the mean was still far off.
    assert_eq!((window.normal_dist().mu(), window.normal_dist().sigma()), (ms(104), ms(124)));
}

#[test]
fn logistic_approximations_end_where_the_tail_begins() {
    let mut rival = Approximate::new(Duration::from_secs(1));
    (1..=100).for_each(|beat| rival.heartbeat(beat * SECOND));
    let last = 100 * SECOND;
    // Its deviation is a millisecond, the least that it takes.
    let phis = [1_005, 1_010, 1_021].map(|silence| rival.phi(last + silence * MS));
    assert!(near(phis, [7.299_947, 37.584_713, 298.386_943]), "{phis:?}");
    let exact = [5.0, 10.0, 21.0].map(gauss::phi);
    assert!(near(exact, [6.542_646, 23.118_053, 97.484_222]), "{exact:?}");
    assert!(rival.phi(last + 1_022 * MS).is_infinite());
    // So at the threshold of 8, which is Akka's default, exact φ is 7.06.
    let approximate = |late: f64| late * (1.5976 + 0.070_566 * late * late) * LOG10_E;
    assert!((approximate(5.225_99) - 8.0).abs() < 1e-3);
    assert!((gauss::phi(5.225_99) - 7.062_4).abs() < 1e-3);
}

#[test]
fn a_pause_in_the_mean_hides_the_levels_below() {
    let pekko = pekko(Duration::from_secs(3));
    (1..=50).for_each(|beat| pekko.heartbeat(beat * SECOND));
    let phis = [2_000, 3_000, 4_000].map(|silence| pekko.phi(50 * SECOND + silence * MS));
    assert!(near(phis, [0.0, 0.0, LOG10_2]), "{phis:?}");
    // A second later it is beyond every level.
    assert!(pekko.phi(55 * SECOND) > 37.0);
}

#[test]
fn tables_are_the_same_each_time() {
    let [lan, ..] = TRACES;
    let made = judges().into_iter().nth(1).unwrap();
    let figures = || format!("{:?}", calibrated(&judged(&made, &lan, 2, 2_000)));
    assert_eq!(figures(), figures());
}
