//! The simulators side by side, turn by turn: `sim_race [ROUNDS]` prints the best of all turns, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{env, error::Error};

use quorate_bench::{
    cpu::cpu_time,
    sim::{Race, Runner},
};

/// Messages in each turn, or somewhat more.
const MESSAGES: u64 = 400_000;

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = env::args().nth(1).map_or(Ok(5), |rounds| rounds.parse::<u32>())?;
    println!(
        "| nodes | registers | messages | {} messages/s | {} messages/s | ratio |",
        Runner::Quorate,
        Runner::Turmoil
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    for (nodes, registers) in [(3, 1), (5, 1), (5, 64), (5, 1_024)] {
        let each = Race { nodes, registers, writes: 1 }.expected().messages;
        let race = Race { nodes, registers, writes: MESSAGES.div_ceil(each) };
        let mut best = Runner::ALL.map(|_| u128::MAX);
        for _ in 0..rounds {
            for (best, runner) in best.iter_mut().zip(Runner::ALL) {
                let begun = cpu_time();
                runner.run(race);
                *best = (*best).min(cpu_time().saturating_sub(begun).as_micros().max(1));
            }
        }
        let messages = race.expected().messages;
        let [quorate, turmoil] = best.map(|micros| u128::from(messages) * 1_000_000 / micros);
        let (whole, tenth) = (quorate / turmoil, quorate * 10 / turmoil % 10);
        println!("| {nodes} | {registers} | {messages} | {quorate} | {turmoil} | {whole}.{tenth} |");
    }
    Ok(())
}
