//! A client's connection to one node.

use std::{io, net::SocketAddr, time::Duration};

use respite::{RespConfig, RespError, RespReader, RespWriter};
use tokio::{
    io::BufWriter,
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use crate::{problem::Problem, reply::Reply};

pub(crate) struct Connection {
    reader: RespReader<OwnedReadHalf>,
    writer: RespWriter<BufWriter<OwnedWriteHalf>>,
    patience: Duration,
}

/// Why a call has no reply. Whether the command was carried out is unknown.
#[derive(Debug)]
pub(crate) enum CallError {
    Connect(io::Error),
    Broken(RespError),
    Late,
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "cannot connect: {}", plain(error)),
            Self::Broken(RespError::IO(error)) => write!(f, "connection lost: {}", plain(error)),
            Self::Broken(RespError::EndOfInput) => f.write_str("connection lost: closed by the node"),
            Self::Broken(error) => write!(f, "connection lost: {error}"),
            Self::Late => f.write_str("no answer in time"),
        }
    }
}

impl Connection {
    /// Connects. Nothing, neither this nor a later call, takes longer than `patience`.
    pub(crate) async fn open(address: SocketAddr, patience: Duration) -> Result<Self, CallError> {
        let stream = match timeout(patience, TcpStream::connect(address)).await {
            Ok(stream) => stream.map_err(CallError::Connect)?,
            Err(_) => return Err(CallError::Late),
        };
        stream.set_nodelay(true).map_err(CallError::Connect)?;
        let (reader, writer) = stream.into_split();
        let reader = RespReader::new(reader, RespConfig::default());
        Ok(Self { reader, writer: RespWriter::new(BufWriter::new(writer)), patience })
    }

    /// The first of these nodes that can be reached.
    pub(crate) async fn open_any(addresses: &[SocketAddr], patience: Duration) -> Result<Self, Problem> {
        let mut why = Vec::new();
        for address in addresses {
            match Self::open(*address, patience).await {
                Ok(connection) => return Ok(connection),
                Err(error) => why.push(format!("{address}: {error}")),
            }
        }
        Err(Problem::new(format!("no node can be reached ({})", why.join("; ")))
            .hint("is it running? `quorate cluster` starts one; --client ADDRESS says where it is"))
    }

    pub(crate) async fn call<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<Reply, CallError> {
        let patience = self.patience;
        let called = async {
            self.send(words).await?;
            self.receive().await
        };
        within(patience, called).await
    }

    /// Sends several commands at once, and tells each reply to `told` as it comes.
    pub(crate) async fn pipeline<W: AsRef<[u8]>>(
        &mut self,
        commands: &[Vec<W>],
        mut told: impl FnMut(Reply),
    ) -> Result<(), CallError> {
        let patience = self.patience;
        let called = async {
            for words in commands {
                self.send(words).await?;
            }
            for _ in commands {
                told(self.receive().await?);
            }
            Ok(())
        };
        within(patience, called).await
    }

    async fn send<W: AsRef<[u8]>>(&mut self, words: &[W]) -> Result<(), RespError> {
        self.writer.write_array(words.len()).await?;
        for word in words {
            self.writer.write_blob_string(word.as_ref()).await?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Reply, RespError> {
        self.writer.flush().await?;
        Reply::read(&mut self.reader).await
    }
}

async fn within<T>(
    patience: Duration,
    called: impl Future<Output = Result<T, RespError>>,
) -> Result<T, CallError> {
    match timeout(patience, called).await {
        Ok(answered) => answered.map_err(CallError::Broken),
        Err(_) => Err(CallError::Late),
    }
}

/// Without the operating system's error number, which helps nobody.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_ascii_lowercase()
}
