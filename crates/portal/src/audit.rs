//! Who did and who looked at what: a log whose entries are chained by digest.
