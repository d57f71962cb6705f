//! HTTP of the slice `filtering`: the block page, the queue of requests, the edges.

mod answer;
mod block;
mod devices;
mod edges;
mod evidence;
mod history;
mod queue;
mod versions;

pub use block::led_astray;

use crate::App;
use crate::access::Action;
use crate::layout::Frame;
use crate::routes::limits::Limit;
use crate::routes::{Needs, Route, route};
use axum::routing::{get, post};

/// The pages that lead to each other: the message's key, and the path in the district.
pub const TABS: [(&str, &str); 4] = [
    ("filtering-title", "/filtering"),
    ("filtering-devices-title", "/filtering/devices"),
    ("filtering-edges-title", "/filtering/edges"),
    ("filtering-evidence-title", "/filtering/evidence"),
];

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeRequests);
    let edges = Needs::May(Action::ManageEdges);
    vec![
        route("/blocked", Needs::Public, get(block::entrance)),
        route("/b/{district}", Needs::Public, get(block::page).post(block::asked))
            .limited(Limit::Request)
            .open_form(),
        // Asked by the extension that shows the page where a browser cannot be led to it.
        route("/b/{district}/why.json", Needs::Public, get(block::why_json)),
        route("/d/{district}/filtering", see, get(queue::list)),
        route("/d/{district}/filtering/requests.csv", see, get(queue::requests_csv)),
        route("/d/{district}/filtering/answers.csv", see, get(queue::answers_csv)),
        route("/d/{district}/filtering/answer", see, get(answer::form).post(answer::answered)),
        route("/d/{district}/filtering/answers/{answer}/undo", see, post(queue::undo)),
        route("/d/{district}/filtering/edges", edges, get(edges::list).post(edges::added)),
        route("/d/{district}/filtering/edges.csv", edges, get(edges::csv)),
        route("/d/{district}/filtering/edges/{edge}/revoke", edges, post(edges::revoke)),
        route("/d/{district}/filtering/edges/{edge}", edges, get(history::page)),
        route("/d/{district}/filtering/edges/{edge}/versions.csv", edges, get(history::csv)),
        route("/d/{district}/filtering/devices", edges, get(devices::list).post(devices::enrolled)),
        route("/d/{district}/filtering/devices.csv", edges, get(devices::csv)),
        route("/d/{district}/filtering/devices/chrome-policy.json", edges, get(devices::fleet)),
        route("/d/{district}/filtering/devices/extension.zip", edges, get(devices::extension)),
        route("/d/{district}/filtering/devices/bookmarks.json", edges, get(devices::bookmarks)),
        route("/d/{district}/filtering/devices/upload", edges, post(devices::upload))
            .uploads(devices::UPLOAD_BYTES),
        route("/d/{district}/filtering/devices/profile", edges, post(devices::profile)),
        route("/d/{district}/filtering/devices/{device}/revoke", edges, post(devices::revoke)),
        route("/d/{district}/filtering/evidence", edges, get(evidence::page).post(evidence::put)),
        route("/d/{district}/filtering/evidence.txt", edges, get(evidence::file)),
        route("/d/{district}/filtering/evidence.csv", edges, get(evidence::csv)),
        route("/d/{district}/filtering/versions", edges, get(versions::page)),
        route("/d/{district}/filtering/versions.csv", edges, get(versions::csv)),
        route("/d/{district}/filtering/versions/{version}", edges, get(versions::text)),
        // Asked by programs, which show a token of their own and keep no cookie.
        route("/edge/policy", Needs::Public, get(edges::policy)).file(),
    ]
}

/// What is said to a district that the policy does not name: nothing that is done here holds anywhere. Empty for one that it names, and where none
/// is published.
fn not_named(app: &App, p: &Frame) -> String {
    let missing = app.policy.current().is_some_and(|current| !current.names(p.district_id()));
    if missing { p.tv("filtering-not-named", "district", p.district_id()) } else { String::new() }
}
