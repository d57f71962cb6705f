//! The frame around every page: language, title, navigation, messages.

pub mod assets;
#[cfg(test)]
mod tests;

use crate::access::{Action, Viewer};
use crate::audit;
use crate::words::{Language, Words};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use evenfield_model::Problems;
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
    /// The path asked for, for the current navigation entry.
    pub path: String,
    /// The query asked for, without `?` and without its `lang`, for the language switch.
    pub query: String,
}

/// A link with its text, ready for a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub href: String,
    /// The text in the page's language.
    pub label: String,
    /// Whether it is the page being shown.
    pub current: bool,
}

/// A link to the same page in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageLink {
    /// Where to: this page with `lang=` in its query; the middleware remembers the choice.
    pub href: String,
    /// The language's own name.
    pub label: &'static str,
    /// Its tag.
    pub tag: &'static str,
}

/// One page of a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLink {
    /// Where to.
    pub href: String,
    /// Its number, from 1.
    pub number: u64,
    /// Whether it is the page being shown.
    pub current: bool,
}

/// How many problems a page shows; the CSV has more.
const PROBLEMS_SHOWN: usize = 200;

/// The problems of an input as a page lists them.
pub struct ProblemList {
    /// The first of them.
    pub rows: Vec<ProblemRow>,
    /// How many there are.
    pub found: u64,
}

/// One problem.
pub struct ProblemRow {
    /// The file.
    pub file: String,
    /// The line; 0 when the whole file is meant.
    pub line: u64,
    /// The column.
    pub column: String,
    /// What the input said.
    pub said: String,
    /// What was wanted, in the reader's language where there are words for it.
    pub wanted: String,
    /// Whether there are none, so that `wanted` is English in a page of another language.
    pub english: bool,
}

impl ProblemList {
    /// Whether a text of it is English in a page of another language.
    pub fn some_english(&self) -> bool {
        self.rows.iter().any(|row| row.english)
    }
}

/// The navigation of a district: message key, path with `{}` for the district, and what the viewer must
/// be allowed to do to see the entry.
const NAVIGATION: [(&str, &str, Action); 15] = [
    ("layout-home", "/d/{}", Action::SeeFigures),
    ("layout-map", "/d/{}/gap/map", Action::SeeFigures),
    ("layout-table", "/d/{}/gap/table", Action::SeeFigures),
    ("layout-sections", "/d/{}/gap/sections", Action::SeeSections),
    ("layout-connectivity", "/d/{}/connectivity", Action::SeeFigures),
    ("layout-filtering", "/d/{}/filtering", Action::SeeRequests),
    ("layout-plans", "/d/{}/plans", Action::SeePlans),
    ("layout-projects", "/d/{}/projects", Action::SeeProjects),
    ("layout-lending", "/d/{}/lending", Action::Lend),
    ("layout-survey", "/d/{}/survey", Action::SeeSurvey),
    ("layout-data", "/d/{}/data", Action::SeeData),
    ("layout-roster", "/d/{}/roster", Action::SeeData),
    ("layout-students", "/d/{}/roster/students", Action::SeeStudents),
    ("layout-accounts", "/accounts/{}", Action::ManageAccounts),
    ("layout-audit", "/audit/{}", Action::SeeAudit),
];

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

    /// The message of this key about so many of something: `n` chooses between one and many, `shown` is how it is written.
    pub fn tn(&self, key: &str, n: i64) -> String {
        self.tvs(key, &[("n", n.into()), ("shown", crate::exchange::count(n).into())])
    }

    /// The message of this key with several values.
    pub fn tvs(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        self.words.text(self.language, key, values)
    }

    /// Problems as the page lists them, in the reader's language.
    pub fn problems(&self, problems: &Problems) -> ProblemList {
        let rows = problems.kept().iter().take(PROBLEMS_SHOWN).map(|problem| {
            let (wanted, translated) = self.words.problem(self.language, &problem.wanted);
            ProblemRow {
                file: problem.file.clone(),
                line: problem.line,
                column: problem.column.clone(),
                said: problem.said.clone(),
                wanted,
                english: !translated,
            }
        });
        ProblemList { rows: rows.collect(), found: problems.found() }
    }

    /// What was wanted in place of a problem, in the reader's language where there are words for it.
    pub fn wanted(&self, problem: &evenfield_model::Problem) -> String {
        self.words.problem(self.language, &problem.wanted).0
    }

    /// What a reader tells in English, in the reader's language; false beside it when there are no words for it.
    pub fn told(&self, text: &str) -> (String, bool) {
        self.words.problem(self.language, text)
    }

    /// Whether the viewer may do this in this page's district.
    pub fn may(&self, action: Action) -> bool {
        match (&self.viewer, &self.district) {
            (Some(viewer), Some(district)) => viewer.may(&district.id, action),
            _ => false,
        }
    }

    /// The entries of the navigation that this viewer may follow; empty outside a district.
    pub fn navigation(&self) -> Vec<Link> {
        let current = self.current_entry();
        NAVIGATION
            .iter()
            .filter(|(_, _, action)| self.may(*action))
            .map(|(key, path, _)| {
                let href = path.replace("{}", self.district_id());
                Link { current: current.as_deref() == Some(href.as_str()), href, label: self.t(key) }
            })
            .collect()
    }

    /// The entry of the navigation that the page belongs to: its own, or else the longest one that it lies below.
    fn current_entry(&self) -> Option<String> {
        let path = self.path.trim_end_matches('/');
        let home = self.district_path("");
        let hrefs = NAVIGATION.iter().map(|(_, path, _)| path.replace("{}", self.district_id()));
        // Every page of the district lies below its home.
        let holds = |href: &String| {
            *href == path
                || (*href != home
                    && path.strip_prefix(href.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        hrefs.filter(holds).max_by_key(String::len)
    }

    /// The links at the foot of the page: how figures are made, and from which data of when.
    pub fn foot_links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        let mut add = |key: &str, tail: &str| {
            let href = format!("/d/{}{tail}", self.district_id());
            links.push(Link { current: self.path == href, href, label: self.t(key) });
        };
        if self.may(Action::SeeFigures) {
            add("layout-methods", "/methods");
        }
        if self.may(Action::SeeData) {
            add("layout-dates", "/data");
        }
        links
    }

    /// This page in the other languages. The links name no path: one that was asked for as `//host/` would lead to
    /// that host.
    pub fn language_links(&self) -> Vec<LanguageLink> {
        let others = Language::ALL.into_iter().filter(|l| *l != self.language);
        others
            .map(|l| {
                let join = if self.query.is_empty() { "" } else { "&" };
                let href = format!("?{}{join}lang={}", self.query, l.tag());
                let label = match l {
                    Language::En => "English",
                    Language::Es => "Español",
                };
                LanguageLink { href, label, tag: l.tag() }
            })
            .collect()
    }

    /// The day of a time (ms since 1970, UTC) as the page's language writes it: `November 20, 2026`.
    pub fn date(&self, ms: i64) -> String {
        let Ok(time) = jiff::Timestamp::from_millisecond(ms) else { return String::new() };
        let date = jiff::tz::TimeZone::UTC.to_datetime(time).date();
        self.tvs(
            "layout-date",
            &[
                ("month", self.t(&format!("layout-month-{}", date.month())).into()),
                ("day", date.day().to_string().into()),
                ("year", date.year().to_string().into()),
            ],
        )
    }

    /// The path of a built front-end file, for example `evenfield.css`.
    pub fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    /// Which way the page's language is written, for the `dir` attribute.
    pub fn dir(&self) -> &'static str {
        match self.language {
            Language::En | Language::Es => "ltr",
        }
    }

    /// Where the product's name leads: the district's home, or the list of districts.
    pub fn home_href(&self) -> String {
        match &self.district {
            Some(district) if self.may(Action::SeeFigures) => format!("/d/{}", district.id),
            _ => "/districts".to_owned(),
        }
    }

    /// Whether the page is about a made-up district.
    pub fn is_fictional(&self) -> bool {
        self.district.as_ref().is_some_and(|d| d.fictional)
    }

    /// The viewer's account; `None` on a public page.
    pub fn account_id(&self) -> Option<&str> {
        self.viewer.as_ref().map(|viewer| viewer.account_id.as_str())
    }

    /// The audit log's entry for what the viewer does in the district.
    pub fn entry<'a>(
        &'a self,
        action: &'a str,
        subject: (&'a str, &'a str),
        detail: serde_json::Value,
    ) -> audit::Entry<'a> {
        let (district_id, account_id) = (Some(self.district_id()), self.account_id());
        audit::Entry { district_id, account_id, action, subject, detail }
    }

    /// The path of a page of the district.
    pub fn district_path(&self, tail: &str) -> String {
        format!("/d/{}{tail}", self.district_id())
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
