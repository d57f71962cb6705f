//! Pure rules of the slice `lending`.

pub mod inventory;
pub mod loan;
pub mod state;
