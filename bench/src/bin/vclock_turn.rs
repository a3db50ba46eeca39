//! Lets one entrant do one piece of work, for an instruction counter: `vclock_turn TABLE WHAT ENTRANT TIMES`.

use std::{env, error::Error};

use quorate_bench::vclock::TABLES;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [table, what, name, times] = arguments.as_slice() else {
        return Err("usage: vclock_turn TABLE WHAT ENTRANT TIMES".into());
    };
    let (_, contests) = TABLES.into_iter().find(|(name, _)| name == table).ok_or("no such table")?;
    let mut contests = contests();
    let contest = contests.iter_mut().find(|contest| contest.what == *what);
    let entrant =
        contest.and_then(|contest| contest.entrants.iter_mut().find(|entrant| entrant.name == name));
    entrant.ok_or("no such work, or nobody of that name does it")?.take_turn(times.parse()?);
    Ok(())
}
