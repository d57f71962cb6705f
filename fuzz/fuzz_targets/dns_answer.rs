//! Answers as a hostile upstream sends them, checked and sent on. The first two octets choose the type and the age.

#![no_main]

use evenfield_dns::wire::{Extra, Limit, Rewritten, cached, check, parse, rewritten, shortest_ttl};
use libfuzzer_sys::fuzz_target;

const NAME: &[u8] = b"\x01a\x07example\0";

fuzz_target!(|bytes: &[u8]| {
    let Some(([qtype, age], bytes)) = bytes.split_first_chunk::<2>() else { return };
    let qtype = u16::from(*qtype);
    let Some(checked) = check(NAME, qtype, 0, bytes) else { return };
    for form in [Some(&checked.form), checked.without_ech.as_ref()].into_iter().flatten() {
        assert!(form.ttls.iter().all(|at| usize::from(*at) + 4 <= form.message.len()));
        let asked = [b"\0\0\x01\0\0\x01\0\0\0\0\0\x01", NAME, &qtype.to_be_bytes(), b"\0\x01\0\0\x29\x04\xD0\0\0\0\0\0\0"];
        let asked = asked.concat();
        let Ok(query) = parse(&asked, 65_001) else { continue };
        for octets in [512, 65_535] {
            let mut out = vec![0; octets];
            let (limit, ages) = (Limit { octets, pad: false }, (u32::from(*age), 100));
            let length = cached(&mut out, &query, form, ages, &Extra::default(), limit);
            assert!(length <= octets);
            // Nothing in what is sent lives longer than it may.
            assert!(form.ttls.is_empty() || shortest_ttl(&out[..length]) <= 100);
            let safe = Rewritten { target: NAME, form, ttl: 60 };
            assert!(rewritten(&mut out, &query, safe, ages, &Extra::default(), limit) <= octets);
        }
    }
});
