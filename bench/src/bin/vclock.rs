//! Clocks side by side, turn by turn: `vclock [ROUNDS] [TABLE]` prints medians, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{env, error::Error, time::Duration};

use quorate_bench::vclock::{Figure, TABLES, reversed};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(21), |rounds| rounds.parse())?;
    let wanted = arguments.next();
    for (table, contests) in TABLES {
        if wanted.as_ref().is_some_and(|wanted| wanted != table) {
            continue;
        }
        println!("\n| {table} | quorate | peers |\n|---|---:|---|");
        for mut contest in contests() {
            let figures = contest.run(rounds);
            println!("| {} | {} |", contest.what, cells(&figures));
        }
    }
    if wanted.is_none_or(|wanted| wanted == "delivery") {
        delivery(rounds);
    }
    Ok(())
}

/// Our figure, then each other one's and how many times longer it takes.
fn cells(figures: &[Figure]) -> String {
    let [ours, others @ ..] = figures else { return String::new() };
    let others = others.iter().map(|other| {
        let ratio = other.nanos / ours.nanos;
        format!("{} {:.1} ns, {ratio:.2}×", other.name, other.nanos)
    });
    format!("{:.1} ns | {}", ours.nanos, others.collect::<Vec<_>>().join("; "))
}

fn delivery(rounds: usize) {
    println!("\n| delivery, 16 senders | time | for each | of half as many |\n|---|---:|---:|---:|");
    let mut half: Option<f64> = None;
    for messages in [12_500_u32, 25_000, 50_000, 100_000] {
        let turn = |_| reversed(16, usize::try_from(messages).unwrap_or(0));
        let mut times: Vec<Duration> = (0..rounds.min(5)).map(turn).collect();
        times.sort_unstable();
        let time = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64();
        let ratio = half.map_or_else(String::new, |half| format!("{:.2}×", time / half));
        let each = time * 1e9 / f64::from(messages);
        println!("| {messages} messages, the last first | {:.1} ms | {each:.0} ns | {ratio} |", time * 1e3);
        half = Some(time);
    }
}
