//! The running server: pages and the worker, until somebody asks it to stop.

#[cfg(test)]
mod tests;

use crate::db::now_ms;
use crate::{App, filtering, lending, plans, roster, router, work};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;

/// How long requests under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);
/// A connection on which no whole head of a request arrives for this long is closed, so that a few hundred idle ones
/// do not keep everybody else out.
const HEAD_PAUSE: Duration = Duration::from_secs(30);
/// How long what nobody reads of a request is taken in after its answer.
const LINGER: Duration = Duration::from_secs(30);
/// How long an upload that has expired may stay.
const FORGET: Duration = Duration::from_secs(10 * 60);
/// How long a request that was answered is kept.
const ANSWERED_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// How long to wait when the system has no connection to give: too many are open.
const BREATH: Duration = Duration::from_millis(500);

/// Answers on this listener and works through the queue of jobs, until `stop` is ready. Then no new request is
/// taken, those under way are finished, and the job under way goes back into the queue at its last checkpoint.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        stop.await;
        let _ = tell.send(true);
    });
    let stopped = |mut told: watch::Receiver<bool>| async move {
        // An error is that the sender is gone, which is a stop too.
        let _ = told.wait_for(|stop| *stop).await;
    };
    // A search for plans takes many minutes; nothing else waits for it.
    let worker = work::worker(app.clone()).without(plans::solve::KIND);
    let planner = work::worker(app.clone()).only(plans::solve::KIND);
    let working = tokio::spawn({
        let (app, told) = (app.clone(), told.clone());
        let stopped = move || stopped(told.clone());
        async move {
            let both = async { tokio::join!(worker.run_until(stopped()), planner.run_until(stopped())) };
            tokio::select! {
                _ = both => {}
                () = forget(app.clone()) => {}
                () = filtering::publish::run(app.clone()) => {}
                () = lending::follow::keep(app.clone()) => {}
                () = lending::carrier::keep(app.clone()) => {}
                () = lending::message::keep(app.clone()) => {}
                () = lending::hook::keep(app) => {}
            }
        }
    });
    let open = answer(&listener, router(app.clone()), HEAD_PAUSE, stopped(told)).await;
    drop(listener);
    if tokio::time::timeout(GRACE, open.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off");
    }
    if let Err(error) = working.await {
        tracing::error!(%error, "the worker broke");
    }
    app.db.close().await;
}

/// Forgets what was uploaded and not accepted in time: at the start, and then again and again. It never ends.
async fn forget(app: App) {
    loop {
        let forgotten = async {
            let mut write = app.db.write().await?;
            roster::queries::forget_expired(&mut write, now_ms()).await?;
            filtering::queries::forget_answered(&mut write, now_ms() - ANSWERED_MS).await?;
            write.commit().await
        };
        if let Err(error) = forgotten.await {
            tracing::error!(%error, "uploads that have expired could not be forgotten");
        }
        tokio::time::sleep(FORGET).await;
    }
}

/// Takes connections until `stop`, and gives those that are still open. `axum::serve` would do, but it lets a
/// connection wait for ever.
async fn answer(
    listener: &TcpListener,
    pages: Router,
    pause: Duration,
    stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(pause);
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => return open,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let pages = pages.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            // Who asks first whether to send a body does not send one that is not wanted.
            let lingers = !request.headers().contains_key(header::EXPECT);
            let mut request: Request = request.map(|body| Body::new(Rest { body: Some(body), lingers }));
            request.extensions_mut().insert(ConnectInfo(address));
            pages.clone().oneshot(request)
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        // Its error is that the other side went away or was too slow.
        tokio::spawn(async move {
            let _ = connection.await;
        });
    }
}

/// A request's body. What is left of it when the answer does not need it (too large, too often) is read all the same:
/// a browser that cannot send what it has shows a broken connection in place of the answer.
struct Rest {
    body: Option<Incoming>,
    lingers: bool,
}

impl hyper::body::Body for Rest {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        if let Some(mut body) = self.body.take().filter(|body| self.lingers && !body.is_end_stream()) {
            tokio::spawn(tokio::time::timeout(LINGER, async move {
                while let Some(Ok(_)) = body.frame().await {}
            }));
        }
    }
}
