//! Any bytes as what carriers' interfaces answer and tell by themselves: lines, use, tokens, what became of an order.

#![no_main]

use evenfield_gap::inventory::{control_center, thingspace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let day = jiff::civil::date(2026, 11, 20);
    if let Ok(page) = control_center::parse_devices(bytes, "DEACTIVATED") {
        assert!(page.seen.iter().all(|seen| seen.iccid.starts_with("89")));
    }
    let _ = control_center::parse_device(bytes, "DEACTIVATED");
    if let Ok(Some(used)) = control_center::parse_usage(bytes, day) {
        assert!(used.octets >= 0 && used.to == day);
    }
    if let Ok(page) = thingspace::parse_devices(bytes) {
        assert!(page.devices.iter().all(|device| device.iccid.starts_with("89")));
    }
    if let Ok((used, _)) = thingspace::parse_usage(bytes, "8991101200003204514", day) {
        assert!(used.iter().all(|used| used.octets >= 0 && used.to <= day));
    }
    for field in ["access_token", "sessionToken"] {
        if let Ok((token, _)) = thingspace::parse_token(bytes, field) {
            assert!(token.bytes().all(|b| b.is_ascii_graphic()));
        }
    }
    let _ = (thingspace::parse_told(bytes), thingspace::parse_request(bytes), thingspace::is_session_over(bytes));
});
