//! The frame around every page: language, title, navigation, messages.

use crate::access::{Action, Viewer};
use crate::words::{Language, Words};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use fluent_bundle::FluentValue;
use std::sync::Arc;

/// What every template is given as `p`: the words, the viewer, the district.
/// The middleware in `routes.rs` makes it; a handler takes it as an argument.
#[derive(Clone)]
pub struct Frame {
    /// The language of the page.
    pub language: Language,
    /// All messages.
    pub words: Arc<Words>,
    /// Who looks; nobody on a public page.
    pub viewer: Option<Viewer>,
    /// The district the page is about.
    pub district: Option<District>,
    /// The token that each form sends back.
    pub csrf: String,
    /// The path asked for, for the language switch and the current navigation entry.
    pub path: String,
}

/// A district as pages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct District {
    /// LEAID; the key of every row that belongs to it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is made up: then every page says so.
    pub fictional: bool,
}

impl Frame {
    /// The message of this key.
    pub fn t(&self, key: &str) -> String {
        self.words.text(self.language, key, &[])
    }

    /// The message of this key with one value.
    pub fn tv<'a>(&self, key: &str, name: &str, value: impl Into<FluentValue<'a>>) -> String {
        self.words.text(self.language, key, &[(name, value.into())])
    }

    /// The message of this key with several values.
    pub fn tvs(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.words.text(self.language, key, values)
    }

    /// Whether the viewer may do this in this page's district.
    pub fn may(&self, action: Action) -> bool {
        match (&self.viewer, &self.district) {
            (Some(viewer), Some(district)) => viewer.may(&district.id, action),
            _ => false,
        }
    }

    /// The district's id, for links; empty outside a district.
    pub fn district_id(&self) -> &str {
        self.district.as_ref().map_or("", |d| d.id.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Frame {
    type Rejection = crate::error::Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| crate::error::Error::Internal("no frame: the middleware did not run".to_owned()))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Frame {
    type Rejection = crate::error::Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}
