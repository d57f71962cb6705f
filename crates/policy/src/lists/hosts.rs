//! Hosts files: an address that leads nowhere, and names.

use super::{Reader, without_comment};
use crate::build::Cover;
use core::net::IpAddr;

/// What every hosts file says of the machine itself and of its network.
const OF_THE_MACHINE: [&str; 12] = [
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "local",
    "broadcasthost",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
];

pub(super) fn line(reader: &mut Reader<'_>, line: &str) {
    let text = without_comment(line, &['#']);
    let mut words = text.split_whitespace();
    let Some(first) = words.next() else { return };
    let Ok(address) = first.parse::<IpAddr>() else {
        return reader.complain(line, "an address and names, as `0.0.0.0 name.example`");
    };
    let mut any = false;
    for word in words {
        any = true;
        if OF_THE_MACHINE.contains(&word) || word == "ip6-allhosts" {
            reader.reading.not_names += 1;
        } else if !address.is_unspecified() && !address.is_loopback() {
            reader.complain(line, "an address that leads nowhere: 0.0.0.0, 127.0.0.1, :: or ::1");
        } else {
            reader.name(line, word, Cover::Exact, false);
        }
    }
    if !any {
        reader.complain(line, "names after the address");
    }
}
