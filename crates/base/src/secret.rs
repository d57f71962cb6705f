//! Secrets that only one browser or person holds: made here, kept elsewhere as digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A new secret: 256 random bits of the operating system, in letters that fit a URL and a cookie.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn new_token() -> Result<String, crate::error::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| crate::error::Error::Internal(format!("no randomness: {e}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored in place of a secret. A plain digest is enough: the secret has 256 bits, there is
/// nothing to guess.
pub fn digest(secret: &str) -> String {
    purpose_digest("", secret)
}

/// A digest that is of no use for anything but this purpose.
pub fn purpose_digest(purpose: &str, secret: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(secret.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Whether two secrets are equal, in a time that does not tell how far they agree.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
