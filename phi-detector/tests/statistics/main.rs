//! What detectors, judged as a whole, turn out to be: exact accounts, and statistics of many heartbeats.
//!
//! Seeds are fixed, so a test passes or fails always. Its bounds say how often it would fail for a sound model if seeds were drawn.
#![allow(clippy::panic, clippy::print_stdout, reason = "a test says what it reached, and fails loudly")]

mod accounting;
mod calibrated;
mod lateness;
mod proportions;
mod synthetic;

macro_rules! tests {
    ($($module:ident::$check:ident,)*) => {$(
        #[test]
        fn $check() {
            println!("{}", $module::$check().unwrap_or_else(|broken| panic!("{broken}")));
        }
    )*};
}

tests! {
    accounting::quality_is_what_each_nanosecond_says,
    accounting::accounts_stay_sound_whatever_is_said,
    accounting::merged_runs_are_all_runs,
    calibrated::models_that_fit_are_calibrated,
    calibrated::models_that_do_not_fit_are_found_out,
    lateness::heartbeats_are_late_where_the_horizon_was,
    lateness::stale_heartbeats_are_no_trials,
    lateness::counts_merge_by_threshold,
    proportions::limits_have_the_risk_they_claim,
    proportions::limits_hold_as_often_as_they_claim,
    proportions::limits_of_great_numbers_are_those_of_others,
    synthetic::traces_are_the_same_from_the_same_seed,
    synthetic::traces_are_distributed_as_they_say,
    synthetic::heartbeats_leave_in_order,
    synthetic::losses_and_stalls_are_as_frequent_as_they_say,
    synthetic::crashes_drift_and_nonsense_are_met,
}
