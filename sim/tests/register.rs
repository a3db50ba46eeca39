//! Simulated registers: the whole one passes, and each broken one is caught by the invariant that is there for it.

mod toy;

use quorate_sim::{Bounds, check, generate};
use toy::Toy;

#[test]
fn the_register_survives_every_generator() {
    let bounds = Bounds::default();
    let tally = check(&Toy::default(), 0..3_000, |seed| generate::mix(seed, &bounds));
    println!("{}", tally.unwrap_or_else(|failure| panic!("{failure}")));
}
