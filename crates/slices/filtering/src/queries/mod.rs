//! SQL of the slice `filtering`.

mod devices;
mod edges;
mod evidence;
mod history;
mod inputs;
mod requests;
mod versions;

pub use devices::{
    Device, NewDevice, Whose, count_devices, device_keys, devices, enrol, has_device, keys_of, revoke_device,
    roster_ids,
};
pub use edges::{
    Edge, EdgeAt, edge_of_token, edges, has_edge, insert_edge, insert_version, latest_version, revoke_edge,
    saw_edge, version_of_digest,
};
pub use evidence::{devices_in_force, insert_measures, last_measures, measures, put_step, steps};
pub use history::{EdgeVersion, edge_versions};
pub use inputs::{allowed, mark, people};
pub use requests::{
    Answered, Asked, Group, NewAnswer, Request, answers, ask, close, districts, forget_answered, groups,
    insert_answer, open_counts, requests, schools, section, sections_answered, sections_taught, undo,
};
pub use versions::{DistrictVersion, highest_version, kept_text, put_version, version, versions};
