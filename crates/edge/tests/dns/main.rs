//! The edge as a whole: the program itself, asked by `dig` and by octets of ours.

mod fixture;
mod upstream;

mod encrypted;
mod encrypted_upstream;
mod faults;
mod fetched;
mod malformed;
mod signed;
mod usage;
mod verdicts;
