//! The metrics endpoint: one path, one answer, strict limits.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};

use crate::Listener;

const REQUEST_BYTES_MAX: usize = 4096;
const CONNECTIONS_MAX: usize = 16;
const EXCHANGE_MAX: Duration = Duration::from_secs(5);

/// Answers `GET /metrics` with what `source` says, one request per connection, until it is dropped.
///
/// # Errors
/// If the listener cannot be used.
pub async fn serve_metrics<F>(listener: Listener, source: F) -> io::Result<()>
where
    F: Fn() -> String + Send + Sync + 'static,
{
    let listener = listener.into_tokio()?;
    let source = Arc::new(source);
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut exchanges = JoinSet::new();
    loop {
        while exchanges.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: wait for one to come back rather than spin.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let source = Arc::clone(&source);
        exchanges.spawn(async move {
            // A client that is slow or gone is its own concern.
            let _ = timeout(EXCHANGE_MAX, exchange(stream, &*source)).await;
            drop(permit);
        });
    }
}

async fn exchange(mut stream: TcpStream, source: &(dyn Fn() -> String + Send + Sync)) -> io::Result<()> {
    let mut request = Vec::with_capacity(REQUEST_BYTES_MAX);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() >= REQUEST_BYTES_MAX {
            return answer(&mut stream, "431 Request Header Fields Too Large", "too long\n").await;
        }
        let mut limited = (&mut stream).take((REQUEST_BYTES_MAX - request.len()) as u64);
        if limited.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let line = request.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    match (words.next(), words.next()) {
        (Some(b"GET"), Some(b"/metrics")) => answer(&mut stream, "200 OK", &source()).await,
        (Some(b"GET"), _) => answer(&mut stream, "404 Not Found", "only /metrics is here\n").await,
        _ => answer(&mut stream, "405 Method Not Allowed", "only GET is answered\n").await,
    }
}

async fn answer(stream: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
