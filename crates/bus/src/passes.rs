//! Who may use the Wi-Fi: a file of passes. It has no names in it: logins and codes are there as HMACs under the district's
//! key, riders as pseudonyms that the portal made.
//!
//! ```text
//! login,proof,rider,minutes,mebibytes,down_kbit,up_kbit
//! 5f…,code:9a…,00c0ffee00c0ffee,90,500,4000,1000
//! ```

use crate::keyed::{Key, from_hex, hex};
use crate::radius::chap_is;
use evenfield_model::Problems;
use std::collections::HashMap;
use subtle::ConstantTimeEq as _;

/// The columns of the file.
pub const HEADER: &str = "login,proof,rider,minutes,mebibytes,down_kbit,up_kbit";

/// A rider's pseudonym.
pub type Rider = [u8; 8];

/// By what a pass is known to be shown by whom it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The HMAC of a code: for PAP and the login page.
    Code([u8; 32]),
    /// A code in the clear: CHAP needs it.
    Plain(String),
    /// The hardware address that is the login: for devices that the district owns. It is no secret.
    Device,
}

/// What a rider may use in a day; 0 is without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Minutes.
    pub minutes: u32,
    /// Mebibytes, both ways together.
    pub mebibytes: u32,
    /// kbit/s to the client.
    pub down_kbit: u32,
    /// kbit/s from the client.
    pub up_kbit: u32,
}

/// A pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    proof: Proof,
    /// For whom it is.
    pub rider: Rider,
    /// What it is good for.
    pub limits: Limits,
}

/// All passes.
#[derive(Clone, Debug)]
pub struct Passes {
    key: Key,
    by_login: HashMap<[u8; 16], Pass>,
    by_rider: HashMap<Rider, Limits>,
}

/// A login in its one form: without spaces around it, in small letters; a hardware address as twelve digits.
fn normal(login: &str) -> String {
    hardware(login.as_bytes()).map_or_else(|| login.trim().to_lowercase(), |address| hex(&address))
}

/// Reads a hardware address in any of its forms: `02:00:00:00:00:01`, `02-00-…`, `0200.0000.0001`, `020000000001`.
/// What some access points put after it, `:` and the network's name, is not looked at.
pub fn hardware(text: &[u8]) -> Option<[u8; 6]> {
    let text = std::str::from_utf8(text).ok()?;
    let places: &[usize] = match text.as_bytes().get(2)? {
        b':' | b'-' => &[2, 5, 8, 11, 14],
        _ if text.as_bytes().get(4) == Some(&b'.') => &[4, 9],
        _ => &[],
    };
    let own = text.get(..12 + places.len())?;
    let rest = text.get(own.len()..)?;
    if !(rest.is_empty() || rest.starts_with(':')) {
        return None;
    }
    let separator = own.as_bytes().get(*places.first().unwrap_or(&0))?;
    let mut digits = String::new();
    for (at, octet) in own.bytes().enumerate() {
        match places.contains(&at) {
            true if octet == *separator => {}
            true => return None,
            false => digits.push(char::from(octet)),
        }
    }
    from_hex(&digits)
}

fn login_mark(key: &Key, login: &str) -> [u8; 16] {
    key.short("login", &[normal(login).as_bytes()])
}

fn code_mark(key: &Key, login: &str, code: &[u8]) -> [u8; 32] {
    key.of("code", &[normal(login).as_bytes(), code])
}

/// Writes a row of the file, as the portal does.
pub fn row(key: &Key, login: &str, proof: &WrittenProof<'_>, rider: Rider, limits: Limits) -> String {
    let proof = match proof {
        WrittenProof::Code(code) => format!("code:{}", hex(&code_mark(key, login, code.as_bytes()))),
        WrittenProof::Plain(code) => format!("plain:{code}"),
        WrittenProof::Device => "device".to_owned(),
    };
    let Limits { minutes, mebibytes, down_kbit, up_kbit } = limits;
    let (login, rider) = (hex(&login_mark(key, login)), hex(&rider));
    format!("{login},{proof},{rider},{minutes},{mebibytes},{down_kbit},{up_kbit}")
}

/// A proof that is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenProof<'a> {
    /// A code; its HMAC is written. 12 characters of 32 or more, drawn by chance, withstand whoever steals the file.
    Code(&'a str),
    /// A code that is written as it is, without a comma.
    Plain(&'a str),
    /// The hardware address.
    Device,
}

impl Passes {
    /// No passes.
    pub fn none(key: Key) -> Self {
        Self { key, by_login: HashMap::new(), by_rider: HashMap::new() }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// All that is wrong with it; nothing is used then.
    pub fn read(file: &str, text: &str, key: Key) -> Result<Self, Problems> {
        let (mut passes, mut problems) = (Self::none(key), Problems::default());
        let mut lines = text.trim_start_matches('\u{FEFF}').lines().enumerate();
        match lines.next() {
            Some((_, line)) if line.trim() == HEADER => {}
            other => {
                let said = other.map_or("", |(_, line)| line);
                problems.push(file, 1, "", said, format!("the columns `{HEADER}`"));
            }
        }
        for (n, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let number = n as u64 + 1;
            match read_row(line.trim()) {
                Ok((login, pass)) => {
                    passes.by_rider.insert(pass.rider, pass.limits);
                    if passes.by_login.insert(login, pass).is_some() {
                        problems.push(file, number, "login", &hex(&login), "each login once".to_owned());
                    }
                }
                Err((column, said, wanted)) => problems.push(file, number, column, said, wanted.to_owned()),
            }
        }
        if problems.is_empty() { Ok(passes) } else { Err(problems) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_login.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_login.is_empty()
    }

    /// The district's key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The pass of who knows its code.
    pub fn by_code(&self, login: &str, code: &[u8]) -> Option<&Pass> {
        let shown = code_mark(&self.key, login, code);
        let pass = self.by_login.get(&login_mark(&self.key, login))?;
        let right = match &pass.proof {
            Proof::Code(mark) => shown.ct_eq(mark).into(),
            Proof::Plain(plain) => shown.ct_eq(&code_mark(&self.key, login, plain.as_bytes())).into(),
            Proof::Device => false,
        };
        right.then_some(pass)
    }

    /// The pass of who answers a CHAP challenge by its code.
    pub fn by_chap(&self, login: &str, value: &[u8], challenge: &[u8]) -> Option<&Pass> {
        let pass = self.by_login.get(&login_mark(&self.key, login))?;
        match &pass.proof {
            Proof::Plain(plain) if chap_is(value, plain.as_bytes(), challenge) => Some(pass),
            _ => None,
        }
    }

    /// The pass of a device of the district.
    pub fn by_hardware(&self, address: [u8; 6]) -> Option<&Pass> {
        let pass = self.by_login.get(&login_mark(&self.key, &hex(&address)))?;
        (pass.proof == Proof::Device).then_some(pass)
    }

    /// What a rider may use; none when there is no such rider any more.
    pub fn limits(&self, rider: &Rider) -> Option<Limits> {
        self.by_rider.get(rider).copied()
    }
}

/// Column, what was said, what was wanted.
type Fault<'a> = (&'static str, &'a str, &'static str);

fn read_row(line: &str) -> Result<([u8; 16], Pass), Fault<'_>> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let Ok([login, proof, rider, minutes, mebibytes, down, up]) = <[&str; 7]>::try_from(fields) else {
        // Nor is it told here what is said: there may be a code in it.
        return Err(("", "", "seven fields"));
    };
    let number = |column, said: &str, most: u32| {
        said.parse().ok().filter(|n| *n <= most).ok_or(column).map_err(|column: &'static str| column)
    };
    let numbers = || {
        Ok(Limits {
            minutes: number("minutes", minutes, 1_440)?,
            mebibytes: number("mebibytes", mebibytes, 1 << 20)?,
            down_kbit: number("down_kbit", down, 4_000_000)?,
            up_kbit: number("up_kbit", up, 4_000_000)?,
        })
    };
    let limits = numbers().map_err(|column: &'static str| {
        let said = match column {
            "minutes" => minutes,
            "mebibytes" => mebibytes,
            "down_kbit" => down,
            _ => up,
        };
        (column, said, "a whole number: at most 1440 minutes, 1048576 MiB, 4000000 kbit/s; 0 for no limit")
    })?;
    let proof = match proof.split_once(':') {
        None if proof == "device" => Some(Proof::Device),
        Some(("code", mark)) => from_hex(mark).map(Proof::Code),
        Some(("plain", code)) if !code.is_empty() => Some(Proof::Plain(code.to_owned())),
        _ => None,
    };
    // What is said is not told: it may be a code.
    let proof =
        proof.ok_or(("proof", "", "`code:` and 64 hexadecimal digits, `plain:` and a code, or `device`"))?;
    let rider = from_hex(rider).ok_or(("rider", rider, "16 hexadecimal digits"))?;
    let login = from_hex(login).ok_or(("login", "", "32 hexadecimal digits"))?;
    Ok((login, Pass { proof, rider, limits }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { minutes: 90, mebibytes: 500, down_kbit: 4_000, up_kbit: 1_000 };

    fn key() -> Key {
        Key::new([7; 32])
    }

    #[test]
    fn a_pass_is_known_by_its_proof_alone() {
        let rows = [
            row(&key(), "Nemo@example.org ", &WrittenProof::Code("sesame"), [1; 8], LIMITS),
            row(&key(), "flopsy", &WrittenProof::Plain("arctangent"), [2; 8], LIMITS),
            row(&key(), "02:00:00:00:00:0A", &WrittenProof::Device, [3; 8], LIMITS),
        ];
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        assert!(!text.contains("nemo") && !text.contains("sesame"));
        let passes = Passes::read("passes.csv", &text, key()).expect("passes");
        let rider = |pass: Option<&Pass>| pass.map(|pass| pass.rider);
        assert_eq!(rider(passes.by_code("nemo@EXAMPLE.org", b"sesame")), Some([1; 8]));
        assert_eq!(rider(passes.by_code("nemo@example.org", b"Sesame")), None);
        assert_eq!(rider(passes.by_code("flopsy", b"arctangent")), Some([2; 8]));
        assert_eq!(rider(passes.by_code("nobody", b"sesame")), None);
        assert_eq!(rider(passes.by_hardware([2, 0, 0, 0, 0, 10])), Some([3; 8]));
        assert_eq!(rider(passes.by_code("02-00-00-00-00-0a", b"02-00-00-00-00-0a")), None);
        let other = Passes::read("passes.csv", &text, Key::new([8; 32])).expect("passes");
        assert_eq!(rider(other.by_code("nemo@example.org", b"sesame")), None);
        // The values of RFC 2865, section 7.2.
        let challenge = from_hex::<16>("2aee86f08d0d55969ca5978e0d3367a2").expect("digits");
        let chap =
            from_hex::<17>("16e97557c316185895f293ff634407 7275".replace(' ', "").as_str()).expect("digits");
        assert_eq!(rider(passes.by_chap("flopsy", &chap, &challenge)), Some([2; 8]));
        assert_eq!(rider(passes.by_chap("nemo@example.org", &chap, &challenge)), None);
        assert_eq!(passes.limits(&[2; 8]), Some(LIMITS));
    }

    #[test]
    fn all_faults_are_told_and_no_code() {
        let good = row(&key(), "nemo", &WrittenProof::Code("sesame"), [1; 8], LIMITS);
        let text = format!(
            "login,proof\n{good}\n{good}\n1,2\n{}\n{}\n",
            good.replace(",90,", ",9000,"),
            good.replace("code:", "kode:")
        );
        let problems = Passes::read("passes.csv", &text, key()).expect_err("faults");
        let found: Vec<_> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
        assert_eq!(found, [(1, ""), (3, "login"), (4, ""), (5, "minutes"), (6, "proof")]);
        assert_eq!(problems.kept()[4].said, "");
    }

    #[test]
    fn a_hardware_address_has_many_forms() {
        let wanted = Some([0x02, 0, 0, 0xAB, 0xCD, 0x01]);
        for text in [
            "02:00:00:ab:cd:01",
            "02-00-00-AB-CD-01",
            "0200.00ab.cd01",
            "020000abcd01",
            "02-00-00-AB-CD-01:School Bus",
        ] {
            assert_eq!(hardware(text.as_bytes()), wanted, "{text}");
        }
        for text in ["", "02:00:00:ab:cd", "02:00:00:ab-cd:01", "020000abcd0", "02:00:00:ab:cd:01x", "éééééé"]
        {
            assert_eq!(hardware(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}", octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Passes::read("x", &format!("{HEADER}\n{text}"), key());
            let _ = hardware(&octets);
            let _ = hardware(text.as_bytes());
        }
    }
}
