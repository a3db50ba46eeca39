//! Clocks side by side, turn by turn: `vclock [ROUNDS] [TABLE]` prints medians, in Markdown.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{env, error::Error, time::Duration};

use quorate_bench::vclock::{Figure, TABLES, broadcast, reversed};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let rounds: usize = arguments.next().map_or(Ok(21), |rounds| rounds.parse())?;
    let wanted = arguments.next();
    for (table, contests) in TABLES {
        if wanted.as_ref().is_some_and(|wanted| wanted != table) {
            continue;
        }
        let mut contests = contests();
        let names: Vec<_> = contests
            .first()
            .into_iter()
            .flat_map(|first| first.entrants.iter().map(|entrant| entrant.name))
            .collect();
        println!("\n| {table}, ns | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
        for contest in &mut contests {
            let figures = contest.run(rounds);
            println!("| {} | {} |", contest.what, cells(&names, &figures));
        }
    }
    if wanted.as_ref().is_none_or(|wanted| wanted == "delivery") {
        delivery(rounds);
    }
    if wanted.is_none_or(|wanted| wanted == "broadcast") {
        broadcasts(rounds);
    }
    Ok(())
}

/// The figures of these entrants, and of all but the first how many times as long that is.
fn cells(names: &[&str], figures: &[Figure]) -> String {
    let [ours, others @ ..] = figures else { return String::new() };
    let other = |name: &&str| {
        let figure = others.iter().find(|figure| figure.name == *name);
        figure.map_or_else(String::new, |figure| {
            format!("{:.1} ({:.2}×)", figure.nanos, figure.nanos / ours.nanos)
        })
    };
    let first = format!("{:.1}", ours.nanos);
    [first].into_iter().chain(names.iter().skip(1).map(other)).collect::<Vec<_>>().join(" | ")
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

#[expect(clippy::cast_precision_loss, reason = "a figure for a table")]
fn broadcasts(rounds: usize) {
    println!("\n| broadcast | deliveries | for each | per second |\n|---|---:|---:|---:|");
    for members in [3, 5, 7] {
        let (mut times, mut deliveries) = (Vec::new(), 0);
        for _ in 0..rounds {
            let (time, all) = broadcast(members, 4_000 / members / members);
            times.push(time);
            deliveries = all;
        }
        times.sort_unstable();
        let time = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64();
        let (each, rate) = (time * 1e9 / deliveries as f64, deliveries as f64 / time);
        println!("| {members} members, each sends 16 at a time | {deliveries} | {each:.0} ns | {rate:.0} |");
    }
}
