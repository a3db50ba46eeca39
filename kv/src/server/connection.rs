//! One client: what it sent is carried out in order, and answered in order.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
};

use bytes::{Bytes, BytesMut};
use respite::{RespError, RespVersion, RespWriter};
use tokio::{
    io::{AsyncReadExt as _, BufWriter},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::{
    Shared, info,
    pipeline::{Group, Pipeline, Work},
    request::{Decoder, ProtocolError},
    respond, until_true,
};
use crate::{
    command::{Hello, Local},
    reply::Reply,
    wall,
};

/// How much is read from, and written to, a socket at once.
const BUFFER_BYTES: usize = 16 << 10;

pub(super) struct Connection {
    id: u64,
    name: Option<Bytes>,
    closing: bool,
    input: Input,
    output: RespWriter<BufWriter<OwnedWriteHalf>>,
    shared: Arc<Shared>,
}

/// What a client sends.
struct Input {
    socket: OwnedReadHalf,
    buffer: BytesMut,
    decoder: Decoder,
}

impl Connection {
    pub(super) fn new(id: u64, stream: TcpStream, shared: Arc<Shared>) -> Self {
        // Replies are flushed when nothing more is to come; waiting for company would only delay them.
        let _ = stream.set_nodelay(true);
        let (socket, output) = stream.into_split();
        let decoder = Decoder::new(shared.limits.command_bytes_max);
        let input = Input { socket, buffer: BytesMut::new(), decoder };
        let output = RespWriter::new(BufWriter::with_capacity(BUFFER_BYTES, output));
        Self { id, name: None, closing: false, input, output, shared }
    }

    /// Serves until the client leaves, says something that is not RESP, or the server stops.
    ///
    /// What has arrived is carried out before anything more is read: a client that sends faster than it is served
    /// fills its own socket, nothing else.
    pub(super) async fn serve(mut self, mut stop: watch::Receiver<bool>) -> Result<(), RespError> {
        while !self.closing {
            let (pipeline, error) = self.input.decode(&self.shared);
            if let Some(error) = error {
                self.carry_out(pipeline).await?;
                self.respond(Reply::Error(error.to_string().into())).await?;
                break;
            }
            if !pipeline.is_empty() {
                self.carry_out(pipeline).await?;
                continue;
            }
            self.output.flush().await?;
            tokio::select! {
                read = self.input.read() => if read? == 0 { break },
                () = until_true(&mut stop) => break,
            }
        }
        self.output.flush().await?;
        self.output.shutdown().await
    }

    async fn carry_out(&mut self, pipeline: Pipeline) -> Result<(), RespError> {
        self.shared.counters.commands.fetch_add(pipeline.commands(), Ordering::Relaxed);
        for work in pipeline.into_work() {
            match work {
                Work::Answer(reply) => self.respond(reply).await?,
                Work::Local(local) => {
                    let reply = self.answer(local).await;
                    self.respond(reply).await?;
                }
                Work::Ask(group) => self.ask(group).await?,
            }
            if self.closing {
                break; // what was sent after QUIT was sent to nobody
            }
        }
        Ok(())
    }

    async fn ask(&mut self, group: Group) -> Result<(), RespError> {
        let parts = group.len();
        match self.shared.ask(group).await {
            Ok(replies) => {
                for reply in replies {
                    self.respond(reply).await?;
                }
            }
            Err(line) => {
                for _ in 0..parts {
                    self.respond(Reply::Error(line.clone())).await?;
                }
            }
        }
        Ok(())
    }

    async fn answer(&mut self, local: Local) -> Reply {
        match local {
            Local::Answer(reply) => reply,
            Local::Time => time(),
            Local::Info(sections) => info::info(&self.shared, &sections).await,
            Local::ConfigGet(patterns) => info::config(&self.shared, &patterns).await,
            Local::Hello(hello) => self.hello(hello),
            Local::SetName(name) => {
                self.name = Some(name).filter(|name| !name.is_empty());
                Reply::OK
            }
            Local::GetName => Reply::optional(self.name.clone()),
            Local::Id => Reply::count(self.id),
            Local::Reset => {
                self.name = None;
                self.output.version = RespVersion::V2;
                Reply::Simple("RESET".into())
            }
            Local::Quit => {
                self.closing = true;
                Reply::OK
            }
        }
    }

    fn hello(&mut self, hello: Hello) -> Reply {
        match hello.protocol {
            Some(3) => self.output.version = RespVersion::V3,
            Some(_) => self.output.version = RespVersion::V2,
            None => {}
        }
        if let Some(name) = hello.name {
            self.name = Some(name).filter(|name| !name.is_empty());
        }
        let facts = [
            ("server", Reply::bulk("quorate")),
            ("version", Reply::bulk(info::REDIS_VERSION)),
            ("proto", Reply::Integer(u8::from(self.output.version).into())),
            ("id", Reply::count(self.id)),
            ("mode", Reply::bulk("standalone")),
            ("role", Reply::bulk("master")),
            ("modules", Reply::Array(Vec::new())),
        ];
        Reply::Map(facts.into_iter().map(|(name, fact)| (Reply::bulk(name), fact)).collect())
    }

    async fn respond(&mut self, reply: Reply) -> Result<(), RespError> {
        respond::write(&mut self.output, reply).await
    }
}

impl Input {
    /// What has arrived in whole, and what is wrong with what follows.
    fn decode(&mut self, shared: &Shared) -> (Pipeline, Option<ProtocolError>) {
        let mut pipeline = Pipeline::new(shared.batch_bytes_max);
        while pipeline.has_room(&shared.limits) {
            match self.decoder.next(&mut self.buffer) {
                Ok(Some(request)) => pipeline.push(&request),
                Ok(None) => break,
                Err(error) => return (pipeline, Some(error)),
            }
        }
        (pipeline, None)
    }

    /// Waits for more. Nothing is lost if the wait is given up.
    async fn read(&mut self) -> io::Result<usize> {
        self.buffer.reserve(BUFFER_BYTES);
        self.socket.read_buf(&mut self.buffer).await
    }
}

fn time() -> Reply {
    let now = wall::since_epoch();
    let parts = [now.as_secs().to_string(), now.subsec_micros().to_string()];
    Reply::Array(parts.map(Reply::bulk).into())
}
