//! Any bytes as a district's rows over the catalogue, as a name, as a file of term keys, as settings and as a ledger.

#![no_main]

use evenfield_usage::catalogue::Catalogue;
use evenfield_usage::district::Settings;
use evenfield_usage::pseudonym::KeyRing;
use evenfield_usage::report::{Ledger, Rule};
use evenfield_usage::roster::Roster;
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
    let text = String::from_utf8_lossy(bytes);
    let _ = Settings::parse("f", &text);
    let roster = Roster::new(vec!["a".into()], vec![], &[]).expect("a roster");
    if let Ok(ledger) = Ledger::parse("f", &text, &roster, Rule::default()) {
        assert!(Ledger::parse("f", &ledger.to_file(&roster), &roster, Rule::default()).is_ok());
    }
    if let Ok(ring) = KeyRing::parse("f", &text) {
        assert_eq!(KeyRing::parse("f", &ring.to_file()), Ok(ring));
    }
});
