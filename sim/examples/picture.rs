//! Draws a run in which a register offers its peers what is not on its own disk yet, and crashes.
//! `cargo run -p quorate-sim --example picture -- failure.html failure.svg`
#![allow(clippy::print_stdout, reason = "an example says what it did")]

#[path = "../tests/toy/mod.rs"]
mod toy;

use std::{env, error::Error, fs, path::Path};

use quorate_sim::{PICTURE_MOMENTS, Plan, run_recorded};
use toy::{Toy, broken::Bug};

fn main() -> Result<(), Box<dyn Error>> {
    let plan: Plan = include_str!("../doc/failure.plan").parse()?;
    let toy = Toy { bug: Some(Bug::SendsBeforeDurable) };
    let report = run_recorded(&toy, &plan, PICTURE_MOMENTS);
    println!("{}", report.verdict);
    for file in env::args().skip(1) {
        let is_still = Path::new(&file).extension().is_some_and(|extension| extension == "svg");
        let picture = if is_still { report.svg(PICTURE_MOMENTS) } else { report.html(&plan) };
        fs::write(&file, &picture)?;
        println!("{file}: {} bytes", picture.len());
    }
    Ok(())
}
