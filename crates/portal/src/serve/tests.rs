use super::{answer, serve};
use crate::App;
use crate::config::Config;
use crate::db::{Db, now_ms};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const PAUSE: Duration = Duration::from_millis(300);

/// Sends these pieces with a pause between them, and reads until the other side closes.
async fn talk(address: SocketAddr, pieces: &[&str], between: Duration) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    for piece in pieces {
        // It may be closed already, which is what the reading shows.
        let _ = stream.write_all(piece.as_bytes()).await;
        tokio::time::sleep(between).await;
    }
    let mut said = Vec::new();
    let _ = tokio::time::timeout(PAUSE * 10, stream.read_to_end(&mut said)).await.expect("it is closed");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_connection_that_sends_no_request_is_closed_and_others_are_answered() {
    let slow = |ConnectInfo(from): ConnectInfo<SocketAddr>| async move {
        tokio::time::sleep(PAUSE * 3).await;
        format!("hello {}", from.ip())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        let open = answer(&listener, Router::new().route("/", get(slow)), PAUSE, stop).await;
        drop(listener);
        open.shutdown().await;
    });
    assert_eq!(talk(address, &[], Duration::ZERO).await, "", "silent");
    let dripping = ["GET / HTTP/1.1\r\n", "host: a\r\n", "x: 1\r\n", "y: 2\r\n", "z: 3\r\n", "\r\n"];
    let said = talk(address, &dripping, PAUSE / 2).await;
    assert!(!said.contains("hello"), "a head in drops: {said}");
    // Its answer may take longer than its head, also when the server is asked to stop meanwhile.
    let asked = tokio::spawn(async move {
        talk(address, &["GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"], Duration::ZERO).await
    });
    tokio::time::sleep(PAUSE).await;
    stop.send(()).expect("it runs");
    assert!(asked.await.expect("an answer").ends_with("hello 127.0.0.1"));
    server.await.expect("a clean end");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_answer_that_does_not_wait_for_the_body_reaches_who_still_sends_it() {
    let refuse = || async { (StatusCode::PAYLOAD_TOO_LARGE, "too large") };
    let pages = Router::new().route("/", post(refuse)).route("/next", get(|| async { "next" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        answer(&listener, pages, PAUSE * 10, std::future::pending()).await;
    });
    let large = vec![b'x'; 20_000_000];
    let head = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", large.len());
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    // As browsers do: everything is sent before the answer is read.
    for piece in large.chunks(100_000) {
        stream.write_all(piece).await.expect("the other side still takes it");
    }
    stream.write_all(b"GET /next HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).await.expect("both answers");
    assert!(said.starts_with("HTTP/1.1 413") && said.ends_with("next"), "{said}");
    server.abort();
}

#[tokio::test]
async fn uploads_that_have_expired_are_forgotten_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("records.db").display());
    let app =
        App::new(Db::open(&url).await.expect("a database"), Config::local(&url)).expect("an application");
    let mut write = app.db.write().await.expect("a write");
    crate::account::queries::insert_district(&mut write, "5100060", "Shore", false)
        .await
        .expect("a district");
    for (id, expires_ms) in [("past", now_ms() - 1), ("waiting", now_ms() + 3_600_000)] {
        sqlx::query(
            "INSERT INTO roster_staged (district_id, id, staged_ms, expires_ms, staged_by, digest, file_name, review_json) \
             VALUES ('5100060', $1, 1, $2, 'x', 'd', 'r.zip', '{}')",
        )
        .bind(id)
        .bind(expires_ms)
        .execute(&mut *write)
        .await
        .expect("an upload");
        sqlx::query(
            "INSERT INTO roster_staged_part (district_id, staged_id, side, part, body) VALUES ('5100060', $1, 0, 0, '')",
        )
        .bind(id)
        .execute(&mut *write)
        .await
        .expect("its file");
    }
    write.commit().await.expect("stored");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(app.clone(), listener, async { drop(stopped.await) }));
    let left = async |sql: &'static str| {
        sqlx::query_scalar::<_, String>(sql).fetch_all(app.db.read()).await.expect("a list")
    };
    let began = Instant::now();
    while left("SELECT id FROM roster_staged").await.len() > 1 && began.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(left("SELECT id FROM roster_staged").await, ["waiting"]);
    assert_eq!(left("SELECT staged_id FROM roster_staged_part").await, ["waiting"]);
    drop(stop);
    server.await.expect("it ends");
}
