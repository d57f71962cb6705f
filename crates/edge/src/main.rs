//! The `evenfield-edge` program: what runs at a site, on a bus or in a data centre near students. No database.

mod reference;
mod settings;

use clap::{Parser, Subcommand};
use evenfield_dns::Running;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Filtered Internet at the edge: answers by a signed policy, also when nothing else can be reached.
#[derive(Parser)]
#[command(name = "evenfield-edge", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the filtering resolver until it is told to stop
    Dns {
        /// The settings, a TOML file; docs/edge.md says what may stand there
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Say what is wrong with the settings, and end
        #[arg(long)]
        check: bool,
    },
    /// Print every setting with its default, what may stand there, and what it is for
    Settings,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()),
        )
        .init();
    match Cli::parse().command {
        Command::Dns { config, check } => dns(&config, check),
        Command::Settings => {
            print!("{}", reference::page());
            ExitCode::SUCCESS
        }
    }
}

fn dns(config: &Path, check: bool) -> ExitCode {
    let settings = match settings::read_file(config) {
        Ok(settings) => settings,
        Err(problems) => {
            for problem in problems.kept() {
                eprintln!("{problem}");
            }
            return ExitCode::from(2);
        }
    };
    if check {
        let wrong = evenfield_dns::check(&settings);
        if !wrong.is_empty() {
            for wrong in wrong {
                eprintln!("{}: {wrong}", config.display());
            }
            return ExitCode::from(2);
        }
        println!("{}: the settings can be used", config.display());
        return ExitCode::SUCCESS;
    }
    let running = match Running::start(settings) {
        Ok(running) => running,
        Err(error) => {
            eprintln!("evenfield-edge: {error}");
            return ExitCode::FAILURE;
        }
    };
    for (transport, address) in running.bound() {
        println!("listening {transport} {address}");
    }
    match wait() {
        Ok(()) => {
            running.stop();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("evenfield-edge: cannot wait for signals: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for SIGINT or SIGTERM.
fn wait() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
