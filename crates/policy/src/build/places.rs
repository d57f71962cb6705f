//! Address ranges of places.

use crate::subject::{SiteId, address_number};
use core::net::IpAddr;

/// The addresses from `first` to `last`; IPv4 stands in `::ffff:0:0/96`.
#[derive(Clone, Copy)]
pub(super) struct Range {
    site: SiteId,
    first: u128,
    last: u128,
}

impl Range {
    pub fn of(site: SiteId, address: IpAddr, bits: u8) -> Self {
        let bits = if address.is_ipv4() { bits.min(32) + 96 } else { bits.min(128) };
        let address = address_number(address);
        let host = u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
        Self { site, first: address & !host, last: address | host }
    }
}

/// Prefixes, of which one may lie in another, as ranges that follow each other without overlap: where each begins
/// and the number of its site plus 1, or 0. The narrowest prefix holds.
pub(super) fn flatten(ranges: &[Range]) -> Vec<u8> {
    let mut sorted = ranges.to_vec();
    // A wide prefix comes before the narrow ones in it; of equal ones the one named last holds.
    sorted.sort_by_key(|r| (r.first, u128::MAX - r.last));
    let mut cuts: Vec<(u128, u32)> = Vec::new();
    let mut open: Vec<Range> = Vec::new();
    let close = |open: &mut Vec<Range>, cuts: &mut Vec<(u128, u32)>, before: Option<u128>| {
        while let Some(top) = open.last().copied().filter(|top| before.is_none_or(|at| top.last < at)) {
            open.pop();
            if let Some(next) = top.last.checked_add(1) {
                cuts.push((next, open.last().map_or(0, |outer| outer.site.0 + 1)));
            }
        }
    };
    for range in sorted {
        close(&mut open, &mut cuts, Some(range.first));
        cuts.push((range.first, range.site.0 + 1));
        open.push(range);
    }
    close(&mut open, &mut cuts, None);
    let mut bytes = Vec::new();
    for (at, (first, site)) in cuts.iter().enumerate() {
        // Where several begin at one address, the last one pushed is the narrowest.
        if cuts.get(at + 1).is_none_or(|next| next.0 != *first) {
            bytes.extend_from_slice(&first.to_le_bytes());
            bytes.extend_from_slice(&site.to_le_bytes());
        }
    }
    bytes
}
