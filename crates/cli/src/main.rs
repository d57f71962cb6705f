//! The `evenfield` program: the portal's server and the analysis that runs without it.

mod commands;
mod fiction;
mod out;

use clap::Parser;
use out::complain;

/// Closes the homework gap: who lacks access at home, what to do about it, and whether it worked.
#[derive(Parser)]
#[command(name = "evenfield", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(code) => code,
        Err(error) => {
            complain!("evenfield: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
