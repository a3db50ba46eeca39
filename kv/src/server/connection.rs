//! One client: what it sent is carried out in order, and answered in order.

use core::{future::Future, mem, pin::Pin, task::Poll};
use std::{borrow::Cow, io, sync::Arc, sync::atomic::Ordering};

use bytes::{Bytes, BytesMut};
use respite::{RespError, RespVersion, RespWriter};
use tokio::{
    io::{AsyncReadExt as _, BufWriter},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{oneshot, watch},
};

use super::{
    Shared,
    desk::Outcome,
    info,
    request::{Decoded, Decoder, ProtocolError},
    respond,
};
use crate::{
    command::{self, Hello, Local, Request},
    core::Command,
    operation::Operation,
    query::Query,
    reply::Reply,
    wall,
};

/// How much is read from, and written to, a socket at once.
const BUFFER_BYTES: usize = 16 << 10;

pub(super) struct Connection {
    id: u64,
    name: Option<Bytes>,
    closing: bool,
    input: Option<Input>,
    output: RespWriter<BufWriter<OwnedWriteHalf>>,
    shared: Arc<Shared>,
}

struct Input {
    socket: OwnedReadHalf,
    buffer: BytesMut,
    decoder: Decoder,
}

/// Neighbours in a pipeline that go to the machine together, in the order in which they came. Reads and writes do
/// not mix: a read must see the writes before it, and not those after it.
enum Group {
    Reads(Vec<Query>),
    Writes(Vec<Operation>),
}

/// One thing after the other: a reply that is known, or a group that has to be asked for.
enum Work {
    Answer(Reply),
    Local(Local),
    Ask(Group),
}

impl Connection {
    pub(super) fn new(id: u64, stream: TcpStream, shared: Arc<Shared>) -> Self {
        // Replies are flushed when nothing more is to come; waiting for company would only delay them.
        let _ = stream.set_nodelay(true);
        let (socket, output) = stream.into_split();
        let decoder = Decoder::new(shared.limits.command_bytes_max);
        let input = Some(Input { socket, buffer: BytesMut::new(), decoder });
        let output = RespWriter::new(BufWriter::with_capacity(BUFFER_BYTES, output));
        Self { id, name: None, closing: false, input, output, shared }
    }

    /// Serves until the client leaves, says something that is not RESP, or the server stops.
    pub(super) async fn serve(mut self, mut stop: watch::Receiver<bool>) -> Result<(), RespError> {
        while !self.closing {
            let Some(input) = self.input.as_mut() else { break };
            let more = tokio::select! {
                biased;
                more = input.first() => more,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match more {
                Ok(Some(first)) => self.serve_pipeline(first).await?,
                Ok(None) => break,
                Err(error) => {
                    self.say_goodbye(&error).await?;
                    break;
                }
            }
            self.output.flush().await?;
        }
        self.output.shutdown().await
    }
}
