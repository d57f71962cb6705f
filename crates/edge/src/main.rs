//! The `evenfield-edge` program: what runs at a site, on a bus or in a data centre near students. No database.

mod reference;
mod settings;

use clap::{Parser, Subcommand, ValueEnum};
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
    /// Run the server of ndt7 speed tests until it is told to stop
    Speedtest {
        /// The settings, a TOML file; docs/speedtest.md says what may stand there
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Say what is wrong with the settings, and end
        #[arg(long)]
        check: bool,
    },
    /// Print every setting with its default, what may stand there, and what it is for
    Settings {
        /// Of which sub-command
        #[arg(value_enum, default_value_t = Of::Dns)]
        of: Of,
    },
}

/// A sub-command that has settings.
#[derive(Clone, Copy, ValueEnum)]
enum Of {
    Dns,
    Speedtest,
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
        Command::Speedtest { config, check } => speedtest(&config, check),
        Command::Settings { of } => {
            match of {
                Of::Dns => print!("{}", reference::page()),
                Of::Speedtest => print!("{}", reference::section()),
            }
            ExitCode::SUCCESS
        }
    }
}

fn dns(config: &Path, check: bool) -> ExitCode {
    let Some(settings) = read(&settings::DNS, config) else { return ExitCode::from(2) };
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

/// The settings, or a word on each thing that is wrong with them.
fn read<S>(definition: &settings::Definition<S>, config: &Path) -> Option<S> {
    definition.read_file(config).map_err(|wrong| wrong.kept().iter().for_each(|p| eprintln!("{p}"))).ok()
}

fn speedtest(config: &Path, check: bool) -> ExitCode {
    let Some(settings) = read(&settings::SPEEDTEST, config) else { return ExitCode::from(2) };
    if check {
        if let Err(error) = evenfield_speedtest::check(&settings) {
            eprintln!("{}: {error}", config.display());
            return ExitCode::from(2);
        }
        println!("{}: the settings can be used", config.display());
        return ExitCode::SUCCESS;
    }
    let serve = async {
        let running =
            evenfield_speedtest::Running::start(&settings, None).map_err(|error| error.to_string())?;
        for (what, address) in running.bound() {
            println!("listening {what} {address}");
        }
        told_to_stop().await.map_err(|error| format!("cannot wait for signals: {error}"))?;
        running.stop().await;
        Ok::<_, String>(())
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evenfield-edge: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Waits for SIGINT or SIGTERM.
fn wait() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(told_to_stop())
}

async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
