//! Telemetry as it comes in: parsers of outside bytes, each to facts.

pub mod gpsd;
pub mod netjson;
pub mod nmea;
