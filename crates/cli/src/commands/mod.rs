//! One file a command; this list is the program's table of contents.

mod assess;
mod audit;
mod config;
mod data;
mod db;
mod demo;
mod district;
mod plan;
mod policy;
mod radio;
mod records;
mod roster;
mod serve;

use crate::out::complain;
use std::process::ExitCode;

/// What the program can do.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a fictional district, estimate its gap and open the portal on it
    Demo(demo::Demo),
    /// Serve the portal
    Serve(serve::Serve),
    /// Estimate the homework gap
    #[command(subcommand)]
    Assess(assess::Assess),
    /// Look at a roster file
    #[command(subcommand)]
    Roster(roster::Roster),
    /// Fetch open data
    #[command(subcommand)]
    Data(data::Data),
    /// Move records between databases
    #[command(subcommand)]
    Db(db::Db),
    /// Check settings
    #[command(subcommand)]
    Config(config::Config),
    /// Check, compile and explain what students may reach
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Find the best mix of options under a budget, and prove how good it is
    #[command(subcommand)]
    Plan(plan::Plan),
    /// Work out whom radio sites reach
    #[command(subcommand)]
    Radio(radio::Radio),
    /// Check the audit log
    #[command(subcommand)]
    Audit(audit::Audit),
}

impl Command {
    /// Runs it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(args) => args.run(),
            Self::Serve(args) => args.run(),
            Self::Assess(command) => command.run(),
            Self::Roster(command) => command.run(),
            Self::Data(command) => command.run(),
            Self::Db(command) => command.run(),
            Self::Config(command) => command.run(),
            Self::Policy(command) => command.run(),
            Self::Plan(command) => command.run(),
            Self::Radio(command) => command.run(),
            Self::Audit(command) => command.run(),
        }
    }
}

/// Problems, one a line, and how many more there are than are kept.
fn print_problems(problems: &evenfield_model::Problems) {
    for problem in problems.kept() {
        complain!("{problem}");
    }
    let rest = problems.found() - problems.kept().len() as u64;
    if rest > 0 {
        complain!("{rest} more");
    }
}
