//! The one table of everything that can be asked of the portal, and who may ask it.

use crate::access::Action;
use crate::{App, account, connectivity, gap, layout, open_data, roster, survey};
use axum::Router;
use axum::routing::MethodRouter;

/// Who may ask for a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Anybody: sign-in, the survey form, style sheets.
    Public,
    /// Anybody who is signed in.
    SignedIn,
    /// A role that may do this in the district named by `{district}` in the path.
    May(Action),
}

/// One row of the table.
pub struct Route {
    /// The path, in axum's syntax.
    pub path: &'static str,
    /// Who may ask.
    pub needs: Needs,
    /// What answers; the methods are inside.
    pub handler: MethodRouter<App>,
}

/// Makes a row.
pub fn route(path: &'static str, needs: Needs, handler: MethodRouter<App>) -> Route {
    Route { path, needs, handler }
}

/// The table: each slice adds its rows.
pub fn table() -> Vec<Route> {
    [
        layout::assets::routes(),
        account::pages::routes(),
        roster::pages::routes(),
        survey::pages::routes(),
        open_data::pages::routes(),
        gap::pages::routes(),
        connectivity::pages::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The application.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for row in table() {
        router = router.route(row.path, row.handler);
    }
    router.with_state(app)
}
