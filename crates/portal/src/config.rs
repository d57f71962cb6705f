//! Settings: one TOML file, strict keys, checked once.

/// The checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the records are: `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// The address to listen on.
    pub listen: String,
}
