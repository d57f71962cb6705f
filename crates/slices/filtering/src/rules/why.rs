//! Why a name is blocked, from what the policy says.

use evenfield_policy::{
    Action, Because, Explanation, InForce, Name, PolicyId, Ruling, Step, Subject, View, explain,
    explain_policy, is_ever_blocked,
};

/// How many regimes are asked whether they block a name: a district has far fewer, and whoever asks is unknown.
const REGIMES: usize = 4_096;

/// What decides on a name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is let through.
    Open,
    /// It is let through to whoever asks; a scope that is not theirs, or another time, blocks it.
    OpenHere,
    /// A list.
    List {
        /// Its name.
        list: String,
        /// Its category.
        category: String,
        /// Whether its category must be blocked, so that no answer opens the name.
        locked: bool,
    },
    /// A rule of the settings.
    Rule {
        /// For whom it is.
        scope: String,
        /// Whether no answer can open the name.
        mandatory: bool,
    },
    /// Only names that are allowed are let through now.
    AllowedOnly,
}

impl Why {
    /// Whether no answer can open it.
    pub fn is_mandatory(&self) -> bool {
        matches!(self, Self::Rule { mandatory: true, .. } | Self::List { locked: true, .. })
    }

    /// The category for which it is blocked.
    pub fn category(&self) -> &str {
        match self {
            Self::List { category, .. } => category,
            _ => "",
        }
    }
}

/// What the policy says of a name to this subject, at this second.
pub fn why(view: &View<'_>, subject: &Subject, name: &Name<'_>, now_s: u32) -> Why {
    let in_force = InForce::at(view, now_s);
    let told = explain(view, &in_force, subject, name);
    if !matches!(told.verdict.action, Action::Block(_)) {
        let elsewhere = is_ever_blocked(view, name, REGIMES);
        return if elsewhere { Why::OpenHere } else { Why::Open };
    }
    blocked(view, &told)
}

/// The same by a policy and what it has in force (the regime, and for how many seconds), for a name that it blocks.
pub fn why_of(view: &View<'_>, policy: PolicyId, in_force: (u32, u32), name: &Name<'_>) -> Why {
    blocked(view, &explain_policy(view, policy, in_force, name))
}

fn blocked(view: &View<'_>, told: &Explanation) -> Why {
    match told.verdict.because {
        Because::List(list) => Why::List {
            list: view.list_name(list).to_owned(),
            category: told.verdict.category.map_or("", |c| view.category_name(c)).to_owned(),
            locked: told.steps.iter().any(|step| matches!(step, Step::Locked(_))),
        },
        Because::Rule(rule) => Why::Rule {
            scope: view.rule(rule).map_or("", |r| r.scope).to_owned(),
            mandatory: told
                .steps
                .iter()
                .any(|step| matches!(step, Step::Ruled(_, by, Ruling::MandatoryDeny) if *by == rule)),
        },
        Because::Nothing | Because::NotAllowed => Why::AllowedOnly,
    }
}
