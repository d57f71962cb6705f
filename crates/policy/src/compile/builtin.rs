//! Names that we know ourselves: ways around a filter, and the safe addresses of search engines. Facts that their owners
//! publish for this purpose; a district's own lists add to them.

/// Firefox asks for this name before it turns its own resolver on, and leaves it off when the name does not exist
/// (<https://support.mozilla.org/kb/canary-domain-use-application-dnsnet>).
const CANARY: [&str; 1] = ["use-application-dns.net"];

/// Apple's private relay stays off where these do not exist
/// (<https://developer.apple.com/support/prepare-your-network-for-icloud-private-relay>).
const PRIVATE_RELAY: [&str; 4] =
    ["mask.icloud.com", "mask-h2.icloud.com", "mask-canary.icloud.com", "mask-api.icloud.com"];

/// Names that must not be asked of anybody: hidden services (RFC 7686), the upstream's own resolvers, to which devices
/// would go over (RFC 9462 section 8.2), and names that are on no server (RFC 6761 sections 6.3 and 6.4).
const SPECIAL: [&str; 4] = ["onion", "resolver.arpa", "localhost", "invalid"];

/// Public resolvers that are asked by HTTPS or TLS under a name.
const RESOLVERS: [&str; 55] = [
    "cloudflare-dns.com",
    "one.one.one.one",
    "dns.google",
    "dns.google.com",
    "dns.quad9.net",
    "dns9.quad9.net",
    "dns10.quad9.net",
    "dns11.quad9.net",
    "dns12.quad9.net",
    "doh.opendns.com",
    "doh.familyshield.opendns.com",
    "doh.sandbox.opendns.com",
    "dns.nextdns.io",
    "doh.cleanbrowsing.org",
    "dns.adguard.com",
    "dns.adguard-dns.com",
    "dns-family.adguard.com",
    "dns-unfiltered.adguard.com",
    "unfiltered.adguard-dns.com",
    "dns.controld.com",
    "freedns.controld.com",
    "doh.dns.sb",
    "dot.sb",
    "dns.mullvad.net",
    "doh.mullvad.net",
    "doh.libredns.gr",
    "dns.alidns.com",
    "doh.pub",
    "dot.pub",
    "doh.360.cn",
    "dot.360.cn",
    "dns.twnic.tw",
    "doh.dns.apple.com",
    "doh.xfinity.com",
    "dns.switch.ch",
    "doh.applied-privacy.net",
    "ordns.he.net",
    "doh.crypto.sx",
    "dns.digitale-gesellschaft.ch",
    "8888.google",
    "d.adguard-dns.com",
    "private.canadianshield.cira.ca",
    "max.rethinkdns.com",
    "sky.rethinkdns.com",
    "odvr.nic.cz",
    "public.dns.iij.jp",
    "doh.umbrella.com",
    "wikimedia-dns.org",
    "dns.sb",
    "dns0.eu",
    "dns.njal.la",
    "anycast.uncensoreddns.org",
    "unicast.uncensoreddns.org",
    "ahadns.com",
    "ahadns.net",
];

/// Well-known private networks and proxies. Lists of them are longer and change; these are the ones that
/// students know by name.
const TUNNELS: [&str; 25] = [
    "cloudflareclient.com",
    "torproject.org",
    "psiphon.ca",
    "ultrasurf.us",
    "protonvpn.com",
    "protonvpn.ch",
    "nordvpn.com",
    "expressvpn.com",
    "surfshark.com",
    "windscribe.com",
    "tunnelbear.com",
    "hotspotshield.com",
    "privateinternetaccess.com",
    "cyberghostvpn.com",
    "ipvanish.com",
    "hide.me",
    "hidemyass.com",
    "vpnbook.com",
    "betternet.co",
    "hola.org",
    "proxysite.com",
    "croxyproxy.com",
    "croxyproxy.rocks",
    "kproxy.com",
    "4everproxy.com",
];

/// All ways around.
pub(super) fn bypass() -> impl Iterator<Item = &'static str> {
    CANARY.into_iter().chain(PRIVATE_RELAY).chain(SPECIAL).chain(RESOLVERS).chain(TUNNELS)
}

/// Names that are sent to YouTube's restricted addresses (<https://support.google.com/a/answer/6214622>).
pub(super) const YOUTUBE: [&str; 5] = [
    "www.youtube.com",
    "m.youtube.com",
    "youtubei.googleapis.com",
    "youtube.googleapis.com",
    "www.youtube-nocookie.com",
];

/// A search engine's name and its safe address, as each engine publishes it. The engine's other names are sent there, too: one that is not served
/// there does not open, and is not open as it is.
const ENGINES: [(&str, &str); 16] = [
    ("m.bing.com", "strict.bing.com"),
    ("cn.bing.com", "strict.bing.com"),
    ("html.duckduckgo.com", "safe.duckduckgo.com"),
    ("lite.duckduckgo.com", "safe.duckduckgo.com"),
    ("noai.duckduckgo.com", "safe.duckduckgo.com"),
    ("www.pixabay.com", "safesearch.pixabay.com"),
    ("ecosia.org", "strict-safe-search.ecosia.org"),
    ("www.bing.com", "strict.bing.com"),
    ("bing.com", "strict.bing.com"),
    ("duckduckgo.com", "safe.duckduckgo.com"),
    ("www.duckduckgo.com", "safe.duckduckgo.com"),
    ("start.duckduckgo.com", "safe.duckduckgo.com"),
    ("pixabay.com", "safesearch.pixabay.com"),
    ("search.brave.com", "forcesafe.search.brave.com"),
    ("www.ecosia.org", "strict-safe-search.ecosia.org"),
    ("api.qwant.com", "safeapi.qwant.com"),
];

/// What follows `www.google.` (<https://support.google.com/websearch/answer/186669>).
const GOOGLE: &str = "com ad ae com.af com.ag al am co.ao com.ar as at com.au az ba com.bd be bf bg com.bh bi bj com.bn \
    com.bo com.br bs bt co.bw by com.bz ca cat cd cf cg ch ci co.ck cl cm cn com.co co.cr com.cu cv com.cy cz de dj dk \
    dm com.do dz com.ec ee com.eg es com.et fi com.fj fm fr ga ge gg com.gh com.gi gl gm gr com.gt gy com.hk hn hr \
    ht hu co.id ie co.il im co.in iq is it je com.jm jo co.jp co.ke com.kh ki kg co.kr com.kw kz la com.lb li lk co.ls \
    lt lu lv com.ly co.ma md me mg mk ml com.mm mn com.mt mu mv mw com.mx com.my co.mz com.na com.ng com.ni ne nl no \
    com.np nr nu co.nz com.om com.pa com.pe com.pg com.ph com.pk pl pn com.pr ps pt com.py com.qa ro rs ru rw com.sa \
    com.sb sc se com.sg sh si sk com.sl sm sn so sr st com.sv td tg co.th com.tj tl tm tn to com.tr tt com.tw co.tz \
    com.ua co.ug co.uk com.uy co.uz com.vc co.ve co.vi com.vn vu ws co.za co.zm co.zw";

/// Search engines' names and their safe addresses.
pub(super) fn engines() -> impl Iterator<Item = (String, &'static str)> {
    let google =
        GOOGLE.split_whitespace().map(|end| (format!("www.google.{end}"), "forcesafesearch.google.com"));
    google.chain(ENGINES.into_iter().map(|(name, safe)| (name.to_owned(), safe)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NameBuf;

    #[test]
    fn every_name_is_one_and_stands_there_once() {
        let all = bypass().map(str::to_owned).chain(engines().map(|e| e.0)).chain(YOUTUBE.map(str::to_owned));
        let names: Vec<NameBuf> = all.map(|n| NameBuf::from_text(&n).expect("a name")).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(engines().all(|(_, safe)| NameBuf::from_text(safe).is_ok()));
        assert!(bypass().any(|name| name == "onion") && bypass().any(|name| name == "resolver.arpa"));
        assert!(engines().any(|(name, _)| name == "www.google.co.uk"));
        assert!(engines().any(|(name, safe)| name == "html.duckduckgo.com" && safe == "safe.duckduckgo.com"));
    }
}
