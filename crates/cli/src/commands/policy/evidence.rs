//! `evenfield policy evidence`.

use super::public_key;
use crate::out::{complain, say};
use anyhow::{Context, Result};
use evenfield_policy::evidence::open;
use evenfield_portal::filtering::rules::evidence::Document;
use std::path::PathBuf;
use std::process::ExitCode;

/// Evidence of what was in force, as the portal exports it.
#[derive(clap::Subcommand)]
pub enum Evidence {
    /// Check that a file is as it was signed and does not contradict itself, and say what it shows
    ///
    /// Ends with 0 when it is, 1 when it is not.
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public key that must have signed it: 64 hexadecimal digits, or the file that holds them. Without it
        /// the key in the file is named, for you to compare
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
}

impl Evidence {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let Self::Verify { file, key } = self;
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
        let believed = key.as_deref().map(public_key).transpose()?;
        let (text, signer) = match open(&text, believed.as_ref()) {
            Ok(opened) => opened,
            Err(error) => {
                complain!("{name}: {error}");
                return Ok(ExitCode::FAILURE);
            }
        };
        let document: Document =
            serde_json::from_str(text).with_context(|| format!("{name}: not what is signed"))?;
        let faults = document.faults();
        for fault in &faults {
            complain!("{name}: {fault}");
        }
        say!(
            "signed by {signer}{}",
            if believed.is_some() { "" } else { ": compare it with the one you know" }
        );
        tell(&document);
        Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn tell(document: &Document) {
    let day = |s: i64| jiff::Timestamp::from_second(s).map_or_else(|_| String::new(), |t| t.to_string());
    say!("{} ({}), made {}", document.name, document.district, day(document.made_ms / 1000));
    say!("audit log at entry {}: {}", document.audit_head.0, document.audit_head.1);
    for version in &document.versions {
        say!("version {} of {}: {}", version.version, day(version.created_s), version.digest);
        if !version.settings.is_empty() {
            say!("  settings {}, answers {}", version.settings, version.answers);
        }
        for list in &version.lists {
            say!(
                "  list {} (category {}, version {}): {} names",
                list.name,
                list.category,
                list.version,
                list.names
            );
        }
    }
    for (id, measure) in &document.measures {
        say!(
            "measure {id}: blocked always {}; at times {}; SafeSearch {}; YouTube {}; names let through by rules: {}",
            listed(&measure.blocked_always),
            listed(&measure.blocked_at_times),
            measure.safe_search,
            measure.youtube,
            measure.names_opened
        );
    }
    let coverage = document.coverage();
    say!("a measure is in force for {} of {} enrolled devices", coverage.covered, coverage.enrolled);
    for edge in &document.edges {
        say!("edge {} ({})", edge.name, edge.id);
        for had in &edge.had {
            let version = if had.version == 0 { "none known".to_owned() } else { had.version.to_string() };
            let (first, last) = (day(had.first_ms / 1000), day(had.last_ms / 1000));
            say!("  version {version}: said so first {first}, last {last}");
        }
    }
    for step in &document.steps {
        say!("{}: {} {}", step.step, step.done_on, step.note);
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
