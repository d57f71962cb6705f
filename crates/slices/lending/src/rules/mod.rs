//! Pure rules of the slice `lending`.

pub mod code128;
pub mod columns;
pub mod coverage;
pub mod due;
pub mod forecast;
pub mod interface;
pub mod inventory;
pub mod loan;
pub mod message;
pub mod offer;
pub mod order;
pub mod programme;
pub mod public;
pub mod report;
pub mod score;
pub mod segments;
pub mod service;
pub mod settings;
pub mod standing;
pub mod state;
pub mod strokes;
pub mod trouble;
pub mod usage;
