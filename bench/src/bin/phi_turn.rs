//! Lets one entrant do one piece of work, for an instruction counter: `phi_turn WHAT ENTRANT TIMES`, each time 4,096 heartbeats of one
//! peer.

use std::{env, error::Error};

use quorate_bench::phi::TABLES;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, name, times] = arguments.as_slice() else {
        return Err("usage: phi_turn WHAT ENTRANT TIMES".into());
    };
    let [(_, contests), ..] = TABLES;
    let contest = contests().into_iter().map(|make| make()).find(|contest| contest.what == *what);
    let mut contest = contest.ok_or("no such work")?;
    let entrant = contest.entrants.iter_mut().find(|entrant| entrant.name == name);
    entrant.ok_or("nobody of that name does it")?.take_turn(times.parse()?);
    Ok(())
}
