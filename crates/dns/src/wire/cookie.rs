//! Server cookies, RFC 7873 in the form of RFC 9018: who shows one has received an answer at its address.

use super::siphash::siphash_2_4;
use std::net::IpAddr;

/// Octets of a server cookie.
pub const SERVER_COOKIE: usize = 16;
/// For how long a cookie holds, seconds, and how far a clock may be ahead, RFC 9018 section 4.3.
const HOLDS_S: i32 = 3_600;
const AHEAD_S: i32 = 300;

/// The secret that makes server cookies.
pub struct CookieKey([u8; 16]);

impl CookieKey {
    /// A key of octets from the operating system's generator; servers that answer at one address share it.
    pub fn new(key: [u8; 16]) -> Self {
        Self(key)
    }

    /// The server cookie for a client at `now_s`: version 1, three zeros, the time, the hash.
    pub fn make(&self, client: &[u8; 8], address: IpAddr, now_s: u32) -> [u8; SERVER_COOKIE] {
        let mut cookie = [0; SERVER_COOKIE];
        cookie[0] = 1;
        cookie[4..8].copy_from_slice(&now_s.to_be_bytes());
        let hash = self.hash(client, &cookie[..8], address);
        cookie[8..].copy_from_slice(&hash.to_le_bytes());
        cookie
    }

    /// Whether the cookie was made here for this client not long ago.
    pub fn holds(&self, client: &[u8; 8], server: &[u8], address: IpAddr, now_s: u32) -> bool {
        let (Some(head), SERVER_COOKIE) = (server.first_chunk::<8>(), server.len()) else { return false };
        let [1, 0, 0, 0, time @ ..] = *head else { return false };
        // Serial number arithmetic, RFC 1982.
        let age = now_s.wrapping_sub(u32::from_be_bytes(time)) as i32;
        (-AHEAD_S..=HOLDS_S).contains(&age) && server[8..] == self.hash(client, head, address).to_le_bytes()
    }

    fn hash(&self, client: &[u8; 8], head: &[u8], address: IpAddr) -> u64 {
        let mut message = [0; 32];
        message[..8].copy_from_slice(client);
        message[8..16].copy_from_slice(head);
        match address {
            IpAddr::V4(v4) => {
                message[16..20].copy_from_slice(&v4.octets());
                siphash_2_4(&self.0, &message[..20])
            }
            IpAddr::V6(v6) => {
                message[16..].copy_from_slice(&v6.octets());
                siphash_2_4(&self.0, &message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hexadecimal"))
    }

    /// RFC 9018 appendix A.1 and A.4.
    #[test]
    fn the_examples_of_the_rfc_come_out() {
        let key = CookieKey::new(octets("e5e973e5a6b2a43f48e7dc849e37bfcf"));
        let client = octets("2464c4abcf10c957");
        let address = "198.51.100.100".parse().expect("an address");
        let cookie = key.make(&client, address, 1_559_731_985);
        assert_eq!(cookie, octets("010000005cf79f111f8130c3eee29480"));
        assert!(key.holds(&client, &cookie, address, 1_559_731_985 + 3_600));
        assert!(!key.holds(&client, &cookie, address, 1_559_731_985 + 3_601));
        assert!(!key.holds(&client, &cookie, address, 1_559_731_985 - 301));
        assert!(!key.holds(&client, &cookie[1..], address, 1_559_731_985));
        assert!(!key.holds(&client, &cookie, "198.51.100.101".parse().expect("an address"), 1_559_731_985));

        let client = octets("22681ab97d52c298");
        let address = "2001:db8:220:1:59de:d0f4:8769:82b8".parse().expect("an address");
        let old = CookieKey::new(octets("dd3bdf9344b678b185a6f5cb60fca715"));
        let cookie = octets::<16>("010000005cf7c57926556bd0934c72f8");
        assert_eq!(old.make(&client, address, 0x5cf7_c579), cookie);
        let new = CookieKey::new(octets("445536bcd2513298075a5d379663c962"));
        let cookie = octets::<16>("010000005cf7c609a6bb79d16625507a");
        assert_eq!(new.make(&client, address, 0x5cf7_c609), cookie);
    }
}
