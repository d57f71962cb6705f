//! Sign-in by an OpenID Connect provider: authorization code with PKCE, state and nonce.
//! OpenID Connect Core 1.0 (ID token validation, section 3.1.3.7), RFC 7636 (PKCE), RFC 9700 (practice).

#[cfg(test)]
mod tests;

use super::queries::Flow;
use super::secret;
use crate::config::{Config, OidcProvider};
use crate::db::now_ms;
use crate::error::{Error, Result};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// A sign-in that takes longer than this has to begin again.
pub const FLOW_MS: i64 = 15 * 60 * 1000;
/// Keys and addresses of a provider are asked for again after this time.
const METADATA_AGE: Duration = Duration::from_secs(10 * 60);
/// A provider that takes longer is away.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer of a provider, in bytes.
const ANSWER_BYTES: usize = 1024 * 1024;

/// A client of one provider, ready for the whole flow.
type Ready = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Connections to providers, and what they said about themselves.
#[derive(Default)]
pub struct Client {
    http: OnceLock<reqwest::Client>,
    known: Mutex<HashMap<String, (Instant, CoreProviderMetadata)>>,
}

/// Who signed in, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider.
    pub issuer: String,
    /// The person's id there.
    pub subject: String,
    /// The e-mail address, only when the provider says that it is verified.
    pub verified_email: Option<String>,
}

/// Why the provider did not answer, or not as agreed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It could not be reached, or broke off.
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    /// It sent too much.
    #[error("the answer is larger than {ANSWER_BYTES} bytes")]
    Large,
    /// It sent no HTTP answer.
    #[error("{0}")]
    Answer(#[from] openidconnect::http::Error),
}

/// What the person is told, and the log of the fault. The fault of a library names no person.
fn refused(step: &str, fault: impl std::fmt::Display) -> Error {
    tracing::warn!(step, %fault, "a sign-in by provider was refused");
    Error::BadRequest("account-oidc-refused")
}

/// Where the provider sends the browser back to.
pub fn redirect_url(config: &Config) -> String {
    format!("{}/oidc/callback", config.base_url())
}

impl Client {
    /// Begins a sign-in: the address at the provider, the state, and what to keep under its digest.
    ///
    /// # Errors
    /// When the provider cannot be reached or describes itself wrongly.
    pub async fn begin(
        &self,
        config: &Config,
        provider: &OidcProvider,
        (visitor, next): (&str, &str),
    ) -> Result<(String, String, Flow)> {
        let client = self.ready(config, provider).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let flow = Flow {
            browser_hash: secret::digest(visitor),
            provider: provider.id.clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            next_path: next.to_owned(),
            created_ms: now_ms(),
        };
        Ok((url.into(), state.into_secret(), flow))
    }

    /// Ends a sign-in: exchanges the code and checks the ID token (signature, issuer, audience, times,
    /// nonce, access token hash).
    ///
    /// # Errors
    /// [`Error::BadRequest`] when anything does not agree.
    pub async fn finish(
        &self,
        config: &Config,
        provider: &OidcProvider,
        (flow, code): (Flow, String),
    ) -> Result<Person> {
        let client = self.ready(config, provider).await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| refused("token endpoint", e))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier))
            .request_async(self)
            .await
            .map_err(|e| refused("code", e))?;
        let id_token = answer.id_token().ok_or_else(|| refused("token", "no ID token"))?;
        let verifier = client.id_token_verifier();
        let claims = id_token.claims(&verifier, &Nonce::new(flow.nonce)).map_err(|e| {
            // Perhaps with a key that is newer than what we know: the next attempt asks for the keys again.
            self.forget(provider);
            refused("ID token", e)
        })?;
        if let Some(expected) = claims.access_token_hash() {
            let alg = id_token.signing_alg().map_err(|e| refused("ID token", e))?;
            let key = id_token.signing_key(&verifier).map_err(|e| refused("ID token", e))?;
            let found = AccessTokenHash::from_token(answer.access_token(), alg, key)
                .map_err(|e| refused("access token", e))?;
            if found != *expected {
                return Err(refused("access token", "its hash is not that of the ID token"));
            }
        }
        let mut email = claims.email().map(|e| e.to_string());
        let mut is_verified = claims.email_verified() == Some(true);
        if email.is_none()
            && let Ok(request) =
                client.user_info(answer.access_token().to_owned(), Some(claims.subject().clone()))
        {
            // The subject must be that of the ID token (section 5.3.2); the library checks it.
            let info: CoreUserInfoClaims =
                request.request_async(self).await.map_err(|e| refused("user info", e))?;
            email = info.email().map(|e| e.to_string());
            is_verified = info.email_verified() == Some(true);
        }
        Ok(Person {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            verified_email: email.filter(|_| is_verified).and_then(|e| super::rules::email(&e)),
        })
    }

    async fn ready(&self, config: &Config, provider: &OidcProvider) -> Result<Ready> {
        let metadata = self.metadata(provider).await?;
        let redirect = RedirectUrl::new(redirect_url(config)).map_err(|e| refused("settings", e))?;
        let secret = Some(ClientSecret::new(provider.client_secret.clone()));
        let id = ClientId::new(provider.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
    }

    /// What the provider says about itself, asked for again from time to time: keys change.
    async fn metadata(&self, provider: &OidcProvider) -> Result<CoreProviderMetadata> {
        {
            let known = self.known.lock().map_err(|e| Error::Internal(e.to_string()))?;
            if let Some((asked, metadata)) = known.get(&provider.id)
                && asked.elapsed() < METADATA_AGE
            {
                return Ok(metadata.clone());
            }
        }
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|e| refused("settings", e))?;
        let metadata =
            CoreProviderMetadata::discover_async(issuer, self).await.map_err(|e| refused("discovery", e))?;
        let mut known = self.known.lock().map_err(|e| Error::Internal(e.to_string()))?;
        known.insert(provider.id.clone(), (Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    /// Forgets what the provider said about itself.
    fn forget(&self, provider: &OidcProvider) {
        if let Ok(mut known) = self.known.lock() {
            known.remove(&provider.id);
        }
    }

    /// One request to a provider: no redirects (they could lead anywhere), bounded in time and size.
    async fn request(&self, request: HttpRequest) -> std::result::Result<HttpResponse, Trouble> {
        let client = match self.http.get() {
            Some(client) => client,
            None => {
                let made = reqwest::Client::builder()
                    .redirect(reqwest::redirect::Policy::none())
                    .timeout(TIMEOUT)
                    .build()?;
                self.http.get_or_init(|| made)
            }
        };
        let mut answer = client.execute(request.try_into()?).await?;
        let mut builder = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            builder = builder.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if body.len() + piece.len() > ANSWER_BYTES {
                return Err(Trouble::Large);
            }
            body.extend_from_slice(&piece);
        }
        Ok(builder.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, Trouble>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.request(request))
    }
}
