//! HTTP of the slice `survey`: the form for families, and the pages for staff.

mod family;
mod files;
mod history;
mod paper;
mod staff;
mod view;

use crate::access::Action;
use crate::routes::limits::Limit;
use crate::routes::{Needs, Route, route};
use axum::routing::{get, post};

/// The largest file of answers, bytes.
const UPLOAD_BYTES: usize = 64 * 1024 * 1024;

/// The rows of the route table.
pub fn routes() -> Vec<Route> {
    let see = Needs::May(Action::SeeSurvey);
    let load = Needs::May(Action::LoadData);
    let students = Needs::May(Action::SeeStudents);
    vec![
        route("/s/{district}", Needs::Public, get(family::start).post(family::answer))
            .limited(Limit::Survey)
            .open_form(),
        route("/s/{district}/paper", Needs::Public, get(paper::blank)),
        route("/d/{district}/survey", see, get(staff::rates)),
        route("/d/{district}/survey/rates.csv", see, get(staff::rates_csv)),
        route("/d/{district}/survey/terms", load, post(staff::terms)),
        route("/d/{district}/survey/paper", see, get(paper::blank)),
        route("/d/{district}/survey/letters", students, get(paper::letters)),
        route("/d/{district}/survey/codes.csv", students, get(paper::codes_csv)),
        route("/d/{district}/survey/enter", students, get(paper::enter).post(paper::entered)),
        route("/d/{district}/survey/upload", load, post(files::upload)).uploads(UPLOAD_BYTES),
        route("/d/{district}/survey/loads/{load}", load, post(files::change)),
        route("/d/{district}/survey/loads/{load}/problems.csv", load, get(files::problems_csv)),
        route("/d/{district}/survey/answers.csv", students, get(files::answers_csv)),
        route("/d/{district}/survey/answers.json", students, get(files::answers_json)),
        route("/d/{district}/survey/students/{student}", students, get(history::history)),
    ]
}
