//! SQL of the slice `survey`. The estimate calls [`latest`], the loader [`insert_many`] or [`load`].

mod answers;
mod asked;

pub use crate::rates::newest_term;
pub use answers::{
    Entered, HistoryRow, LoadFacts, LoadRow, Source, history, insert_many, latest, load, load_problems,
    loads, put_back, remove,
};
pub use asked::{
    Holder, Letter, TermRow, close_term, code_holder, forget_term, is_of_closed_term, know_term, letters,
    make_codes, open_term, student_exists, student_ids, terms,
};
