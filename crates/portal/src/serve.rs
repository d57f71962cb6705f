//! The running server: pages and the worker, until somebody asks it to stop.

use crate::jobs::worker::Worker;
use crate::{App, router};
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests under way may take after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Answers on this listener and works through the queue of jobs, until `stop` is ready. Then no new request is
/// taken, those under way are finished, and the job under way goes back into the queue at its last checkpoint.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        stop.await;
        let _ = tell.send(true);
    });
    let stopped = |mut told: watch::Receiver<bool>| async move {
        // An error is that the sender is gone, which is a stop too.
        let _ = told.wait_for(|stop| *stop).await;
    };
    let worker = Worker::new(app.clone());
    let working = tokio::spawn({
        let stopped = stopped(told.clone());
        async move { worker.run_until(stopped).await }
    });
    let pages = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, pages).with_graceful_shutdown(stopped(told.clone()));
    tokio::select! {
        outcome = serving => outcome?,
        () = async {
            stopped(told).await;
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("requests under way were cut off"),
    }
    if let Err(error) = working.await {
        tracing::error!(%error, "the worker broke");
    }
    app.db.close().await;
    Ok(())
}
