//! Messages with two octets of length before them, on a stream: RFC 7766, and below TLS RFC 7858.

use super::places::{Held, Place};
use super::{Service, accept};
use crate::pipeline::Client;
use crate::wire::framed;
use evenfield_events::Transport;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

/// A client of plain TCP that sends nothing whole for so long is sent away, RFC 7766 section 6.2.3.
const IDLE: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long, too.
const STALLED: Duration = Duration::from_secs(10);
/// Queries of one connection that are worked on, or whose answers are not written, at the same time; then it is not read.
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
            let _ = messages(service, client, stream, (IDLE, &place)).await;
            drop(place);
        });
    }
}

/// An answer to be written. Its room is that of its query: whoever reads nothing is not read.
struct Ready {
    answer: Vec<u8>,
    _room: OwnedSemaphorePermit,
    _held: Held,
}

/// Answers the messages of one stream, in the order in which answers are found, until it ends or idles for so long.
pub async fn messages<S>(
    service: Arc<Service>,
    client: Client,
    stream: S,
    (idle, place): (Duration, &Arc<Place>),
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (send, mut ready) = mpsc::channel::<Ready>(PIPELINED);
    let writer = tokio::spawn(async move {
        while let Some(ready) = ready.recv().await {
            let framed = framed(&ready.answer);
            let write = async {
                write.write_all(&framed).await?;
                write.flush().await
            };
            timeout(STALLED, write).await??;
        }
        write.shutdown().await
    });
    let (rooms, cut) = (Arc::new(Semaphore::new(PIPELINED)), Arc::new(Notify::new()));
    let mut buffer = Vec::new();
    while !writer.is_finished() {
        let next = async {
            let room = rooms.clone().acquire_owned().await.ok()?;
            let message = async {
                let length = usize::from(read.read_u16().await?);
                buffer.resize(length, 0);
                read.read_exact(&mut buffer).await
            };
            matches!(timeout(idle, message).await, Ok(Ok(_))).then_some(room)
        };
        let room = tokio::select! {
            room = next => room,
            () = cut.notified() => {
                writer.abort();
                None
            }
        };
        let Some(room) = room else { break };
        let (service, send, asked) = (service.clone(), send.clone(), std::mem::take(&mut buffer));
        let (place, cut) = (place.clone(), cut.clone());
        tokio::spawn(async move {
            let Some(answer) = service.answer(&client, &asked).await else { return };
            match place.hold(answer.len()) {
                Some(held) => {
                    let _ = send.send(Ready { answer, _room: room, _held: held }).await;
                }
                None => cut.notify_one(),
            }
        });
    }
    drop(send);
    writer.await?
}
