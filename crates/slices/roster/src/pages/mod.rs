//! HTTP of the slice `roster`.

mod students;
mod upload;

use crate::access::Action;
use crate::routes::{Needs, Route, route};
use axum::routing::{get, post};

/// The largest upload, bytes: a zipped roster of a million students is a third of it.
const UPLOAD_BYTES: usize = 256 * 1024 * 1024;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeData);
    let load = Needs::May(Action::LoadData);
    let students = Needs::May(Action::SeeStudents);
    vec![
        route("/d/{district}/roster", see, get(upload::home)),
        route("/d/{district}/roster/upload", load, post(upload::upload)).uploads(UPLOAD_BYTES),
        route("/d/{district}/roster/staged/{staged}", load, get(upload::review).post(upload::decide)),
        route("/d/{district}/roster/staged/{staged}/problems.csv", load, get(upload::problems_csv)),
        route("/d/{district}/roster/loads/{load}/undo", load, post(upload::undo)),
        route("/d/{district}/roster/coordinates", load, post(upload::coordinates)).uploads(UPLOAD_BYTES),
        route("/d/{district}/roster/students", students, get(students::list)),
        route("/d/{district}/roster/students.csv", students, get(students::csv)),
        route("/d/{district}/roster/students/{student}", students, get(students::one)),
        route("/d/{district}/roster/unplaced.csv", students, get(students::unplaced_csv)),
    ]
}
