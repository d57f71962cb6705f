//! `evenfield policy explain`.

use super::public_key;
use crate::out::{complain, say};
use anyhow::{Context, Result, bail};
use evenfield_policy::{
    Action, Aligned, Answer, DeviceKey, InForce, NameBuf, Snapshot, Subject, Verdict, View, explain,
};
use evenfield_portal::filtering::rules::enroll;
use jiff::Timestamp;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

/// A day, in seconds.
const DAY_S: u64 = 86_400;

/// The arguments of `policy explain`.
#[derive(clap::Args)]
pub struct Explain {
    /// The name that is asked for
    #[arg(value_name = "NAME")]
    name: String,
    /// The snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// The public key: 64 hexadecimal digits, or the file that holds them
    #[arg(long, value_name = "KEY")]
    key: String,
    /// Who asks: a device's token, key:DIGITS (as the portal's list of devices has it), site:NAME, an IP address, or unknown
    #[arg(long, value_name = "ID", default_value = "unknown")]
    subject: String,
    /// When, as 2026-11-24T10:45:00-05:00; now by default
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Explain {
    /// Runs it.
    pub fn run(self) -> Result<ExitCode> {
        let cannot = || format!("cannot read {}", self.snapshot.display());
        let mut file = std::fs::File::open(&self.snapshot).with_context(cannot)?;
        let length = usize::try_from(file.metadata().with_context(cannot)?.len())?;
        let bytes = Aligned::fill(length, |into| file.read_exact(into)).with_context(cannot)?;
        let snapshot = Snapshot::open(bytes, &public_key(&self.key)?)
            .and_then(|snapshot| snapshot.verify_all().map(|()| snapshot))
            .with_context(|| self.snapshot.display().to_string())?;
        let view = snapshot.view();
        let name = NameBuf::from_text(&self.name).with_context(|| format!("{}: not a name", self.name))?;
        let at = self.at.unwrap_or_else(Timestamp::now);
        let now_s = u32::try_from(at.as_second()).context("a time since 1970")?;
        let subject = subject(&view, &self.subject)?;
        let told = explain(&view, &InForce::at(&view, now_s), &subject, &name.as_name());
        say!("{name} at {at}");
        // Schedules begin a day before the snapshot was made, and edges have it no earlier than that.
        let known = snapshot.created_s().saturating_sub(DAY_S)..u64::from(snapshot.ends_s());
        if !known.contains(&u64::from(now_s)) {
            let [from, to] = [known.start, known.end].map(|s| {
                Timestamp::from_second(i64::try_from(s).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
            });
            complain!(
                "this snapshot knows the schedules from {from} to {to} alone: outside, it says what holds without them"
            );
        }
        for (number, step) in told.steps.iter().enumerate() {
            say!("{:>3}. {}", number + 1, step.say(&view, &name.as_name()));
        }
        say!("{}", say(&view, &told.verdict));
        Ok(ExitCode::SUCCESS)
    }
}

fn subject(view: &View<'_>, text: &str) -> Result<Subject> {
    if text == "unknown" {
        return Ok(Subject::Unknown);
    }
    if let Some(name) = text.strip_prefix("site:") {
        let site = view.site(name).with_context(|| format!("the snapshot has no site named {name}"))?;
        return Ok(Subject::Site(site));
    }
    if let Ok(address) = text.parse() {
        return Ok(view.site_of(address).map_or(Subject::Unknown, Subject::Site));
    }
    let key = match text.strip_prefix("key:") {
        Some(digits) => {
            enroll::read_key(digits).with_context(|| format!("{digits}: not 32 hexadecimal digits"))?
        }
        None => DeviceKey::of_token(text),
    };
    if view.device_number(key).is_none() {
        bail!("the snapshot has no device with this token or key");
    }
    Ok(Subject::Device(key))
}

fn say(view: &View<'_>, verdict: &Verdict) -> String {
    let what = match verdict.action {
        Action::Allow => "ALLOW".to_owned(),
        Action::Block(Answer::Nxdomain) => "BLOCK: the name does not exist".to_owned(),
        Action::Block(Answer::NullAddress) => "BLOCK: 0.0.0.0".to_owned(),
        Action::Block(Answer::BlockPage) => "BLOCK: the page that says why".to_owned(),
        Action::Rewrite(target) => format!("REWRITE to {}", view.target_name(target)),
    };
    verdict
        .category
        .map_or(what.clone(), |category| format!("{what}, category {}", view.category_name(category)))
}
