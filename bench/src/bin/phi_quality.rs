//! How often failure detectors are mistaken, and how fast they are: `phi_quality [SEEDS] [HEARTBEATS]` prints tables in Markdown.
//!
//! Equal arguments print equal tables, everywhere: nothing is timed.
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::{env, error::Error};

use quorate_bench::phi::{LEVELS, RATES, Record, TRACES, calibrated, judged, judges};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seeds: u64 = arguments.next().map_or(Ok(20), |seeds| seeds.parse())?;
    let beats: usize = arguments.next().map_or(Ok(250_000), |beats| beats.parse())?;
    println!("{seeds} seeds of {beats} heartbeats\n");
    let mut records: Vec<(&str, Vec<Record>)> = vec![];
    for setting in TRACES {
        let all = judges().iter().map(|made| judged(made, &setting, seeds, beats)).collect();
        records.push((setting.name, all));
    }
    for (name, records) in &records {
        calibration(name, records);
    }
    detection(&records);
    Ok(())
}

fn calibration(trace: &str, records: &[Record]) {
    let levels: Vec<String> = LEVELS.iter().map(|level| format!("φ {level}")).collect();
    println!("| {trace} | {} |\n|---|{}", levels.join(" | "), "---:|".repeat(levels.len()));
    for (made, record) in judges().iter().zip(records).filter(|(made, _)| made.is_phi) {
        let cells: Vec<String> = calibrated(record)
            .iter()
            .map(|level| match (level.measured, level.limits.high) {
                (Some(measured), Some(high)) => format!("{measured:.2} ({:.2}–{high:.2})", level.limits.low),
                _ => format!("> {:.2}", level.limits.low),
            })
            .collect();
        println!("| {} | {} |", made.name, cells.join(" | "));
    }
    println!();
}

fn detection(records: &[(&str, Vec<Record>)]) {
    let traces: Vec<&str> = records.iter().map(|(name, _)| *name).collect();
    println!("| `T_D`, ms | {} |\n|---|{}", traces.join(" | "), "---:|".repeat(traces.len()));
    for (index, made) in judges().iter().enumerate() {
        let cells: Vec<String> = records
            .iter()
            .map(|(_, all)| {
                let times = RATES.map(|rate| {
                    let time = all.get(index).and_then(|record| record.detection_time(rate));
                    time.map_or_else(|| "–".to_owned(), |time| format!("{:.0}", time * 1e3))
                });
                times.join(" / ")
            })
            .collect();
        println!("| {} | {} |", made.name, cells.join(" | "));
    }
}
