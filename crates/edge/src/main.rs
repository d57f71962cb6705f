//! The `evenfield-edge` program: what runs at a site, on a bus or in a data centre near students. No database.

mod pass;
mod reference;
mod resolver;
mod settings;
mod usage;

use clap::{Parser, Subcommand, ValueEnum};
use std::fmt::Display;
use std::net::SocketAddr;
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
    /// Run the gateway of a school bus, and the resolver beside it, until it is told to stop
    Bus {
        /// The settings, a TOML file; docs/bus.md says what may stand there
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Say what is wrong with the settings, and end
        #[arg(long)]
        check: bool,
    },
    /// Print a row of a bus's file of passes; the code comes by standard input, so that no list of processes shows it
    Pass(pass::Pass),
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
    Bus,
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
        Command::Bus { config, check } => bus(&config, check),
        Command::Pass(pass) => pass.print(),
        Command::Settings { of } => {
            match of {
                Of::Dns => print!("{}", reference::page()),
                Of::Speedtest => print!("{}", reference::speedtest()),
                Of::Bus => print!("{}", reference::bus()),
            }
            ExitCode::SUCCESS
        }
    }
}

fn dns(config: &Path, check: bool) -> ExitCode {
    let Some(settings) = read(&settings::DNS, config) else { return ExitCode::from(2) };
    if check {
        return checked(config, &resolver::check(&settings));
    }
    ended(resolver::Running::start(settings).and_then(|running| {
        listening("", running.bound());
        wait()?;
        running.stop();
        Ok(())
    }))
}

/// The gateway, and the resolver in the same process where there is one. Without a policy neither starts: there is no Wi-Fi
/// without a filter that should be there.
fn bus(config: &Path, check: bool) -> ExitCode {
    let Some(settings) = read(&settings::BUS, config) else { return ExitCode::from(2) };
    let (gateway, dns) = settings.parts();
    if check {
        let mut wrong = evenfield_bus::gateway::check(&gateway);
        wrong.extend(dns.iter().flat_map(resolver::check));
        return checked(config, &wrong);
    }
    let serve = || {
        let dns = dns.map(resolver::Running::start).transpose()?;
        let gateway = evenfield_bus::gateway::Running::start(gateway).map_err(|error| error.to_string());
        let told = gateway.and_then(|gateway| {
            dns.iter().for_each(|dns| listening("dns-", dns.bound()));
            listening("", gateway.bound());
            wait()?;
            gateway.stop();
            Ok(())
        });
        dns.into_iter().for_each(resolver::Running::stop);
        told
    };
    ended(serve())
}

/// The settings, or a word on each thing that is wrong with them.
fn read<S>(definition: &settings::Definition<S>, config: &Path) -> Option<S> {
    definition.read_file(config).map_err(|wrong| wrong.kept().iter().for_each(|p| eprintln!("{p}"))).ok()
}

/// What is wrong with what the settings name.
fn checked<T: Display>(config: &Path, wrong: &[T]) -> ExitCode {
    wrong.iter().for_each(|wrong| eprintln!("{}: {wrong}", config.display()));
    if !wrong.is_empty() {
        return ExitCode::from(2);
    }
    println!("{}: the settings can be used", config.display());
    ExitCode::SUCCESS
}

fn listening(before: &str, bound: &[(&'static str, SocketAddr)]) {
    for (what, address) in bound {
        println!("listening {before}{what} {address}");
    }
}

fn ended(outcome: Result<(), String>) -> ExitCode {
    outcome.map_or_else(
        |error| {
            eprintln!("evenfield-edge: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn speedtest(config: &Path, check: bool) -> ExitCode {
    let Some(settings) = read(&settings::SPEEDTEST, config) else { return ExitCode::from(2) };
    if check {
        let wrong: Vec<_> = evenfield_speedtest::check(&settings).err().into_iter().collect();
        return checked(config, &wrong);
    }
    let serve = async {
        let running =
            evenfield_speedtest::Running::start(&settings, None).map_err(|error| error.to_string())?;
        listening("", running.bound());
        told_to_stop().await?;
        running.stop().await;
        Ok(())
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    ended(runtime.map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(serve)))
}

/// Waits for SIGINT or SIGTERM.
fn wait() -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.map_err(|error| error.to_string())?.block_on(told_to_stop())
}

async fn told_to_stop() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let of = |kind| signal(kind).map_err(|error| format!("cannot wait for signals: {error}"));
    let (mut terminate, mut interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
