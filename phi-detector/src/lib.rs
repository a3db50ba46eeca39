#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod agenda;
mod bug;
pub mod calibration;
mod detector;
pub mod gauss;
pub mod grain;
pub mod memory;
pub mod model;
pub mod monitor;
mod nanos;
mod pulse;
pub mod qos;
mod threshold;
pub mod trace;

#[cfg(quorate_bugs)]
pub use crate::bug::Bug;
#[cfg(not(quorate_bugs))]
use crate::bug::Bug;
pub use crate::{
    detector::{Counts, Detector},
    model::{Learned, Model, Sample},
    pulse::{Beat, Stamp},
    threshold::{Threshold, ThresholdError},
};
