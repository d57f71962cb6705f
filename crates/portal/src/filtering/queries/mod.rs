//! SQL of the slice `filtering`.

mod edges;
mod inputs;
mod requests;

pub use edges::{
    Edge, EdgeAt, Version, edge_of_token, edges, insert_edge, insert_version, latest_version, revoke_edge,
    saw_edge, version_of_digest,
};
pub use inputs::{allowed, mark, people};
pub use requests::{
    Answered, Asked, Group, NewAnswer, Request, answers, ask, districts, forget_answered, groups,
    insert_answer, open_counts, requests, schools, sections_taught, undo,
};
