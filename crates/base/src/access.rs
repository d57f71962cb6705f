//! Who may do what: the one authorisation table.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};

/// A person's role in a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sets up the district, its accounts and settings.
    Administrator,
    /// Runs the programme: data, estimates, plans.
    Coordinator,
    /// Lends and takes back at the counter.
    Clerk,
    /// Runs the buses.
    Transport,
    /// Sees her own classes.
    Teacher,
    /// A library, provider or city that works with the district.
    Partner,
    /// Sees published figures, for one district or a whole state.
    Analyst,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Administrator,
        Self::Coordinator,
        Self::Clerk,
        Self::Transport,
        Self::Teacher,
        Self::Partner,
        Self::Analyst,
    ];

    /// The word in tables and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Coordinator => "coordinator",
            Self::Clerk => "clerk",
            Self::Transport => "transport",
            Self::Teacher => "teacher",
            Self::Partner => "partner",
            Self::Analyst => "analyst",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == word)
    }
}

/// Something that can be done in a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See published figures: gap, connectivity, methods.
    SeeFigures,
    /// See what was loaded, with its problems.
    SeeData,
    /// Load files, accept them, start an estimate.
    LoadData,
    /// See a student's record; audited.
    SeeStudents,
    /// See on a student's record what the estimate says of that student; audited.
    SeeChances,
    /// See the figures of one's own sections; audited.
    SeeSections,
    /// See the figures of any section; audited.
    SeeAnySection,
    /// See survey response rates.
    SeeSurvey,
    /// See which blocked names are asked for, and open one for one's own sections for a time.
    SeeRequests,
    /// Answer requests for everybody or a school, and undo answers.
    AnswerRequests,
    /// Let edges fetch the policy, enrol devices, and keep evidence of what is in force.
    ManageEdges,
    /// Lend and take back; see what there is to lend and who has it.
    Lend,
    /// Change what there is to lend, its lines and the rules of lending.
    ManageLending,
    /// See scenarios, plans and what they cost.
    SeePlans,
    /// Make scenarios, look for plans and accept one.
    ManagePlans,
    /// See projects: who does what, by when, and how it goes.
    SeeProjects,
    /// Make projects and change what is written down in them.
    ManageProjects,
    /// Give and change accounts and roles.
    ManageAccounts,
    /// See the audit log.
    SeeAudit,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 19] = [
        Self::SeeFigures,
        Self::SeeData,
        Self::LoadData,
        Self::SeeStudents,
        Self::SeeChances,
        Self::SeeSections,
        Self::SeeAnySection,
        Self::SeeSurvey,
        Self::SeeRequests,
        Self::AnswerRequests,
        Self::ManageEdges,
        Self::Lend,
        Self::ManageLending,
        Self::SeePlans,
        Self::ManagePlans,
        Self::SeeProjects,
        Self::ManageProjects,
        Self::ManageAccounts,
        Self::SeeAudit,
    ];
}

/// The table: whether a role may do this.
pub fn may(role: Role, action: Action) -> bool {
    use Action as A;
    use Role as R;
    match action {
        A::SeeFigures => true,
        A::SeeData => matches!(role, R::Administrator | R::Coordinator | R::Analyst),
        A::LoadData => matches!(role, R::Administrator | R::Coordinator),
        A::SeeStudents | A::Lend => matches!(role, R::Administrator | R::Coordinator | R::Clerk),
        A::SeeSections => matches!(role, R::Administrator | R::Coordinator | R::Teacher),
        A::SeeAnySection | A::SeeChances => matches!(role, R::Administrator | R::Coordinator),
        A::SeeSurvey => matches!(role, R::Administrator | R::Coordinator | R::Analyst),
        A::SeeRequests => matches!(role, R::Administrator | R::Coordinator | R::Teacher),
        A::SeePlans | A::SeeProjects => {
            matches!(role, R::Administrator | R::Coordinator | R::Transport | R::Analyst)
        }
        A::AnswerRequests | A::ManageEdges | A::ManageLending | A::ManagePlans | A::ManageProjects => {
            matches!(role, R::Administrator | R::Coordinator)
        }
        A::ManageAccounts | A::SeeAudit => matches!(role, R::Administrator),
    }
}

/// Who is looking. Put into each request by the middleware in `routes.rs`.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The account's id.
    pub account_id: String,
    /// The name to greet by.
    pub name: String,
    /// Roles, each in one district (LEAID) or, as `*`, in every district of the installation.
    pub roles: Vec<(String, Role)>,
}

impl Viewer {
    /// Whether this viewer has any role in this district, and so may know that it exists.
    pub fn has_role_in(&self, district: &str) -> bool {
        self.roles.iter().any(|(d, _)| d == district || d == "*")
    }

    /// Whether this viewer may do this in this district.
    pub fn may(&self, district: &str, action: Action) -> bool {
        self.roles.iter().any(|(d, role)| (d == district || d == "*") && may(*role, action))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = crate::error::Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let frame = parts.extensions.get::<crate::layout::Frame>();
        frame.and_then(|f| f.viewer.clone()).ok_or(crate::error::Error::SignIn)
    }
}
