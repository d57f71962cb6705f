//! Tells Cargo that the migrations and messages are part of the program.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=locales");
}
