//! `quorate phi answer`: gives the signs of life that `quorate phi ping` asks for.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use tokio::{
    net::{TcpListener, UdpSocket},
    signal, time,
};

use super::ping::{Target, target};
use crate::{problem::Problem, terminal};

/// Answer whoever asks an address for signs of life; until Ctrl-C
#[derive(Debug, Args)]
pub(super) struct Options {
    /// tcp:HOST:PORT, where connections are accepted and closed, or udp:HOST:PORT, where what comes is sent back
    #[arg(value_name = "ADDRESS", value_parser = target)]
    target: Target,
}

pub(super) async fn run(options: &Options) -> Result<ExitCode, Problem> {
    let failed = |error| Problem::new(format!("{error}"));
    match options.target {
        Target::Tcp(at) => {
            let listener = TcpListener::bind(at).await.map_err(failed)?;
            terminal::say(format_args!("tcp:{} answers", listener.local_addr().map_err(failed)?));
            tokio::select! {
                () = accept(&listener) => {}
                _ = signal::ctrl_c() => {}
            }
        }
        Target::Udp(at) => {
            let socket = UdpSocket::bind(at).await.map_err(failed)?;
            terminal::say(format_args!("udp:{} answers", socket.local_addr().map_err(failed)?));
            tokio::select! {
                () = echo(&socket) => {}
                _ = signal::ctrl_c() => {}
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How long after an error it is tried again.
const PATIENCE: Duration = Duration::from_millis(10);

async fn accept(listener: &TcpListener) {
    loop {
        // A connection that fails is its caller's silence; what keeps it from being accepted may pass.
        if listener.accept().await.is_err() {
            time::sleep(PATIENCE).await;
        }
    }
}

/// Longer packets come back cut: nobody is answered with more than was asked.
const PACKET_MAX: usize = 64;

async fn echo(socket: &UdpSocket) {
    let mut bytes = [0; PACKET_MAX];
    loop {
        let Ok((len, from)) = socket.recv_from(&mut bytes).await else {
            time::sleep(PATIENCE).await;
            continue;
        };
        let _ = socket.send_to(bytes.get(..len).unwrap_or_default(), from).await;
    }
}
