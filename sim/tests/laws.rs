//! The universal laws on the register, and each law on a register that breaks it.

mod toy;

use toy::Toy;

quorate_sim::machine_laws!(register, Toy::default());
