//! Any text as a file of evidence; what opens was sealed by the key that it names, and seals again to the same file.

#![no_main]

use evenfield_policy::{SecretKey, evidence};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let key = SecretKey::from_seed(&[7; 32]);
    let sealed = evidence::seal(text, &key);
    assert_eq!(evidence::open(&sealed, Some(&key.public())), Ok((text, key.public())));
    // With our key in its head the rest of a file is of the fuzzer's making.
    let head = format!("evenfield evidence 1\nkey: {}\n{text}", key.public());
    for file in [text, &head] {
        if let Ok((inner, by)) = evidence::open(file, None)
            && by == key.public()
        {
            assert_eq!(evidence::seal(inner, &key).to_ascii_lowercase(), file.to_ascii_lowercase());
        }
    }
});
