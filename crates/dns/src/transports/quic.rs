//! DNS over dedicated QUIC connections, RFC 9250.

use super::places::Place;
use super::{LONGEST, Service};
use crate::pipeline::Client;
use crate::wire::{framed, unframed};
use evenfield_events::Transport;
use evenfield_tls::Config;
use quinn::crypto::rustls::{HandshakeData, QuicServerConfig};
use quinn::{Connection, Endpoint, IdleTimeout, Incoming, RecvStream, SendStream, TransportConfig, VarInt};
use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A client that is silent for so long is forgotten, in milliseconds.
const IDLE_MS: u32 = 30_000;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A query that is not whole after so long is given up.
const SLOW: Duration = Duration::from_secs(10);
/// Queries of one connection at the same time.
const STREAMS: u32 = 64;
/// RFC 9250 section 4.3.
const PROTOCOL_ERROR: VarInt = VarInt::from_u32(2);
const EXCESSIVE_LOAD: VarInt = VarInt::from_u32(4);
const INTERNAL_ERROR: VarInt = VarInt::from_u32(1);

/// The settings of QUIC over this certificate.
fn server(config: &Config) -> io::Result<quinn::ServerConfig> {
    let tls = QuicServerConfig::try_from(config.load_full()).map_err(io::Error::other)?;
    let mut server = quinn::ServerConfig::with_crypto(Arc::new(tls));
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(STREAMS.into())
        .max_concurrent_uni_streams(0u32.into())
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS))))
        .stream_receive_window(VarInt::from_u32(LONGEST as u32 + 2))
        .receive_window(VarInt::from_u32(2 * LONGEST as u32));
    server.transport_config(Arc::new(transport));
    Ok(server)
}

/// Makes the endpoint on a bound socket.
///
/// # Errors
/// When the certificate or the socket cannot be used.
pub fn endpoint(config: &Config, socket: UdpSocket) -> io::Result<Endpoint> {
    let runtime = quinn::default_runtime().ok_or_else(|| io::Error::other("no runtime"))?;
    Endpoint::new(quinn::EndpointConfig::default(), Some(server(config)?), socket, runtime)
}

/// Serves DNS over QUIC for ever.
pub async fn quic(service: Arc<Service>, config: Config, endpoint: Endpoint) {
    let mut known = config.load_full();
    let mut renewed = None;
    while let Some(incoming) = endpoint.accept().await {
        let now = config.load_full();
        if !Arc::ptr_eq(&known, &now) {
            // The certificate was renewed: this connection has the new one already.
            renewed = server(&config).ok().map(Arc::new).or(renewed);
            known = now;
        }
        tokio::spawn(one(service.clone(), incoming, renewed.clone()));
    }
}

async fn one(service: Arc<Service>, incoming: Incoming, renewed: Option<Arc<quinn::ServerConfig>>) {
    // An address is shown to be the client's own before anything is kept for it.
    if !incoming.remote_address_validated() && incoming.may_retry() {
        let _ = incoming.retry();
        return;
    }
    let from = incoming.remote_address();
    let Some(place) = service.admit(from.ip()) else {
        incoming.refuse();
        return;
    };
    let accepted = match renewed {
        Some(server) => incoming.accept_with(server),
        None => incoming.accept(),
    };
    let Ok(connecting) = accepted else { return };
    let Ok(Ok(connection)) = timeout(HANDSHAKE, connecting).await else { return };
    let data = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    let device = service.device(data.and_then(|data| data.server_name).as_deref());
    if !service.may_stay(&place, device) {
        return connection.close(EXCESSIVE_LOAD, b"");
    }
    let client = Client { address: from.ip(), transport: Transport::Quic, device };
    while let Ok((send, receive)) = connection.accept_bi().await {
        tokio::spawn(stream(service.clone(), (client, place.clone()), connection.clone(), send, receive));
    }
}

/// One query and its answer: each a stream, with two octets of length before the message.
async fn stream(
    service: Arc<Service>,
    (client, place): (Client, Arc<Place>),
    connection: Connection,
    mut send: SendStream,
    mut receive: RecvStream,
) {
    let Ok(Ok(sent)) = timeout(SLOW, receive.read_to_end(LONGEST + 2)).await else {
        let _ = send.reset(PROTOCOL_ERROR);
        return;
    };
    // The id is 0: the stream says what answers what.
    let Some(asked) = unframed(&sent).filter(|message| message.starts_with(&[0, 0])) else {
        connection.close(PROTOCOL_ERROR, b"");
        return;
    };
    let Some(answer) = service.answer(&client, asked).await else {
        let _ = send.reset(INTERNAL_ERROR);
        return;
    };
    let Some(_held) = place.hold(answer.len()) else { return connection.close(EXCESSIVE_LOAD, b"") };
    if send.write_all(&framed(&answer)).await.is_ok() {
        let _ = send.finish();
    }
}
