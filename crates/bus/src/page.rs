//! The login page, one plain HTML form, and what devices ask to learn of it: RFC 8908. Pure: requests in, what to answer
//! and to do out.

use crate::gate::{Decision, Gate};
use crate::passes::Rider;
use crate::ticket;
use std::collections::HashMap;
use std::net::IpAddr;

/// A ticket is good for so long, s: a school day with its rides.
const TICKET_S: u64 = 16 * 3_600;
/// Wrong codes from one address in a minute.
const MOST_WRONG: u32 = 5;
/// Addresses whose wrong codes are counted.
const MOST_COUNTED: usize = 4_096;
/// The longest form.
pub const LONGEST_FORM: usize = 2_048;
/// The cookie with the ticket.
const COOKIE: &str = "ticket=";

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is a POST.
    pub post: bool,
    /// Without its query.
    pub path: String,
    /// The header Cookie.
    pub cookie: String,
    /// The header Accept-Language.
    pub language: String,
    /// A form.
    pub form: String,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// From where.
    pub address: IpAddr,
    /// Whether the device has a session, and whose.
    pub session: Option<Option<Rider>>,
    /// Seconds since 1970, when the time is known.
    pub now_s: Option<u64>,
    /// Seconds since the program began.
    pub up_s: u64,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body; of HTML when it is empty.
    pub kind: &'static str,
    /// The body.
    pub body: String,
    /// Header Location.
    pub location: Option<String>,
    /// Header Set-Cookie.
    pub cookie: Option<String>,
    /// What is to be done.
    pub deed: Option<Deed>,
}

/// What is to be done with the device that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It may come in, for this rider: its session ends and begins anew.
    LetIn(Rider),
    /// It is not to be let in any more.
    LetOut,
}

/// The words of a language.
struct Words {
    tag: &'static str,
    title: &'static str,
    login: &'static str,
    code: &'static str,
    send: &'static str,
    wrong: &'static str,
    wait: &'static str,
    online: &'static str,
    off: &'static str,
    used: &'static str,
    leave: &'static str,
    left: &'static str,
    strange: &'static str,
}

const ENGLISH: Words = Words {
    tag: "en",
    title: "School bus Wi-Fi",
    login: "Login",
    code: "Access code",
    send: "Go online",
    wrong: "The login or the code is not right. Please try again.",
    wait: "Too many tries. Please wait one minute.",
    online: "You are online. It can take a few seconds.",
    off: "Wi-Fi is off now.",
    used: "Your Wi-Fi time for today is used up.",
    leave: "Log out",
    left: "You are logged out.",
    strange: "This page does not know your device. Please connect to the Wi-Fi of the bus again.",
};

const SPANISH: Words = Words {
    tag: "es",
    title: "Wi-Fi del autobús escolar",
    login: "Usuario",
    code: "Código de acceso",
    send: "Conectarse",
    wrong: "El usuario o el código no es correcto. Inténtelo otra vez.",
    wait: "Demasiados intentos. Espere un minuto.",
    online: "Ya tiene conexión. Puede tardar unos segundos.",
    off: "El Wi-Fi está apagado ahora.",
    used: "Su tiempo de Wi-Fi de hoy se terminó.",
    leave: "Salir",
    left: "Ha salido.",
    strange: "Esta página no conoce su dispositivo. Conéctese otra vez al Wi-Fi del autobús.",
};

/// The language that is asked for first, of those that there are.
fn words(language: &str) -> &'static Words {
    let tags = language.split(',').map(|tag| tag.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
    tags.into_iter()
        .find_map(|tag| [&ENGLISH, &SPANISH].into_iter().find(|words| words.tag == tag))
        .unwrap_or(&ENGLISH)
}

/// The page.
pub struct Page {
    /// Its address, without a slash at the end: `https://wifi.example.org`.
    url: String,
    wrong: HashMap<IpAddr, (u64, u32)>,
}

impl Page {
    /// A page at this address.
    pub fn new(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), wrong: HashMap::new() }
    }

    /// Answers a request.
    pub fn answer(&mut self, asked: &Asked, from: &From, gate: &Gate) -> Answer {
        let words = words(&asked.language);
        match (asked.post, asked.path.as_str()) {
            (false, "/captive") => self.state(from, gate),
            (false, "/") => Self::welcome(asked, from, gate, words),
            (true, "/login") => self.login(asked, from, gate, words),
            (true, "/logout") => {
                let cookie = Some(format!("{COOKIE}; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"));
                Answer { cookie, deed: Some(Deed::LetOut), ..html(200, words, words.left, Form::Login) }
            }
            // What devices ask to see whether they are online (`/generate_204`, `/hotspot-detect.html`, …), and whatever else an
            // access point sends here.
            _ => Answer { location: Some(format!("{}/", self.url)), ..html(302, words, "", Form::Login) },
        }
    }

    /// RFC 8908, section 5.
    fn state(&self, from: &From, gate: &Gate) -> Answer {
        let mut state = serde_json::json!({
            "captive": true,
            "user-portal-url": format!("{}/", self.url),
            "can-extend-session": false,
        });
        let grant = match from.session {
            Some(Some(rider)) => gate.grant(rider),
            // Let in by an outside server.
            Some(None) if gate.rules().captive.is_none() => Decision::Accept(gate.outside()),
            _ => Decision::Captive(String::new()),
        };
        if let Decision::Accept(grant) = grant
            && gate.is_open()
        {
            state["captive"] = false.into();
            state["seconds-remaining"] = grant.seconds.into();
            if grant.octets != 0 {
                state["bytes-remaining"] = grant.octets.into();
            }
        }
        Answer { kind: "application/captive+json", ..plain(200, state.to_string()) }
    }

    fn welcome(asked: &Asked, from: &From, gate: &Gate, words: &'static Words) -> Answer {
        match from.session {
            Some(Some(_)) => return html(200, words, words.online, Form::Logout),
            None => return html(200, words, words.strange, Form::None),
            Some(None) => {}
        }
        let cookies = asked.cookie.split(';').map(str::trim);
        let tickets = cookies.filter_map(|cookie| cookie.strip_prefix(COOKIE));
        let key = gate.passes().key();
        let rider = tickets.filter_map(|text| ticket::check(key, text, from.now_s)).next();
        match rider {
            Some(rider) => let_in(rider, gate, words, None),
            None => html(200, words, "", Form::Login),
        }
    }

    fn login(&mut self, asked: &Asked, from: &From, gate: &Gate, words: &'static Words) -> Answer {
        if from.session.is_none() {
            return html(200, words, words.strange, Form::None);
        }
        if self
            .wrong
            .get(&from.address)
            .is_some_and(|(since_s, count)| *count >= MOST_WRONG && from.up_s < since_s + 60)
        {
            return html(429, words, words.wait, Form::Login);
        }
        let (login, code) = (field(&asked.form, "login"), field(&asked.form, "code"));
        let (login, code) = (login.unwrap_or_default(), code.unwrap_or_default());
        // Codes are typed on phones, which put a space after a word.
        match gate.passes().by_code(&login, code.trim().as_bytes()) {
            Some(pass) => {
                let until_s = from.now_s.map_or(u64::MAX, |now_s| now_s + TICKET_S);
                let ticket = ticket::issue(gate.passes().key(), pass.rider, until_s);
                let secure = if self.url.starts_with("https:") { "; Secure" } else { "" };
                let cookie =
                    format!("{COOKIE}{ticket}; Max-Age={TICKET_S}; Path=/; HttpOnly; SameSite=Lax{secure}");
                let_in(pass.rider, gate, words, Some(cookie))
            }
            None => {
                self.count_wrong(from);
                html(200, words, words.wrong, Form::Login)
            }
        }
    }

    fn count_wrong(&mut self, from: &From) {
        if self.wrong.len() >= MOST_COUNTED {
            self.wrong.retain(|_, (since_s, _)| from.up_s < *since_s + 60);
        }
        if self.wrong.len() < MOST_COUNTED || self.wrong.contains_key(&from.address) {
            let (since_s, count) = self.wrong.entry(from.address).or_insert((from.up_s, 0));
            if from.up_s >= *since_s + 60 {
                (*since_s, *count) = (from.up_s, 0);
            }
            *count += 1;
        }
    }
}

fn let_in(rider: Rider, gate: &Gate, words: &'static Words, cookie: Option<String>) -> Answer {
    if !gate.is_open() {
        return html(200, words, words.off, Form::None);
    }
    match gate.grant(rider) {
        Decision::Accept(_) => {
            let deed = Some(Deed::LetIn(rider));
            Answer { cookie, deed, ..html(200, words, words.online, Form::Logout) }
        }
        _ => html(200, words, words.used, Form::Login),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    None,
    Login,
    Logout,
}

fn plain(status: u16, body: String) -> Answer {
    Answer { status, kind: "text/html; charset=utf-8", body, location: None, cookie: None, deed: None }
}

/// The page in a language, with a message and a form. Nothing in it comes from a request.
fn html(status: u16, words: &Words, message: &str, form: Form) -> Answer {
    let Words { tag, title, login, code, send, leave, .. } = words;
    let message =
        if message.is_empty() { String::new() } else { format!("<p role=\"status\">{message}</p>") };
    let form = match form {
        Form::None => String::new(),
        Form::Login => format!(
            "<form method=\"post\" action=\"/login\"><p><label for=\"login\">{login}</label><br><input id=\"login\" \
             name=\"login\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required></p>\
             <p><label for=\"code\">{code}</label><br><input id=\"code\" name=\"code\" type=\"password\" \
             autocomplete=\"current-password\" required></p><p><button>{send}</button></p></form>"
        ),
        Form::Logout => {
            format!("<form method=\"post\" action=\"/logout\"><p><button>{leave}</button></p></form>")
        }
    };
    plain(
        status,
        format!(
            "<!DOCTYPE html><html lang=\"{tag}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 \
             system-ui,sans-serif;margin:1rem auto;max-width:24rem;padding:0 1rem}}input,button{{font:inherit;padding:.5rem;\
             width:100%;box-sizing:border-box}}</style></head><body><main><h1>{title}</h1>{message}{form}</main></body></html>"
        ),
    )
}

/// A field of a form, `application/x-www-form-urlencoded`.
fn field(form: &str, name: &str) -> Option<String> {
    let value = form.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?.1;
    let (mut octets, mut rest) = (Vec::with_capacity(value.len()), value.bytes());
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let two = [rest.next()?, rest.next()?];
                crate::keyed::from_hex::<1>(std::str::from_utf8(&two).ok()?)?[0]
            }
            octet => octet,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Rules;
    use crate::keyed::Key;
    use crate::passes::{HEADER, Limits, Passes, WrittenProof, row};
    use proptest::prelude::*;

    fn gate() -> Gate {
        let key = Key::new([7; 32]);
        let limits = Limits { minutes: 10, mebibytes: 5, ..Limits::default() };
        let row = row(&key, "ñandú", &WrittenProof::Code("sesame & co"), [1; 8], limits);
        let passes = Passes::read("passes.csv", &format!("{HEADER}\n{row}\n"), key).expect("passes");
        let captive = Some("captive".to_owned());
        Gate::new(Rules { session_s: 3_600, idle_s: 0, interim_s: 60, captive, outside: false }, passes)
    }

    fn from(session: Option<Option<Rider>>) -> From {
        From { address: [10, 0, 0, 9].into(), session, now_s: Some(1_000_000), up_s: 50 }
    }

    fn get(path: &str) -> Asked {
        Asked { path: path.to_owned(), ..Asked::default() }
    }

    fn login(code: &str) -> Asked {
        let form = format!("login=%C3%B1and%C3%BA&code={code}");
        Asked { post: true, form, ..get("/login") }
    }

    #[test]
    fn a_device_learns_that_it_is_captive_and_then_for_how_long_it_is_not() {
        let (gate, mut page) = (gate(), Page::new("https://wifi.example.org/"));
        let answer = page.answer(&get("/captive"), &from(Some(None)), &gate);
        assert_eq!(answer.kind, "application/captive+json");
        let state: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(
            (&state["captive"], &state["user-portal-url"]),
            (&true.into(), &"https://wifi.example.org/".into())
        );
        let answer = page.answer(&get("/captive"), &from(Some(Some([1; 8]))), &gate);
        let state: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        let wanted = serde_json::json!({"captive": false, "user-portal-url": "https://wifi.example.org/",
            "can-extend-session": false, "seconds-remaining": 600, "bytes-remaining": 5 << 20});
        assert_eq!(state, wanted);
        for probe in ["/generate_204", "/hotspot-detect.html", "/connecttest.txt"] {
            let answer = page.answer(&get(probe), &from(None), &gate);
            assert_eq!((answer.status, answer.location.as_deref()), (302, Some("https://wifi.example.org/")));
        }
    }

    #[test]
    fn one_login_is_good_for_every_bus() {
        let (gate, mut page) = (gate(), Page::new("https://wifi.example.org"));
        let stranger = from(Some(None));
        let welcome = page.answer(&get("/"), &stranger, &gate);
        assert!(
            welcome.body.contains("<form") && !welcome.body.contains("<script") && welcome.deed.is_none()
        );
        assert!(welcome.body.len() < 2_000, "{} octets", welcome.body.len());
        let wrong = page.answer(&login("sesame"), &stranger, &gate);
        assert!(wrong.body.contains("not right") && wrong.deed.is_none());
        let answer = page.answer(&login("sesame+%26+co+"), &stranger, &gate);
        assert_eq!(answer.deed, Some(Deed::LetIn([1; 8])));
        let cookie = answer.cookie.expect("a ticket");
        assert!(cookie.contains("HttpOnly") && cookie.contains("Secure"), "{cookie}");
        // Another bus has another page and the same key.
        let mut other = Page::new("https://wifi.example.org");
        let ticket = cookie.split(';').next().expect("a cookie").to_owned();
        let asked = Asked { cookie: format!("a=b; {ticket}"), ..get("/") };
        assert_eq!(other.answer(&asked, &stranger, &gate).deed, Some(Deed::LetIn([1; 8])));
        let later = From { now_s: Some(1_000_000 + TICKET_S), ..stranger };
        assert_eq!(other.answer(&asked, &later, &gate).deed, None);
        let out = page.answer(&Asked { post: true, ..get("/logout") }, &from(Some(Some([1; 8]))), &gate);
        assert_eq!(out.deed, Some(Deed::LetOut));
    }

    #[test]
    fn codes_are_not_guessed_and_limits_hold() {
        let (mut gate, mut page) = (gate(), Page::new("https://wifi.example.org"));
        let stranger = from(Some(None));
        for _ in 0..MOST_WRONG {
            assert_eq!(page.answer(&login("x"), &stranger, &gate).status, 200);
        }
        assert_eq!(page.answer(&login("sesame+%26+co"), &stranger, &gate).status, 429);
        let later = From { up_s: 110, ..stranger };
        assert!(page.answer(&login("sesame+%26+co"), &later, &gate).deed.is_some());
        gate.count([1; 8], 600, 0);
        let answer = page.answer(&login("sesame+%26+co"), &later, &gate);
        assert!(answer.deed.is_none() && answer.body.contains("used up"), "{}", answer.body);
        gate.set_day(9);
        gate.set_open(false);
        let answer = page.answer(&login("sesame+%26+co"), &later, &gate);
        assert!(answer.deed.is_none() && answer.body.contains("off now"));
        assert!(page.answer(&login("sesame+%26+co"), &from(None), &gate).deed.is_none());
    }

    #[test]
    fn the_page_speaks_spanish() {
        let (gate, mut page) = (gate(), Page::new("https://wifi.example.org"));
        let asked = Asked { language: "fr;q=0.9, es-MX;q=0.8".to_owned(), ..get("/") };
        let answer = page.answer(&asked, &from(Some(None)), &gate);
        assert!(answer.body.contains("lang=\"es\"") && answer.body.contains("Código de acceso"));
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(form in "\\PC{0,80}", path in "/[a-z]{0,8}", cookie in "\\PC{0,80}", post: bool) {
            let mut page = Page::new("x");
            let asked = Asked { post, path, cookie: cookie.clone(), language: cookie, form: form.clone() };
            let _ = page.answer(&asked, &from(Some(None)), &gate());
            let _ = field(&format!("login={form}"), "login");
        }
    }
}
