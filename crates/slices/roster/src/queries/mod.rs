//! SQL of the slice `roster`. The loader and the estimate call [`replace`], [`read`] and
//! [`store_found_places`]; everything else is for the pages.

mod load;
mod rows;
mod staged;
mod students;

pub use load::{LoadFacts, LoadRow, Replaced, UndoError, loads, replace, undo};
pub use rows::read;
pub use staged::{
    Part, Staged, StagedRow, forget_expired, remove_staged, set_review, stage, staged, staged_file,
};
pub use students::{
    Chance, Search, StudentLine, StudentPage, answered, chances, find, places_summary, schools,
    store_found_places, store_places, student, student_ids, student_sections, unplaced,
};
