use bytes::Bytes;
use respite::{RespError, RespFrame, RespReader};
use tokio::io::AsyncRead;

/// What a server answers, as it was told: a status is not a string, so that both can be shown as what they are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Nil,
    Status(String),
    Error(String),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Bulk(Bytes),
    /// Text that is shown as it is.
    Text(Bytes),
    Number(Bytes),
    List(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    Set(Vec<Reply>),
}

/// Replies do not nest deeper than this; what does is not from a server of this kind.
const DEPTH_MAX: usize = 32;

impl Reply {
    pub(crate) async fn read<R>(reader: &mut RespReader<R>) -> Result<Self, RespError>
    where
        R: AsyncRead + Unpin + Send + 'static,
    {
        read(reader, DEPTH_MAX).await
    }

    pub(crate) fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::Bulk(bytes) | Self::Text(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Self::Status(text) => Some(text),
            _ => None,
        }
    }
}

async fn read<R>(reader: &mut RespReader<R>, depth: usize) -> Result<Reply, RespError>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let frame = reader.frame().await?.ok_or(RespError::EndOfInput)?;
    Ok(match frame {
        RespFrame::Nil => Reply::Nil,
        RespFrame::SimpleString(text) => Reply::Status(lossy(&text)),
        RespFrame::SimpleError(text) | RespFrame::BlobError(text) => Reply::Error(lossy(&text)),
        RespFrame::Integer(number) => Reply::Integer(number),
        RespFrame::Double(number) => Reply::Double(number.into()),
        RespFrame::Boolean(truth) => Reply::Boolean(truth),
        RespFrame::BlobString(bytes) => Reply::Bulk(bytes),
        RespFrame::Verbatim(_, bytes) => Reply::Text(bytes),
        RespFrame::Bignum(digits) => Reply::Number(digits),
        RespFrame::Array(size) | RespFrame::Push(size) => Reply::List(several(reader, size, depth).await?),
        RespFrame::Set(size) => Reply::Set(several(reader, size, depth).await?),
        RespFrame::Map(size) => Reply::Map(pairs(reader, size, depth).await?),
        RespFrame::Attribute(size) => {
            // Attributes are remarks about the reply that follows.
            pairs(reader, size, depth).await?;
            Box::pin(read(reader, depth)).await?
        }
    })
}

async fn several<R>(reader: &mut RespReader<R>, size: usize, depth: usize) -> Result<Vec<Reply>, RespError>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let depth = depth.checked_sub(1).ok_or(RespError::RespPrimitive)?;
    let mut replies = Vec::new();
    for _ in 0..size {
        replies.push(Box::pin(read(reader, depth)).await?);
    }
    Ok(replies)
}

async fn pairs<R>(
    reader: &mut RespReader<R>,
    size: usize,
    depth: usize,
) -> Result<Vec<(Reply, Reply)>, RespError>
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let mut replies = several(reader, size.saturating_mul(2), depth).await?.into_iter();
    Ok(std::iter::from_fn(|| Some((replies.next()?, replies.next()?))).collect())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
