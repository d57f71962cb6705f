//! Blocks laid over each other, from the widest to the narrowest.

use crate::build::ScopeId;
use crate::config::Measures;
use crate::snapshot::{Category, Regime};
use std::collections::HashMap;

/// A regime in the making.
pub(super) struct Layers<'a> {
    categories: &'a HashMap<String, Category>,
    regime: Regime,
    must: u128,
    scopes: Vec<ScopeId>,
}

impl<'a> Layers<'a> {
    /// Nothing but the categories that everybody is kept from.
    pub fn new(categories: &'a HashMap<String, Category>, always: u128) -> Self {
        Self { categories, regime: Regime::default(), must: always, scopes: Vec::new() }
    }

    fn mask(&self, names: &[String]) -> u128 {
        names.iter().filter_map(|name| self.categories.get(name)).fold(0, |all, c| all | c.mask())
    }

    /// Lays narrower measures over what there is: what they leave out stays.
    pub fn lay(&mut self, measures: &Measures, scope: Option<ScopeId>) {
        let regime = &self.regime;
        let blocked = (regime.blocked | self.mask(&measures.block)) & !self.mask(&measures.open);
        self.must |= self.mask(&measures.must_block);
        self.regime = Regime {
            blocked,
            answer: measures.answer.unwrap_or(regime.answer),
            safe_search: measures.safe_search.unwrap_or(regime.safe_search),
            youtube: measures.youtube.unwrap_or(regime.youtube),
            allowed_only: measures.allowed_only.unwrap_or(regime.allowed_only),
            strip_ech: measures.strip_ech.unwrap_or(regime.strip_ech),
            check_cname: measures.check_cname.unwrap_or(regime.check_cname),
            ..*regime
        };
        self.scopes.extend(scope);
    }

    /// The regime and the scopes whose rules hold under it.
    pub fn done(self) -> (Regime, Vec<ScopeId>) {
        let regime = Regime { blocked: self.regime.blocked | self.must, must: self.must, ..self.regime };
        (regime, self.scopes)
    }
}
