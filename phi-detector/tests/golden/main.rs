//! What is computed is the same to the bit in every release and on every platform.
#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "a test says what it reached, and takes what it needs of the kinds"
)]

mod bits;
#[path = "../models/kinds.rs"]
mod kinds;

#[test]
fn phi_is_the_same_to_the_bit() {
    println!("{}", bits::phi_is_the_same_to_the_bit().expect("it holds"));
}
