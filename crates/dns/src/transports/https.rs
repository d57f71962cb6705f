//! DNS over HTTPS, RFC 8484, on HTTP/2.

use super::places::{Answer, Place};
use super::tls::{IDLE, handshake};
use super::{LONGEST, Service, accept};
use crate::pipeline::Client;
use crate::wire::shortest_ttl;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evenfield_events::Transport;
use evenfield_policy::DeviceKey;
use evenfield_tls::Config;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

const MESSAGE: &str = "application/dns-message";
/// One that is not gone so long after that is cut.
const PARTING: Duration = Duration::from_secs(10);
/// Requests of one connection at the same time.
const STREAMS: u32 = 64;
/// Octets of a connection and of a request that are taken before they are asked for.
const WINDOW: u32 = 64 << 10;

/// Serves DNS over HTTPS for ever.
pub async fn https(service: Arc<Service>, config: Config, listener: TcpListener) {
    loop {
        let (stream, from, place) = accept(&service, &listener).await;
        let (service, config) = (service.clone(), config.clone());
        tokio::spawn(async move {
            if let Some((stream, device)) = handshake(&service, &config, stream).await {
                let client = Client { address: from.ip(), transport: Transport::Https, device };
                connection(service, client, &place, stream).await;
            }
            drop(place);
        });
    }
}

async fn connection(service: Arc<Service>, client: Client, place: &Arc<Place>, stream: TlsStream<TcpStream>) {
    let requests = Arc::new(AtomicU64::new(0));
    let seen = requests.clone();
    let answer = service_fn(move |request| {
        seen.fetch_add(1, Ordering::Relaxed);
        let (service, place) = (service.clone(), place.clone());
        async move { Ok::<_, Infallible>(respond(&service, client, &place, request).await) }
    });
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_connection_window_size(WINDOW)
        .initial_stream_window_size(WINDOW)
        .max_header_list_size(8 << 10)
        .max_send_buf_size(WINDOW as usize);
    let connection = builder.serve_connection(TokioIo::new(stream), answer);
    let mut connection = std::pin::pin!(connection);
    let mut last = 0;
    loop {
        // A connection without a request for so long is ended in good order.
        tokio::select! {
            // Ended by the client, or in a way that the client will know.
            _ = connection.as_mut() => return,
            () = tokio::time::sleep(IDLE) => {}
        }
        let now = requests.load(Ordering::Relaxed);
        if now == last {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(PARTING, connection).await;
            return;
        }
        last = now;
    }
}

async fn respond(
    service: &Service,
    client: Client,
    place: &Arc<Place>,
    request: Request<Incoming>,
) -> Response<Answer> {
    let (client, asked) = match message(service, client, request).await {
        Ok(asked) => asked,
        Err(code) => return status(code),
    };
    if !service.may_stay(place, client.device) {
        return status(StatusCode::TOO_MANY_REQUESTS);
    }
    let Some(answer) = service.answer(&client, &asked).await else { return status(StatusCode::BAD_REQUEST) };
    // A client that takes no answers gets no more of them while many wait.
    let Some(held) = place.hold(answer.len()) else { return status(StatusCode::SERVICE_UNAVAILABLE) };
    let age = format!("max-age={}", shortest_ttl(&answer));
    let response = Response::builder().header(CONTENT_TYPE, MESSAGE).header(CACHE_CONTROL, age);
    response.body(Answer::new(answer, held)).unwrap_or_default()
}

fn status(code: StatusCode) -> Response<Answer> {
    let mut response = Response::default();
    *response.status_mut() = code;
    response
}

/// Whether a media type is that of messages: in any case of letters, whatever its parameters are.
fn is_message(kind: &HeaderValue) -> bool {
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(MESSAGE)
}

/// The message of a request and who asks: the path may end in a device's token.
async fn message(
    service: &Service,
    mut client: Client,
    request: Request<Incoming>,
) -> Result<(Client, Vec<u8>), StatusCode> {
    let rest = request.uri().path().strip_prefix(service.shared.settings.https_path.as_str());
    match rest.ok_or(StatusCode::NOT_FOUND)?.strip_prefix('/') {
        Some(token) if !token.is_empty() && !token.contains('/') => {
            client.device = Some(DeviceKey::of_token(token));
        }
        Some("") => {}
        None if rest == Some("") => {}
        _ => return Err(StatusCode::NOT_FOUND),
    }
    let asked = match *request.method() {
        Method::GET => {
            let query = request.uri().query().unwrap_or_default();
            let asked = query.split('&').find_map(|pair| pair.strip_prefix("dns="));
            let asked = asked.ok_or(StatusCode::BAD_REQUEST)?.trim_end_matches('=');
            URL_SAFE_NO_PAD.decode(asked).map_err(|_| StatusCode::BAD_REQUEST)?
        }
        Method::POST => {
            let wrong = !request.headers().get(CONTENT_TYPE).is_some_and(is_message);
            // Read whatever it is: some clients take no answer before they have sent all.
            let body = Limited::new(request.into_body(), LONGEST).collect().await;
            let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?.to_bytes();
            if wrong {
                return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
            }
            body.to_vec()
        }
        _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
    };
    Ok((client, asked))
}
