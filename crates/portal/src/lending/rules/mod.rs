//! Pure rules of the slice `lending`.

pub mod inventory;
pub mod loan;
pub mod order;
pub mod score;
pub mod service;
pub mod settings;
pub mod standing;
pub mod state;
pub mod usage;
