//! Notices by text message and e-mail: of what kind they are, how their text is filled, and when one may be sent.

pub use crate::contact::{email, phone};

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The longest text, characters: four parts of a text message.
pub const BODY: usize = 612;
/// The longest subject of an e-mail, characters.
pub const SUBJECT: usize = 100;
/// So many times a message is tried that was certainly not taken.
pub const TRIES: i64 = 6;
/// What was begun and has not ended for so long was broken off: nobody knows whether it was sent.
pub const BROKEN_OFF_MS: i64 = 10 * 60 * 1000;
/// For so long a message is under way that waits, or of which nobody has said that it arrived; then a letter is due.
pub const UNDER_WAY_MS: i64 = 3 * 24 * 3_600_000;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

/// How a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// To a telephone.
    Text,
    /// By e-mail.
    Email,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Text, Self::Email];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Email => "email",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// That notices come from now on, and how to end them.
    Welcome,
    /// That a loan ends soon.
    Due,
    /// That a device is overdue.
    Overdue,
    /// That a device is lost.
    Lost,
    /// That a line is not used: does the household need help?
    Unused,
    /// That it is still not used, and what comes.
    Idle,
    /// That a device is ready to be fetched.
    Offer,
    /// The link that a family asked for.
    Link,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Welcome,
        Self::Due,
        Self::Overdue,
        Self::Lost,
        Self::Unused,
        Self::Idle,
        Self::Offer,
        Self::Link,
    ];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Lost => "lost",
            Self::Unused => "unused",
            Self::Idle => "idle",
            Self::Offer => "offer",
            Self::Link => "link",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == word)
    }

    /// The values that its text may have in braces.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Welcome => &["district", "phone", "stop"],
            Self::Due | Self::Unused => &["district", "phone", "device", "day"],
            Self::Overdue | Self::Lost | Self::Idle => &["district", "phone", "device", "day", "until"],
            Self::Offer => &["district", "phone", "until"],
            Self::Link => &["district", "link"],
        }
    }

    /// Those that it must have: without them the household does not know what to do by when.
    pub fn must(self) -> &'static [&'static str] {
        match self {
            Self::Welcome => &["district"],
            Self::Due => &["device", "day"],
            Self::Unused => &["device", "phone"],
            Self::Overdue | Self::Lost | Self::Idle => &["device", "phone", "until"],
            Self::Offer => &["until"],
            Self::Link => &["link"],
        }
    }

    /// Whether it answers what somebody just did: it does not wait for the morning, and is not counted with the notices of a week.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Welcome | Self::Link)
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing is there.
    Empty,
    /// It has more characters than this.
    Long(usize),
    /// A brace that is not closed, or a value that this topic does not have.
    Unknown(String),
    /// A value that it must have is not there.
    Missing(&'static str),
}

/// The pieces of a text: plain, or the name of a value.
fn pieces(text: &str) -> Result<Vec<(bool, &str)>, TextFault> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (plain, from) = rest.split_at(at);
        all.push((false, plain));
        let end = from.find('}').filter(|_| from.starts_with('{'));
        let end = end.ok_or_else(|| TextFault::Unknown(from.chars().take(20).collect()))?;
        all.push((true, &from[1..end]));
        rest = &from[end + 1..];
    }
    all.push((false, rest));
    Ok(all)
}

/// Checks a text of a topic.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(topic: Topic, text: &str) -> Result<(), TextFault> {
    if text.trim().is_empty() {
        return Err(TextFault::Empty);
    }
    if text.chars().count() > BODY {
        return Err(TextFault::Long(BODY));
    }
    let pieces = pieces(text)?;
    let named = |name: &str| pieces.iter().any(|(is_value, piece)| *is_value && *piece == name);
    for (_, piece) in pieces.iter().filter(|(is_value, _)| *is_value) {
        if !topic.values().contains(piece) {
            return Err(TextFault::Unknown(format!("{{{piece}}}")));
        }
    }
    match topic.must().iter().find(|name| !named(name)) {
        Some(name) => Err(TextFault::Missing(name)),
        None => Ok(()),
    }
}

/// Fills a text. A value that is not given stays empty; a text that was checked has no other braces.
pub fn fill(text: &str, values: &[(&str, String)]) -> String {
    let Ok(pieces) = pieces(text) else { return text.to_owned() };
    let value = |name: &str| values.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value.as_str());
    pieces.into_iter().map(|(is_value, piece)| if is_value { value(piece) } else { piece }).collect()
}

/// When notices may be sent.
#[derive(Clone, Debug)]
pub struct Hours {
    /// The district's time zone.
    pub zone: TimeZone,
    /// From this hour on nothing is sent, 0 to 23.
    pub quiet_from: i8,
    /// Until this one. The same as `quiet_from`: there are no quiet hours.
    pub quiet_to: i8,
    /// The most notices to one address in seven days.
    pub weekly: usize,
}

/// When a notice may be sent at the earliest, ms since 1970 UTC: now, or when the quiet hours and the week are over. `sent_ms` are the times
/// of the notices sent to the address in the last seven days.
pub fn earliest(hours: &Hours, sent_ms: &[i64], now_ms: i64) -> i64 {
    let mut sent: Vec<i64> = sent_ms.iter().copied().filter(|ms| *ms > now_ms - WEEK_MS).collect();
    sent.sort_unstable();
    // So many of them must be more than a week ago that one more is allowed.
    let from = match (sent.len() + 1).checked_sub(hours.weekly.max(1)) {
        None | Some(0) => now_ms,
        Some(over) => sent[over - 1] + WEEK_MS,
    };
    loud(hours, from.max(now_ms))
}

/// The first time from this one on that is not in the quiet hours, ms.
fn loud(hours: &Hours, from_ms: i64) -> i64 {
    let Ok(time) = Timestamp::from_millisecond(from_ms) else { return from_ms };
    let local = hours.zone.to_datetime(time);
    let (hour, from, to) = (local.hour(), hours.quiet_from, hours.quiet_to);
    let is_quiet = if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to };
    if !is_quiet {
        return from_ms;
    }
    let day = if hour < to { Some(local.date()) } else { local.date().checked_add(1.day()).ok() };
    let begins = day.zip(Time::new(to, 0, 0, 0).ok()).map(|(day, time)| day.to_datetime(time));
    // A morning hour that the change to summer time leaves out is the one after it.
    let begins = begins.and_then(|begins| hours.zone.to_timestamp(begins).ok());
    begins.map_or(from_ms, Timestamp::as_millisecond)
}

/// How long to wait after so many tries, ms: one minute, then four times as long each time.
pub fn pause_ms(tries: i64) -> i64 {
    let power = u32::try_from(tries.clamp(1, TRIES) - 1).unwrap_or_default();
    60_000 * 4_i64.pow(power)
}

/// What a family wants that answers a text message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Who is this?
    Help,
    /// Something for people to read.
    Other,
}

/// Words that end messages when one of them comes first.
const STOP: [&str; 15] = [
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "alto",
    "parar",
    "pare",
    "cancelar",
    "basta",
    "baja",
    "detener",
];
/// What ends messages wherever it stands, in small letters without accents. A wrong number ends them, too: whoever has it agreed to nothing.
const STOPS: [&str; 41] = [
    "opt out",
    "remove me",
    "take me off",
    "unsubscribe",
    "leave me alone",
    "do not text",
    "don t text",
    "dont text",
    "do not message",
    "don t message",
    "dont message",
    "do not contact",
    "don t contact",
    "dont contact",
    "do not send",
    "don t send",
    "dont send",
    "no more texts",
    "no more messages",
    "stop texting",
    "stop sending",
    "stop messaging",
    "stop these",
    "wrong number",
    "no me mande",
    "no me manden",
    "no me envie",
    "no me envien",
    "no me escriba",
    "no me escriban",
    "no quiero mensajes",
    "no quiero mas mensajes",
    "no mas mensajes",
    "no mas textos",
    "no quiero recibir",
    "dejen de",
    "deje de",
    "quiero parar",
    "quiteme",
    "quitenme",
    "numero equivocado",
];
/// What ends messages when it is all that was said.
const STOP_WHOLE: [&str; 7] =
    ["no mas", "no more", "ya no", "ya no quiero", "dejenme en paz", "please no", "no gracias"];

/// Reads an answer. English and Spanish words are understood whatever the language of the notice; any reasonable way of saying so ends
/// messages (47 CFR 64.1200(a)(10)). What is not understood is for people to read.
pub fn reply(text: &str) -> Reply {
    let plain = |c: char| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    };
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().chars().map(plain).collect())
        .collect();
    let first = words.first().map_or("", String::as_str);
    let all = words.join(" ");
    let has = |phrase: &&str| format!(" {all} ").contains(&format!(" {phrase} "));
    match first {
        word if STOP.contains(&word) => Reply::Stop,
        "please" | "por" if words.iter().any(|word| STOP.contains(&word.as_str())) => Reply::Stop,
        _ if STOPS.iter().any(has) || STOP_WHOLE.contains(&all.as_str()) => Reply::Stop,
        "start" | "unstop" | "iniciar" | "comenzar" | "reanudar" if words.len() == 1 => Reply::Start,
        "help" | "info" | "ayuda" if words.len() == 1 => Reply::Help,
        _ => Reply::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn hours() -> Hours {
        let zone = TimeZone::get("America/Chicago").expect("a zone");
        Hours { zone, quiet_from: 20, quiet_to: 8, weekly: 2 }
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a time").as_millisecond()
    }

    #[test]
    fn nothing_is_sent_in_the_night_of_the_district() {
        let hours = hours();
        // 19:59 and 20:00 in Chicago in winter, which is six hours behind.
        assert_eq!(earliest(&hours, &[], at("2026-12-02T01:59:00Z")), at("2026-12-02T01:59:00Z"));
        assert_eq!(earliest(&hours, &[], at("2026-12-02T02:00:00Z")), at("2026-12-02T14:00:00Z"));
        assert_eq!(earliest(&hours, &[], at("2026-12-02T13:59:59Z")), at("2026-12-02T14:00:00Z"));
        // In summer it is five hours behind.
        assert_eq!(earliest(&hours, &[], at("2026-07-02T12:59:00Z")), at("2026-07-02T13:00:00Z"));
        let noon = Hours { quiet_from: 12, quiet_to: 13, ..hours.clone() };
        assert_eq!(earliest(&noon, &[], at("2026-12-02T18:30:00Z")), at("2026-12-02T19:00:00Z"));
        let never = Hours { quiet_from: 0, quiet_to: 0, ..hours };
        assert_eq!(earliest(&never, &[], at("2026-12-02T06:30:00Z")), at("2026-12-02T06:30:00Z"));
    }

    #[test]
    fn a_third_notice_waits_until_the_first_is_a_week_old() {
        let hours = hours();
        let noon = at("2026-12-08T18:00:00Z");
        let (first, second) = (noon - 100 * HOUR, noon - 20 * HOUR);
        assert_eq!(earliest(&hours, &[second], noon), noon);
        assert_eq!(
            earliest(&hours, &[second, first], noon),
            at("2026-12-11T14:00:00Z"),
            "and for the morning"
        );
        assert_eq!(earliest(&hours, &[noon - 169 * HOUR, first], noon), noon, "one is older than a week");
    }

    #[test]
    fn tries_are_further_and_further_apart() {
        assert_eq!([1, 2, 3, 6, 99].map(pause_ms), [60_000, 240_000, 960_000, 61_440_000, 61_440_000]);
    }

    #[test]
    fn families_end_messages_in_their_own_words() {
        for text in
            ["STOP", " stop.", "Alto", "ALTO por favor", "opt out", "Please stop", "¡Pare!", "unsubscribe me"]
                .into_iter()
                .chain([
                    "No me manden mas mensajes",
                    "Ya no quiero mensajes",
                    "no más",
                    "remove me",
                    "Quiero parar",
                ])
                .chain([
                    "please do not text me",
                    "Don’t contact me",
                    "leave me alone",
                    "wrong number",
                    "Dejen de escribir",
                ])
        {
            assert_eq!(reply(text), Reply::Stop, "{text}");
        }
        assert_eq!(["start", "Reanudar"].map(reply), [Reply::Start; 2]);
        assert_eq!(["HELP", "ayuda?"].map(reply), [Reply::Help; 2]);
        for text in [
            "",
            "The bus stop is far",
            "help it does not work",
            "👍",
            "yes it is broken",
            "no more internet",
            "no funciona",
        ] {
            assert_eq!(reply(text), Reply::Other, "{text}");
        }
    }

    #[test]
    fn addresses_are_stored_in_one_way() {
        for text in ["(202) 555-0123", "1 202 555 0123", "+12025550123", "202.555.0123"] {
            assert_eq!(phone(text).as_deref(), Some("+12025550123"), "{text}");
        }
        for text in ["", "555-0123", "1025550123", "202-155-0123", "+44 20 7946 0958", "202555012x"] {
            assert_eq!(phone(text), None, "{text}");
        }
        assert_eq!(email(" Ana@Example.org ").as_deref(), Some("ana@example.org"));
        for text in ["", "ana", "ana@", "a b@example.org", "ana@example", "x@y.z\r\nBcc: q@y.z"] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_says_what_the_household_must_know() {
        assert_eq!(check(Topic::Due, "{device} is due on {day}."), Ok(()));
        assert_eq!(check(Topic::Due, "It is due on {day}."), Err(TextFault::Missing("device")));
        assert_eq!(check(Topic::Due, "{device} {day} {name}"), Err(TextFault::Unknown("{name}".to_owned())));
        assert_eq!(check(Topic::Due, "{device} {day"), Err(TextFault::Unknown("{day".to_owned())));
        assert_eq!(
            check(Topic::Due, "} {device} {day}"),
            Err(TextFault::Unknown("} {device} {day}".to_owned()))
        );
        assert_eq!(check(Topic::Due, " "), Err(TextFault::Empty));
        assert_eq!(check(Topic::Due, &"x".repeat(613)), Err(TextFault::Long(612)));
        let filled =
            fill("{device} is due on {day}.{until}", &[("device", "HS-1".into()), ("day", "{x}".into())]);
        assert_eq!(filled, "HS-1 is due on {x}.", "what is filled in is not read again");
    }

    proptest! {
        /// Whatever was sent before: of the notices that go out at the earliest time each, never three are within seven days, and none is at night.
        #[test]
        fn never_more_than_two_in_a_week_and_none_at_night(
            steps in proptest::collection::vec(0i64..200, 1..30), begin in 0i64..10_000, from in 0i8..24, to in 0i8..24,
        ) {
            let hours = Hours { quiet_from: from, quiet_to: to, ..hours() };
            let (mut now, mut sent) = (at("2026-01-01T00:00:00Z") + begin * HOUR, Vec::new());
            for step in steps {
                now += step * HOUR / 2;
                let when = earliest(&hours, &sent, now);
                prop_assert!(when >= now);
                let hour = hours.zone.to_datetime(Timestamp::from_millisecond(when).expect("a time")).hour();
                let is_quiet = if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to };
                prop_assert!(!is_quiet, "hour {hour}");
                sent.push(when);
                now = when;
            }
            for three in sent.windows(3) {
                prop_assert!(three[2] - three[0] >= WEEK_MS);
            }
        }

        #[test]
        fn texts_and_answers_of_any_kind_are_read(text in "\\PC{0,80}") {
            let _ = (reply(&text), phone(&text), email(&text), check(Topic::Due, &text));
            if let Some(stored) = phone(&text) {
                prop_assert_eq!(phone(&stored), Some(stored));
            }
        }
    }
}
