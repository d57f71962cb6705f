//! Settings: one TOML file, strict keys, checked once.
//!
//! [`settings::SETTINGS`] is the one definition: names, defaults, checks and what the reference page says.

pub mod carriers;
pub mod districts;
pub mod notices;
pub mod read;
pub mod reference;
pub mod settings;
#[cfg(test)]
mod tests;

pub use districts::missing_files;
pub use read::{Outside, Process, read, read_file};

use std::path::PathBuf;

/// The checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the records are: `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// The address to listen on.
    pub listen: String,
    /// The address that people type, without a slash at the end: `https://gap.example.org`.
    pub public_url: Option<String>,
    /// Whether every request comes through a proxy of ours that sets `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// Identity providers that people may sign in with.
    pub oidc: Vec<OidcProvider>,
    /// The folder of what is not in the database: downloads in progress, files to look at.
    pub data_dir: PathBuf,
    /// A session ends this many hours after the sign-in.
    pub session_hours: u32,
    /// A session ends this many minutes after the last request.
    pub session_idle_minutes: u32,
    /// How often somebody may try.
    pub rates: Rates,
    /// The policy that edges fetch.
    pub filtering: Filtering,
    /// Carriers whose systems are asked by their interface.
    pub carriers: Vec<carriers::CarrierInterface>,
    /// The hosts to which receivers of what happens may be.
    pub webhook_hosts: Vec<String>,
    /// How notices to families go out.
    pub notices: notices::Notices,
    /// Which figures may be shown.
    pub publication: evenfield_gap::publish::PublishRule,
    /// Districts and their files, for `evenfield assess district`.
    pub districts: Vec<crate::inputs::DistrictInputs>,
}

/// How often somebody may try, before they must wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Attempts to sign in, from one address in a minute.
    pub sign_in_per_minute: u32,
    /// Attempts to sign in to one account in ten minutes.
    pub account_per_ten_minutes: u32,
    /// Survey forms, from one address in a minute.
    pub survey_per_minute: u32,
    /// Requests from the block page, from one address in a minute.
    pub requests_per_minute: u32,
}

/// What is published to edges.
#[derive(Clone, Debug, Default)]
pub struct Filtering {
    /// The settings that `evenfield policy build` takes; its lists lie in the same folder.
    pub policy: Option<PathBuf>,
    /// The key that signs.
    pub key: Option<evenfield_policy::SecretKey>,
    /// Where devices ask by HTTPS, without a slash at the end: `https://dns.example.org/dns-query`.
    pub https: Option<String>,
    /// The name before which devices put their token, to ask by TLS.
    pub tls_domain: Option<String>,
    /// Addresses for routers.
    pub addresses: Vec<std::net::IpAddr>,
    /// Whether blocked names lead here.
    pub block_page: bool,
}

/// An OpenID Connect provider: Google Workspace, Microsoft Entra, ClassLink, Clever.
#[derive(Clone, Default)]
pub struct OidcProvider {
    /// A short word for addresses: `google`.
    pub id: String,
    /// The name on the button.
    pub name: String,
    /// The issuer, an https address; discovery starts there.
    pub issuer: String,
    /// Our id at the provider.
    pub client_id: String,
    /// Our secret at the provider.
    pub client_secret: String,
}

impl std::fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the secret: settings are printed in logs.
        f.debug_struct("OidcProvider")
            .field("id", &self.id)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Settings that are all defaults but for the database.
    pub fn local(database_url: &str) -> Self {
        let mut config = settings::defaults();
        config.database_url = database_url.to_owned();
        config
    }

    /// What people type to reach the portal, without a slash at the end.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether people reach the portal by https: then cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
