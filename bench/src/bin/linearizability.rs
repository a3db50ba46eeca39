//! Judges of linearizability side by side: `linearizability [FOLDER OF ETCD LOGS]` prints a table.

use std::{env, error::Error, path::Path, time::Duration};

use quorate_bench::linearizability::{
    Judged, WrongRead, cas_history, kv_history, logs, quorate_cas, quorate_kv, quorate_log, todc_log,
};

/// Each figure is the best of so many runs.
const RUNS: usize = 5;

fn best(mut judge: impl FnMut() -> Judged) -> Judged {
    let mut runs: Vec<_> = (0..RUNS).map(|_| judge()).collect();
    runs.sort_by_key(|judged| judged.time);
    runs[0]
}

fn row(what: &str, linearizable: &str, ours: Judged, peer: Option<(&str, Judged)>) {
    let time = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    let (name, other, ratio) = peer.map_or(("", String::new(), String::new()), |(name, judged)| {
        let ratio = judged.time.as_secs_f64() / ours.time.as_secs_f64();
        (name, time(judged.time), format!("{ratio:.0}"))
    });
    say(&format!(
        "| {what} | {linearizable} | {} | {} | {name} | {other} | {ratio} |",
        time(ours.time),
        ours.steps
    ));
}

#[expect(clippy::print_stdout, reason = "a table is what this is for")]
fn say(line: &str) {
    println!("{line}");
}

fn main() -> Result<(), Box<dyn Error>> {
    say(
        "| history | linearizable | quorate | steps | peer | its time | ratio |\n|---|---|---:|---:|---|---:|---:|",
    );
    match env::args().nth(1) {
        Some(folder) => etcd(Path::new(&folder))?,
        None => say("| etcd logs | skipped: no folder is given | | | | | |"),
    }
    for (processes, calls) in [(3, 10), (3, 20), (3, 30)] {
        let history = WrongRead::new(processes, calls, 1);
        let (ours, peer) = (best(|| history.quorate()), history.stateright());
        assert_eq!(ours.linearizable, peer.linearizable, "both judge alike");
        row(&format!("{processes} × {calls}, one wrong read"), "no", ours, Some(("stateright 0.31", peer)));
    }
    for (processes, operations, pending, wrong) in [
        (5, 1_000, 0, false),
        (5, 1_000, 7, false),
        (5, 1_000, 7, true),
        (5, 2_000, 7, false),
        (5, 2_000, 7, true),
        (10, 10_000, 0, false),
        (10, 10_000, 0, true),
        (10, 100_000, 0, false),
        (10, 100_000, 0, true),
        (20, 10_000, 0, false),
    ] {
        let history = cas_history(processes, operations, pending, 1, wrong);
        let ours = best(|| quorate_cas(&history));
        assert_eq!(ours.linearizable, !wrong, "it is known how it was made");
        let unfinished = history.operations().iter().filter(|op| op.ret().is_none()).count();
        row(
            &format!("CAS, {processes} processes, {operations} operations, {unfinished} pending"),
            if wrong { "no" } else { "yes" },
            ours,
            None,
        );
    }
    for (keys, wrong) in [(50, false), (50, true), (10, false), (10, true)] {
        let history = kv_history(50, 5_000, keys, 1, wrong);
        let ours = best(|| quorate_kv(&history));
        assert_eq!(ours.linearizable, !wrong, "it is known how it was made");
        let linearizable = if wrong { "no" } else { "yes" };
        row(&format!("store of {keys} keys, 50 processes, 5000 operations"), linearizable, ours, None);
    }
    Ok(())
}

fn etcd(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (mut all, mut all_peer) =
        (Judged { linearizable: true, time: Duration::ZERO, steps: 0 }, Duration::ZERO);
    let mut worst = Duration::ZERO;
    let logs = logs(folder)?;
    for log in &logs {
        let first = quorate_log(log)?;
        let ours = best(|| quorate_log(log).unwrap_or(first));
        let peer = todc_log(log);
        assert_eq!(ours.linearizable, peer.linearizable, "{} is judged alike", log.display());
        all.time += ours.time;
        all.steps += ours.steps;
        all_peer += peer.time;
        worst = worst.max(ours.time);
    }
    let peer = Judged { linearizable: true, time: all_peer, steps: 0 };
    let what = format!("{} etcd logs, the worst {:.3} ms", logs.len(), worst.as_secs_f64() * 1e3);
    row(&what, "some", all, Some(("todc-utils 0.1.1", peer)));
    Ok(())
}
