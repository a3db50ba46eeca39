//! Replies onto the wire, in either version of the protocol.

use respite::{RespError, RespWriter};
use tokio::io::AsyncWrite;

use crate::reply::Reply;

/// Writes a reply; nested ones by a stack of their own, however deep.
pub(super) async fn write<W: AsyncWrite + Unpin>(
    writer: &mut RespWriter<W>,
    reply: Reply,
) -> Result<(), RespError> {
    let mut stack = vec![reply];
    while let Some(reply) = stack.pop() {
        match reply {
            Reply::Simple(line) => writer.write_simple_string(line.as_bytes()).await?,
            // Part of an error line may be the client's own words.
            Reply::Error(line) => {
                writer.write_simple_error(line.replace(['\r', '\n'], " ").as_bytes()).await?;
            }
            Reply::Integer(number) => writer.write_integer(number).await?,
            Reply::Bulk(bytes) => writer.write_blob_string(&bytes).await?,
            Reply::Nil => writer.write_nil().await?,
            Reply::Array(items) => {
                writer.write_array(items.len()).await?;
                stack.extend(items.into_iter().rev());
            }
            Reply::Map(pairs) => {
                writer.write_map(pairs.len()).await?;
                stack.extend(pairs.into_iter().rev().flat_map(|(key, value)| [value, key]));
            }
        }
    }
    Ok(())
}
