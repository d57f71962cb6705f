//! Settings: one TOML file, strict keys, checked once.

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
}

/// An OpenID Connect provider: Google Workspace, Microsoft Entra, ClassLink, Clever.
#[derive(Clone)]
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
        Self {
            database_url: database_url.to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            behind_proxy: false,
            oidc: Vec::new(),
        }
    }

    /// Whether people reach the portal by https: then cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
