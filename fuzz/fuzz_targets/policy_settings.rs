//! Any text as the settings of a policy; what is read is compiled to a snapshot that opens, or has problems. The first line,
//! as an address that somebody pastes, has a name or none.

#![no_main]

use evenfield_policy::compile::compile;
use evenfield_policy::config::read;
use evenfield_policy::{Aligned, NameBuf, SecretKey, Snapshot};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let first = text.lines().next().unwrap_or_default();
    if let Some(name) = NameBuf::from_address(first) {
        assert_eq!(NameBuf::from_address(&name.to_string()), Some(name));
    }
    let Ok(config) = read("policy.toml", text) else { return };
    let now = jiff::Timestamp::from_second(1_796_000_000).expect("a time");
    let mut open = |_: &str| Ok(b"a.example\nb.example\n".to_vec());
    let Ok(compiled) = compile("policy.toml", &config, &[], &mut open, now, [3; 16]) else { return };
    let key = SecretKey::from_seed(&[1; 32]);
    let Ok(bytes) = compiled.finish(&key) else { return };
    Snapshot::open(Aligned::copy(&bytes), &key.public()).expect("opens").verify_all().expect("whole");
});
