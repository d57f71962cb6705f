//! Any bytes as a district's rows over the catalogue, as a name and as a file of term keys.

#![no_main]

use evenfield_usage::catalogue::Catalogue;
use evenfield_usage::pseudonym::KeyRing;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static COMMON: LazyLock<Catalogue> = LazyLock::new(Catalogue::common);

fuzz_target!(|bytes: &[u8]| {
    let name = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    match COMMON.overlaid("f", bytes) {
        Ok(catalogue) => {
            for found in [catalogue.find(name), COMMON.find(name)].into_iter().flatten() {
                assert!(catalogue.resource(found.resource).is_some());
            }
        }
        Err(problems) => assert!(problems.found() > 0),
    }
    if let Ok(ring) = KeyRing::parse("f", &String::from_utf8_lossy(bytes)) {
        assert_eq!(KeyRing::parse("f", &ring.to_file()), Ok(ring));
    }
});
