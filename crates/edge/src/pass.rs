//! A row of the file of passes, for a district that makes the file by itself.

use clap::Args;
use evenfield_bus::keyed::{Key, from_hex};
use evenfield_bus::passes::{HEADER, Limits, WrittenProof, row};
use std::path::PathBuf;
use std::process::ExitCode;

/// For whom, and what for.
#[derive(Args)]
pub struct Pass {
    /// The file with the district's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The login, or the hardware address of a device
    #[arg(long)]
    login: String,
    /// The rider's pseudonym, 16 hexadecimal digits
    #[arg(long, value_name = "DIGITS")]
    rider: String,
    /// The login is a hardware address, and all that is asked for
    #[arg(long)]
    device: bool,
    /// Write the code as it is, for CHAP
    #[arg(long, conflicts_with = "device")]
    plain: bool,
    /// Minutes a day; 0 for no limit
    #[arg(long, default_value_t = 0)]
    minutes: u32,
    /// Mebibytes a day; 0 for no limit
    #[arg(long, default_value_t = 0)]
    mebibytes: u32,
    /// kbit/s to the device; 0 for no limit
    #[arg(long, default_value_t = 0)]
    down_kbit: u32,
    /// kbit/s from the device; 0 for no limit
    #[arg(long, default_value_t = 0)]
    up_kbit: u32,
    /// Print the line with the columns first
    #[arg(long)]
    header: bool,
}

impl Pass {
    /// Prints the row.
    pub fn print(&self) -> ExitCode {
        match self.row() {
            Ok(row) => {
                if self.header {
                    println!("{HEADER}");
                }
                println!("{row}");
                ExitCode::SUCCESS
            }
            Err(wrong) => {
                eprintln!("evenfield-edge: {wrong}");
                ExitCode::from(2)
            }
        }
    }

    fn row(&self) -> Result<String, String> {
        let text = std::fs::read_to_string(&self.key);
        let text = text.map_err(|error| format!("{}: {error}", self.key.display()))?;
        let wanted = || format!("{}: wanted 64 hexadecimal digits", self.key.display());
        let key = Key::from_hex(&text).ok_or_else(wanted)?;
        let rider = from_hex(&self.rider).ok_or("--rider: wanted 16 hexadecimal digits")?;
        let mut code = String::new();
        if !self.device {
            std::io::stdin().read_line(&mut code).map_err(|error| format!("standard input: {error}"))?;
        }
        let code = code.trim_end_matches(['\r', '\n']);
        let proof = match (self.device, self.plain) {
            (true, _) => WrittenProof::Device,
            _ if code.is_empty() => {
                return Err("standard input: wanted the code on its first line".to_owned());
            }
            (_, true) if code.contains(',') => return Err("a plain code has no comma".to_owned()),
            (_, true) => WrittenProof::Plain(code),
            _ => WrittenProof::Code(code),
        };
        let Self { minutes, mebibytes, down_kbit, up_kbit, .. } = *self;
        let limits = Limits { minutes, mebibytes, down_kbit, up_kbit };
        let row = row(&key, &self.login, &proof, rider, limits);
        // What the gateway would refuse is not printed.
        evenfield_bus::passes::Passes::read("", &format!("{HEADER}\n{row}\n"), key).map_err(|problems| {
            problems.kept().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        })?;
        Ok(row)
    }
}
