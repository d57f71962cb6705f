//! How a device is told to ask an edge, and how the edge knows it: its token.
//!
//! A token is 130 random bits, shown once. A Chromebook makes its own: Chrome fills `DnsOverHttpsTemplatesWithIdentifiers`
//! with the SHA-256 of `DnsOverHttpsSalt` and the device's serial, in capital hexadecimal digits, so that one policy does for
//! all of them. The salt is made of the signing key and the district and is in no database: who has the database cannot
//! try out serials.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evenfield_policy::{DeviceKey, SecretKey};
use serde_json::json;
use sha2::{Digest, Sha256};

/// 32 letters and digits that fit a server name, which has no large letters.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The letters of a token: 5 bits each.
pub const TOKEN: usize = 26;

/// A token of random octets.
pub fn token(random: &[u8; TOKEN]) -> String {
    random.iter().map(|octet| char::from(ALPHABET[usize::from(octet & 31)])).collect()
}

/// What is stored in place of a token: what the policy knows it by. It is a plain digest, for the policy must hold it, and there
/// are 130 bits to guess.
pub fn stored_key(token: &str) -> String {
    format!("{:032x}", DeviceKey::of_token(token).0)
}

/// The key of a stored text.
pub fn read_key(stored: &str) -> Option<DeviceKey> {
    u128::from_str_radix(stored, 16).ok().map(DeviceKey)
}

/// The salt of a district's Chromebooks, 32 characters as Chrome wants them (8 to 32). A signature of Ed25519 is the same each
/// time and nobody else can make it.
pub fn salt(key: &SecretKey, district: &str) -> String {
    let signature = key.sign(format!("evenfield chrome salt 1\n{district}").as_bytes());
    let mut text = URL_SAFE_NO_PAD.encode(Sha256::digest(signature));
    text.truncate(32);
    text
}

/// The token that Chrome makes of a serial. Spaces around it and letter case are as the device has them: capital letters.
pub fn chrome_token(salt: &str, serial: &str) -> String {
    let digest = Sha256::digest(format!("{salt}{serial}"));
    digest.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// The address of DNS over HTTPS for a device, as a template of RFC 6570.
fn template(https: &str, token: &str) -> String {
    format!("{https}/{token}{{?dns}}")
}

/// Chrome's policy for one device.
pub fn chrome(https: &str, token: &str) -> String {
    pretty(&json!({ "DnsOverHttpsMode": "secure", "DnsOverHttpsTemplates": template(https, token) }))
}

/// Chrome's policy for all Chromebooks of a district.
pub fn chrome_fleet(https: &str, salt: &str) -> String {
    pretty(&json!({
        "DnsOverHttpsMode": "secure",
        "DnsOverHttpsTemplatesWithIdentifiers": template(https, "${DEVICE_SERIAL_NUMBER}"),
        "DnsOverHttpsSalt": salt,
    }))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

/// What an Apple profile says.
pub struct Profile<'a> {
    /// The address of DNS over HTTPS.
    pub https: &'a str,
    /// The device's token.
    pub token: &'a str,
    /// The district's name.
    pub district: &'a str,
    /// Whether the device is supervised: then the person cannot turn it off.
    pub supervised: bool,
    /// Two ids that no other profile has.
    pub ids: [&'a str; 2],
}

/// Apple's configuration profile with managed DNS settings (`com.apple.dnsSettings.managed`).
pub fn apple(profile: &Profile<'_>) -> String {
    let Profile { https, token, district, supervised, ids: [outer, inner] } = profile;
    let (url, name) = (xml(&format!("{https}/{token}")), xml(district));
    let prohibit = if *supervised { "<key>ProhibitDisablement</key><true/>\n" } else { "" };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\"><dict>\n\
         <key>PayloadContent</key><array><dict>\n\
         <key>DNSSettings</key><dict><key>DNSProtocol</key><string>HTTPS</string>\
         <key>ServerURL</key><string>{url}</string></dict>\n{prohibit}\
         <key>PayloadDisplayName</key><string>{name}</string>\n\
         <key>PayloadIdentifier</key><string>org.evenfield.dns.{inner}</string>\n\
         <key>PayloadType</key><string>com.apple.dnsSettings.managed</string>\n\
         <key>PayloadUUID</key><string>{inner}</string>\n\
         <key>PayloadVersion</key><integer>1</integer>\n\
         </dict></array>\n\
         <key>PayloadDisplayName</key><string>{name}</string>\n\
         <key>PayloadIdentifier</key><string>org.evenfield.{outer}</string>\n\
         <key>PayloadType</key><string>Configuration</string>\n\
         <key>PayloadUUID</key><string>{outer}</string>\n\
         <key>PayloadVersion</key><integer>1</integer>\n\
         </dict></plist>\n"
    )
}

fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether a text is a token of ours, which a form sends back.
pub fn is_token(text: &str) -> bool {
    text.len() == TOKEN && text.bytes().all(|octet| ALPHABET.contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value that Chromium's own test expects of this salt and serial.
    #[test]
    fn chrome_makes_the_same_token() {
        let made = chrome_token("test-salt", "serial-number");
        assert_eq!(made, "D60336AF57006D9FD327FD96F4B44F9067A09FB0A4DD83FB67EC0B2C472B9734");
    }

    #[test]
    fn a_salt_is_of_one_key_and_one_district() {
        let (one, other) = (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]));
        let made = salt(&one, "5100001");
        assert_eq!((made.len(), salt(&one, "5100001")), (32, made.clone()));
        assert_ne!(salt(&one, "5100002"), made);
        assert_ne!(salt(&other, "5100001"), made);
    }

    #[test]
    fn a_token_fits_a_server_name_and_is_known_by_its_key() {
        let made = token(&std::array::from_fn(|n| (n * 11) as u8));
        assert!(is_token(&made) && made.len() <= 63, "{made}");
        assert!(!is_token(&made[1..]) && !is_token(&made.to_uppercase()));
        assert_eq!(read_key(&stored_key(&made)), Some(DeviceKey::of_token(&made.to_uppercase())));
        assert_eq!(read_key("no key"), None);
    }

    #[test]
    fn what_devices_are_given_is_well_formed() {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let one = read(&chrome("https://dns.example.org/dns-query", "abc"));
        assert_eq!(one["DnsOverHttpsTemplates"], "https://dns.example.org/dns-query/abc{?dns}");
        let fleet = read(&chrome_fleet("https://dns.example.org/dns-query", "salt"));
        let wanted = "https://dns.example.org/dns-query/${DEVICE_SERIAL_NUMBER}{?dns}";
        assert_eq!(fleet["DnsOverHttpsTemplatesWithIdentifiers"], wanted);
        assert_eq!(
            (&fleet["DnsOverHttpsMode"], &fleet["DnsOverHttpsSalt"]),
            (&json!("secure"), &json!("salt"))
        );
        let profile = |supervised| {
            let https = "https://dns.example.org/dns-query";
            apple(&Profile { https, token: "abc", district: "Salt & <Pepper>", supervised, ids: ["A", "B"] })
        };
        insta::assert_snapshot!(profile(true));
        assert!(!profile(false).contains("ProhibitDisablement"));
    }
}
