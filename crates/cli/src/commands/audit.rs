//! `evenfield audit`.

use super::records::{Records, block_on};
use crate::out::say;
use anyhow::Result;
use evenfield_portal::audit::{Verdict, verify};
use std::process::ExitCode;

/// What to do with the audit log.
#[derive(clap::Subcommand)]
pub enum Audit {
    /// Check the chain of the audit log, and print its head digest or the first broken entry
    ///
    /// Keep the head somewhere else and give it the next time: whoever can write to the database can also cut
    /// off the end of the chain, and only a head that was kept elsewhere shows that.
    Verify {
        #[command(flatten)]
        records: Records,
        /// A head digest from an earlier run, which must still be in the chain
        #[arg(long, value_name = "DIGEST")]
        head: Option<String>,
    },
}

impl Audit {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Self::Verify { records, head } = self;
        block_on(async {
            let db = Records::open(&records.settings()?, true).await?;
            let verdict = verify(&db, head.as_deref()).await?;
            db.close().await;
            Ok(match verdict {
                Verdict::Whole { entries, head } => {
                    say!("OK {entries} entries, head {}", if head.is_empty() { "none" } else { &head });
                    ExitCode::SUCCESS
                }
                Verdict::Broken { seq, why } => {
                    say!("BROKEN at entry {seq}: {why}");
                    ExitCode::FAILURE
                }
            })
        })
    }
}
