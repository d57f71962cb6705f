//! `evenfield serve`.

use super::records::{Records, block_on};
use crate::out::{complain, say};
use anyhow::{Context, Result};
use evenfield_portal::{App, config::Config, serve::serve};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments of `serve`.
#[derive(clap::Args)]
pub struct Serve {
    #[command(flatten)]
    records: Records,
    /// Listen here instead of where the settings say
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        tracing_subscriber::fmt()
            .with_env_filter(
                tracing_subscriber::EnvFilter::try_from_default_env()
                    .unwrap_or_else(|_| "info,sqlx=warn,tower_http=warn".into()),
            )
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .init();
        block_on(async {
            let mut config = self.records.settings()?;
            if let Some(listen) = self.listen {
                config.listen = listen.to_string();
            }
            std::fs::create_dir_all(&config.data_dir)
                .with_context(|| format!("cannot make {}", config.data_dir.display()))?;
            let db = Records::open(&config, false).await?;
            let app = App::new(db, config).map_err(anyhow::Error::msg)?;
            let set_up = app.accounts.set_up_path(&app.db).await?;
            open(app, |url| {
                say!("Evenfield is at {url}");
                if let Some(path) = set_up {
                    say!("Make the first account at {url}{path}");
                }
            })
            .await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Serves the portal until it is asked to stop; `tell` hears its address once it answers.
pub async fn open(mut app: App, tell: impl FnOnce(&str)) -> Result<()> {
    let listener = tokio::net::TcpListener::bind(&app.config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", app.config.listen))?;
    let address = listener.local_addr()?;
    // Port 0 is whichever was free: letters and links must name the one that it became.
    app.config = Arc::new(Config { listen: address.to_string(), ..Config::clone(&app.config) });
    if !address.ip().is_loopback() && !app.config.is_https() {
        tracing::warn!("reachable from other machines without https: set server.public_url and use a proxy");
    }
    tell(&app.config.base_url());
    // What a panic says can quote a person's name; where it was is enough to find it.
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => complain!("a panic at {place}"),
        None => complain!("a panic"),
    }));
    serve(app, listener, asked_to_stop()).await;
    say!("Stopped");
    Ok(())
}

/// Ready at Ctrl-C, or when the system asks the program to end.
async fn asked_to_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
