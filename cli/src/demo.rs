//! `quorate demo`: a tour that ends by itself.

mod client;
mod history;
mod stage;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use tokio::{task::JoinSet, time::Instant};

use self::{
    client::DemoClient,
    history::{Judgement, Recorder},
    stage::Stage,
};
use crate::{
    problem::Problem,
    process::Layout,
    terminal::{self, count, span},
};

const EXAMPLES: &str = "\
Example:
  quorate demo

It uses free ports and a temporary folder, takes about a quarter of a minute, and leaves nothing behind. The exit code is \
1 if what the clients saw is not linearizable.";

/// Take a tour: three processes, crashes and pauses, and a verdict on what the clients saw
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// How many clients read and write meanwhile
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=64))]
    clients: u64,
}

const NODES: u16 = 3;
/// How long to watch after each thing that happens.
const WATCH: Duration = Duration::from_millis(1_500);
const PAUSE: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: Options) -> Result<ExitCode, Problem> {
    tokio::select! {
        outcome = tour(options.clients) => outcome,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted.map_err(Problem::new)?;
            Err(Problem::new("interrupted"))
        }
    }
}

async fn tour(clients: u64) -> Result<ExitCode, Problem> {
    let start = Instant::now();
    let folder =
        tempfile::tempdir().map_err(|error| Problem::new(format!("no temporary folder: {error}")))?;
    let layout = Layout::on_free_ports(NODES, folder.path())?;
    let recorder = Arc::new(Recorder::new());

    terminal::say("1. Three nodes, each a process of its own with its own data folder. They elect a leader.");
    let mut stage = Stage::open(layout).await?;

    terminal::say(format_args!(
        "\n2. {clients} clients GET, SET, SETNX and APPEND through all three nodes. Whatever they see is recorded."
    ));
    let mut running = JoinSet::new();
    for nth in 0..clients {
        running.spawn(DemoClient::new(nth, stage.clients(), Arc::clone(&recorder)).run());
    }
    watch(&recorder).await;

    kill_the_leader(&mut stage, &recorder).await?;
    pause_the_leader(&mut stage, &recorder).await?;
    kill_all(&mut stage, &recorder).await?;

    running.shutdown().await;
    stage.read_everything(&recorder).await?;
    let verdict = recorder.judge();
    stage.close().await;
    terminal::say(format_args!(
        "\n6. The verdict, on {} calls to {} keys:",
        count(verdict.calls),
        count(verdict.keys)
    ));
    terminal::say(format_args!(
        "   {} calls were acknowledged, {} were refused without effect, and the outcome of {} is unknown:",
        count(verdict.known),
        count(verdict.refused),
        count(verdict.unknown)
    ));
    terminal::say("   a node was lost before it answered, so they may have been carried out or not.");
    match verdict.judgement {
        Judgement::Linearizable => {}
        Judgement::Wrong(why) => {
            return Err(Problem::new(format!("what the clients saw is not linearizable: {why}")));
        }
        Judgement::Undecided => {
            return Err(Problem::new("whether what the clients saw is linearizable could not be told")
                .hint("the search was given up; fewer --clients make it easier"));
        }
    }
    terminal::say(
        "   Everything the clients saw is linearizable: as if one machine had carried out one call at a time,",
    );
    terminal::say(
        "   each at some moment between its request and its answer. No acknowledged write was lost.",
    );
    terminal::say(format_args!(
        "\nThat took {}. `quorate cluster` starts a cluster that stays.",
        span(start.elapsed())
    ));
    Ok(ExitCode::SUCCESS)
}

async fn kill_the_leader(stage: &mut Stage, recorder: &Recorder) -> Result<(), Problem> {
    let (leader, _) = stage.leader().await?;
    terminal::say(format_args!("\n3. kill -9 of node {leader}, the leader. It has no time to say goodbye."));
    recorder.start_watch();
    stage.kill(leader).await?;
    stage.leader().await?;
    watch(recorder).await;
    tell_outage(recorder);
    terminal::say(format_args!(
        "   Node {leader} starts again from its journal and catches up with the others."
    ));
    stage.start(leader).await?;
    stage.wait_until_caught_up(leader).await
}

async fn pause_the_leader(stage: &mut Stage, recorder: &Recorder) -> Result<(), Problem> {
    let (leader, _) = stage.leader().await?;
    terminal::say(format_args!(
        "\n4. Node {leader}, the leader, is paused (SIGSTOP): to the others it looks dead, and to itself no time passes."
    ));
    recorder.start_watch();
    stage.pause(leader);
    tokio::time::sleep(PAUSE).await;
    tell_outage(recorder);
    stage.resume(leader);
    terminal::say(
        "   It goes on, still thinking that it leads. A read from its old state would be wrong now; it asks the others first.",
    );
    watch(recorder).await;
    stage.wait_until_caught_up(leader).await
}

async fn kill_all(stage: &mut Stage, recorder: &Recorder) -> Result<(), Problem> {
    terminal::say(
        "\n5. kill -9 of all three at once, and a start of all three. All there is now is what was on their disks.",
    );
    recorder.start_watch();
    for id in stage.ids() {
        stage.kill(id).await?;
    }
    for id in stage.ids() {
        stage.start(id).await?;
    }
    stage.leader().await?;
    watch(recorder).await;
    tell_outage(recorder);
    Ok(())
}

async fn watch(recorder: &Recorder) {
    let before = recorder.acknowledged();
    tokio::time::sleep(WATCH).await;
    let done = recorder.acknowledged() - before;
    terminal::say(format_args!("   {} calls acknowledged in {}.", count(done), span(WATCH)));
}

fn tell_outage(recorder: &Recorder) {
    terminal::say(format_args!(
        "   The longest time in which no client got an answer: {}.",
        span(recorder.longest_gap())
    ));
}
