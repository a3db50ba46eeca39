//! `quorate bench`: how fast, and what goes wrong meanwhile.

mod client;
mod options;
mod summary;
mod tally;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use self::{
    client::{BenchClient, Load},
    summary::Summary,
    tally::Tally,
};
use crate::{
    connection::Connection,
    problem::Problem,
    terminal::{self, count},
};

pub(crate) use self::options::Options;

const REDRAW_EVERY: Duration = Duration::from_millis(100);

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    // A cluster that is not there is a mistake in the call, not a measurement.
    drop(Connection::open_any(&options.clients, options.timeout).await?);
    let start = Instant::now();
    let end = start + Duration::from_secs(options.seconds);
    let tally = Arc::new(Mutex::new(Tally::new(start)?));
    let load = Arc::new(Load::new(&options, end));
    let mut clients = JoinSet::new();
    for nth in 0..options.connections {
        clients.spawn(BenchClient::new(nth, Arc::clone(&load), Arc::clone(&tally)).run());
    }
    let draw = draw(&tally, start, options.seconds);
    let all_done = async { while clients.join_next().await.is_some() {} };
    tokio::select! {
        () = all_done => {}
        never = draw => match never {},
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(Problem::new)?,
    }
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.close(Instant::now());
    let summary = Summary::new(&options, &tally, start.elapsed());
    if options.json {
        terminal::say(serde_json::to_string_pretty(&summary).map_err(Problem::new)?);
    } else {
        terminal::say(summary);
    }
    Ok(if tally.done() == 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Keeps the progress bar up to date, until it is dropped.
async fn draw(tally: &Mutex<Tally>, start: Instant, seconds: u64) -> std::convert::Infallible {
    let bar = terminal::bar(seconds * 1_000, "{bar:30} {msg}");
    let mut before = 0;
    loop {
        tokio::time::sleep(REDRAW_EVERY).await;
        let (done, failed) = {
            let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            (tally.done(), tally.failed())
        };
        bar.set_position(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        let rate = (done - before) * 1_000 / u64::try_from(REDRAW_EVERY.as_millis()).unwrap_or(1);
        bar.set_message(format!("{} op/s  {} done  {} failed", count(rate), count(done), count(failed)));
        before = done;
    }
}
