//! Queries as any stranger sends them: read, and blocked or refused.

#![no_main]

use evenfield_dns::wire::{Blocked, Extra, Limit, Refusal, block, parse, refuse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut out = [0; 512];
    match parse(bytes, 65_001) {
        Ok(query) => {
            assert!(12 + query.question_length() <= bytes.len());
            let limit = Limit { octets: 512, pad: true };
            let extra = Extra { cookie: None, error: Some((15, "games")) };
            let length = block(&mut out, &query, Blocked::Nxdomain, 60, &extra, limit);
            assert!(length <= 512 && out[..2] == bytes[..2] && out[2] & 0x80 != 0);
        }
        Err(Refusal::Code { rcode, question, edns }) => {
            assert!(refuse(&mut out, bytes, rcode, question, edns) <= 512);
        }
        Err(Refusal::Ignore) => {}
    }
});
