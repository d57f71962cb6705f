//! Pure rules of the slice `lending`.

pub mod due;
pub mod forecast;
pub mod inventory;
pub mod loan;
pub mod offer;
pub mod order;
pub mod programme;
pub mod report;
pub mod score;
pub mod service;
pub mod settings;
pub mod standing;
pub mod state;
pub mod usage;
