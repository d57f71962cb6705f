//! The whole flow, against a real provider and a crooked one.
