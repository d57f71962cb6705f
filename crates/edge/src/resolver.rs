//! The resolver, and beside it what notes the use of digital resources.

use crate::settings::Resolver;
use crate::usage::{self, Opened};
use evenfield_dns::Bound;

/// What is wrong with what the settings name.
pub fn check(settings: &Resolver) -> Vec<String> {
    let wrong = evenfield_dns::check(&settings.dns).into_iter().map(|error| error.to_string());
    wrong.chain(settings.usage.iter().flat_map(usage::check)).collect()
}

/// A resolver at work.
pub struct Running {
    dns: evenfield_dns::Running,
    usage: Option<usage::Running>,
}

impl Running {
    /// Starts both.
    ///
    /// # Errors
    /// Why they do not start; nothing is left running then.
    pub fn start(settings: Resolver) -> Result<Self, String> {
        let usage = settings.usage.map(Opened::open).transpose()?;
        let resources = usage.as_ref().map(|usage| usage.resources.clone());
        let mut dns =
            evenfield_dns::Running::start(settings.dns, resources).map_err(|error| error.to_string())?;
        let used = dns.used();
        match usage.map(|usage| usage.start(used)).transpose() {
            Ok(usage) => Ok(Self { dns, usage }),
            Err(error) => {
                dns.stop();
                Err(error.to_string())
            }
        }
    }

    /// Where it listens.
    pub fn bound(&self) -> &Bound {
        self.dns.bound()
    }

    /// Stops: first what notes, then what seals it.
    pub fn stop(self) {
        self.dns.stop();
        self.usage.into_iter().for_each(usage::Running::stop);
    }
}
