//! Messages with two octets of length before them, on a stream: RFC 7766, and below TLS RFC 7858.

use super::{Service, accept};
use crate::pipeline::Client;
use crate::wire::framed;
use evenfield_events::Transport;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// A client of plain TCP that sends nothing whole for so long is sent away, RFC 7766 section 6.2.3.
const IDLE: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long, too.
const STALLED: Duration = Duration::from_secs(10);
/// Queries of one connection that are worked on at the same time; then it is not read.
const PIPELINED: usize = 32;

/// Serves DNS over TCP for ever.
pub async fn tcp(service: Arc<Service>, listener: TcpListener) {
    loop {
        let (stream, from, place) = accept(&service, &listener).await;
        let service = service.clone();
        tokio::spawn(async move {
            let client = Client { address: from.ip(), transport: Transport::Tcp, device: None };
            let _ = stream.set_nodelay(true);
            // The client ended it, or was too slow: nothing to tell.
            let _ = messages(service, client, stream, IDLE).await;
            drop(place);
        });
    }
}

/// Answers the messages of one stream, in the order in which answers are found, until it ends or idles for so long.
pub async fn messages<S>(service: Arc<Service>, client: Client, stream: S, idle: Duration) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (send, mut ready) = mpsc::channel::<Vec<u8>>(PIPELINED);
    let writer = tokio::spawn(async move {
        while let Some(answer) = ready.recv().await {
            let framed = framed(&answer);
            let write = async {
                write.write_all(&framed).await?;
                write.flush().await
            };
            timeout(STALLED, write).await??;
        }
        write.shutdown().await
    });
    let places = Arc::new(Semaphore::new(PIPELINED));
    let mut buffer = Vec::new();
    while !writer.is_finished() {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let message = async {
            let length = usize::from(read.read_u16().await?);
            buffer.resize(length, 0);
            read.read_exact(&mut buffer).await
        };
        match timeout(idle, message).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => break,
        }
        let (service, send, asked) = (service.clone(), send.clone(), std::mem::take(&mut buffer));
        tokio::spawn(async move {
            if let Some(answer) = service.answer(&client, &asked).await {
                let _ = send.send(answer).await;
            }
            drop(place);
        });
    }
    drop(send);
    writer.await?
}
