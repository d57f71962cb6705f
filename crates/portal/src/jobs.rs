//! Work that takes long: a queue in the same database as the change that asks for it.
