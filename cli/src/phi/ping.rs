//! `quorate phi ping`: asks for signs of life, and suspects who gives none.

use std::{io, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use quorate_machine::Time;
use quorate_phi_detector::Stamp;
use tokio::{
    net::{TcpStream, UdpSocket},
    signal,
    sync::mpsc::{self, Receiver, Sender},
    time::{self, Instant},
};

use super::{read::Watching, watch::Watch};
use crate::{problem::Problem, terminal, units};

/// Ask an address for signs of life, and say how suspicious its silence is; until Ctrl-C
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    watching: Watching,
    /// How many times to ask; without it, until Ctrl-C
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// tcp:HOST:PORT, where a connection is a sign of life, or udp:HOST:PORT, where the same bytes coming back are
    #[arg(value_name = "ADDRESS", value_parser = target)]
    target: Target,
}

/// Who is asked, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Tcp(SocketAddr),
    Udp(SocketAddr),
}

pub(super) fn target(text: &str) -> Result<Target, String> {
    match text.split_once(':') {
        Some(("tcp", address)) => units::address(address).map(Target::Tcp),
        Some(("udp", address)) => units::address(address).map(Target::Udp),
        _ => Err("write an address as tcp:127.0.0.1:6379 or udp:127.0.0.1:9999".to_owned()),
    }
}

/// A timer that is so much too late says that this process stood still.
const STALL: Duration = Duration::from_millis(500);
/// Answers that wait to be looked at; more are lost, as they may be on their way.
const ANSWERS_MAX: usize = 1024;

pub(super) async fn run(options: &Options) -> Result<ExitCode, Problem> {
    let mut watch = options.watching.watch()?;
    let every = options.watching.parameters.interval();
    if every.is_zero() {
        return Err(Problem::new("--interval needs a span above zero"));
    }
    let (answer, mut answers) = mpsc::channel(ANSWERS_MAX);
    let asking = Asking::start(options.target, answer).await?;
    observe(options, &mut watch, every, &asking, &mut answers).await;
    let is_heard = watch.heartbeats > 0;
    if !is_heard {
        terminal::remark("nothing answered");
        return Ok(ExitCode::FAILURE);
    }
    options.watching.conclude(watch)?;
    Ok(ExitCode::SUCCESS)
}

async fn observe(
    options: &Options,
    watch: &mut Watch,
    every: Duration,
    asking: &Asking,
    answers: &mut Receiver<u64>,
) {
    let began = Instant::now();
    let now = || Time::ZERO + began.elapsed();
    let mut asks = time::interval(every);
    let mut asked = 0;
    let tell = |told: super::watch::Told| options.watching.tell(&told);
    let interrupted = signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let due = watch.deadline().map(|due| began + due.since(Time::ZERO));
        tokio::select! {
            biased;
            _ = &mut interrupted => break,
            Some(sequence) = answers.recv() => {
                let at = now();
                watch.pass(at, &mut |told| tell(told));
                watch.heartbeat(at, Some(Stamp { generation: 0, sequence }), &mut |told| tell(told));
            }
            due = asks.tick() => {
                if due.elapsed() > STALL {
                    watch.excuse(now());
                }
                if options.count == Some(asked) {
                    break;
                }
                asked += 1;
                asking.ask(asked, every).await;
            }
            () = sleep_until(due) => watch.pass(now(), &mut |told| tell(told)),
        }
    }
    watch.pass(now(), &mut |told| tell(told));
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// How signs of life are asked for. What is answered is the number of the question.
enum Asking {
    Tcp { to: SocketAddr, answer: Sender<u64> },
    Udp { socket: Arc<UdpSocket> },
}

impl Asking {
    async fn start(target: Target, answer: Sender<u64>) -> Result<Self, Problem> {
        match target {
            Target::Tcp(to) => Ok(Self::Tcp { to, answer }),
            Target::Udp(to) => {
                let socket = connected(to).await.map_err(|error| Problem::new(format!("{to}: {error}")))?;
                let socket = Arc::new(socket);
                tokio::spawn(hear(socket.clone(), answer));
                Ok(Self::Udp { socket })
            }
        }
    }

    /// Asks once. Whatever goes wrong is silence.
    async fn ask(&self, number: u64, patience: Duration) {
        match self {
            Self::Tcp { to, answer } => {
                let (to, answer) = (*to, answer.clone());
                tokio::spawn(async move {
                    let connected = time::timeout(patience * CONNECT_PATIENCE, TcpStream::connect(to)).await;
                    if let Ok(Ok(_)) = connected {
                        let _ = answer.try_send(number);
                    }
                });
            }
            Self::Udp { socket } => {
                let _ = socket.send(&packet(number)).await;
            }
        }
    }
}

/// After so many intervals nobody waits for a connection any longer.
const CONNECT_PATIENCE: u32 = 10;

async fn connected(to: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    Ok(socket)
}

async fn hear(socket: Arc<UdpSocket>, answer: Sender<u64>) {
    let mut bytes = [0; 64];
    loop {
        // An error is news of the other side (nobody listens there), and so no sign of life.
        let Ok(len) = socket.recv(&mut bytes).await else {
            time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        if let Some(number) = bytes.get(..len).and_then(unpack) {
            let _ = answer.try_send(number);
        }
    }
}

const MARK: [u8; 8] = *b"quorate?";

fn packet(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    let (mark, rest) = bytes.split_at_mut(MARK.len());
    mark.copy_from_slice(&MARK);
    rest.copy_from_slice(&number.to_be_bytes());
    bytes
}

fn unpack(bytes: &[u8]) -> Option<u64> {
    let number = bytes.strip_prefix(&MARK)?;
    number.try_into().ok().map(u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_told_apart_from_others() {
        assert_eq!(unpack(&packet(77)), Some(77));
        for other in [&b""[..], b"quorate?", b"quorate?1234567", b"quorate?123456789", b"somebody elses!!"] {
            assert_eq!(unpack(other), None);
        }
    }

    #[test]
    fn targets_say_how_they_are_asked() {
        assert_eq!(target("tcp:127.0.0.1:80"), Ok(Target::Tcp(([127, 0, 0, 1], 80).into())));
        assert_eq!(target("udp:localhost:9"), Ok(Target::Udp(([127, 0, 0, 1], 9).into())));
        for wrong in ["", "127.0.0.1:80", "icmp:127.0.0.1", "tcp:", "tcp:example.org:80"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}
