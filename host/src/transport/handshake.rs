//! Who is there, and whether it may speak.

use std::io;

use bytes::{Bytes, BytesMut};
use quorate_machine::NodeId;
use quorate_wire::{Codec as _, Postcard, frame};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Identity;

/// The protocol between hosts; raised with every incompatible change.
const PROTOCOL: u16 = 1;
const MAGIC: [u8; 8] = *b"quorate\n";
/// The longest body of a handshake frame, in bytes.
const HANDSHAKE_BYTES_MAX: u32 = 512;

/// The first frame of a connection, from the side that dialled. Magic and protocol stay the first fields for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Introduction {
    magic: [u8; 8],
    protocol: u16,
    cluster: String,
    from: u64,
    to: u64,
    incarnation: u64,
}

/// The answer to it; afterwards this direction is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Accepted,
    Refused(Refusal),
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the node is unknown there")]
    Stranger,
    #[error("another cluster lives there")]
    ForeignCluster,
    #[error("another node lives there")]
    WrongTarget,
    #[error("a newer incarnation of this node has been there")]
    OldIncarnation,
    #[error("it speaks another version of the protocol")]
    Version,
    #[error("it does not speak this protocol")]
    Malformed,
}

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("the answer is not of this protocol")]
    Malformed,
}

impl Introduction {
    pub(crate) fn new(identity: &Identity, incarnation: u64, to: NodeId) -> Self {
        Self {
            magic: MAGIC,
            protocol: PROTOCOL,
            cluster: identity.cluster.clone(),
            from: identity.node.0,
            to: to.0,
            incarnation,
        }
    }

    pub(crate) const fn from(&self) -> NodeId {
        NodeId(self.from)
    }

    pub(crate) const fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Whether this is somebody who may speak to `identity`, as far as that can be told without memory.
    pub(crate) fn check(&self, identity: &Identity, is_peer: impl Fn(NodeId) -> bool) -> Result<(), Refusal> {
        if self.protocol != PROTOCOL {
            return Err(Refusal::Version);
        }
        if self.cluster != identity.cluster {
            return Err(Refusal::ForeignCluster);
        }
        if self.to != identity.node.0 {
            return Err(Refusal::WrongTarget);
        }
        if self.from == identity.node.0 || !is_peer(self.from()) {
            return Err(Refusal::Stranger);
        }
        Ok(())
    }

    fn parse(body: &Bytes) -> Result<Self, Refusal> {
        // A later version may say more: judge the version before the rest.
        let Some((magic, rest)) = body.split_first_chunk::<8>() else { return Err(Refusal::Malformed) };
        if *magic != MAGIC {
            return Err(Refusal::Malformed);
        }
        if rest.first().is_some_and(|&protocol| u16::from(protocol) != PROTOCOL) {
            return Err(Refusal::Version);
        }
        Postcard::decode(body).map_err(|_| Refusal::Malformed)
    }
}

/// Introduces this node on a connection it made, and waits for the answer.
pub(crate) async fn introduce(
    stream: &mut TcpStream,
    introduction: &Introduction,
) -> Result<(), HandshakeError> {
    write(stream, introduction).await?;
    let body = read(stream).await?.ok_or(HandshakeError::Malformed)?;
    match Postcard::decode(&body).map_err(|_| HandshakeError::Malformed)? {
        Answer::Accepted => Ok(()),
        Answer::Refused(refusal) => Err(HandshakeError::Refused(refusal)),
    }
}

/// Reads the introduction of whoever dialled this node.
pub(crate) async fn listen(stream: &mut TcpStream) -> io::Result<Result<Introduction, Refusal>> {
    Ok(read(stream).await?.ok_or(Refusal::Malformed).and_then(|body| Introduction::parse(&body)))
}

pub(crate) async fn reply(stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
    write(stream, &answer).await
}

async fn write<T: Serialize + for<'de> Deserialize<'de>>(
    stream: &mut TcpStream,
    value: &T,
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(128);
    frame::encode(HANDSHAKE_BYTES_MAX, &mut bytes, |body| Postcard::encode(value, body))
        .map_err(io::Error::other)?;
    stream.write_all(&bytes).await
}

/// One frame's body and not a byte more; `None` if it is no frame.
async fn read(stream: &mut TcpStream) -> io::Result<Option<Bytes>> {
    let mut bytes = BytesMut::with_capacity(256);
    loop {
        match frame::decode(HANDSHAKE_BYTES_MAX, &mut bytes) {
            Err(_) => return Ok(None),
            Ok(Some(body)) => return Ok(Some(body)),
            Ok(None) => bytes.extend_from_slice(&[stream.read_u8().await?]),
        }
    }
}
